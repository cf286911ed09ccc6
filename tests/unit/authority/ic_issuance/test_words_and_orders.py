"""Every refusal has words; settings; orders drawn up from the register."""

from datetime import date

import pytest
from pydantic import ValidationError

from mrc.authority.ic_issuance.ordering import CardWish, draw_up, zone_name
from mrc.authority.ic_issuance.plastic import PlasticEnd, PlasticPolicy, decode_made_card
from mrc.authority.ic_issuance.refusing import chip_refusal, rule_refusal
from mrc.ic_card.mrz import encode_td1
from mrc.ic_card.reasons import Reason as Chip
from mrc.infra.settings import IcFace, Mode, Settings
from mrc.kernel.errors import Malformed, Rejected
from mrc.protocols.ic_issuance import messages
from mrc.protocols.ic_issuance.face import (
    GESTURE_WORDS,
    MAX_FRAME,
    MAX_FRAMES,
    PROBLEM_WORDS,
    FaceProblem,
    Gesture,
)
from mrc.protocols.ic_issuance.refusals import WORDS, IcRefusal
from mrc.registry.consequences import CardAction
from mrc.registry.eligibility import Reason as Rule
from tests.simulators.ic_issuance_world import person


def test_every_refusal_has_words_and_a_next_step():
    assert set(WORDS) == set(IcRefusal)
    assert all(words.text.isascii() for words in WORDS.values())


def test_every_gesture_and_problem_of_a_face_has_words():
    assert set(GESTURE_WORDS) == set(Gesture)
    assert set(PROBLEM_WORDS) == set(FaceProblem)


@pytest.mark.parametrize("reason", list(Chip))
def test_every_finding_of_the_chip_is_told_in_words(reason):
    error = chip_refusal(Rejected(reason, "test"))
    assert IcRefusal(error.members["reason"])
    assert error.cause is reason


@pytest.mark.parametrize("reason", list(Rule))
def test_every_rule_is_told_in_words(reason):
    assert IcRefusal(rule_refusal(reason).members["reason"])


ANSWERS = (
    messages.Begin(extended_length=True),
    messages.ChipKey(dg14=b"dg14"),
    messages.FirstAnswers(answers=(b"a", b"b")),
    messages.SecondAnswers(answers=()),
    messages.AskAgain(),
    messages.Face(nonce=b"nonce", frames=(b"one", b"two")),
)
DEMANDS = (
    messages.ReadChipKey(nonce=b"nonce", expires_in=120),
    messages.ForwardFirst(plain=(b"p",), wrapped=(b"w",)),
    messages.ForwardSecond(wrapped=(b"w",)),
    messages.TryLater(reason="phone_owner_unknown"),
    messages.ShowFace(
        nonce=b"nonce",
        gestures=(Gesture.STRAIGHT, Gesture.LOOK_UP),
        expires_in=90,
        tries_left=2,
        problem=FaceProblem.TOO_DARK,
    ),
    messages.ShowFace(nonce=b"n", gestures=(Gesture.STRAIGHT,), expires_in=0, tries_left=0),
)


@pytest.mark.parametrize("answer", ANSWERS)
def test_answers_survive_the_wire(answer):
    assert messages.decode_answer(messages.encode_answer(answer)) == answer


@pytest.mark.parametrize("demand", DEMANDS)
def test_demands_survive_the_wire(demand):
    members = {messages.MEMBER: messages.encode_demand(demand)}
    assert messages.decode_demand(members) == demand


@pytest.mark.parametrize(
    "text",
    [
        '{"step":"first","answers":"AA"}',
        '{"step":"first","answers":[1]}',
        '{"step":"first","answers":["=="]}',
        '{"step":"second","answers":[' + ",".join(['""'] * (messages.MAX_BATCH + 1)) + "]}",
        '{"step":"dg14","dg14":1}',
        '{"step":"face","nonce":"AA","frames":["' + "A" * (MAX_FRAME * 4 // 3 + 4) + '"]}',
        '{"step":"face","nonce":"AA","frames":[' + ",".join(['"AA"'] * (MAX_FRAMES + 1)) + "]}",
        '{"step":"face","frames":["AA"]}',
        '{"step":"face","nonce":"AA","frames":"AA"}',
        '{"step":"unknown"}',
    ],
)
def test_what_does_not_decode_is_malformed(text):
    with pytest.raises(Malformed):
        messages.decode_answer(text)


FACE = {
    "step": "face",
    "nonce": "AA",
    "gestures": ["straight"],
    "expires_in": 90,
    "tries_left": 2,
    "problem": None,
}


@pytest.mark.parametrize(
    "raw",
    [
        None,
        {},
        {"step": "dg14", "nonce": "AA", "expires_in": True},
        FACE | {"gestures": []},
        FACE | {"gestures": ["straight"] * (MAX_FRAMES + 1)},
        FACE | {"gestures": ["somersault"]},
        FACE | {"problem": "ugly"},
        FACE | {"tries_left": "2"},
        FACE | {"nonce": None},
    ],
)
def test_a_demand_that_does_not_decode_is_malformed(raw):
    with pytest.raises(Malformed):
        messages.decode_demand({messages.MEMBER: raw})


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("NGUYỄN THỊ ÁNH", "NGUYEN<THI<ANH"),
        ("MÜLLER-O'NEIL", "MUELLER<ONEIL"),
        ("ĐẶNG", "DANG"),
        ("Suparman", "SUPARMAN"),
    ],
)
def test_names_in_the_zone(name, expected):
    assert zone_name(name) == expected


def test_an_order_from_the_register_makes_a_zone():
    wish = CardWish(
        order_id="o", document_number="M1", can="123457", issued=date(2026, 6, 1), face=None
    )
    order = draw_up(person(), wish)
    assert len(encode_td1(order.zone)) == 90
    assert order.residence.registration_number == "9004126123456"
    with pytest.raises(Malformed):
        draw_up(person(addresses=()), wish)


def test_the_face_is_compared_at_the_counter_in_production():
    production = {"mode": Mode.PRODUCTION, "database_url": "postgresql://x", "host_name": "h"}
    assert Settings(**production).face_policy is IcFace.COUNTER
    assert Settings().face_policy is IcFace.NOT_REQUIRED
    with pytest.raises(ValidationError, match="practice only"):
        Settings(**production, ic_face=IcFace.NOT_REQUIRED)
    assert Settings(**production, ic_face=IcFace.MATCHER).face_policy is IcFace.MATCHER


def test_advice_at_the_counter_is_off_in_production_unless_it_is_asked_for():
    production = {"mode": Mode.PRODUCTION, "database_url": "postgresql://x", "host_name": "h"}
    assert Settings().face_advice
    assert not Settings(**production).face_advice
    assert Settings(**production, desk_face=True).face_advice
    assert not Settings(desk_face=False).face_advice


def test_a_policy_that_updates_is_refused():
    with pytest.raises(ValueError, match="nothing to update"):
        PlasticPolicy(actions={PlasticEnd.LOST: CardAction.UPDATE})


def test_a_record_that_is_none_is_malformed():
    with pytest.raises(Malformed):
        decode_made_card(b'{"document_number":"M1"}')
