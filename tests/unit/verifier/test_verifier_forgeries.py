"""Every way to cheat a verifier, in both formats, each refused with its own reason."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import cbor2
import pytest

from mrc.formats import base64url, cbor
from mrc.formats.catalogue.card_types import CardType
from mrc.formats.mdoc.device_response import encode_device_response
from mrc.formats.x509.profiles import Purpose
from mrc.infra.database.engine import Database, open_database
from mrc.infra.database.verifier_tables import verifier_transactions
from mrc.infra.keys.software import OpensslVerifier, SoftwareKeyAgreement, SoftwareSigner
from mrc.kernel.errors import Malformed, Rejected
from mrc.kernel.keys import PublicKey
from mrc.protocols.dcql.query import CredentialFormat
from mrc.protocols.openid4vp.client_id import decode_client_id
from mrc.protocols.openid4vp.client_metadata import ClientMetadata, EncryptionKey
from mrc.protocols.openid4vp.reasons import Reason as ProtocolReason
from mrc.protocols.openid4vp.request import AuthorizationRequest, ResponseMode
from mrc.protocols.openid4vp.response import AuthorizationResponse, encode_direct_post
from mrc.verifier.policy import Decision
from mrc.verifier.reasons import Reason
from mrc.verifier.service import Asked
from mrc.verifier.transactions import Outcome, RequestId
from mrc.verifier.trust import Authority, IssuerTrust
from tests.simulators.pki import make_leaf, make_root, practice_pki
from tests.simulators.practice_cards import (
    EXPIRED,
    NOT_YET_VALID,
    CardOrder,
    PracticeCard,
    make_card,
    make_mdoc,
    make_sd_jwt_vc,
)
from tests.simulators.verifier_world import VerifierWorld, reasons
from tests.simulators.wallet_simulator import WalletSimulator

MDOC, SD_JWT = CredentialFormat.MSO_MDOC, CredentialFormat.SD_JWT_VC
BOTH = pytest.mark.parametrize("format_", [MDOC, SD_JWT])


@pytest.fixture
async def world(sqlite_url: str) -> AsyncIterator[VerifierWorld]:
    async with open_database(sqlite_url) as database:
        yield VerifierWorld(database=database)


def refused(outcome: Outcome, *expected: str) -> None:
    """Not valid, for exactly the expected reasons but for checks that could not be reached."""
    assert outcome.verdict is not None
    assert outcome.verdict.decision is Decision.NOT_VALID
    found = {reason for reason in reasons(outcome) if reason not in NOT_REACHED}
    assert found == set(expected)
    assert all(not card.claims and not card.values for card in outcome.cards)


NOT_REACHED = {"not_reached", "issuer_not_authentic", "vp_query_not_satisfied"}


async def answer_with(
    world: VerifierWorld, asked: Asked, request: AuthorizationRequest, presentation: str
) -> Outcome:
    """Post one presentation, whatever it is, as a well-formed answer."""
    [query] = request.dcql_query.credentials
    response = AuthorizationResponse(vp_token={query.id: (presentation,)}, state=request.state)
    await world.receive(asked, await WalletSimulator(cards=[]).encode(response, request))
    return await world.outcome(asked)


async def honest(card: PracticeCard, request: AuthorizationRequest, world: VerifierWorld) -> str:
    response = await WalletSimulator(cards=[card]).answer(request, at=world.now)
    assert isinstance(response, AuthorizationResponse)
    [(presentation,)] = response.vp_token.values()
    return presentation


@BOTH
async def test_an_honest_card_is_valid(world: VerifierWorld, format_: CredentialFormat) -> None:
    asked, request = await world.ask(format_)
    outcome = await world.show([make_card(format_)], asked, request)
    assert outcome.verdict is not None
    assert outcome.verdict.decision is Decision.VALID, reasons(outcome)
    assert outcome.verdict.data_as_of == world.now
    [card] = outcome.cards
    assert card.values == {"family_name_latin": "HONG", "age_over_19": True}
    assert (card.card_type, card.authority) == ("residence", "MOJ")


@pytest.mark.parametrize(
    ("format_", "reason"), [(MDOC, "device_signature"), (SD_JWT, "key_binding_nonce_differs")]
)
async def test_wrong_nonce(world: VerifierWorld, format_: CredentialFormat, reason: str) -> None:
    asked, request = await world.ask(format_)
    pretended = replace(request, nonce="another-nonce")
    refused(await world.show([make_card(format_)], asked, request, pretended=pretended), reason)


@pytest.mark.parametrize(
    ("format_", "reason"), [(MDOC, "device_signature"), (SD_JWT, "key_binding_audience_differs")]
)
async def test_other_audience(world: VerifierWorld, format_: CredentialFormat, reason: str) -> None:
    asked, request = await world.ask(format_)
    other = decode_client_id("x509_san_dns:thief.example")
    pretended = replace(request, client_id=other)
    refused(await world.show([make_card(format_)], asked, request, pretended=pretended), reason)


async def test_other_response_uri(world: VerifierWorld) -> None:
    asked, request = await world.ask(MDOC)
    pretended = replace(request, response_uri="https://thief.example/response")
    refused(
        await world.show([make_mdoc()], asked, request, pretended=pretended), "device_signature"
    )


async def test_other_encryption_key(world: VerifierWorld) -> None:
    asked, request = await world.ask(MDOC)
    key = EncryptionKey(kid="1", key=SoftwareKeyAgreement.generate().public_key)
    metadata = ClientMetadata(encryption_keys=(key,))
    pretended = replace(request, client_metadata=metadata)
    refused(
        await world.show([make_mdoc()], asked, request, pretended=pretended), "device_signature"
    )


@pytest.mark.parametrize(
    ("format_", "reason"), [(MDOC, "device_signature"), (SD_JWT, "jose_signature_invalid")]
)
async def test_other_key(world: VerifierWorld, format_: CredentialFormat, reason: str) -> None:
    asked, request = await world.ask(format_)
    stolen = replace(make_card(format_), key=SoftwareSigner.generate())
    refused(await world.show([stolen], asked, request), reason)


async def test_missing_key_binding(world: VerifierWorld) -> None:
    asked, request = await world.ask(SD_JWT)
    presentation = await honest(make_sd_jwt_vc(), request, world)
    bare = presentation.rpartition("~")[0] + "~"
    refused(await answer_with(world, asked, request, bare), "key_binding_missing")


async def test_key_binding_made_before_the_question(world: VerifierWorld) -> None:
    asked, request = await world.ask(SD_JWT)
    wallet = WalletSimulator(cards=[make_sd_jwt_vc()])
    early = await wallet.answer(request, at=world.now - timedelta(minutes=5))
    await world.receive(asked, await wallet.encode(early, request))
    refused(await world.outcome(asked), "key_binding_too_old")


def with_item(presentation: str, change: object) -> str:
    """The DeviceResponse with the first element of the first namespace changed."""
    response = cbor2.loads(base64url.decode(presentation))
    name_spaces = response["documents"][0]["issuerSigned"]["nameSpaces"]
    items = next(iter(name_spaces.values()))
    item = cbor2.loads(items[0].value)
    change(item)  # type: ignore[operator]
    items[0] = cbor2.CBORTag(24, cbor2.dumps(item))
    return base64url.encode(cbor2.dumps(response))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda item: item.update(elementValue="FORGED"), "digest_mismatch"),
        (lambda item: item.update(elementIdentifier="given_name_latin1"), "digest_mismatch"),
        (lambda item: item.update(random=b"r" * 24), "digest_mismatch"),
        (lambda item: item.update(digestID=2**20), "digest_id_not_in_mso"),
    ],
)
async def test_changed_or_missing_digest_in_an_mdoc(
    world: VerifierWorld, change: object, reason: str
) -> None:
    asked, request = await world.ask(MDOC)
    presentation = with_item(await honest(make_mdoc(), request, world), change)
    refused(await answer_with(world, asked, request, presentation), reason)


async def test_element_in_a_namespace_that_was_not_signed(world: VerifierWorld) -> None:
    asked, request = await world.ask(MDOC)
    response = cbor2.loads(base64url.decode(await honest(make_mdoc(), request, world)))
    name_spaces = response["documents"][0]["issuerSigned"]["nameSpaces"]
    name_spaces["org.example"] = next(iter(name_spaces.values()))
    presentation = base64url.encode(cbor2.dumps(response))
    refused(await answer_with(world, asked, request, presentation), "namespace_not_in_mso")


async def test_disclosure_that_no_digest_refers_to(world: VerifierWorld) -> None:
    asked, request = await world.ask(SD_JWT)
    card = make_sd_jwt_vc()
    assert isinstance(card.credential, str)
    head, _, rest = card.credential.partition("~")
    forged = base64url.encode(b'["c2FsdHNhbHRzYWx0c2FsdA","family_name","FORGED"]')
    disclosures = rest.split("~")
    bad = replace(card, credential="~".join((head, *disclosures[:-1], "")))
    presentation = await honest(bad, request, world)
    issued, kb = presentation.rpartition("~")[0], presentation.rpartition("~")[2]
    refused(
        await answer_with(world, asked, request, f"{issued}~{forged}~{kb}"),
        "sd_jwt_disclosure_not_referenced",
    )


async def test_disclosure_taken_away_after_signing(world: VerifierWorld) -> None:
    asked, request = await world.ask(SD_JWT)
    parts = (await honest(make_sd_jwt_vc(), request, world)).split("~")
    presentation = "~".join((parts[0], *parts[2:]))
    refused(await answer_with(world, asked, request, presentation), "key_binding_sd_hash_differs")


@pytest.mark.parametrize(("format_", "reason"), [(MDOC, "expired"), (SD_JWT, "jose_expired")])
async def test_expired(world: VerifierWorld, format_: CredentialFormat, reason: str) -> None:
    asked, request = await world.ask(format_)
    refused(await world.show([make_card(format_, EXPIRED)], asked, request), reason)


@pytest.mark.parametrize(
    ("format_", "reason"), [(MDOC, "not_yet_valid"), (SD_JWT, "jose_not_yet_valid")]
)
async def test_not_yet_valid(world: VerifierWorld, format_: CredentialFormat, reason: str) -> None:
    asked, request = await world.ask(format_)
    refused(await world.show([make_card(format_, NOT_YET_VALID)], asked, request), reason)


@pytest.mark.parametrize(
    ("format_", "reason"),
    [(MDOC, Reason.WRONG_TYPE.value), (SD_JWT, "sd_jwt_vc_vct_not_expected")],
)
async def test_wrong_document_type(
    world: VerifierWorld, format_: CredentialFormat, reason: str
) -> None:
    asked, request = await world.ask(format_)
    permanent = make_card(format_, CardOrder(card_type=CardType.PERMANENT))
    [query] = request.dcql_query.credentials
    other = replace(query, types=(permanent.type,))
    pretended = replace(request, dcql_query=replace(request.dcql_query, credentials=(other,)))
    refused(await world.show([permanent], asked, request, pretended=pretended), reason)


async def test_document_type_renamed_by_the_sender(world: VerifierWorld) -> None:
    asked, request = await world.ask(MDOC)
    permanent = make_mdoc(CardOrder(card_type=CardType.PERMANENT))
    [query] = request.dcql_query.credentials
    renamed = replace(permanent, type=query.types[0])
    refused(await world.show([renamed], asked, request), "doc_type_differs")


@BOTH
async def test_foreign_root(world: VerifierWorld, format_: CredentialFormat) -> None:
    foreign = make_root(Purpose.IACA_ROOT, "Foreign root")
    order = CardOrder(
        document_signer=make_leaf(Purpose.DOCUMENT_SIGNER, "Foreign DS", issuer=foreign),
        sd_jwt_issuer=make_leaf(Purpose.SD_JWT_ISSUER, "Foreign issuer", issuer=foreign),
    )
    asked, request = await world.ask(format_)
    outcome = await world.show([make_card(format_, order)], asked, request)
    refused(outcome, "issuer_unknown")


@BOTH
async def test_foreign_root_of_the_same_name(
    world: VerifierWorld, format_: CredentialFormat
) -> None:
    foreign = make_root(Purpose.IACA_ROOT, "Practice IACA")
    order = CardOrder(
        document_signer=make_leaf(Purpose.DOCUMENT_SIGNER, "Practice DS", issuer=foreign),
        sd_jwt_issuer=make_leaf(Purpose.SD_JWT_ISSUER, "Practice issuer", issuer=foreign),
    )
    asked, request = await world.ask(format_)
    refused(await world.show([make_card(format_, order)], asked, request), "issuer_signature")


@BOTH
async def test_issuer_of_another_kind_of_card(sqlite_url: str, format_: CredentialFormat) -> None:
    anchors = (practice_pki().iaca.certificate,)
    police = Authority(name="Police", anchors=anchors, types=frozenset({"urn:kr:police:mdl:1"}))
    async with open_database(sqlite_url) as database:
        trust = IssuerTrust([police], verifier=OpensslVerifier())
        world = VerifierWorld(database=database, trust=trust)
        asked, request = await world.ask(format_)
        outcome = await world.show([make_card(format_)], asked, request)
    refused(outcome, Reason.NOT_ITS_TYPE.value)


@BOTH
async def test_certificate_for_another_purpose(
    world: VerifierWorld, format_: CredentialFormat
) -> None:
    pki = practice_pki()
    order = CardOrder(document_signer=pki.status_signer, sd_jwt_issuer=pki.status_signer)
    asked, request = await world.ask(format_)
    refused(await world.show([make_card(format_, order)], asked, request), "extended_key_usage")


@BOTH
async def test_claims_that_were_asked_for_are_missing(
    world: VerifierWorld, format_: CredentialFormat
) -> None:
    asked, request = await world.ask(format_)
    [query] = request.dcql_query.credentials
    assert query.claims is not None
    less = replace(query, claims=query.claims[:1])
    pretended = replace(request, dcql_query=replace(request.dcql_query, credentials=(less,)))
    outcome = await world.show([make_card(format_)], asked, request, pretended=pretended)
    refused(outcome, Reason.CLAIMS_MISSING.value)


@BOTH
async def test_more_than_was_asked_for_is_not_kept(
    world: VerifierWorld, format_: CredentialFormat
) -> None:
    asked, request = await world.ask(format_)
    [query] = request.dcql_query.credentials
    assert query.claims is not None
    extra = ("birthdate",) if format_ is SD_JWT else ("org.iso.23220.1", "birth_date")
    more = replace(query, claims=(*query.claims, replace(query.claims[0], path=extra)))
    pretended = replace(request, dcql_query=replace(request.dcql_query, credentials=(more,)))
    outcome = await world.show([make_card(format_)], asked, request, pretended=pretended)
    assert "1990" not in str(outcome.cards[0].claims)
    assert set(outcome.cards[0].values) == {"family_name_latin", "age_over_19"}


async def refusal(world: VerifierWorld, asked: Asked, body: bytes) -> str:
    """The reason with which the wallet's post is refused."""
    with pytest.raises(Rejected) as caught:
        await world.receive(asked, body)
    return caught.value.reason.value


@BOTH
async def test_plain_where_encryption_was_demanded(
    world: VerifierWorld, format_: CredentialFormat
) -> None:
    asked, request = await world.ask(format_)
    response = await WalletSimulator(cards=[make_card(format_)]).answer(request, at=world.now)
    reason = await refusal(world, asked, encode_direct_post(response))
    assert reason == ProtocolReason.NOT_ENCRYPTED
    refused(await world.outcome(asked), ProtocolReason.NOT_ENCRYPTED.value)


async def test_encrypted_to_another_question_s_key(world: VerifierWorld) -> None:
    asked, _ = await world.ask(SD_JWT)
    _, other = await world.ask(SD_JWT)
    wallet = WalletSimulator(cards=[make_sd_jwt_vc()])
    body = await wallet.encode(await wallet.answer(other, at=world.now), other)
    reason = await refusal(world, asked, body)
    assert reason == ProtocolReason.ENCRYPTION_KEY_MISMATCH


async def test_encrypted_where_no_key_was_offered(world: VerifierWorld) -> None:
    asked, _ = await world.ask(SD_JWT, mode=ResponseMode.DIRECT_POST)
    _, other = await world.ask(SD_JWT)
    wallet = WalletSimulator(cards=[make_sd_jwt_vc()])
    body = await wallet.encode(await wallet.answer(other, at=world.now), other)
    assert await refusal(world, asked, body) == "jose_encryption_not_supported"


@pytest.mark.parametrize("state", [None, "another"])
async def test_other_or_missing_state(world: VerifierWorld, state: str | None) -> None:
    asked, request = await world.ask(SD_JWT)
    wallet = WalletSimulator(cards=[make_sd_jwt_vc()])
    response = await wallet.answer(request, at=world.now)
    body = await wallet.encode(replace(response, state=state), request)
    assert await refusal(world, asked, body) == ProtocolReason.STATE_MISMATCH
    refused(await world.outcome(asked), ProtocolReason.STATE_MISMATCH.value)


@BOTH
async def test_replayed_response(world: VerifierWorld, format_: CredentialFormat) -> None:
    asked, request = await world.ask(format_)
    wallet = WalletSimulator(cards=[make_card(format_)])
    body = await wallet.encode(await wallet.answer(request, at=world.now), request)
    await world.receive(asked, body)
    assert await refusal(world, asked, body) == Reason.ALREADY_ANSWERED


@pytest.mark.parametrize(
    ("format_", "reason"), [(MDOC, "device_signature"), (SD_JWT, "key_binding_nonce_differs")]
)
async def test_presentation_replayed_in_another_question(
    world: VerifierWorld, format_: CredentialFormat, reason: str
) -> None:
    _, first = await world.ask(format_)
    presentation = await honest(make_card(format_), first, world)
    asked, second = await world.ask(format_)
    refused(await answer_with(world, asked, second, presentation), reason)


async def test_two_answers_at_once(world: VerifierWorld) -> None:
    asked, request = await world.ask(SD_JWT)
    wallet = WalletSimulator(cards=[make_sd_jwt_vc()])
    bodies = [
        await wallet.encode(await wallet.answer(request, at=world.now), request) for _ in range(4)
    ]
    results = await asyncio.gather(
        *(world.receive(asked, body) for body in bodies), return_exceptions=True
    )
    refusals = [result for result in results if isinstance(result, Rejected)]
    assert len(refusals) == 3
    assert {error.reason for error in refusals} == {Reason.ALREADY_ANSWERED}


async def test_answer_after_the_question_expired(world: VerifierWorld) -> None:
    asked, request = await world.ask(SD_JWT)
    wallet = WalletSimulator(cards=[make_sd_jwt_vc()])
    body = await wallet.encode(await wallet.answer(request, at=world.now), request)
    world.now = asked.expires_at
    assert await refusal(world, asked, body) == Reason.REQUEST_EXPIRED


async def test_answer_to_no_question(world: VerifierWorld) -> None:
    asked, request = await world.ask(SD_JWT)
    wallet = WalletSimulator(cards=[make_sd_jwt_vc()])
    body = await wallet.encode(await wallet.answer(request, at=world.now), request)
    with pytest.raises(Rejected) as caught:
        await world.verifier.receive(RequestId("nobody"), body, now=world.now)
    assert caught.value.reason is Reason.UNKNOWN_REQUEST


def twice(presentation: str) -> str:
    """The response with its version given twice."""
    data = base64url.decode(presentation)
    assert data[0] == 0xA3
    return base64url.encode(b"\xa4" + cbor.encode("version") + cbor.encode("1.0") + data[1:])


@pytest.mark.parametrize(
    ("change", "detail"),
    [
        (lambda text: base64url.encode(base64url.decode(text)[:-1]), "truncated"),
        (lambda text: base64url.encode(base64url.decode(text)[:100]), "truncated"),
        (lambda text: base64url.encode(base64url.decode(text) + b"\0"), "left over"),
        (twice, "key twice"),
        (lambda text: text + "=", "base64url"),
        (lambda text: text[:-1] + "*", "base64url"),
    ],
)
async def test_truncated_and_duplicate_cbor(
    world: VerifierWorld, change: object, detail: str
) -> None:
    asked, request = await world.ask(MDOC)
    presentation = change(await honest(make_mdoc(), request, world))  # type: ignore[operator]
    outcome = await answer_with(world, asked, request, presentation)
    refused(outcome, Reason.MALFORMED.value)
    assert outcome.verdict is not None
    assert any(detail in finding.detail for finding in outcome.verdict.findings)


@pytest.mark.parametrize("presentation", ["x", "~", "a.b.c", "a.b.c~", "a.b.c~d~e.f.g"])
async def test_what_is_no_sd_jwt(world: VerifierWorld, presentation: str) -> None:
    asked, request = await world.ask(SD_JWT)
    refused(await answer_with(world, asked, request, presentation), Reason.MALFORMED.value)


async def test_oversize(world: VerifierWorld) -> None:
    asked, _ = await world.ask(MDOC)
    with pytest.raises(Malformed, match="more than"):
        await world.receive(asked, b"response=" + b"x" * 5 * 2**20)


@pytest.mark.parametrize("count", [0, 2])
async def test_other_than_one_document(world: VerifierWorld, count: int) -> None:
    asked, request = await world.ask(MDOC)
    response = cbor2.loads(base64url.decode(await honest(make_mdoc(), request, world)))
    document = cbor2.dumps(response["documents"][0])
    presentation = base64url.encode(encode_device_response([document] * count))
    refused(await answer_with(world, asked, request, presentation), Reason.SEVERAL_DOCUMENTS.value)


async def test_answer_to_something_else(world: VerifierWorld) -> None:
    asked, request = await world.ask(SD_JWT)
    response = AuthorizationResponse(vp_token={"other": ("x",)}, state=request.state)
    await world.receive(asked, await WalletSimulator(cards=[]).encode(response, request))
    refused(await world.outcome(asked), ProtocolReason.UNKNOWN_CREDENTIAL_QUERY.value)


async def test_more_presentations_than_were_asked_for(world: VerifierWorld) -> None:
    asked, request = await world.ask(SD_JWT)
    presentation = await honest(make_sd_jwt_vc(), request, world)
    [query] = request.dcql_query.credentials
    response = AuthorizationResponse(
        vp_token={query.id: (presentation, presentation)}, state=request.state
    )
    await world.receive(asked, await WalletSimulator(cards=[]).encode(response, request))
    outcome = await world.outcome(asked)
    refused(outcome, ProtocolReason.TOO_MANY_PRESENTATIONS.value)
    assert outcome.cards == ()


async def test_empty_answer(world: VerifierWorld) -> None:
    asked, request = await world.ask(SD_JWT)
    response = AuthorizationResponse(vp_token={}, state=request.state)
    await world.receive(asked, await WalletSimulator(cards=[]).encode(response, request))
    outcome = await world.outcome(asked)
    assert reasons(outcome) == (ProtocolReason.QUERY_NOT_SATISFIED,)


async def test_nothing_of_a_bad_card_is_kept(world: VerifierWorld) -> None:
    asked, request = await world.ask(SD_JWT)
    await world.show([make_sd_jwt_vc(EXPIRED)], asked, request)
    assert "HONG" not in await _everything(world.database)


async def _everything(database: Database) -> str:
    async with database.reading() as tx:
        return str(await tx.fetch_all(verifier_transactions.select()))


def world_of_keys(database: Database, *keys: PublicKey) -> VerifierWorld:
    """A verifier that trusts bare keys of an issuer without certificates."""
    authority = Authority(name="Elsewhere", anchors=(), types=None, keys=keys)
    trust = IssuerTrust([authority], verifier=OpensslVerifier())
    return VerifierWorld(database=database, trust=trust)


async def test_a_card_signed_by_a_trusted_key_without_certificates(sqlite_url: str) -> None:
    order = CardOrder(status=None, with_x5c=False)
    async with open_database(sqlite_url) as database:
        world = world_of_keys(database, practice_pki().sd_jwt_issuer.signer.public_key)
        asked, request = await world.ask(SD_JWT)
        outcome = await world.show([make_sd_jwt_vc(order)], asked, request)
    assert outcome.verdict is not None
    assert outcome.verdict.decision is Decision.VALID, reasons(outcome)
    assert outcome.cards[0].authority == "Elsewhere"


@pytest.mark.parametrize(
    ("with_x5c", "reason"), [(False, "sd_jwt_vc_issuer_key_not_found"), (True, "issuer_unknown")]
)
async def test_a_card_that_no_trusted_key_signed(
    sqlite_url: str, with_x5c: bool, reason: str
) -> None:
    order = CardOrder(status=None, with_x5c=with_x5c)
    async with open_database(sqlite_url) as database:
        world = world_of_keys(database, SoftwareSigner.generate().public_key)
        asked, request = await world.ask(SD_JWT)
        refused(await world.show([make_sd_jwt_vc(order)], asked, request), reason)


async def test_a_card_without_certificates_where_only_roots_are_trusted(
    world: VerifierWorld,
) -> None:
    asked, request = await world.ask(SD_JWT)
    outcome = await world.show([make_sd_jwt_vc(CardOrder(with_x5c=False))], asked, request)
    refused(outcome, "sd_jwt_vc_issuer_key_not_found")


def test_a_key_of_nobody() -> None:
    trust = IssuerTrust([], verifier=OpensslVerifier())
    with pytest.raises(ValueError, match="no authority"):
        trust.get_key_authority(SoftwareSigner.generate().public_key)
