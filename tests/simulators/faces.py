"""Faces as figures on paper: a `FaceReader` that reads what a test wrote, and the frames of one.

It stands where a model would; the model itself is tested with photographs (tests/unit/infra/faces).
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field

from mrc.authority.face_matching.reading import FaceReading
from mrc.kernel.errors import Rejected, Unavailable
from mrc.protocols.ic_issuance.face import FaceProblem, Gesture

HOLDER, STRANGER = 0.0, 0.7
"""Where somebody stands on the line of faces: the distance of two is their difference."""
_MOVED = {
    Gesture.STRAIGHT: {},
    Gesture.TURN_LEFT: {"yaw": 0.13},
    Gesture.TURN_RIGHT: {"yaw": -0.12},
    Gesture.LOOK_UP: {"pitch": 0.6},
    Gesture.COME_CLOSER: {"eye_distance": 120.0},
}


def paper(who: float = HOLDER, gesture: Gesture = Gesture.STRAIGHT, **changes: object) -> bytes:
    return json.dumps({"who": who} | _MOVED[gesture] | changes).encode()


def reading(who: float = HOLDER, **changes: object) -> FaceReading:
    usual = {"faces": 1, "eye_distance": 80.0, "yaw": 0.01, "pitch": 0.74}
    usual |= {"sharpness": 0.2, "light": 120.0}
    return FaceReading(descriptor=(who, *[0.0] * 127), **(usual | changes))  # type: ignore[arg-type]


def frames(gestures: Sequence[Gesture], who: float = HOLDER) -> tuple[bytes, ...]:
    return tuple(paper(who, gesture) for gesture in gestures)


@dataclass(kw_only=True)
class PaperReader:
    """`portrait` is what it sees in any picture that is none of ours, such as the register's."""

    portrait: FaceReading | FaceProblem = field(default_factory=reading)
    away: bool = False
    read_pictures: int = 0

    async def read(self, picture: bytes) -> FaceReading:
        self.read_pictures += 1
        if self.away:
            raise Unavailable("face reader")
        if not picture.startswith(b"{"):
            if isinstance(self.portrait, FaceProblem):
                raise Rejected(self.portrait, "test")
            return self.portrait
        written = json.loads(picture)
        if "problem" in written:
            raise Rejected(FaceProblem(written["problem"]), "test")
        return reading(**written)
