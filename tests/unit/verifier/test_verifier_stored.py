"""Checking a card from a file: what a file can prove, and what it cannot."""

from dataclasses import replace

import cbor2
import pytest

from mrc.formats import base64url
from mrc.infra.database.engine import open_database
from mrc.infra.keys.software import OpensslVerifier
from mrc.infra.status_client import StatusListClient
from mrc.kernel.errors import Malformed
from mrc.protocols.dcql.query import CredentialFormat
from mrc.protocols.openid4vp.request import ResponseMode
from mrc.protocols.openid4vp.response import AuthorizationResponse
from mrc.verifier.checks.presentation import Exchange
from mrc.verifier.policy import Decision
from mrc.verifier.status import StatusLists
from mrc.verifier.stored import MAX_FILE, StoredCheck, check_stored
from mrc.verifier.trust import Authority, IssuerTrust
from tests.simulators.pki import NOW, practice_pki
from tests.simulators.practice_cards import EXPIRED, CardOrder, PracticeCard, make_card, make_mdoc
from tests.simulators.status_publisher import StatusPublisher
from tests.simulators.verifier_world import VerifierWorld
from tests.simulators.wallet_simulator import WalletSimulator

BOTH = pytest.mark.parametrize("format_", list(CredentialFormat))
NO_STATUS = CardOrder(status=None)


def trust(root: str = "iaca") -> IssuerTrust:
    anchor = getattr(practice_pki(), root).certificate
    authority = Authority(name="root", anchors=(anchor,), types=None)
    return IssuerTrust([authority], verifier=OpensslVerifier())


def file_of(card: PracticeCard) -> bytes:
    return card.credential.encode() if isinstance(card.credential, str) else card.credential


async def check(
    data: bytes,
    *,
    root: str = "iaca",
    exchange: Exchange | None = None,
    lists: StatusLists | None = None,
) -> StoredCheck:
    return await check_stored(data, trust=trust(root), exchange=exchange, lists=lists, at=NOW)


@BOTH
async def test_a_card_as_issued_is_valid(format_: CredentialFormat) -> None:
    found = await check(file_of(make_card(format_, NO_STATUS)))
    assert (found.format, found.verdict.decision) == (format_, Decision.VALID)
    assert "HONG" in str(found.claims)


@BOTH
async def test_offline_the_status_is_not_known(format_: CredentialFormat) -> None:
    found = await check(file_of(make_card(format_)))
    assert found.verdict.decision is Decision.ASK_FURTHER
    assert [one.check for one in found.verdict.findings if one.reason] == ["status"]


@BOTH
async def test_online_the_status_is_asked(format_: CredentialFormat) -> None:
    lists = StatusListClient(StatusPublisher(), verifier=OpensslVerifier())
    found = await check(file_of(make_card(format_)), lists=lists)
    assert found.verdict.decision is Decision.VALID
    assert found.verdict.data_as_of == NOW


@BOTH
@pytest.mark.parametrize("root", ["reader_ca"])
async def test_a_foreign_root(format_: CredentialFormat, root: str) -> None:
    found = await check(file_of(make_card(format_, NO_STATUS)), root=root)
    assert found.verdict.decision is Decision.NOT_VALID
    assert "issuer_unknown" in found.verdict.reasons


@BOTH
async def test_an_expired_card(format_: CredentialFormat) -> None:
    found = await check(file_of(make_card(format_, replace(EXPIRED, status=None))))
    assert found.verdict.decision is Decision.NOT_VALID


async def test_a_changed_element() -> None:
    issued = cbor2.loads(file_of(make_mdoc(NO_STATUS)))
    items = next(iter(issued["nameSpaces"].values()))
    items[0] = cbor2.CBORTag(24, items[0].value.replace(b"HONG", b"KIMM"))
    found = await check(cbor2.dumps(issued))
    assert "digest_mismatch" in found.verdict.reasons
    assert not found.claims


@pytest.mark.parametrize("spell", [bytes.hex, base64url.encode])
async def test_an_mdoc_may_be_written_as_text(spell: object) -> None:
    text = spell(file_of(make_mdoc(NO_STATUS)))  # type: ignore[operator]
    found = await check(text.encode() + b"\n")
    assert found.verdict.decision is Decision.VALID


@BOTH
async def test_a_stored_presentation(sqlite_url: str, format_: CredentialFormat) -> None:
    async with open_database(sqlite_url) as database:
        world = VerifierWorld(database=database)
        _, request = await world.ask(format_, mode=ResponseMode.DIRECT_POST)
    wallet = WalletSimulator(cards=[make_card(format_, NO_STATUS)])
    response = await wallet.answer(request, at=NOW)
    assert isinstance(response, AuthorizationResponse)
    [(text,)] = response.vp_token.values()
    exchange = Exchange(
        client_id=str(request.client_id),
        nonce=request.nonce,
        response_uri=request.response_uri,
        jwk_thumbprint=None,
        opened_at=NOW,
    )
    unbound = await check(text.encode())
    assert unbound.verdict.decision is Decision.ASK_FURTHER
    assert unbound.verdict.reasons == ("not_reached",)
    bound = await check(text.encode(), exchange=exchange)
    assert bound.verdict.decision is Decision.VALID, bound.verdict.reasons
    other = await check(text.encode(), exchange=replace(exchange, nonce="other"))
    assert other.verdict.decision is Decision.NOT_VALID


@pytest.mark.parametrize("data", [b"", b"hello", b"a.b.c~", b"\xff\xfe", b"\xa0"])
async def test_what_is_no_card(data: bytes) -> None:
    with pytest.raises(Malformed):
        await check(data)


async def test_an_oversized_file() -> None:
    with pytest.raises(Malformed, match="more than"):
        await check(b"x" * (MAX_FILE + 1))
