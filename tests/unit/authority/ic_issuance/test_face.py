"""The guided capture over HTTP: who cheats hears no, who is unlucky is sent to the counter."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from mrc.authority.face_matching.gestures import draw_gestures
from mrc.authority.ic_issuance.face import Matched, face_step
from mrc.authority.ic_issuance.face_capture import (
    MOST_A_DAY,
    MOST_TRIES,
    TIME_TO_SHOW,
    FaceAsked,
    FaceCapture,
    decode_face_asked,
)
from mrc.authority.ic_issuance.ports import FacePolicy
from mrc.kernel.errors import Malformed, Unavailable
from mrc.kernel.findings import Outcome
from mrc.protocols.ic_issuance.face import FaceProblem, Gesture
from mrc.protocols.ic_issuance.messages import AskAgain, Face, SecondAnswers, ShowFace
from mrc.protocols.oauth.first_party import AuthorizationGranted
from tests.simulators.faces import STRANGER, PaperReader, frames, paper
from tests.simulators.ic_issuance_world import (
    HOLDER,
    IcWorld,
    Person,
    Talk,
    opened_card,
    refused,
)


@pytest.fixture
def reader(world: IcWorld) -> PaperReader:
    made = PaperReader()
    world.with_face(Matched(made, world.registry))
    return made


async def asked(world: IcWorld) -> tuple[Talk, ShowFace]:
    """A session whose chip is proved and whose face is asked for."""
    talk = await Talk.of(await world.phone())
    last = await talk.last_answers(await opened_card(world))
    demand = await talk.say(SecondAnswers(answers=last))
    assert isinstance(demand, ShowFace)
    return talk, demand


def shown(demand: ShowFace, who: float = 0.0) -> Face:
    return Face(nonce=demand.nonce, frames=frames(demand.gestures, who))


async def test_the_holder_is_recognised_and_collects(world, reader):
    selfies = {gesture: paper(gesture=gesture) for gesture in Gesture}
    await (await world.phone()).receive(Person(selfies=selfies))
    reasons = [one.act.reason for one in await world.registry.acts_of(HOLDER)]
    assert "ic_card: eligible; face (matcher): passed" in reasons


async def test_stolen_card_and_pin_end_at_the_counter_and_not_in_a_refusal(world, reader):
    """Three tries, each with another challenge; the record says what was done, not how near."""
    talk, demand = await asked(world)
    nonces = {demand.nonce}
    for left in (1, 0):
        demand = await talk.say(shown(demand, STRANGER))
        assert isinstance(demand, ShowFace)
        assert (demand.problem, demand.tries_left) == (FaceProblem.NOT_RECOGNISED, left)
        nonces.add(demand.nonce)
    assert len(nonces) == MOST_TRIES
    assert await refused(talk.say(shown(demand, STRANGER))) == "face_at_counter"
    assert await refused(talk.say(shown(demand))) == "session_over"
    reasons = [one.act.reason for one in await world.registry.acts_of(HOLDER)]
    assert "ic_card: eligible; face (matcher): undetermined" in reasons
    assert await world.live() == []


async def test_a_poor_picture_is_told_and_tried_again(world, reader):
    talk, demand = await asked(world)
    poor = (paper(light=3.0), *frames(demand.gestures)[1:])
    demand = await talk.say(Face(nonce=demand.nonce, frames=poor))
    assert demand.problem is FaceProblem.TOO_DARK
    assert isinstance(await talk.say(shown(demand)), AuthorizationGranted)


async def test_frames_recorded_in_another_session_are_not_accepted(world, reader):
    """The whole message of one session, sent in another: its nonce is not this session's."""
    _, other = await asked(world)
    talk, demand = await asked(world)
    again = await talk.say(shown(other))
    assert again.problem is FaceProblem.OTHER_CHALLENGE
    assert again.nonce != demand.nonce


async def test_recorded_frames_under_the_right_nonce_show_the_wrong_gestures(world, reader):
    _, other = await asked(world)
    talk, demand = await asked(world)
    while demand.gestures == other.gestures:
        demand = await talk.say(Face(nonce=demand.nonce, frames=()))
    again = await talk.say(Face(nonce=demand.nonce, frames=frames(other.gestures)))
    assert again.problem in (FaceProblem.GESTURE_NOT_SEEN, FaceProblem.NOT_STRAIGHT)


async def test_frames_of_the_try_before_do_not_answer_the_next(world, reader):
    talk, demand = await asked(world)
    first = shown(demand, STRANGER)
    await talk.say(first)
    again = await talk.say(first)
    assert again.problem is FaceProblem.OTHER_CHALLENGE


async def test_frames_in_the_wrong_order_are_not_accepted(world, reader):
    talk, demand = await asked(world)
    turned = tuple(reversed(frames(demand.gestures)))
    again = await talk.say(Face(nonce=demand.nonce, frames=turned))
    assert again.problem in (FaceProblem.GESTURE_NOT_SEEN, FaceProblem.NOT_STRAIGHT)


@pytest.mark.parametrize("number", [0, 1, 3])
async def test_missing_frames_are_not_accepted(world, reader, number):
    talk, demand = await asked(world)
    some = frames(demand.gestures)[:number]
    again = await talk.say(Face(nonce=demand.nonce, frames=some))
    assert again.problem is FaceProblem.GESTURE_NOT_SEEN


async def test_frames_that_come_late_are_not_accepted(world, reader):
    talk, demand = await asked(world)
    world.clock.by = TIME_TO_SHOW
    again = await talk.say(shown(demand))
    assert again.problem is FaceProblem.TOO_LATE


async def test_nobody_shops_for_gestures_inside_a_session(world, reader):
    """Asking again without an answer gives the same challenge, and no more time for it."""
    talk, demand = await asked(world)
    world.clock.by = timedelta(seconds=30)
    again = await talk.say(AskAgain())
    assert (again.nonce, again.gestures) == (demand.nonce, demand.gestures)
    assert again.expires_in <= demand.expires_in - 30


async def test_nobody_shops_for_gestures_over_sessions(world, reader):
    """Challenges that were looked at and not answered count like answered ones."""
    for _ in range(MOST_A_DAY):
        await asked(world)
    talk = await Talk.of(await world.phone())
    last = await talk.last_answers(await opened_card(world))
    assert await refused(talk.say(SecondAnswers(answers=last))) == "face_at_counter"
    parts = world.steps._parts.chip
    capture = FaceCapture(parts.face, parts.issuer_store, parts.entropy)
    holder, now = await world.registry.find(HOLDER), world.clock.now()
    assert not isinstance(await capture.go_on(holder, None, None, now), FaceAsked)
    tomorrow = now + timedelta(days=1)
    assert isinstance(await capture.go_on(holder, None, None, tomorrow), FaceAsked)


async def test_the_frames_are_shown_from_the_phone_that_proved_the_chip(world, reader):
    from mrc.infra.keys.software import SoftwareSigner

    talk, demand = await asked(world)
    talk.key = SoftwareSigner.generate()
    assert await refused(talk.say(shown(demand))) == "another_phone"


async def test_a_face_before_the_chip_is_proved_is_no_step(world, reader):
    from mrc.protocols.ic_issuance.messages import Begin

    talk = await Talk.of(await world.phone())
    await talk.say(Begin(extended_length=False))
    gestures = draw_gestures(world.steps._parts.chip.entropy)
    face = Face(nonce=b"x", frames=frames(gestures))
    assert await refused(talk.say(face)) == "session_over"
    assert reader.read_pictures == 0


@pytest.mark.parametrize("portrait", [FaceProblem.DRAWING, FaceProblem.NO_FACE])
async def test_a_register_portrait_of_no_use_sends_to_the_counter_without_a_try(world, portrait):
    """Practice people are drawn: nothing is asked, nothing is pretended."""
    world.with_face(Matched(PaperReader(portrait=portrait), world.registry))
    person = Person(selfies={})
    assert await refused((await world.phone()).tap(person)) == "face_at_counter"
    assert person.shown == []


async def test_a_model_that_does_not_answer_decides_nothing(world, reader):
    talk, demand = await asked(world)
    reader.away = True
    with pytest.raises(Unavailable):
        await talk.say(shown(demand))
    assert await world.live() == []


async def test_a_silent_carrier_does_not_use_up_the_challenge(world, reader):
    """The pictures are gone with their request; the same gestures are asked for again."""
    talk, demand = await asked(world)
    world.carrier.answers = [Outcome.UNDETERMINED]
    await talk.say(shown(demand))
    again = await talk.say(AskAgain())
    assert again.nonce == demand.nonce
    assert isinstance(await talk.say(shown(again)), AuthorizationGranted)


ASKED = FaceAsked(
    nonce=b"n" * 16,
    gestures=(Gesture.STRAIGHT, Gesture.LOOK_UP),
    expires_at=datetime(2026, 7, 1, tzinfo=UTC),
    tries_left=2,
    problem=FaceProblem.BLURRED,
)


def test_a_challenge_survives_the_session():
    assert decode_face_asked(ASKED.encode()) == ASKED
    first = replace(ASKED, problem=None)
    assert decode_face_asked(first.encode()) == first


@pytest.mark.parametrize(
    "raw",
    [
        None,
        [],
        {},
        ASKED.encode() | {"nonce": "no hex"},
        ASKED.encode() | {"gestures": ["somersault"]},
        ASKED.encode() | {"until": "soon"},
        ASKED.encode() | {"problem": "ugly"},
    ],
)
def test_a_challenge_that_is_none_is_malformed(raw):
    with pytest.raises(Malformed):
        decode_face_asked(raw)


def test_a_matcher_without_a_model_is_refused_at_the_start():
    with pytest.raises(ValueError, match="needs a reader"):
        face_step(FacePolicy.MATCHER)
