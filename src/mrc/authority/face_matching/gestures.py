"""Gestures that the office draws by lot, and whether a frame shows one.

A gesture is a change against the same person's straight frame, measured by five points: the shape
of a face is not mistaken for a movement. What this does not stop is in docs/threat-model.md.
"""

from collections.abc import Sequence
from typing import assert_never

from mrc.authority.face_matching.reading import FaceReading
from mrc.kernel.errors import Rejected
from mrc.kernel.ports import Entropy
from mrc.protocols.ic_issuance.face import FaceProblem, Gesture

MOVES = 3
POSSIBLE = (Gesture.TURN_LEFT, Gesture.TURN_RIGHT, Gesture.LOOK_UP, Gesture.COME_CLOSER)
SEQUENCES = len(POSSIBLE) * (len(POSSIBLE) - 1) ** (MOVES - 1)

STRAIGHT_YAW = 0.12  # eye distances
TURN = 0.07  # eye distances; a head turned by about 15 degrees
RAISE = 0.07
CLOSER = 1.25  # times the straight frame's eye distance
_CLAUSE = "docs/adr/0007 challenge"


def draw_gestures(entropy: Entropy) -> tuple[Gesture, ...]:
    """Straight, then `MOVES` by lot, none twice in a row: `SEQUENCES` are equally likely."""
    drawn = [Gesture.STRAIGHT]
    while len(drawn) <= MOVES:
        choices = [gesture for gesture in POSSIBLE if gesture is not drawn[-1]]
        drawn.append(choices[_lot(entropy, len(choices))])
    return tuple(drawn)


def _lot(entropy: Entropy, below: int) -> int:
    """Without the bias that a remainder alone would have."""
    fair = 256 - 256 % below
    while (number := entropy.token(1)[0]) >= fair:
        pass
    return number % below


def check_gestures(gestures: Sequence[Gesture], frames: Sequence[FaceReading]) -> None:
    """Raise `Rejected` unless each frame shows its gesture, and the first one looks straight."""
    if len(frames) != len(gestures) or gestures[0] is not Gesture.STRAIGHT:
        raise Rejected(FaceProblem.GESTURE_NOT_SEEN, _CLAUSE, "one frame for each gesture")
    straight = frames[0]
    if abs(straight.yaw) > STRAIGHT_YAW:
        raise Rejected(FaceProblem.NOT_STRAIGHT, _CLAUSE)
    for gesture, frame in zip(gestures, frames, strict=True):
        if not _shows(gesture, frame, straight):
            raise Rejected(FaceProblem.GESTURE_NOT_SEEN, _CLAUSE, gesture.value)


def _shows(gesture: Gesture, frame: FaceReading, straight: FaceReading) -> bool:
    turned, lowered = frame.yaw - straight.yaw, frame.pitch - straight.pitch
    match gesture:
        case Gesture.STRAIGHT:
            return abs(turned) < TURN and abs(lowered) < RAISE
        case Gesture.TURN_LEFT:
            return turned >= TURN
        case Gesture.TURN_RIGHT:
            return turned <= -TURN
        case Gesture.LOOK_UP:
            return lowered <= -RAISE
        case Gesture.COME_CLOSER:
            return frame.eye_distance >= CLOSER * straight.eye_distance
    assert_never(gesture)
