"""Status within a verdict: no, yes, and "could not find out"."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest

from mrc.formats.status_list.bits import Status
from mrc.formats.status_list.reference import StatusReference
from mrc.formats.x509.profiles import Purpose
from mrc.infra.database.engine import open_database
from mrc.protocols.dcql.query import CredentialFormat
from mrc.verifier.policy import Decision, judge
from mrc.verifier.reasons import Reason
from mrc.verifier.transactions import Outcome
from tests.simulators.pki import NOW, make_leaf, make_root, practice_pki
from tests.simulators.practice_cards import EXPIRED, STATUS_URI, CardOrder, make_card
from tests.simulators.status_publisher import TTL
from tests.simulators.verifier_world import VerifierWorld, reasons

BOTH = pytest.mark.parametrize("format_", list(CredentialFormat))


@pytest.fixture
async def world(sqlite_url: str) -> AsyncIterator[VerifierWorld]:
    async with open_database(sqlite_url) as database:
        yield VerifierWorld(database=database)


async def show(
    world: VerifierWorld,
    format_: CredentialFormat = CredentialFormat.SD_JWT_VC,
    order: CardOrder | None = None,
) -> Outcome:
    asked, request = await world.ask(format_)
    return await world.show([make_card(format_, order)], asked, request)


def decision(outcome: Outcome) -> Decision:
    assert outcome.verdict is not None
    return outcome.verdict.decision


@BOTH
@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (Status.CANCELLED, Reason.STATUS_CANCELLED),
        (Status.LOCKED, Reason.STATUS_LOCKED),
        (Status.RENEWAL_NEEDED, Reason.STATUS_RENEWAL_NEEDED),
    ],
)
async def test_every_other_status_than_valid_refuses(
    world: VerifierWorld, format_: CredentialFormat, status: Status, reason: Reason
) -> None:
    world.publisher.set(7, status, at=NOW)
    outcome = await show(world, format_)
    assert decision(outcome) is Decision.NOT_VALID
    assert reasons(outcome) == (reason, "vp_query_not_satisfied")
    assert not outcome.cards[0].claims


async def test_locked_is_refused_at_once_after_the_push(world: VerifierWorld) -> None:
    assert decision(await show(world)) is Decision.VALID
    world.publisher.set(7, Status.LOCKED, at=NOW + timedelta(seconds=1))
    world.now = NOW + timedelta(seconds=1)
    assert decision(await show(world)) is Decision.VALID  # the kept list is fresh for its ttl
    world.lists.drop(STATUS_URI)
    assert decision(await show(world)) is Decision.NOT_VALID


async def test_locked_is_refused_after_the_ttl_without_a_push(world: VerifierWorld) -> None:
    assert decision(await show(world)) is Decision.VALID
    world.publisher.set(7, Status.LOCKED, at=NOW + timedelta(seconds=1))
    world.now = NOW + TTL
    assert decision(await show(world)) is Decision.NOT_VALID


async def test_a_list_that_does_not_come_is_not_a_no(world: VerifierWorld) -> None:
    world.publisher.online = False
    outcome = await show(world)
    assert decision(outcome) is Decision.ASK_FURTHER
    assert reasons(outcome) == (Reason.STATUS_NOT_REACHABLE,)
    assert outcome.cards[0].claims


async def test_a_list_that_is_no_longer_fresh_does_not_stand_in(world: VerifierWorld) -> None:
    assert decision(await show(world)) is Decision.VALID
    world.publisher.online = False
    world.now = NOW + TTL
    assert decision(await show(world)) is Decision.ASK_FURTHER


async def test_a_list_that_nobody_can_believe_is_not_a_no(world: VerifierWorld) -> None:
    foreign = make_root(Purpose.IACA_ROOT, "Foreign root")
    world.publisher.signer = make_leaf(Purpose.STATUS_SIGNER, "Foreign status", issuer=foreign)
    outcome = await show(world)
    assert decision(outcome) is Decision.ASK_FURTHER
    assert reasons(outcome) == (Reason.STATUS_NOT_AUTHENTIC,)


async def test_a_document_signer_signs_no_lists(world: VerifierWorld) -> None:
    world.publisher.signer = practice_pki().document_signer
    assert reasons(await show(world)) == (Reason.STATUS_NOT_AUTHENTIC,)


async def test_an_index_beyond_the_list_refuses(world: VerifierWorld) -> None:
    order = CardOrder(status=StatusReference(uri=STATUS_URI, idx=4096))
    outcome = await show(world, order=order)
    assert decision(outcome) is Decision.NOT_VALID
    assert "status_index_out_of_range" in reasons(outcome)


async def test_an_old_list_makes_one_ask_further(world: VerifierWorld) -> None:
    world.publisher.signed_at = NOW - timedelta(hours=2)
    outcome = await show(world)
    assert decision(outcome) is Decision.ASK_FURTHER
    assert reasons(outcome) == (Reason.STATUS_TOO_OLD,)


def test_no_finding_is_no_yes() -> None:
    verdict = judge((), status_times=(), at=NOW, max_status_age=timedelta(hours=1))
    assert verdict.decision is Decision.ASK_FURTHER


def test_the_oldest_word_counts() -> None:
    times = (NOW, NOW - timedelta(minutes=5))
    verdict = judge((), status_times=times, at=NOW, max_status_age=timedelta(minutes=5))
    assert verdict.data_as_of == NOW - timedelta(minutes=5)
    assert verdict.decision is Decision.VALID
    older = judge((), status_times=times, at=NOW, max_status_age=timedelta(minutes=4))
    assert older.decision is Decision.ASK_FURTHER


@BOTH
async def test_of_a_bad_card_no_status_is_asked(
    world: VerifierWorld, format_: CredentialFormat
) -> None:
    await show(world, format_, EXPIRED)
    assert world.publisher.fetches == 0


@BOTH
async def test_of_a_card_without_the_claims_no_status_is_asked(
    world: VerifierWorld, format_: CredentialFormat
) -> None:
    asked, request = await world.ask(format_)
    [query] = request.dcql_query.credentials
    assert query.claims is not None
    less = replace(query, claims=query.claims[:1])
    pretended = replace(request, dcql_query=replace(request.dcql_query, credentials=(less,)))
    await world.show([make_card(format_)], asked, request, pretended=pretended)
    assert world.publisher.fetches == 0
