"""One picture read by dlib: the face found, its five points, its descriptor, its quality.

The detector is the one that dlib has built in (histograms of gradients: frontal faces, 15 ms); the
points are two corners of each eye and the base of the nose.
"""

import math
from dataclasses import dataclass
from typing import Any, Self, TypeAlias

from mrc.authority.face_matching.reading import FaceReading
from mrc.infra.faces.models import ModelFiles
from mrc.infra.faces.pictures import open_picture
from mrc.kernel.errors import Rejected
from mrc.protocols.ic_issuance.face import FaceProblem

Pixels: TypeAlias = Any  # numpy's array of height, width and 3; the extra may not be there
_SMALL = 640  # pixels; smaller pictures are doubled once for the detector
_SURE = 0.5  # the detector's confidence from which another face counts
_COMPARABLE = 0.5  # of the largest face's width
_FACE_SIDE = 150  # pixels of the upright face
_INNER = slice(30, 120)  # of it: skin, eyes, nose and mouth, no background
_CLAUSE = "docs/adr/0007"


@dataclass(frozen=True, slots=True)
class _Point:
    x: float
    y: float

    def middle(self, other: Self) -> "_Point":
        return _Point((self.x + other.x) / 2, (self.y + other.y) / 2)


class DlibModel:
    """The loaded model: 100 MB of memory, half a second. `ImportError` without the extra."""

    def __init__(self, files: ModelFiles) -> None:
        import dlib
        import numpy

        self._dlib, self._numpy = dlib, numpy
        self._detector = dlib.get_frontal_face_detector()
        self._points = dlib.shape_predictor(str(files.five_points))
        self._recognition = dlib.face_recognition_model_v1(str(files.recognition))

    def read(self, picture: bytes) -> FaceReading:
        """Raises `Rejected` with a `FaceProblem`."""
        image = open_picture(picture)
        pixels = self._numpy.array(image)
        doubled = 1 if max(image.size) <= _SMALL else 0
        boxes, scores, _ = self._detector.run(pixels, doubled, 0.0)
        if not boxes:
            raise Rejected(FaceProblem.NO_FACE, _CLAUSE)
        widest = max(range(len(boxes)), key=lambda each: boxes[each].width())
        others = sum(
            score >= _SURE and box.width() >= _COMPARABLE * boxes[widest].width()
            for number, (box, score) in enumerate(zip(boxes, scores, strict=True))
            if number != widest
        )
        shape = self._points(pixels, boxes[widest])
        return self._measure(pixels, shape, faces=1 + others)

    def _measure(self, pixels: Pixels, shape: Any, *, faces: int) -> FaceReading:
        points = [_Point(part.x, part.y) for part in shape.parts()]
        left, right = points[0].middle(points[1]), points[2].middle(points[3])
        apart = math.hypot(left.x - right.x, left.y - right.y)
        if apart < 1:
            raise Rejected(FaceProblem.NO_FACE, _CLAUSE)
        along = ((left.x - right.x) / apart, (left.y - right.y) / apart)
        middle, nose = left.middle(right), points[4]
        away = (nose.x - middle.x, nose.y - middle.y)
        sharpness, light = self._quality(pixels, shape)
        return FaceReading(
            descriptor=tuple(self._recognition.compute_face_descriptor(pixels, shape)),
            faces=faces,
            eye_distance=apart,
            yaw=(away[0] * along[0] + away[1] * along[1]) / apart,
            pitch=(away[1] * along[0] - away[0] * along[1]) / apart,
            sharpness=sharpness,
            light=light,
        )

    def _quality(self, pixels: Pixels, shape: Any) -> tuple[float, float]:
        """Sharpness and light of the upright face, in grey (ITU-R BT.601 luma)."""
        face = self._dlib.get_face_chip(pixels, shape, size=_FACE_SIDE)
        grey = (face.astype(float) @ self._numpy.array([0.299, 0.587, 0.114]))[_INNER, _INNER]
        edges = (4 * grey[1:-1, 1:-1] - grey[:-2, 1:-1] - grey[2:, 1:-1] - grey[1:-1, :-2]) - grey[
            1:-1, 2:
        ]
        return float(edges.var() / max(grey.var(), 1.0)), float(grey.mean())
