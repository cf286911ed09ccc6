"""What is read off one picture, and the port to whatever reads it.

A reading lives as long as the decision it serves: nothing of it is written anywhere.
"""

from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class FaceReading:
    """The largest face of one picture.

    `descriptor` is what a model makes of the face: numbers whose distance says how alike two faces
    are. `faces` counts those of comparable size. `eye_distance` is between the eyes' middles, in
    pixels of the picture as it was read. `yaw` and `pitch` are where the base of the nose stands
    from the middle of the eyes, along and across their line, in eye distances: yaw grows towards
    the holder's left, pitch shrinks as the chin rises. `sharpness` is the variance of the Laplacian
    of the upright face over the variance of its grey levels, `light` their mean (0 to 255).
    """

    descriptor: tuple[float, ...] = field(repr=False)
    faces: int
    eye_distance: float
    yaw: float
    pitch: float
    sharpness: float
    light: float


class FaceReader(Protocol):
    """A model behind a wall: hostile pictures end there."""

    async def read(self, picture: bytes) -> FaceReading:
        """Raises `Rejected` with a `FaceProblem` where there is no picture or no face in it, and
        `Unavailable` where the model does not answer."""
