"""The guided capture of a face: what the office asks to be shown, and why a picture was no use.

A challenge is bound to one session: its nonce comes back with the frames, one for each gesture in
the order that was asked. Left and right are the holder's own; pictures must not be mirrored.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

MAX_FRAMES = 4
MAX_FRAME = 160 * 1024  # bytes; four of them in base64url are within the endpoint's body


class Gesture(StrEnum):
    STRAIGHT = "straight"
    TURN_LEFT = "turn_left"
    TURN_RIGHT = "turn_right"
    LOOK_UP = "look_up"
    COME_CLOSER = "come_closer"


class FaceProblem(StrEnum):
    """Why a capture was not accepted. Alike and unsure look the same to who is not recognised."""

    NOT_A_PICTURE = "not_a_picture"
    PICTURE_TOO_LARGE = "picture_too_large"
    DRAWING = "drawing"
    NO_FACE = "no_face"
    SEVERAL_FACES = "several_faces"
    TOO_SMALL = "too_small"
    BLURRED = "blurred"
    TOO_DARK = "too_dark"
    TOO_BRIGHT = "too_bright"
    NOT_STRAIGHT = "not_straight"
    GESTURE_NOT_SEEN = "gesture_not_seen"
    TOO_LATE = "too_late"
    OTHER_CHALLENGE = "other_challenge"
    NOT_RECOGNISED = "not_recognised"


_G, _P = Gesture, FaceProblem
GESTURE_WORDS: Mapping[Gesture, str] = MappingProxyType(
    {
        _G.STRAIGHT: "Look straight into the camera.",
        _G.TURN_LEFT: "Turn your head a little to your left.",
        _G.TURN_RIGHT: "Turn your head a little to your right.",
        _G.LOOK_UP: "Raise your chin a little.",
        _G.COME_CLOSER: "Come closer to the camera.",
    }
)
PROBLEM_WORDS: Mapping[FaceProblem, str] = MappingProxyType(
    {
        _P.NOT_A_PICTURE: "This is no picture that can be read. Send a JPEG or PNG.",
        _P.PICTURE_TOO_LARGE: "The picture is too large. Send a smaller one.",
        _P.DRAWING: "This is a practice drawing. Only photographs of people are compared.",
        _P.NO_FACE: "No face was found. Keep the whole face in the picture.",
        _P.SEVERAL_FACES: "More than one face was found. Be alone in the picture.",
        _P.TOO_SMALL: "The face is too small. Come closer.",
        _P.BLURRED: "The picture is blurred. Hold the camera still.",
        _P.TOO_DARK: "It is too dark. Turn towards a light.",
        _P.TOO_BRIGHT: "It is too bright. Turn away from the light.",
        _P.NOT_STRAIGHT: "Look straight into the camera for the first picture.",
        _P.GESTURE_NOT_SEEN: "A movement was not seen. Show each one, in the order that is asked.",
        _P.TOO_LATE: "It took too long. Here are new movements.",
        _P.OTHER_CHALLENGE: "These pictures were taken for something else. Take new ones.",
        _P.NOT_RECOGNISED: "The face was not recognised. Take off glasses or a hat and try again.",
    }
)
