"""What others may try with a wallet: forged cards, forged askers, answers shown twice."""

import json
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from mrc.formats.x509.chain import ChainChecker
from mrc.infra.keys.software import OpensslVerifier
from mrc.kernel.errors import Malformed, MrcError, Rejected, Unavailable
from mrc.kernel.ports import HttpRequest, HttpResponse
from mrc.protocols.openid4vp.request_object import AskerTrust
from mrc.wallet.holdings import Format, ShowOutcome
from mrc.wallet.reasons import Reason
from tests.simulators.phones import WalletPhone, wallet_phone, with_body
from tests.simulators.pki import practice_pki


@pytest.fixture
async def phone(tmp_path: Path) -> AsyncIterator[WalletPhone]:
    async with wallet_phone(tmp_path) as made:
        yield made


def in_json(path: str, change: Callable[[dict[str, object]], None]) -> Callable[..., HttpResponse]:
    """Change the JSON of answers whose URL ends in `path`."""

    def changed(request: HttpRequest, answer: HttpResponse) -> HttpResponse:
        if not request.url.split("?")[0].endswith(path) or answer.status >= 400:
            return answer
        members = json.loads(answer.body)
        change(members)
        return with_body(answer, json.dumps(members).encode())

    return changed


def plain(members: dict[str, object]) -> None:
    """Take the offer of encryption away, so that the network can see credentials."""
    members.pop("credential_response_encryption", None)
    members.pop("credential_request_encryption", None)


async def test_a_good_card_is_received_and_shown(phone: WalletPhone) -> None:
    card = await phone.receive()
    assert {len(card.unused(format_)) for format_ in Format} == {8}
    assert (await phone.answer()).outcome is ShowOutcome.SHARED


async def test_a_copy_given_twice_is_refused(phone: WalletPhone) -> None:
    metadata = in_json("openid-credential-issuer", plain)

    def twice(members: dict[str, object]) -> None:
        copies = members["credentials"]
        assert isinstance(copies, list)
        copies[1] = copies[0]

    doubled = in_json("/credential", twice)
    phone.network.change = lambda request, answer: doubled(request, metadata(request, answer))
    with pytest.raises(Rejected) as refusal:
        await phone.receive()
    assert refusal.value.reason is Reason.CARD_KEY_MISMATCH


async def test_a_copy_bound_to_another_phones_key_is_refused(
    phone: WalletPhone, tmp_path: Path
) -> None:
    metadata = in_json("openid-credential-issuer", plain)
    async with wallet_phone(tmp_path / "other") as other:
        card = await other.receive()
        stolen = {format_: card.unused(format_)[0].credential for format_ in Format}

    def swapped(members: dict[str, object]) -> None:
        copies = members["credentials"]
        assert isinstance(copies, list)
        is_sd_jwt = "~" in copies[0]["credential"]
        copies[0] = {"credential": stolen[Format.SD_JWT_VC if is_sd_jwt else Format.MSO_MDOC]}

    forged = in_json("/credential", swapped)
    phone.network.change = lambda request, answer: forged(request, metadata(request, answer))
    with pytest.raises(Rejected) as refusal:
        await phone.receive()
    assert refusal.value.reason is Reason.CARD_KEY_MISMATCH


async def test_a_card_of_a_root_that_nobody_trusts_is_refused(tmp_path: Path) -> None:
    foreign = ChainChecker(anchors=[practice_pki().iaca.certificate], verifier=OpensslVerifier())
    async with wallet_phone(tmp_path, trust=lambda known: replace(known, issuers=foreign)) as phone:
        with pytest.raises(Rejected):
            await phone.receive()
        assert await phone.wallet.records.cards() == []


@pytest.mark.parametrize("member", ["credential_issuer", "issuer"])
async def test_an_issuer_under_another_name_is_refused(phone: WalletPhone, member: str) -> None:
    def renamed(members: dict[str, object]) -> None:
        if member in members:
            members[member] = "https://issuer.example"

    paths = ("openid-credential-issuer", "oauth-authorization-server")
    first, second = (in_json(path, renamed) for path in paths)
    phone.network.change = lambda request, answer: second(request, first(request, answer))
    with pytest.raises(Rejected):
        await phone.receive()


async def test_a_refused_card_leaves_neither_card_nor_key(phone: WalletPhone) -> None:
    offer = await phone.world.offer()
    offered = await phone.wallet.receiving.look_at(offer.link)
    pending = await phone.wallet.receiving.redeem(offered, tx_code=offer.tx_code)
    await phone.wallet.receiving.refuse(await phone.wallet.receiving.collect(pending))
    assert await phone.wallet.records.cards() == []
    assert await phone.keys.known() == []


async def test_an_asker_whom_nobody_registered_is_unknown(tmp_path: Path) -> None:
    nobody = AskerTrust(anchors=())
    async with wallet_phone(tmp_path, trust=lambda known: replace(known, askers=nobody)) as phone:
        await phone.receive()
        asked = await phone.world.ask()
        assert not (await phone.wallet.asking.look_at(asked.link)).asker.registered


async def test_a_registered_asker_is_known_by_its_certificates_name(phone: WalletPhone) -> None:
    asked = await phone.world.ask()
    asker = (await phone.wallet.asking.look_at(asked.link)).asker
    assert asker.registered
    assert asker.name == "Hanbit Bank (sample)"


async def test_a_request_changed_on_the_way_is_refused(phone: WalletPhone) -> None:
    def flipped(request: HttpRequest, answer: HttpResponse) -> HttpResponse:
        if "/wallet/request/" not in request.url:
            return answer
        head, _, tail = answer.body.rpartition(b".")
        return with_body(answer, head + b"." + (b"A" if tail[:1] != b"A" else b"B") + tail[1:])

    phone.network.change = flipped
    asked = await phone.world.ask()
    with pytest.raises(MrcError):
        await phone.wallet.asking.look_at(asked.link)


async def test_a_request_for_another_client_is_refused(phone: WalletPhone) -> None:
    asked = await phone.world.ask()
    forged = asked.link.replace("x509_hash%3A", "x509_hash%3AZ", 1)
    with pytest.raises((Rejected, Malformed)):
        await phone.wallet.asking.look_at(forged)


async def test_a_recorded_request_is_refused_because_the_wallets_nonce_is_new(
    phone: WalletPhone,
) -> None:
    asked = await phone.world.ask()
    recorded: list[HttpResponse] = []

    def record(request: HttpRequest, answer: HttpResponse) -> HttpResponse:
        if "/wallet/request/" in request.url:
            recorded.append(answer)
            return recorded[0]
        return answer

    phone.network.change = record
    await phone.wallet.asking.look_at(asked.link)
    with pytest.raises(Rejected):
        await phone.wallet.asking.look_at(asked.link)


async def test_a_copy_is_used_up_before_it_leaves_even_where_the_answer_is_lost(
    phone: WalletPhone,
) -> None:
    card = await phone.receive()
    before = sum(len(card.unused(format_)) for format_ in Format)

    def lost(request: HttpRequest, answer: HttpResponse) -> HttpResponse:
        if "/wallet/response/" in request.url:
            raise Unavailable(request.url, "lost")
        return answer

    phone.network.change = lost
    assert (await phone.answer()).outcome is ShowOutcome.NOT_CERTAIN
    left = await phone.wallet.records.get(card.id)
    assert sum(len(left.unused(format_)) for format_ in Format) == before - 1


async def test_no_copy_is_shown_twice(phone: WalletPhone) -> None:
    await phone.receive()
    for _ in range(3):
        await phone.answer()
    bodies = [r.body for r in phone.network.sent if "/wallet/response/" in r.url]
    assert len(bodies) == len(set(bodies)) == 3
    card = (await phone.wallet.records.cards())[0]
    assert sum(copy.used_at is not None for copy in card.copies) == 3


async def test_only_the_chosen_claims_are_in_the_answer(phone: WalletPhone) -> None:
    await phone.receive()
    asked = await phone.world.ask("age-19")
    question = await phone.wallet.asking.look_at(asked.link)
    proposal = await phone.wallet.presenting.propose(question)
    (choice,) = proposal.preferred()
    assert len(choice.match.paths) == 1
    assert "19" in choice.kinds[0]


async def test_history_tells_kinds_and_never_values(phone: WalletPhone) -> None:
    await phone.receive()
    await phone.answer("identity")
    (entry,) = await phone.wallet.records.history()
    assert entry.outcome is ShowOutcome.SHARED
    assert entry.registered
    assert "NGUYEN" not in json.dumps([list(entry.kinds), entry.purpose, entry.asker_name])


async def test_declining_tells_the_asker_and_shares_nothing(phone: WalletPhone) -> None:
    await phone.receive()
    asked = await phone.world.ask()
    question = await phone.wallet.asking.look_at(asked.link)
    assert (await phone.wallet.presenting.decline(question)).outcome is ShowOutcome.NOT_SHARED
    assert not await phone.world.is_valid(asked)
