"""Whether a picture is good enough to be compared, with a reason that a holder can act on.

The limits are where a picture of one person, made worse step by step, began to move away from
itself by half of what `ALIKE_BELOW` allows (docs/adr/0007). Light is judged by its mean alone and
widely, so that nobody is refused for the colour of their skin.
"""

from mrc.authority.face_matching.reading import FaceReading
from mrc.kernel.errors import Rejected
from mrc.protocols.ic_issuance.face import FaceProblem

SMALLEST_EYE_DISTANCE = 30.0  # pixels; ISO/IEC 19794-5 asks 90 of a portrait, a chip's has about 45
LEAST_SHARPNESS = 0.015
DARKEST, BRIGHTEST = 30.0, 225.0  # grey levels
_CLAUSE = "docs/adr/0007 quality"


def check_quality(reading: FaceReading) -> None:
    """Raise `Rejected` unless there is 1. one face, 2. large, 3. lit and 4. sharp enough."""
    if reading.faces != 1:  # 1
        raise Rejected(FaceProblem.SEVERAL_FACES, _CLAUSE)
    if reading.eye_distance < SMALLEST_EYE_DISTANCE:  # 2
        raise Rejected(FaceProblem.TOO_SMALL, _CLAUSE)
    if reading.light < DARKEST:  # 3
        raise Rejected(FaceProblem.TOO_DARK, _CLAUSE)
    if reading.light > BRIGHTEST:
        raise Rejected(FaceProblem.TOO_BRIGHT, _CLAUSE)
    if reading.sharpness < LEAST_SHARPNESS:  # 4
        raise Rejected(FaceProblem.BLURRED, _CLAUSE)
