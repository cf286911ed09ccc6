"""The proofs beside an issuer's lists, and of everything that it anchored."""

from mrc.formats.status_list import cwt_token, jwt_token
from mrc.formats.status_list.aggregation import decode_aggregation
from mrc.infra.ledger_lists import find_proof_link
from mrc.ledger.bundle import MEDIA_TYPE
from tests.simulators.issuing import Phone, World
from tests.unit.web.issuer_api.conftest import Site
from tests.unit.web.issuer_api.test_issuer_api import redeem


class OneProof:
    """The proof of one document, and that of everything."""

    def __init__(self) -> None:
        self.known: dict[tuple[str, str], bytes] = {}

    async def find(self, uri: str, media_type: str) -> bytes | None:
        return self.known.get((uri, media_type))

    async def newest(self) -> bytes | None:
        return b"everything" if self.known else None


async def test_each_form_of_a_list_leads_to_its_own_proof(world: World) -> None:
    proofs = OneProof()
    site = Site.of(world, proofs=proofs)
    phone = Phone(world=world)
    await redeem(site, phone)
    await phone.collect()
    uri = decode_aggregation((await site.client.get("/status")).content)[0]
    forms = {jwt_token.MEDIA_TYPE: b"of the JWT", cwt_token.MEDIA_TYPE: b"of the CWT"}
    for form, proof in forms.items():
        served = await site.client.get(uri, headers={"accept": form})
        link = find_proof_link(served.headers["link"], uri)
        assert link is not None
        assert (await site.client.get(link)).status_code == 404  # not anchored yet
        proofs.known[uri, form] = proof
        answer = await site.client.get(link)
        assert (answer.content, answer.headers["content-type"]) == (proof, MEDIA_TYPE)
        asked = {"uri": uri, "media_type": form}
        assert (await site.client.get("/anchors", params=asked)).content == proof


async def test_everything_anchored_is_one_bundle(world: World) -> None:
    proofs = OneProof()
    site = Site.of(world, proofs=proofs)
    assert (await site.client.get("/anchors")).status_code == 404
    proofs.known["x", "y"] = b"one"
    answer = await site.client.get("/anchors")
    assert (answer.content, answer.headers["content-type"]) == (b"everything", MEDIA_TYPE)
    assert (await site.client.get("/anchors", params={"uri": "x"})).status_code == 400
    unknown = {"uri": "x", "media_type": "z"}
    assert (await site.client.get("/anchors", params=unknown)).status_code == 404


async def test_an_issuer_without_a_ledger_proves_nothing(site: Site) -> None:
    assert (await site.client.get("/anchors")).status_code == 404
