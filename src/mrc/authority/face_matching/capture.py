"""The judgement of a guided capture against the register's portrait."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from mrc.authority.face_matching.bands import Band, compare
from mrc.authority.face_matching.gestures import check_gestures
from mrc.authority.face_matching.quality import check_quality
from mrc.authority.face_matching.reading import FaceReader
from mrc.kernel.errors import Rejected
from mrc.protocols.ic_issuance.face import FaceProblem, Gesture

_CLAUSE = "IC-CARD 5.4 check 7"


@dataclass(frozen=True, slots=True, kw_only=True)
class Capture:
    """The frames that came, in the order of the gestures that were asked."""

    gestures: tuple[Gesture, ...]
    frames: Sequence[bytes] = field(repr=False)


async def check_capture(reader: FaceReader, capture: Capture, portrait: bytes) -> None:
    """Raise `Rejected` with a `FaceProblem` unless the person of `portrait` showed the gestures.

    1. A frame for each gesture. 2. Each is a picture good enough. 3. Each shows its gesture.
    4. All frames are of one person: no band but `UNLIKE` for a moved head is too far. 5. The
    straight frame is `ALIKE` the portrait; unsure is not enough for a machine.
    Raises `Unavailable` where the model does not answer.
    """
    if len(capture.frames) != len(capture.gestures):  # 1
        raise Rejected(FaceProblem.GESTURE_NOT_SEEN, _CLAUSE, "one frame for each gesture")
    readings = []
    for frame in capture.frames:  # 2
        reading = await reader.read(frame)
        check_quality(reading)
        readings.append(reading)
    check_gestures(capture.gestures, readings)  # 3
    straight = readings[0]
    if any(compare(straight, moved) is Band.UNLIKE for moved in readings[1:]):  # 4
        raise Rejected(FaceProblem.NOT_RECOGNISED, _CLAUSE)
    if compare(straight, await reader.read(portrait)) is not Band.ALIKE:  # 5
        raise Rejected(FaceProblem.NOT_RECOGNISED, _CLAUSE)
