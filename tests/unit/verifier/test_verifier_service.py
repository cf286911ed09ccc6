"""The way of a question: asking, the request object, the way back, reading and forgetting."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from mrc.formats.catalogue.card_types import Catalogue
from mrc.infra.database.engine import open_database
from mrc.infra.database.verifier_tables import verifier_transactions
from mrc.kernel.errors import Malformed, Rejected
from mrc.protocols.dcql.query import CredentialFormat, DcqlQuery, decode_query
from mrc.protocols.openid4vp.client_id import ClientIdPrefix
from mrc.protocols.openid4vp.errors import ErrorResponse
from mrc.protocols.openid4vp.invocation import (
    ByReference,
    RequestUriMethod,
    RequestUriPost,
    decode_invocation,
)
from mrc.protocols.openid4vp.reasons import Reason as ProtocolReason
from mrc.protocols.openid4vp.request import ResponseMode
from mrc.protocols.openid4vp.response import AuthorizationResponse
from mrc.protocols.openid4vp.stated_purpose import find_stated_purpose
from mrc.protocols.openid4vp.transaction_data import make_transaction_data
from mrc.verifier.policy import Decision
from mrc.verifier.purposes import PurposeId
from mrc.verifier.reasons import Reason
from mrc.verifier.requests import Asking
from mrc.verifier.transactions import Stage, TransactionId
from tests.simulators.mdocs import COMMON, issue_mdoc
from tests.simulators.practice_cards import CardOrder, make_mdoc, make_sd_jwt_vc
from tests.simulators.verifier_world import VerifierWorld, reasons, request_id
from tests.simulators.wallet_simulator import WalletSimulator

SD_JWT = CredentialFormat.SD_JWT_VC
AGE = PurposeId("age-19")


@pytest.fixture
async def world(sqlite_url: str) -> AsyncIterator[VerifierWorld]:
    async with open_database(sqlite_url) as database:
        yield VerifierWorld(database=database)


def query(**members: object) -> DcqlQuery:
    card = {
        "id": "card",
        "format": "dc+sd-jwt",
        "meta": {"vct_values": ["urn:kr:moj:residence:1"]},
        "claims": [{"path": ["family_name"]}],
    }
    return decode_query({"credentials": [card | members]})


async def answer(world: VerifierWorld, asking: Asking) -> tuple[TransactionId, str | None]:
    """Ask, answer honestly, and give the id with the response code."""
    asked, request = await world.ask_for(asking)
    wallet = WalletSimulator(cards=[make_sd_jwt_vc()])
    body = await wallet.encode(await wallet.answer(request, at=world.now), request)
    receipt = await world.receive(asked, body)
    if receipt.redirect_uri is None:
        return asked.id, None
    [code] = parse_qs(urlsplit(receipt.redirect_uri).query)["response_code"]
    return asked.id, code


async def test_the_link_opens_a_wallet_by_reference(world: VerifierWorld) -> None:
    asked, request = await world.ask(SD_JWT)
    link = decode_invocation(asked.link)
    assert isinstance(link, ByReference)
    assert link.method is RequestUriMethod.POST
    assert (link.client_id, link.request_uri) == (str(request.client_id), asked.request_uri)
    assert asked.id not in asked.link


async def test_every_question_is_fresh(world: VerifierWorld) -> None:
    _, first = await world.ask(SD_JWT)
    _, second = await world.ask(SD_JWT)
    assert first.nonce != second.nonce
    assert first.state != second.state
    assert first.client_metadata is not None
    assert second.client_metadata is not None
    assert first.client_metadata.encryption_keys != second.client_metadata.encryption_keys
    assert first.client_metadata.encryptions == ("A128GCM", "A256GCM")


async def test_the_wallet_s_nonce_comes_back(world: VerifierWorld) -> None:
    asked, request = await world.ask(SD_JWT)
    text = await world.verifier.request_object(
        request_id(asked), RequestUriPost(wallet_nonce="mine"), now=world.now
    )
    wallet = WalletSimulator(cards=[])
    checked = wallet.check(text, str(request.client_id), nonce="mine", at=world.now)
    assert checked == replace(request, wallet_nonce="mine")


async def test_the_holder_is_told_why_and_for_how_long(world: VerifierWorld) -> None:
    _, request = await world.ask_for(Asking(purpose=PurposeId("bank-account")))
    stated = find_stated_purpose(request.verifier_info)
    assert stated is not None
    assert stated.name["en"] == "Practice asker"
    assert stated.text["en"] == "Open a bank account"
    assert stated.kept_for_seconds == 5 * 365 * 86400


async def test_a_purpose_is_answered_by_either_format(world: VerifierWorld) -> None:
    for card in (make_mdoc(), make_sd_jwt_vc()):
        asked, request = await world.ask_for(Asking(purpose=AGE))
        outcome = await world.show([card], asked, request)
        assert outcome.verdict is not None
        assert outcome.verdict.decision is Decision.VALID
        assert outcome.cards[0].values == {"age_over_19": True}


async def test_a_purpose_s_picture_and_dates_come_as_json(world: VerifierWorld) -> None:
    for card in (make_mdoc(), make_sd_jwt_vc()):
        asked, request = await world.ask_for(Asking(purpose=PurposeId("bank-account")))
        outcome = await world.show([card], asked, request)
        values = outcome.cards[0].values
        assert values["birth_date"] == "1990-05-17"
        assert str(values["portrait"]).startswith("data:image/jpeg;base64,/9j")


async def test_a_query_of_the_asker_s_own(world: VerifierWorld) -> None:
    asked, request = await world.ask_for(Asking(query=query()))
    outcome = await world.show([make_sd_jwt_vc()], asked, request)
    assert outcome.cards[0].claims == {"family_name": "HONG"}


async def test_the_certified_name_may_stand_for_the_asker(world: VerifierWorld) -> None:
    asked, request = await world.ask_for(
        Asking(purpose=AGE, client_id_prefix=ClientIdPrefix.X509_SAN_DNS)
    )
    assert str(request.client_id) == "x509_san_dns:verifier.localhost"
    outcome = await world.show([make_mdoc()], asked, request)
    assert outcome.verdict is not None
    assert outcome.verdict.decision is Decision.VALID


async def test_a_plain_answer_where_none_was_to_be_encrypted(world: VerifierWorld) -> None:
    for card in (make_mdoc(), make_sd_jwt_vc()):
        asked, request = await world.ask_for(
            Asking(purpose=AGE, response_mode=ResponseMode.DIRECT_POST)
        )
        outcome = await world.show([card], asked, request)
        assert outcome.verdict is not None
        assert outcome.verdict.decision is Decision.VALID, reasons(outcome)


async def test_without_holder_binding_where_the_asker_says_so(world: VerifierWorld) -> None:
    asking = Asking(query=query(require_cryptographic_holder_binding=False))
    asked, request = await world.ask_for(asking)
    wallet = WalletSimulator(cards=[make_sd_jwt_vc()])
    response = await wallet.answer(request, at=world.now)
    assert isinstance(response, AuthorizationResponse)
    bare = response.vp_token["card"][0].rpartition("~")[0] + "~"
    unbound = replace(response, vp_token={"card": (bare,)})
    await world.receive(asked, await wallet.encode(unbound, request))
    outcome = await world.outcome(asked)
    assert outcome.verdict is not None
    assert outcome.verdict.decision is Decision.VALID, reasons(outcome)


@pytest.mark.parametrize(
    "asking",
    [
        Asking(),
        Asking(purpose=AGE, query=query()),
        Asking(query=query(claims=[{"path": ["a"]}, {"path": ["a"]}])),
        Asking(purpose=AGE, return_uri="javascript:alert(1)"),
    ],
)
async def test_a_question_that_makes_no_sense(world: VerifierWorld, asking: Asking) -> None:
    with pytest.raises(Malformed):
        await world.verifier.ask(asking, now=world.now)


@pytest.mark.parametrize(
    ("asking", "reason"),
    [
        (Asking(purpose=PurposeId("nosiness")), Reason.UNKNOWN_PURPOSE),
        (Asking(query=query(format="ldp_vc", meta={})), Reason.QUERY_NOT_SUPPORTED),
        (
            Asking(purpose=AGE, client_id_prefix=ClientIdPrefix.REDIRECT_URI),
            Reason.QUERY_NOT_SUPPORTED,
        ),
        (
            Asking(query=query(), transaction_data=(make_transaction_data("t", ["x"], {}),)),
            ProtocolReason.TRANSACTION_DATA_INVALID,
        ),
    ],
)
async def test_a_question_that_cannot_be_asked(
    world: VerifierWorld, asking: Asking, reason: Reason
) -> None:
    with pytest.raises(Rejected) as caught:
        await world.verifier.ask(asking, now=world.now)
    assert caught.value.reason is reason


@pytest.mark.parametrize(
    "asking",
    [
        Asking(purpose=AGE, response_mode=ResponseMode.DIRECT_POST),
        Asking(purpose=AGE, client_id_prefix=ClientIdPrefix.X509_SAN_DNS),
    ],
)
async def test_haip_refuses_what_it_does_not_know(world: VerifierWorld, asking: Asking) -> None:
    strict = replace(world.verifier, profile=replace(world.profile, haip=True))
    with pytest.raises(Rejected) as caught:
        await strict.ask(asking, now=world.now)
    assert caught.value.reason is Reason.QUERY_NOT_SUPPORTED


async def test_the_stages_of_a_question(world: VerifierWorld) -> None:
    asked, request = await world.ask(SD_JWT)
    assert await world.verifier.stage(asked.id, now=world.now) is Stage.OPEN
    assert await world.verifier.outcome(asked.id, response_code=None, now=world.now) is None
    assert await world.verifier.stage(asked.id, now=asked.expires_at) is Stage.EXPIRED
    await world.show([make_sd_jwt_vc()], asked, request)
    assert await world.verifier.stage(asked.id, now=asked.expires_at) is Stage.FINISHED
    with pytest.raises(Rejected) as caught:
        await world.verifier.stage(TransactionId("nobody"), now=world.now)
    assert caught.value.reason is Reason.UNKNOWN_REQUEST


async def test_an_expired_question_has_no_request_and_no_outcome(world: VerifierWorld) -> None:
    asked, _ = await world.ask(SD_JWT)
    for act in (
        world.verifier.request_object(request_id(asked), None, now=asked.expires_at),
        world.verifier.outcome(asked.id, response_code=None, now=asked.expires_at),
    ):
        with pytest.raises(Rejected) as caught:
            await act
        assert caught.value.reason is Reason.REQUEST_EXPIRED


async def test_an_answered_question_has_no_request(world: VerifierWorld) -> None:
    asked, request = await world.ask(SD_JWT)
    await world.show([make_sd_jwt_vc()], asked, request)
    with pytest.raises(Rejected) as caught:
        await world.verifier.request_object(request_id(asked), None, now=world.now)
    assert caught.value.reason is Reason.ALREADY_ANSWERED


async def test_a_wallet_may_decline(world: VerifierWorld) -> None:
    asked, request = await world.ask(SD_JWT)
    outcome = await world.show([], asked, request)
    assert outcome.verdict is None
    assert outcome.declined == ErrorResponse(code="access_denied")


@pytest.mark.parametrize("body", [b"error=access_denied", b"error=access_denied&state=other"])
async def test_a_wallet_may_decline_without_encryption_or_state(
    world: VerifierWorld, body: bytes
) -> None:
    asked, _ = await world.ask(SD_JWT)
    await world.receive(asked, body)
    outcome = await world.outcome(asked)
    assert outcome.declined is not None
    assert outcome.declined.code == "access_denied"


async def test_the_claims_are_told_once(world: VerifierWorld) -> None:
    asked, request = await world.ask(SD_JWT)
    first = await world.show([make_sd_jwt_vc()], asked, request)
    assert first.cards[0].claims
    second = await world.outcome(asked)
    assert (second.cards[0].claims, second.cards[0].values) == ({}, {})
    assert second.verdict == first.verdict
    async with world.database.reading() as tx:
        assert "HONG" not in str(await tx.fetch_all(verifier_transactions.select()))


async def test_of_several_readers_one_is_told(world: VerifierWorld) -> None:
    identifier, _ = await answer(world, Asking(purpose=PurposeId(f"test-{SD_JWT.name}")))
    read = world.verifier.outcome
    found = await asyncio.gather(
        *(read(identifier, response_code=None, now=world.now) for _ in range(4))
    )
    assert sum(bool(one.cards[0].claims) for one in found if one is not None) == 1


async def test_claims_are_kept_where_the_purpose_says_so_and_no_longer(
    world: VerifierWorld,
) -> None:
    identifier, _ = await answer(world, Asking(purpose=PurposeId("kept")))
    for _ in range(2):
        found = await world.verifier.outcome(identifier, response_code=None, now=world.now)
        assert found is not None
        assert found.cards[0].claims
    await world.verifier.purge(now=world.now + timedelta(days=1))
    found = await world.verifier.outcome(identifier, response_code=None, now=world.now)
    assert found is not None
    assert not found.cards[0].claims


SAME_DEVICE = Asking(purpose=AGE, return_uri="https://shop.example/back?order=7")


async def test_the_way_back_carries_a_code_that_opens_the_outcome(world: VerifierWorld) -> None:
    identifier, code = await answer(world, SAME_DEVICE)
    found = await world.verifier.outcome(identifier, response_code=code, now=world.now)
    assert found is not None
    assert found.cards[0].values == {"age_over_19": True}


@pytest.mark.parametrize("code", [None, "", "another"])
async def test_without_the_code_nobody_reads_the_outcome(
    world: VerifierWorld, code: str | None
) -> None:
    identifier, _ = await answer(world, SAME_DEVICE)
    with pytest.raises(Rejected) as caught:
        await world.verifier.outcome(identifier, response_code=code, now=world.now)
    assert caught.value.reason is Reason.RESPONSE_CODE_MISMATCH


async def test_the_code_of_another_session_does_not_open_it(world: VerifierWorld) -> None:
    mine, _ = await answer(world, SAME_DEVICE)
    _, theirs = await answer(world, SAME_DEVICE)
    with pytest.raises(Rejected):
        await world.verifier.outcome(mine, response_code=theirs, now=world.now)


async def test_the_way_back_keeps_the_page_s_own_query(world: VerifierWorld) -> None:
    asked, request = await world.ask_for(SAME_DEVICE)
    wallet = WalletSimulator(cards=[])
    body = await wallet.encode(await wallet.answer(request, at=world.now), request)
    receipt = await world.receive(asked, body)
    assert receipt.redirect_uri is not None
    parts = urlsplit(receipt.redirect_uri)
    assert f"{parts.scheme}://{parts.netloc}{parts.path}" == "https://shop.example/back"
    assert set(parse_qs(parts.query)) == {"order", "response_code"}


PAY = make_transaction_data("urn:example:pay", ["card"], {"amount": "100"})


async def test_approved_transaction_data(world: VerifierWorld) -> None:
    asked, request = await world.ask_for(Asking(query=query(), transaction_data=(PAY,)))
    outcome = await world.show([make_sd_jwt_vc()], asked, request)
    assert outcome.verdict is not None
    assert outcome.verdict.decision is Decision.VALID, reasons(outcome)
    assert outcome.verdict.findings[-2].check == "transaction_data"


@pytest.mark.parametrize(
    "pretended", [(), (make_transaction_data("urn:example:pay", ["card"], {"amount": "999"}),)]
)
async def test_transaction_data_that_was_not_approved(
    world: VerifierWorld, pretended: tuple[object, ...]
) -> None:
    asked, request = await world.ask_for(Asking(query=query(), transaction_data=(PAY,)))
    other = replace(request, transaction_data=pretended)  # type: ignore[arg-type]
    outcome = await world.show([make_sd_jwt_vc()], asked, request, pretended=other)
    assert outcome.verdict is not None
    assert outcome.verdict.decision is Decision.NOT_VALID
    assert reasons(outcome) == (ProtocolReason.TRANSACTION_DATA_MISMATCH,)


async def test_a_card_without_a_status_is_valid_and_says_so(world: VerifierWorld) -> None:
    asked, request = await world.ask(SD_JWT)
    outcome = await world.show([make_sd_jwt_vc(CardOrder(status=None))], asked, request)
    assert outcome.verdict is not None
    assert outcome.verdict.decision is Decision.VALID
    assert outcome.verdict.data_as_of is None
    assert "the issuer keeps no status" in [item.detail for item in outcome.verdict.findings]


async def test_secrets_do_not_stand_in_texts(world: VerifierWorld) -> None:
    assert "keys" not in repr(world.verifier)


async def test_a_card_that_the_catalogue_does_not_know(world: VerifierWorld) -> None:
    grounds = replace(world.verifier.grounds, catalogue=Catalogue(()))
    world.verifier = replace(world.verifier, grounds=grounds)
    asked, request = await world.ask(SD_JWT)
    outcome = await world.show([make_sd_jwt_vc()], asked, request)
    assert outcome.verdict is not None
    assert outcome.verdict.decision is Decision.VALID
    [card] = outcome.cards
    assert (card.card_type, card.values) == (None, {})
    assert card.claims["family_name"] == "HONG"


async def test_a_claim_of_another_kind_than_the_catalogue_s(world: VerifierWorld) -> None:
    good = make_mdoc()
    elements = {COMMON: {"family_name_latin1": "HONG", "age_over_19": "certainly"}}
    issued = issue_mdoc(good.key.public_key, elements=elements)
    asked, request = await world.ask(CredentialFormat.MSO_MDOC)
    outcome = await world.show([replace(good, credential=issued)], asked, request)
    assert outcome.verdict is not None
    assert outcome.verdict.decision is Decision.NOT_VALID
    assert reasons(outcome) == (Reason.MALFORMED, "vp_query_not_satisfied")


async def test_a_question_without_claims_tells_none(world: VerifierWorld) -> None:
    credential = {
        "id": "card",
        "format": "dc+sd-jwt",
        "meta": {"vct_values": ["urn:kr:moj:residence:1"]},
    }
    asking = Asking(query=decode_query({"credentials": [credential]}))
    asked, request = await world.ask_for(asking)
    outcome = await world.show([make_sd_jwt_vc()], asked, request)
    assert outcome.verdict is not None
    assert outcome.verdict.decision is Decision.VALID
    assert (outcome.cards[0].claims, outcome.cards[0].values) == ({}, {})
    assert "catalogue.values" not in [finding.check for finding in outcome.verdict.findings]
