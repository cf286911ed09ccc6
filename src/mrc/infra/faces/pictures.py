"""A picture from a stranger, opened: JPEG, JPEG 2000 (a chip's portrait) or PNG, upright, as RGB.

Everything is bounded before a pixel is decoded. Nothing but pixels is kept: no metadata, no place.
"""

import io
import struct
import warnings

from PIL import Image, ImageOps

from mrc.infra.practice_faces import DRAWN
from mrc.kernel.errors import Rejected
from mrc.protocols.ic_issuance.face import FaceProblem

MOST_BYTES = 8 * 1024 * 1024
MOST_PIXELS = 25_000_000  # a telephone's camera has 12 million
LONGEST_SIDE = 8000
SHORTEST_SIDE = 60
WORKING_SIDE = 1024  # pixels; what is larger is reduced: faces are found as well and faster
_FORMATS = ("JPEG", "JPEG2000", "PNG")
_MODES = frozenset({"RGB", "RGBA", "L", "LA", "P", "CMYK", "YCbCr"})
_CLAUSE = "docs/adr/0007 pictures"
_DAMAGED = (OSError, SyntaxError, ValueError, TypeError, KeyError, IndexError, EOFError)
_BROKEN = (*_DAMAGED, struct.error, OverflowError, ZeroDivisionError, MemoryError)


def open_picture(data: bytes) -> Image.Image:
    """The upright picture in RGB, no side longer than `WORKING_SIDE`.

    Raises `Rejected` with `NOT_A_PICTURE`, `PICTURE_TOO_LARGE` or `DRAWING`.
    """
    if len(data) > MOST_BYTES:
        raise Rejected(FaceProblem.PICTURE_TOO_LARGE, _CLAUSE)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of odd metadata, which nobody reads
            with Image.open(io.BytesIO(data), formats=_FORMATS) as image:
                _check(image)
                return _upright(image)
    except Image.DecompressionBombError as error:
        raise Rejected(FaceProblem.PICTURE_TOO_LARGE, _CLAUSE) from error
    except _BROKEN as error:
        raise Rejected(FaceProblem.NOT_A_PICTURE, _CLAUSE) from error


def _check(image: Image.Image) -> None:
    """By the header alone."""
    width, height = image.size
    if max(width, height) > LONGEST_SIDE or width * height > MOST_PIXELS:
        raise Rejected(FaceProblem.PICTURE_TOO_LARGE, _CLAUSE)
    if image.mode not in _MODES:
        raise Rejected(FaceProblem.NOT_A_PICTURE, _CLAUSE, "an unusual kind of pixel")
    if min(width, height) < SHORTEST_SIDE:
        raise Rejected(FaceProblem.TOO_SMALL, _CLAUSE)
    if image.info.get("comment") == DRAWN:
        raise Rejected(FaceProblem.DRAWING, _CLAUSE)


def _upright(image: Image.Image) -> Image.Image:
    if image.format == "JPEG":
        image.draft(None, (WORKING_SIDE, WORKING_SIDE))
    image.load()
    turned = ImageOps.exif_transpose(image)
    if turned.mode in ("RGBA", "LA", "P"):  # what shows through is white, as on paper
        turned = turned.convert("RGBA")
        paper = Image.new("RGBA", turned.size, "white")
        turned = Image.alpha_composite(paper, turned)
    turned = turned.convert("RGB")
    turned.thumbnail((WORKING_SIDE, WORKING_SIDE), Image.Resampling.LANCZOS)
    return Image.frombytes("RGB", turned.size, turned.tobytes())
