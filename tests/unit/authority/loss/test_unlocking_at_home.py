"""A wrong report undone by IC card, PIN and face: first every way to cheat, over HTTP."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from mrc.authority.loss.codes import TryCounter, TryLimits
from mrc.authority.loss.records import Channel
from mrc.authority.loss.unlocking import UnlockPolicy, UnlockSteps
from mrc.ic_card.terminal import pipe
from mrc.infra.keys.software import SoftwareSigner
from mrc.issuer.records import CardState
from mrc.kernel.errors import Malformed, Rejected, Unavailable
from mrc.kernel.findings import Outcome
from mrc.protocols.card_loss.unlock import Unlocked, decode_unlock_request, decode_unlocked
from mrc.protocols.ic_issuance.face import Gesture
from mrc.protocols.ic_issuance.messages import (
    AskAgain,
    Begin,
    FirstAnswers,
    SecondAnswers,
    ShowFace,
)
from mrc.registry.acts import ActKind
from mrc.wallet.holdings import CardState as HeldState
from tests.simulators.ic_card_scene import new_keys
from tests.simulators.ic_card_world import World
from tests.simulators.ic_issuance_world import (
    HOLDER,
    NUMBER,
    IcWorld,
    Matcher,
    Person,
    Talk,
    ic_world,
    opened_card,
    refused,
)
from tests.simulators.unlocking import (
    OTHER,
    UnlockTalk,
    another_person,
    card_of,
    events,
    is_locked,
    lock_as_officer,
    locked_phone,
    order,
    report,
    unlock,
)

SHOWN = dict.fromkeys(Gesture, b"picture")


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[IcWorld]:
    async with ic_world(tmp_path) as made:
        yield made


# Whose card, which phone.


async def test_another_persons_genuine_card_with_its_pin_unlocks_nothing(world):
    phone, chip = await locked_phone(world), await another_person(world)
    world.with_face(matcher := Matcher(outcome=Outcome.PASSED))
    assert await refused(unlock(phone, Person(selfies=SHOWN), chip=chip)) == (
        "card_of_another_person"
    )
    assert await is_locked(world)
    assert matcher.compared == 0, "no face is asked for"
    last = (await world.registry.acts_of(OTHER))[-1].act
    assert (last.kind, last.reason) == (
        ActKind.UNLOCK_REFUSED,
        "unlocking by IC card: card_of_another",
    )


async def test_ones_own_card_at_another_persons_locked_phone_unlocks_neither(world):
    """Both are locked; each holder's chip speaks for its own phone only."""
    mine, chip = await locked_phone(world), await another_person(world)
    theirs = await world.phone()
    await theirs.receive(chip=chip)
    await report(world, holder=OTHER)
    assert await refused(unlock(theirs)) == "card_of_another_person"
    assert await refused(unlock(mine, chip=chip)) == "card_of_another_person"
    assert await is_locked(world)
    assert await is_locked(world, OTHER)


async def test_a_phone_that_never_had_a_card_is_told_so_before_the_chip(world):
    await locked_phone(world)
    talk = await UnlockTalk.of(await world.phone())
    assert await refused(talk.say(Begin(extended_length=False))) == "not_the_locked_phone"
    assert await is_locked(world)


async def test_a_stolen_session_under_another_key_is_refused_and_over(world):
    talk = await UnlockTalk.at(await locked_phone(world))
    last = await talk.last_answers(await opened_card(world))
    owner, talk.key = talk.key, SoftwareSigner.generate()
    assert await refused(talk.say(SecondAnswers(answers=last))) == "another_phone"
    talk.key = owner
    assert await refused(talk.say(SecondAnswers(answers=last))) == "session_over"
    assert await is_locked(world)


async def test_the_phone_that_was_replaced_is_told_cancelled(world):
    old = await locked_phone(world)
    new = await world.phone()
    await new.receive()  # a new phone ends the old one, locked or not
    await report(world)
    assert await refused(unlock(old)) == "mobile_card_cancelled"
    assert await is_locked(world), "the new phone stays as it was"


async def test_a_cancelled_card_does_not_come_back(world):
    phone = await locked_phone(world)
    (live,) = await world.live()
    await world.counter.cancel(order("naturalised"), now=world.clock.now())
    assert await refused(unlock(phone)) == "mobile_card_cancelled"
    cancelled = await world.issuer.cards.find(live.id)
    assert cancelled is not None
    assert cancelled.state is CardState.CANCELLED


async def test_a_card_that_is_not_locked_says_so(world):
    phone = await world.phone()
    await phone.receive()
    assert await refused(unlock(phone)) == "mobile_card_not_locked"


# Who locked it.


async def test_an_officers_lock_is_not_undone_at_home(world):
    phone = await world.phone()
    await phone.receive()
    await lock_as_officer(world)
    assert await refused(unlock(phone)) == "locked_by_office"
    assert await is_locked(world)


@pytest.mark.parametrize("officer_first", [True, False])
async def test_nor_is_it_hidden_behind_a_report_of_ones_own(world, officer_first):
    phone = await world.phone()
    await phone.receive()
    for by_officer in (officer_first, not officer_first):
        await (lock_as_officer(world) if by_officer else report(world, Channel.WALLET))
    assert await refused(unlock(phone)) == "locked_by_office"
    assert await is_locked(world)


async def test_an_officers_lock_that_an_officer_lifted_is_over(world):
    phone = await world.phone()
    await phone.receive()
    await lock_as_officer(world)
    await world.counter.unlock(order("seen in person"), now=world.clock.now())
    await report(world)
    await unlock(phone)
    assert not await is_locked(world)


async def test_an_officer_who_locks_between_the_chip_and_the_act_wins(world):
    """The lock of an office that comes while the face is shown."""
    phone = await locked_phone(world)
    world.with_face(Matcher(outcome=Outcome.PASSED))

    class Slow(Person):
        async def show_face(self, asked):
            await lock_as_officer(world)
            return await super().show_face(asked)

    assert await refused(unlock(phone, Slow(selfies=SHOWN))) == "locked_by_office"
    assert await is_locked(world)


@pytest.mark.parametrize("channel", sorted(UnlockPolicy().undoable))
async def test_reports_that_may_be_undone(world, channel):
    phone = await locked_phone(world, channel)
    await unlock(phone)
    assert not await is_locked(world)


async def test_which_reports_may_be_undone_is_policy_data(world):
    parts = world.unlocking._parts
    strict = UnlockPolicy(undoable=frozenset({Channel.WALLET}))
    world.unlocking = UnlockSteps(replace(parts, policy=strict))
    phone = await locked_phone(world, Channel.CARRIER)
    assert await refused(unlock(phone)) == "locked_by_office"


# The chip.


async def test_a_clone_with_its_own_keys_unlocks_nothing(world):
    phone, clone = await locked_phone(world), await new_keys(world.chip)
    with pytest.raises(Rejected):
        await unlock(phone, chip=clone)
    assert await is_locked(world)


async def test_a_card_of_a_rogue_csca_unlocks_nothing(world):
    phone = await locked_phone(world)
    rogue, _ = await World().make()
    assert await refused(unlock(phone, chip=rogue)) == "card_not_authentic"
    assert await is_locked(world)


async def test_a_wrong_pin_unlocks_nothing_and_costs_the_chip_a_try(world):
    phone = await locked_phone(world)
    with pytest.raises(Rejected):
        await unlock(phone, Person(typed="999998"))
    assert await is_locked(world)
    assert world.chip.load().pin_left == 4


async def test_an_ic_card_that_was_itself_reported_lost_unlocks_nothing(world):
    """A stolen bag: phone and card in one hand."""
    from mrc.authority.ic_issuance.plastic import PlasticEnd, PlasticPolicy, Report
    from mrc.registry.consequences import CardAction

    phone = await locked_phone(world)
    world.chip_cards._parts = replace(
        world.chip_cards._parts,
        policy=PlasticPolicy(actions={PlasticEnd.LOST: CardAction.NONE}),
    )
    lost = Report(
        document_number=NUMBER, because=PlasticEnd.LOST, actor="office", reason="bag stolen"
    )
    await world.chip_cards.end(lost, now=world.clock.now())
    assert await refused(unlock(phone)) == "card_lost"
    assert await is_locked(world)


async def test_a_session_begun_for_a_new_card_is_none_here(world):
    """The chip spoke for an issue: its last answers, sent to the other endpoint."""
    phone = await locked_phone(world)
    unlocking, issuing = await UnlockTalk.at(phone), await Talk.of(phone)
    issuing.key = unlocking.key
    last = await issuing.last_answers(await opened_card(world))
    unlocking.session = issuing.session
    assert await refused(unlocking.say(SecondAnswers(answers=last))) == "session_over"
    assert await is_locked(world)


async def test_nor_does_a_session_for_unlocking_give_a_code(world):
    phone = await locked_phone(world)
    unlocking, issuing = await UnlockTalk.at(phone), await Talk.of(phone)
    issuing.key = unlocking.key
    last = await unlocking.last_answers(await opened_card(world))
    issuing.session = unlocking.session
    assert await refused(issuing.say(SecondAnswers(answers=last))) == "session_over"


async def test_every_message_of_a_session_that_unlocked_is_of_no_further_use(world):
    phone = await locked_phone(world)
    talk, card = await UnlockTalk.at(phone), await opened_card(world)
    first = await talk.answers_of_first(card)
    second = await talk.say(FirstAnswers(answers=first))
    last = await pipe.forward(card, second.wrapped)
    assert isinstance(await talk.say(SecondAnswers(answers=last)), Unlocked)
    await report(world)
    for message in (FirstAnswers(answers=first), SecondAnswers(answers=last), AskAgain()):
        assert await refused(talk.say(message)) == "session_over"
    assert await is_locked(world)


async def test_two_sessions_at_once_unlock_once(world):
    """Both chips' proofs are there; the second finds the card unlocked."""
    phone = await locked_phone(world)
    one, other = await UnlockTalk.at(phone), await UnlockTalk.at(phone)
    first = await one.last_answers(await opened_card(world))
    second = await other.last_answers(await opened_card(world))
    answers = await asyncio.gather(
        one.say(SecondAnswers(answers=first)),
        refused(other.say(SecondAnswers(answers=second))),
        return_exceptions=True,
    )
    assert isinstance(answers[0], Unlocked)
    assert answers[1] == "mobile_card_not_locked"
    (live,) = await world.live()
    assert [row["act"] for row in await events(world, live.id)].count("unlocked") == 1


# The face.


async def test_without_a_face_that_fits_the_counter_remains(world):
    """Whatever makes a picture no use, three tries are all there are."""
    phone = await locked_phone(world)
    world.with_face(matcher := Matcher(outcome=Outcome.UNDETERMINED, reason="gesture_not_seen"))
    assert await refused(unlock(phone, Person(selfies=SHOWN))) == "face_at_counter"
    assert matcher.compared == 3
    assert await is_locked(world)
    last = (await world.registry.acts_of(HOLDER))[-1].act
    assert last.kind is ActKind.UNLOCK_REFUSED
    assert last.reason == "unlocking by IC card: face undetermined"


async def test_who_does_not_show_a_face_is_sent_to_the_counter(world):
    phone = await locked_phone(world)
    world.with_face(Matcher(outcome=Outcome.PASSED))
    assert await refused(unlock(phone, Person(selfies=None))) == "face_at_counter"
    assert await is_locked(world)


async def test_a_face_that_somebody_says_is_anothers_ends_the_session(world):
    phone = await locked_phone(world)
    world.with_face(Matcher(outcome=Outcome.FAILED))
    assert await refused(unlock(phone, Person(selfies=SHOWN))) == "face_differs"
    assert await is_locked(world)


async def test_the_office_that_compares_at_the_counter_unlocks_nobody_at_home(world):
    from mrc.authority.ic_issuance.face import AtCounter

    phone = await locked_phone(world)
    world.with_face(AtCounter())
    assert await refused(unlock(phone)) == "face_at_counter"
    assert await is_locked(world)


async def test_the_chip_alone_is_asked_for_a_face(world):
    talk = await UnlockTalk.at(await locked_phone(world))
    world.with_face(Matcher(outcome=Outcome.PASSED))
    last = await talk.last_answers(await opened_card(world))
    assert isinstance(await talk.say(SecondAnswers(answers=last)), ShowFace)
    assert await is_locked(world)


# How often.


CENTURY = timedelta(days=36_500)  # no test sees the end of its window


def allow(world: IcWorld, tries: int) -> TryCounter:
    counter = TryCounter(world.losses.store, world.losses.key, TryLimits(window=CENTURY))
    parts = replace(world.unlocking._parts, tries=counter, policy=UnlockPolicy(tries=tries))
    world.unlocking = UnlockSteps(parts)
    return counter


async def test_tries_of_a_phone_have_an_end_and_begin_anew_in_the_next_window(world):
    counter = allow(world, 2)
    phone = await locked_phone(world)
    for _ in range(2):
        talk = await UnlockTalk.at(phone)
        await talk.say(Begin(extended_length=False))
    assert await refused(unlock(phone)) == "too_many_tries"
    assert await is_locked(world)
    (live,) = await world.live()
    await counter.count("unlock", live.phone, 2, now=world.clock.now() + CENTURY)


async def test_tries_are_counted_before_the_card_is_looked_at(world):
    """Who has no card at all is counted too."""
    allow(world, 1)
    talk = await UnlockTalk.of(await world.phone())
    assert await refused(talk.say(Begin(extended_length=False))) == "not_the_locked_phone"
    assert await refused(talk.say(Begin(extended_length=False))) == "too_many_tries"


# And then what it is for.


async def test_the_holder_unlocks_and_the_wallet_knows_it(world):
    phone = await locked_phone(world)
    world.with_face(Matcher(outcome=Outcome.PASSED))
    opened = await phone.wallet()
    await opened.standing.refresh()
    assert (await card_of(phone)).state is HeldState.LOCKED
    done = await unlock(phone, Person(selfies=SHOWN))
    assert done.round_trips == 5
    assert not await is_locked(world)
    assert (await card_of(phone)).state is HeldState.USABLE
    assert abs(done.unlocked.at - world.clock.now()) < timedelta(seconds=5)


async def test_the_act_says_by_what_it_was_undone(world):
    phone = await locked_phone(world)
    await unlock(phone)
    (live,) = await world.live()
    issued, locked, unlocked = await events(world, live.id)
    assert (issued["act"], issued["channel"]) == ("issued", None)
    assert (locked["act"], locked["channel"]) == ("locked", "call_centre")
    assert (unlocked["act"], unlocked["actor"]) == ("unlocked", "holder")
    assert unlocked["channel"] == "ic_card"
    assert unlocked["reason"] == "report undone by IC card and PIN; face (not_required): passed"


async def test_the_act_and_the_state_commit_together(world, monkeypatch):
    """A process killed while the copies move leaves the card locked and no record of an act."""
    from mrc.infra.stores.issuer_cards import CardRecords

    phone = await locked_phone(world)
    (live,) = await world.live()

    async def killed(self, card, status):
        raise Unavailable("database", "killed")

    with monkeypatch.context() as broken:
        broken.setattr(CardRecords, "set_copies", killed)
        with pytest.raises(Unavailable):
            await unlock(phone)
    assert await is_locked(world)
    assert [row["act"] for row in await events(world, live.id)] == ["issued", "locked"]
    await unlock(phone)
    assert not await is_locked(world)


async def test_a_report_that_is_taken_again_does_not_lock_anew(world):
    """The tick that makes up for killed processes finds the report after the holder undid it."""
    phone = await locked_phone(world)
    await unlock(phone)
    await world.losses.reports.resume(now=world.clock.now() + timedelta(minutes=5))
    assert not await is_locked(world)


async def test_a_new_report_locks_again(world):
    phone = await locked_phone(world)
    await unlock(phone)
    await report(world)
    assert await is_locked(world)


async def test_the_card_may_leave_the_phone_and_come_back(world):
    phone = await locked_phone(world)
    await unlock(phone, lose_at=(12, 45))
    assert not await is_locked(world)


async def test_a_card_from_the_counter_does_not_hang_on_plastic_because_it_was_unlocked(world):
    phone = await locked_phone(world)
    before = await world.cards.phones_of(NUMBER)
    await unlock(phone)
    assert await world.cards.phones_of(NUMBER) == before


# Messages.


@pytest.mark.parametrize(
    "body", [b"client_id=x", b"ic_card=a&ic_card=b", b"\xff", b"auth_session=s"]
)
def test_requests_that_are_none(body):
    with pytest.raises(Malformed):
        decode_unlock_request(body)


@pytest.mark.parametrize(
    "members",
    [{}, {"unlocked_at": 5}, {"unlocked_at": "soon"}, {"unlocked_at": "2026-01-01T00:00:00"}],
)
def test_answers_that_are_none(members):
    with pytest.raises(Malformed):
        decode_unlocked(members)
