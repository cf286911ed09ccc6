"""A mobile card collected at home with the chip card: the whole way, over HTTP in this process."""

from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from mrc.ic_card.reasons import Reason as ChipReason
from mrc.infra.database.ic_tables import ic_sessions
from mrc.infra.stores.ic_sessions import DatabaseIcSessions
from mrc.issuer.records import CardState
from mrc.kernel.errors import Rejected, Unavailable
from mrc.kernel.findings import Outcome
from mrc.protocols.ic_issuance.face import Gesture
from mrc.registry.acts import ActKind
from mrc.registry.residence import End, EndReason
from mrc.wallet.chip_proof import TapStep
from tests.simulators.ic_card_world import PIN
from tests.simulators.ic_issuance_world import (
    GESTURES,
    HOLDER,
    NUMBER,
    Matcher,
    Person,
    refused,
)


class Counting:
    """The network, with a count of what was asked of the challenge endpoint."""

    def __init__(self, inner):
        self.inner, self.challenges = inner, 0

    async def send(self, request):
        self.challenges += request.url.endswith("/authorize-challenge")
        return await self.inner.send(request)


async def test_the_chip_is_the_authorization(world):
    phone, person = await world.phone(), Person()
    tapped = await phone.tap(person)
    assert tapped.round_trips == 4
    assert person.asked_with == [None]
    assert person.seen == [
        TapStep.HOLD_CARD,
        TapStep.OPENING,
        TapStep.PROVING,
        TapStep.MAY_REMOVE_CARD,
        TapStep.COLLECTING,
    ]
    received = await (await phone.wallet()).receiving.collect(tapped.pending)
    assert set(received.card.types) == {"mso_mdoc", "dc+sd-jwt"}
    (live,) = await world.live()
    assert live.phone in await world.cards.phones_of(NUMBER)


async def test_at_most_five_requests_with_the_first_nonce_included(world):
    """A wallet that has no DPoP nonce yet is asked once more: five in all."""
    phone = await world.phone()
    opened = await phone.wallet()
    network = opened.receiving._parts.issuers._network
    network._http = counting = Counting(network._http)
    from tests.simulators import ic_card_world as chips

    card = await chips.connect(world.chip)
    await opened.ic_card.begin(world.issuer.configuration.credential_issuer, card, Person())
    assert counting.challenges <= 5


async def test_the_decision_is_recorded_with_what_was_done_about_the_face(world):
    await (await world.phone()).tap()
    last = (await world.registry.acts_of(HOLDER))[-1].act
    assert last.kind is ActKind.ELIGIBILITY_DECIDED
    assert last.reason == "ic_card: eligible; face (not_required): passed"


async def test_a_new_phone_ends_the_first_one_in_the_same_transaction(world):
    first = await world.phone()
    await first.receive()
    (before,) = await world.live()
    second = await world.phone()
    tapped = await second.tap()
    assert await world.live() == [before]  # nothing ends before there is something new
    opened = await second.wallet()
    await opened.receiving.accept(await opened.receiving.collect(tapped.pending))
    (after,) = await world.live()
    assert after.phone != before.phone
    ended = await world.issuer.cards.find(before.id)
    assert ended.state is CardState.CANCELLED


async def test_two_phones_that_collect_at_once_leave_one(world):
    one, other = await world.phone(), await world.phone()
    first, second = await one.tap(), await other.tap()
    for phone, tapped in ((one, first), (other, second)):
        opened = await phone.wallet()
        await opened.receiving.collect(tapped.pending)
    assert len(await world.live()) == 1


async def test_the_tag_may_leave_and_come_back(world):
    phone, person = await world.phone(), Person()
    tapped = await phone.tap(person, lose_at=(12, 45))
    assert tapped.round_trips > 4
    assert person.seen.count(TapStep.CARD_LEFT) == 2
    assert len(person.asked_with) == 1, "the PIN is typed once"
    assert world.chip.load().pin_left == 5


async def test_a_tag_that_keeps_leaving_is_given_up(world):
    with pytest.raises(Unavailable):
        await (await world.phone()).tap(lose_at=range(1, 1000))
    assert world.chip.load().pin_left >= 4


@pytest.mark.parametrize("command", [7, 9, 10, 11])
async def test_a_tag_lost_inside_pace_never_spends_the_last_try(world, command):
    """Each loss after the nonce costs one; the wallet stops and asks before the last."""
    person = Person(agrees=False)
    losses = range(command, 4000, command)
    with pytest.raises((Unavailable, Rejected)):
        await (await world.phone()).tap(person, lose_at=losses)
    assert world.chip.load().pin_left >= 1


async def test_a_wrong_pin_is_sent_once(world):
    person = Person(typed="999998")
    with pytest.raises(Rejected) as caught:
        await (await world.phone()).tap(person)
    assert caught.value.reason is ChipReason.WRONG_PASSWORD
    assert (len(person.asked_with), world.chip.load().pin_left) == (1, 4)


async def test_the_last_try_needs_a_yes_and_the_can(world):
    phone = await world.phone()
    for _ in range(4):
        with pytest.raises(Rejected):
            await phone.tap(Person(typed="999998"))
    assert world.chip.load().pin_left == 1
    for person, reason in (
        (Person(agrees=False), ChipReason.LAST_TRY),
        (Person(agrees=True, printed=None), ChipReason.PIN_SUSPENDED),
    ):
        with pytest.raises(Rejected) as caught:
            await phone.tap(person)
        assert caught.value.reason is reason
        assert person.asked_with == [], "the PIN is not even asked for"
    assert world.chip.load().pin_left == 1
    await phone.receive(Person(agrees=True, typed=PIN))
    assert world.chip.load().pin_left == 5


async def test_a_silent_carrier_is_asked_again_without_the_card(world):
    world.carrier.answers = [Outcome.UNDETERMINED, Outcome.UNDETERMINED]
    person = Person(patient=True)
    tapped = await (await world.phone()).tap(person)
    assert person.waited_for == ["phone_owner_unknown"] * 2
    assert tapped.round_trips == 6


async def test_who_does_not_wait_may_try_later(world):
    world.carrier.outcome, world.carrier.reason = Outcome.UNDETERMINED, "sim_changed_recently"
    assert await refused((await world.phone()).tap()) == "sim_changed_recently"


async def test_a_face_is_shown_where_a_matcher_is_there(world):
    world.with_face(Matcher(outcome=Outcome.PASSED))
    phone = await world.phone()
    assert await refused(phone.tap(Person(selfies=None))) == "face_at_counter"
    person = Person(selfies=dict.fromkeys(Gesture, b"picture"))
    tapped = await phone.tap(person)
    assert tapped.round_trips == 5
    (asked,) = person.shown
    assert (asked.gestures, asked.problem, asked.tries_left) == (GESTURES, None, 2)


async def test_the_counter_policy_sends_the_person_to_the_counter(world):
    from mrc.authority.ic_issuance.face import AtCounter

    world.with_face(AtCounter())
    assert await refused((await world.phone()).tap()) == "face_at_counter"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"portrait": None}, "no_portrait"),
        ({"phones": ()}, "no_phone_number"),
    ],
)
async def test_every_rule_is_decided_again(world, changes, reason):
    await world.change(**changes)
    assert await refused((await world.phone()).tap()) == reason


async def test_an_ended_registration_is_refused(world):
    before = await world.registry.find(HOLDER)
    from dataclasses import replace

    end = End(on=date(2026, 7, 1), reason=EndReason.DEPARTURE)
    await world.change(residence=replace(before.residence, end=end))
    assert await refused((await world.phone()).tap()) == "registration_ended"


async def test_a_changed_number_asks_for_a_new_card(world):
    from mrc.registry.numbers import RegistrationNumber

    await world.change(number=RegistrationNumber("9004126999999"))
    assert await refused((await world.phone()).tap()) == "card_outdated"


async def test_a_session_survives_neither_its_claim_nor_its_time(world):
    sessions = world.steps._parts.chip.sessions
    assert isinstance(sessions, DatabaseIcSessions)
    await sessions.put("s", b"stage")
    assert await sessions.claim("s") == b"stage"
    assert await sessions.claim("s") is None
    await sessions.put("s", b"stage")
    world.clock.by = timedelta(minutes=11)
    assert await sessions.claim("s") is None


async def test_no_session_key_is_readable_in_the_database(world):
    await world.steps._parts.chip.sessions.put("secret-session", b"session keys stand here")
    async with world.database.reading() as tx:
        rows = await tx.fetch_all(sa.select(ic_sessions))
    kept = b"".join(row["digest"] + row["sealed"] for row in rows)
    assert b"session" not in kept


async def test_a_lost_answer_of_the_office_costs_nothing_but_a_new_start(world):
    """The authority dies between claim and answer, at each of the four steps."""
    for step in range(1, 5):
        phone = await world.phone()
        network = phone.network
        original, count = network.send, 0

        async def dying(request, original=original, step=step):
            nonlocal count
            if request.url.endswith("/authorize-challenge"):
                count += 1
                if count == step + 1:  # the first is asked again for its nonce
                    await original(request)
                    raise Unavailable(request.url, "the authority died")
            return await original(request)

        network.send = dying
        with pytest.raises(Unavailable):
            await phone.tap()
        assert world.chip.load().pin_left == 5
        network.send = original
        await phone.receive()
        assert len(await world.live()) == 1
