"""Three bands instead of a score: alike, unsure, unlike.

The bands are a person's to act on: at a counter the officer's, in the IC flow the machine's only
for `ALIKE`. Distances are Euclidean between descriptors of the model `dlib_face_recognition_
resnet_model_v1`, whose author gives 0.6 as the boundary with 99.38 % right on Labelled Faces in the
Wild. That boundary is for equal errors; letting a stranger in is worse than a second try, so alike
begins well below it (docs/adr/0007).
"""

import math
from enum import StrEnum

from mrc.authority.face_matching.reading import FaceReading

ALIKE_BELOW = 0.45
UNLIKE_FROM = 0.60


class Band(StrEnum):
    ALIKE = "alike"
    UNSURE = "unsure"
    UNLIKE = "unlike"


def compare(one: FaceReading, other: FaceReading) -> Band:
    """How alike two faces are. `ValueError` for descriptors of two models."""
    distance = math.dist(one.descriptor, other.descriptor)
    if distance < ALIKE_BELOW:
        return Band.ALIKE
    if distance < UNLIKE_FROM:
        return Band.UNSURE
    return Band.UNLIKE
