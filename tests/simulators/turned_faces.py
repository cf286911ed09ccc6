"""Photographs of faces, and the same faces turned: a head of an ellipsoid and a nose, drawn anew.

The pictures are NASA's and the United States Navy's (tests/vectors/faces). That a still picture can
be turned by a computer so well that it passes is itself what docs/threat-model.md says.
"""

import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image

from mrc.protocols.ic_issuance.face import Gesture

FOLDER = Path(__file__).parents[1] / "vectors" / "faces"
WIDTH = 480
_LEFT, _UP, _CLOSER = 26.0, 18.0, 1.4  # degrees, degrees, times


@dataclass(frozen=True, kw_only=True)
class Sitter:
    """`head`: the middle of the face and half its width, in pixels of a picture `WIDTH` wide."""

    name: str
    head: tuple[float, float, float]

    @property
    def file(self) -> bytes:
        return (FOLDER / self.name).read_bytes()

    @property
    def photograph(self) -> Image.Image:
        picture = Image.open(FOLDER / self.name).convert("RGB")
        height = round(picture.height * WIDTH / picture.width)
        return picture.resize((WIDTH, height), Image.Resampling.LANCZOS)

    @property
    def portrait(self) -> bytes:
        return jpeg(self.photograph)

    def shows(self, gesture: Gesture) -> bytes:
        """A frame; of another quality than the portrait, so that no byte of it is the same."""
        return jpeg(self._moved(gesture), quality=88)

    def _moved(self, gesture: Gesture) -> Image.Image:
        match gesture:
            case Gesture.TURN_LEFT:
                return _turned(self.photograph, self.head, yaw=_LEFT)
            case Gesture.TURN_RIGHT:
                return _turned(self.photograph, self.head, yaw=-_LEFT)
            case Gesture.LOOK_UP:
                return _turned(self.photograph, self.head, pitch=_UP)
            case Gesture.COME_CLOSER:
                x, y, _ = self.head
                size = self.photograph.size
                box = _around((x, y), size, 1 / _CLOSER)
                return self.photograph.resize(size, Image.Resampling.LANCZOS, box)
        return self.photograph

    def all_gestures(self) -> Mapping[Gesture, bytes]:
        return {gesture: self.shows(gesture) for gesture in Gesture}


COLLINS = Sitter(name="collins.png", head=(229.0, 304.0, 123.0))
HOPPER = Sitter(name="hopper.jpg", head=(236.0, 362.0, 142.0))


def jpeg(picture: Image.Image, quality: int = 90, **options: Any) -> bytes:
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=quality, **options)
    return file.getvalue()


def _around(
    middle: tuple[float, float], size: tuple[int, int], part: float
) -> tuple[float, float, float, float]:
    width, height = size[0] * part, size[1] * part
    left = min(max(middle[0] - width / 2, 0), size[0] - width)
    top = min(max(middle[1] - height / 2, 0), size[1] - height)
    return left, top, left + width, top + height


def _turned(
    picture: Image.Image,
    head: tuple[float, float, float],
    *,
    yaw: float = 0.0,
    pitch: float = 0.0,
) -> Image.Image:
    """Where each pixel of the turned head came from, found by going back step by step."""
    import numpy as np

    x, y, radius = head
    tall = radius * 1.35
    pixels = np.asarray(picture).astype(float)
    rows, columns = np.mgrid[0 : picture.height, 0 : picture.width].astype(float)
    across, down = (columns - x) / radius, (rows - y) / tall
    cos, sin = np.cos(np.radians([yaw, pitch])), np.sin(np.radians([yaw, pitch]))

    def turn(a: Any, b: Any) -> tuple[Any, Any]:
        depth = 0.9 * np.sqrt(1 - np.minimum(a * a + b * b, 1))
        depth = depth + 0.175 * np.exp(-(a * a + (b - 0.12) ** 2) / 0.02)
        fade = np.clip(1.6 - np.sqrt(a * a + b * b), 0, 1)
        turned, away = a * cos[0] + depth * sin[0], depth * cos[0] - a * sin[0]
        raised = b * cos[1] - away * sin[1] / 1.35
        return a + (turned - a) * fade, b + (raised - b) * fade

    a, b = across.copy(), down.copy()
    for _ in range(30):
        there = turn(a, b)
        a, b = a + 0.6 * (across - there[0]), b + 0.6 * (down - there[1])
    left = np.clip(a * radius + x, 0, picture.width - 1.01)
    top = np.clip(b * tall + y, 0, picture.height - 1.01)
    i, j = left.astype(int), top.astype(int)
    u, v = (left - i)[..., None], (top - j)[..., None]
    above = pixels[j, i] * (1 - u) + pixels[j, i + 1] * u
    below = pixels[j + 1, i] * (1 - u) + pixels[j + 1, i + 1] * u
    return Image.fromarray((above * (1 - v) + below * v).clip(0, 255).astype("uint8"))
