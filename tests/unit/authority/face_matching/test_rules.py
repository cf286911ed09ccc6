"""Bands, quality and gestures, by the figures a model would have read."""

import hashlib
import itertools
from collections import Counter

import pytest

from mrc.authority.face_matching.advice import Advice, advise
from mrc.authority.face_matching.bands import ALIKE_BELOW, UNLIKE_FROM, Band, compare
from mrc.authority.face_matching.capture import Capture, check_capture
from mrc.authority.face_matching.gestures import (
    POSSIBLE,
    SEQUENCES,
    check_gestures,
    draw_gestures,
)
from mrc.authority.face_matching.quality import check_quality
from mrc.kernel.errors import Rejected, Unavailable
from mrc.protocols.ic_issuance.face import MAX_FRAMES, FaceProblem, Gesture
from tests.simulators.faces import HOLDER, STRANGER, PaperReader, frames, paper, reading

G = Gesture
ASKED = (G.STRAIGHT, G.TURN_LEFT, G.COME_CLOSER, G.LOOK_UP)
PORTRAIT = b"the register's"


class Lots:
    """Entropy that repeats: every byte is drawn from a hash chain of one seed."""

    def __init__(self, seed: int) -> None:
        self._bytes = itertools.chain.from_iterable(
            hashlib.sha256(b"%d/%d" % (seed, number)).digest() for number in itertools.count()
        )

    def token(self, size: int) -> bytes:
        return bytes(itertools.islice(self._bytes, size))


@pytest.mark.parametrize(
    ("distance", "band"),
    [
        (0.0, Band.ALIKE),
        (ALIKE_BELOW - 0.001, Band.ALIKE),
        (ALIKE_BELOW, Band.UNSURE),
        (UNLIKE_FROM - 0.001, Band.UNSURE),
        (UNLIKE_FROM, Band.UNLIKE),
        (1.2, Band.UNLIKE),
    ],
)
def test_a_distance_falls_into_one_of_three_bands(distance, band):
    assert compare(reading(0.0), reading(distance)) is band
    assert compare(reading(distance), reading(0.0)) is band


def test_faces_of_two_models_are_not_compared():
    from dataclasses import replace

    with pytest.raises(ValueError, match="same number of dimensions"):
        compare(reading(), replace(reading(), descriptor=(0.0,)))


def test_a_reading_does_not_show_its_descriptor():
    assert "descriptor" not in repr(reading(0.123))


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"faces": 2}, FaceProblem.SEVERAL_FACES),
        ({"eye_distance": 29.9}, FaceProblem.TOO_SMALL),
        ({"light": 29.0}, FaceProblem.TOO_DARK),
        ({"light": 226.0}, FaceProblem.TOO_BRIGHT),
        ({"sharpness": 0.0149}, FaceProblem.BLURRED),
    ],
)
def test_a_poor_picture_is_refused_with_its_reason(changes, problem):
    check_quality(reading())
    with pytest.raises(Rejected) as caught:
        check_quality(reading(**changes))
    assert caught.value.reason is problem


def test_gestures_are_drawn_evenly_and_never_twice_in_a_row():
    entropy = Lots(1)
    drawn = [draw_gestures(entropy) for _ in range(7200)]
    for gestures in drawn:
        assert gestures[0] is G.STRAIGHT
        assert len(gestures) == MAX_FRAMES
        assert set(gestures[1:]) <= set(POSSIBLE)
        assert all(one is not next_ for one, next_ in itertools.pairwise(gestures))
    counts = Counter(drawn)
    assert len(counts) == SEQUENCES == 36
    assert min(counts.values()) > 140, "200 are expected of each"
    assert max(counts.values()) < 260


def readings(gestures, who=HOLDER):
    import json

    return [reading(**json.loads(frame)) for frame in frames(gestures, who)]


def test_each_frame_shows_its_gesture():
    check_gestures(ASKED, readings(ASKED))


@pytest.mark.parametrize("order", list(itertools.permutations(ASKED))[1:])
def test_frames_in_another_order_are_refused(order):
    with pytest.raises(Rejected) as caught:
        check_gestures(ASKED, readings(order))
    turned = order[0] is G.TURN_LEFT
    told = FaceProblem.NOT_STRAIGHT if turned else FaceProblem.GESTURE_NOT_SEEN
    assert caught.value.reason is told


@pytest.mark.parametrize("number", [0, 1, 3, 5])
def test_too_few_or_too_many_frames_are_refused(number):
    with pytest.raises(Rejected):
        check_gestures(ASKED, (readings(ASKED) * 2)[:number])


def test_one_picture_sent_for_every_gesture_is_refused():
    for gesture in G:
        with pytest.raises(Rejected):
            check_gestures(ASKED, readings([gesture] * 4))


@pytest.mark.parametrize("yaw", [0.13, -0.13])
def test_the_first_frame_looks_straight(yaw):
    """Else a face turned to the right all the time would turn left by looking straight."""
    shown = [reading(yaw=yaw), *readings(ASKED)[1:]]
    with pytest.raises(Rejected) as caught:
        check_gestures(ASKED, shown)
    assert caught.value.reason is FaceProblem.NOT_STRAIGHT


def test_a_mirrored_turn_is_not_the_turn():
    with pytest.raises(Rejected):
        check_gestures((G.STRAIGHT, G.TURN_LEFT), readings((G.STRAIGHT, G.TURN_RIGHT)))


async def judged(shown, reader=None):
    capture = Capture(gestures=ASKED, frames=shown)
    await check_capture(reader or PaperReader(), capture, PORTRAIT)


async def problem_of(shown, reader=None):
    with pytest.raises(Rejected) as caught:
        await judged(shown, reader)
    return caught.value.reason


async def test_the_person_of_the_portrait_is_let_through():
    await judged(frames(ASKED))


@pytest.mark.parametrize("who", [STRANGER, ALIKE_BELOW + 0.01, UNLIKE_FROM])
async def test_a_stranger_and_one_who_is_not_surely_alike_hear_the_same(who):
    assert await problem_of(frames(ASKED, who)) is FaceProblem.NOT_RECOGNISED


@pytest.mark.parametrize("number", [1, 2, 3])
async def test_a_strangers_moves_behind_the_holders_picture_are_refused(number):
    """A still picture of the holder for the comparison, somebody else for the movements."""
    shown = list(frames(ASKED))
    shown[number] = frames(ASKED, STRANGER)[number]
    assert await problem_of(shown) is FaceProblem.NOT_RECOGNISED


async def test_a_strangers_straight_frame_before_the_holders_moves_is_refused():
    shown = [frames(ASKED, STRANGER)[0], *frames(ASKED)[1:]]
    assert await problem_of(shown) is FaceProblem.NOT_RECOGNISED


@pytest.mark.parametrize("number", range(4))
@pytest.mark.parametrize("problem", [FaceProblem.BLURRED, FaceProblem.NOT_A_PICTURE])
async def test_every_frame_is_checked(number, problem):
    shown = list(frames(ASKED))
    poor = {"sharpness": 0.001} if problem is FaceProblem.BLURRED else {"problem": problem}
    shown[number] = paper(gesture=ASKED[number], **poor)
    assert await problem_of(shown) is problem


async def test_the_holder_who_shows_other_gestures_is_not_let_through():
    first, left, closer, up = frames(ASKED)
    assert await problem_of((first, left, up, closer)) is FaceProblem.GESTURE_NOT_SEEN
    assert await problem_of((first,) * 4) is FaceProblem.GESTURE_NOT_SEEN


async def test_surplus_frames_are_not_even_read():
    reader = PaperReader()
    assert await problem_of(frames(ASKED) * 2, reader) is FaceProblem.GESTURE_NOT_SEEN
    assert reader.read_pictures == 0


@pytest.mark.parametrize(
    ("who", "band"), [(0.1, Band.ALIKE), (0.5, Band.UNSURE), (STRANGER, Band.UNLIKE)]
)
async def test_the_officer_is_told_a_band(who, band):
    assert await advise(PaperReader(), paper(who), PORTRAIT) == Advice(band=band)


async def test_the_officer_is_told_why_there_is_no_band():
    dark = paper(light=5.0)
    assert await advise(PaperReader(), dark, PORTRAIT) == Advice(problem=FaceProblem.TOO_DARK)
    drawn = PaperReader(portrait=FaceProblem.DRAWING)
    assert await advise(drawn, paper(), PORTRAIT) == Advice(portrait_unusable=True)
    assert await advise(PaperReader(away=True), paper(), PORTRAIT) == Advice()


async def test_no_answer_of_the_model_is_no_answer_about_the_person():
    with pytest.raises(Unavailable):
        await judged(frames(ASKED), PaperReader(away=True))
