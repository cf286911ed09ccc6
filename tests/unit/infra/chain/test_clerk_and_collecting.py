"""The practice council's clerk repeats nothing; what is collected keeps the first word."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from mrc.formats.status_list.aggregation import encode_aggregation
from mrc.formats.status_list.bits import Status
from mrc.formats.status_list.jwt_token import MEDIA_TYPE as JWT
from mrc.infra.chain.clerk import PracticeClerk
from mrc.infra.chain.collecting import METADATA_TYPE, PublishedLists, Source
from mrc.infra.chain.practice import PracticeLedger, open_practice_ledger
from mrc.infra.keys.software import OpensslVerifier, SystemEntropy
from mrc.kernel.errors import Malformed
from mrc.kernel.findings import Outcome
from mrc.kernel.ports import HttpRequest, HttpResponse
from mrc.ledger.application import (
    Application,
    decode_application,
    decode_trust_list,
    encode_application,
)
from mrc.ledger.asker_register import judge_asker
from mrc.ledger.headers import Address
from mrc.ledger.reasons import Reason
from mrc.ledger.statements import Role, Standing, issuer_stream_id
from tests.simulators.ledger_world import NOW, StillClock
from tests.simulators.pki import BEGIN, END, practice_pki
from tests.simulators.practice_cards import STATUS_URI
from tests.simulators.status_publisher import StatusPublisher

CERTIFICATE = practice_pki().reader.der
ASKER = Application(
    seed=b"a seed of sixteen"[:16],
    role=Role.ASKER,
    names={"en": "A bank", "ko": "은행"},
    url="https://bank.example",
    certificate=CERTIFICATE,
    valid_from=BEGIN,
    valid_until=END,
    purposes={"age": ("age_over_19",), "identity": ("family_name", "birth_date")},
)
WRITER = Address(b"\x11" * 20)
ISSUING = replace(ASKER, seed=bytes(16), role=Role.ISSUER, purposes={}, writer=WRITER)
ISSUER_URL = STATUS_URI.rsplit("/status", 1)[0]


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[PracticeLedger]:
    with pytest.warns(UserWarning, match="practice"):
        made = open_practice_ledger(
            tmp_path / "ledger", clock=StillClock(NOW), entropy=SystemEntropy()
        )
    yield made
    made.close()


def clerk_of(ledger: PracticeLedger, tmp_path: Path) -> PracticeClerk:
    return PracticeClerk(ledger, tmp_path / "applications", tmp_path / "list.json")


def apply(tmp_path: Path, application: Application) -> None:
    folder = tmp_path / "applications"
    folder.mkdir(exist_ok=True)
    (folder / "asker.json").write_bytes(encode_application(application))


def test_an_application_survives_its_encoding() -> None:
    assert decode_application(encode_application(ASKER)) == ASKER


def test_only_an_issuer_applies_for_a_stream() -> None:
    """An asker's stream would carry documents that nobody expects there."""
    asking = json.loads(encode_application(ASKER))
    asking["writer"] = "0x" + "11" * 20
    with pytest.raises(Malformed, match="only issuers"):
        decode_application(json.dumps(asking).encode())


@pytest.mark.parametrize("writer", ["0x" + "11" * 19, "11" * 20, "0x" + "AA" * 20, 7, None, ""])
def test_a_writer_is_an_address(writer: object) -> None:
    members = json.loads(encode_application(ISSUING))
    members["writer"] = writer
    with pytest.raises(Malformed):
        decode_application(json.dumps(members).encode())


def test_an_application_of_former_times_has_no_writer_and_its_hash_stays() -> None:
    former = replace(ISSUING, writer=None)
    encoded = encode_application(former)
    assert b"writer" not in encoded
    assert decode_application(encoded) == former
    assert decode_application(encode_application(ISSUING)) == ISSUING


def test_the_council_gives_an_issuer_its_stream_once(
    ledger: PracticeLedger, tmp_path: Path
) -> None:
    apply(tmp_path, ISSUING)
    clerk = clerk_of(ledger, tmp_path)
    for _ in range(2):
        clerk.work(NOW)
    stream = issuer_stream_id(ISSUING.organisation_id)
    assert ledger.client.read("streams", stream)[2].lower() == "0x" + WRITER.hex()
    assert len(ledger.client.events("WriterNominated", stream=stream)) == 1
    assert clerk.is_writer(WRITER)
    assert not clerk.is_writer(Address(bytes(20)))


def test_registering_again_proposes_nothing(ledger: PracticeLedger, tmp_path: Path) -> None:
    apply(tmp_path, ASKER)
    (tmp_path / "applications" / "broken.json").write_bytes(b"{}")
    clerk_of(ledger, tmp_path).work(NOW)
    before = ledger.client.read("proposal_count")
    clerk_of(ledger, tmp_path).work(NOW + timedelta(hours=1))  # as after a restart
    assert ledger.client.read("proposal_count") == before
    assert decode_trust_list((tmp_path / "list.json").read_bytes()).issued_at == NOW


def test_the_register_says_who_may_ask_for_what(ledger: PracticeLedger, tmp_path: Path) -> None:
    apply(tmp_path, ASKER)
    clerk = clerk_of(ledger, tmp_path)
    clerk.work(NOW)
    register = clerk.asker_register()

    def judge(*claims: str) -> tuple[Outcome, Outcome, frozenset[str]]:
        found = judge_asker(register, CERTIFICATE, set(claims), trust=ledger.trust, at=NOW)
        return found.registration.outcome, found.entitlement.outcome, found.excess

    passed, failed = Outcome.PASSED, Outcome.FAILED
    assert judge("age_over_19") == (passed, passed, frozenset())
    assert judge("birth_date") == (passed, passed, frozenset())
    assert judge("age_over_19", "portrait") == (passed, failed, frozenset({"portrait"}))
    assert judge("age_over_19", "birth_date")[1] is failed  # two purposes are not one


def test_a_register_is_believed_only_as_far_as_it_proves(
    ledger: PracticeLedger, tmp_path: Path
) -> None:
    apply(tmp_path, ASKER)
    clerk = clerk_of(ledger, tmp_path)
    clerk.work(NOW)
    register = clerk.asker_register()
    claims = {"age_over_19", "portrait"}
    widened = register.replace(b'["age_over_19"]', b'["age_over_19","portrait"]')
    assert widened != register
    lying = judge_asker(widened, CERTIFICATE, claims, trust=ledger.trust, at=NOW)
    assert lying.entitlement.outcome is Outcome.FAILED
    stranger = practice_pki().iaca.der
    unknown = judge_asker(register, stranger, claims, trust=ledger.trust, at=NOW)
    assert unknown.registration.outcome is Outcome.UNDETERMINED
    later = NOW + timedelta(days=2)
    stale = judge_asker(register, CERTIFICATE, claims, trust=ledger.trust, at=later)
    assert stale.registration.reason == Reason.STALE_HEADER
    none = judge_asker(None, CERTIFICATE, claims, trust=ledger.trust, at=NOW)
    assert none.registration.outcome is Outcome.UNDETERMINED
    broken = judge_asker(b"{}", CERTIFICATE, claims, trust=ledger.trust, at=NOW)
    assert broken.registration.outcome is Outcome.FAILED


def test_a_stopped_asker_is_not_registered(ledger: PracticeLedger, tmp_path: Path) -> None:
    apply(tmp_path, ASKER)
    clerk = clerk_of(ledger, tmp_path)
    clerk.work(NOW)
    ledger.register(ASKER.organisation_id, replace(ASKER.entry, standing=Standing.STOPPED))
    register = clerk.asker_register()
    found = judge_asker(register, CERTIFICATE, {"age_over_19"}, trust=ledger.trust, at=NOW)
    assert (found.registered, found.registration.reason) == (False, Reason.NOT_ACTIVE)


class Web:
    """An issuer's site: aggregation, metadata, and its list in the form that is asked for."""

    def __init__(self) -> None:
        self.lists = StatusPublisher()
        self.metadata = b'{"version":1}'
        self.online = True

    async def send(self, request: HttpRequest) -> HttpResponse:
        if request.url == STATUS_URI:
            self.lists.media_type = request.headers["accept"]
            return await self.lists.send(request)
        is_aggregation = request.url == f"{ISSUER_URL}/status"
        body = encode_aggregation([STATUS_URI]) if is_aggregation else self.metadata
        return HttpResponse(status=200 if self.online else 503, headers={}, body=body)


def collector(web: Web, root: str = "iaca") -> PublishedLists:
    certificate = getattr(practice_pki(), root).certificate
    return PublishedLists(web, OpensslVerifier(), Source(url=ISSUER_URL, root=certificate))


async def test_both_forms_and_the_metadata_are_collected() -> None:
    found = await collector(Web()).collect((), NOW)
    assert len({entry.media_type for entry in found}) == 3


async def test_the_first_word_stays() -> None:
    web = Web()
    first = await collector(web).collect((), NOW)
    web.lists.set(3, Status.LOCKED, at=NOW)  # the same iat, another list
    assert set(await collector(web).collect(first, NOW)) == set(first)
    web.lists.set(3, Status.LOCKED, at=NOW - timedelta(minutes=5))
    assert set(await collector(web).collect(first, NOW)) == set(first)
    web.lists.set(3, Status.LOCKED, at=NOW + timedelta(seconds=5))
    later = await collector(web).collect(first, NOW + timedelta(minutes=1))
    assert next(entry for entry in later if entry.media_type == JWT).iat > int(NOW.timestamp())


async def test_metadata_is_of_when_it_was_first_seen() -> None:
    web = Web()
    first = await collector(web).collect((), NOW)
    later = NOW + timedelta(hours=1)

    async def seen(earlier: tuple[object, ...]) -> int:
        found = await collector(web).collect(earlier, later)  # type: ignore[arg-type]
        return next(entry.iat for entry in found if entry.media_type == METADATA_TYPE)

    assert await seen(first) == int(NOW.timestamp())
    web.metadata = b'{"version":2}'
    assert await seen(first) == int(later.timestamp())


async def test_a_silent_issuer_keeps_its_place_and_a_strange_signer_gets_none() -> None:
    web = Web()
    first = await collector(web).collect((), NOW)
    web.online = False
    assert await collector(web).collect(first, NOW) == first
    web.online = True
    strange = await collector(web, "reader_ca").collect((), NOW)
    assert {entry.media_type for entry in strange} == {METADATA_TYPE}
