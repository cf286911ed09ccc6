"""Portraits at the door: a JPEG is decoded once with Pillow before the register takes it.

Only baseline facts are checked here (a whole JPEG of one picture in sensible dimensions);
whether it is good enough for a card is a rule of eligibility.
"""

import hashlib
import io
import warnings
from pathlib import Path, PurePosixPath

from PIL import Image, UnidentifiedImageError

from mrc.kernel.errors import Malformed
from mrc.registry.importing import CheckedPortrait
from mrc.registry.people import Portrait

MAX_PORTRAIT = 262_144  # bytes; a portrait for a card has about 20 kB
SMALLEST_SIDE, LONGEST_SIDE = 60, 4000  # pixels


def check_portrait(jpeg: bytes) -> CheckedPortrait:
    """The portrait, decoded to its end. Raises `Malformed`."""
    if len(jpeg) > MAX_PORTRAIT:
        raise Malformed("portrait", f"larger than {MAX_PORTRAIT} bytes")
    if not jpeg.startswith(b"\xff\xd8\xff"):
        raise Malformed("portrait", "not a JPEG")
    width, height = _decode(jpeg)
    portrait = Portrait(
        sha256=hashlib.sha256(jpeg).digest(), width=width, height=height, size=len(jpeg)
    )
    return CheckedPortrait(portrait=portrait, jpeg=jpeg)


def _decode(jpeg: bytes) -> tuple[int, int]:
    try:
        with warnings.catch_warnings(), Image.open(io.BytesIO(jpeg), formats=["JPEG"]) as image:
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            width, height = image.size
            if not all(SMALLEST_SIDE <= side <= LONGEST_SIDE for side in (width, height)):
                raise Malformed("portrait", "outside the dimensions of a portrait")
            if image.mode not in ("RGB", "L"):
                raise Malformed("portrait", "neither colour nor grey")
            image.draft("RGB", (width // 8, height // 8))  # a fast decode still reads every byte
            image.load()
    except (OSError, SyntaxError, ValueError, UnidentifiedImageError) as error:
        raise Malformed("portrait", "a damaged JPEG") from error
    except Image.DecompressionBombError as error:
        raise Malformed("portrait", "outside the dimensions of a portrait") from error
    return width, height


class PortraitFolder:
    """`PortraitSource`: the files of one folder and below, never outside it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder.resolve()

    def get(self, name: str) -> CheckedPortrait:
        return check_portrait(self._read(name))

    def _read(self, name: str) -> bytes:
        parts = PurePosixPath(name)
        if parts.is_absolute() or "\0" in name:
            raise Malformed("portrait", "not a file name")
        path = (self._folder / parts).resolve()
        if not path.is_relative_to(self._folder):
            raise Malformed("portrait", "outside the folder of portraits")
        try:
            with path.open("rb") as file:
                return file.read(MAX_PORTRAIT + 1)
        except OSError as error:
            raise Malformed("portrait", "no such file") from error
