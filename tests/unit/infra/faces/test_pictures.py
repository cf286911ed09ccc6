"""Pictures from strangers: bounded, upright, without anything but pixels. No model is needed."""

import io
import struct
import time
import zlib

import pytest
from PIL import Image

from mrc.infra.faces.pictures import LONGEST_SIDE, MOST_BYTES, WORKING_SIDE, open_picture
from mrc.infra.practice_faces import draw_face
from mrc.kernel.errors import Rejected
from mrc.protocols.ic_issuance.face import FaceProblem


def encoded(kind: str = "PNG", mode: str = "RGB", size=(200, 100), **options) -> bytes:
    file = io.BytesIO()
    image = Image.new(mode, size)
    image.paste(image.getpixel((0, 0)), (0, 0, *size))
    image.save(file, kind, **options)
    return file.getvalue()


def png_header(width: int, height: int, body: bytes = b"") -> bytes:
    """A PNG that announces what its bytes do not hold."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    rest = chunk(b"IDAT", zlib.compress(body)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + rest


def problem_of(data: bytes) -> FaceProblem:
    with pytest.raises(Rejected) as caught:
        open_picture(data)
    return caught.value.reason


@pytest.mark.parametrize(
    ("width", "height"),
    [(LONGEST_SIDE + 1, 100), (100, LONGEST_SIDE + 1), (5001, 5000), (2**31 - 1, 2**31 - 1)],
)
def test_a_decompression_bomb_is_refused_by_its_header(width, height):
    started = time.process_time()
    assert problem_of(png_header(width, height)) is FaceProblem.PICTURE_TOO_LARGE
    assert time.process_time() - started < 1


@pytest.mark.parametrize("place", [b"ihdr", b"\xff\x51"], ids=["box", "codestream"])
def test_a_jpeg_2000_that_announces_more_than_it_holds_is_refused(place):
    """In the file's box, and in the codestream behind a modest box."""
    whole = bytearray(encoded("JPEG2000", size=(200, 100)))
    at = whole.index(place) + (4 if place == b"ihdr" else 6)
    whole[at : at + 8] = struct.pack(">II", 20_000, 20_000)
    announced = FaceProblem.PICTURE_TOO_LARGE if place == b"ihdr" else FaceProblem.NOT_A_PICTURE
    assert problem_of(bytes(whole)) is announced


def test_too_many_bytes_are_refused_unread():
    assert problem_of(bytes(MOST_BYTES + 1)) is FaceProblem.PICTURE_TOO_LARGE


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"not a picture at all",
        b"\xff\xd8\xff",
        b"\xff\xd8\xff" + bytes(5000),
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"%!PS-Adobe-3.0 EPSF-3.0",
        encoded("GIF", "P"),
        encoded("BMP"),
        encoded("TIFF"),
        encoded("PNG")[:-30],
        encoded("JPEG", size=(400, 400))[:300],
        encoded("JPEG2000", size=(400, 400))[:120],
        png_header(400, 400, b"short"),
        encoded("PNG", "I;16"),
        encoded("PNG", "1"),
    ],
    ids=lambda data: f"{len(data)}-{data[:8].hex()}",
)
def test_what_is_no_whole_picture_of_a_known_kind_is_refused(data):
    assert problem_of(data) is FaceProblem.NOT_A_PICTURE


@pytest.mark.parametrize("cut", range(1, 40))
def test_every_damaged_jpeg_is_refused_or_read(cut):
    """A byte changed at forty places: never anything but a picture or a refusal."""
    whole = bytearray(encoded("JPEG", size=(160, 160)))
    place = cut * len(whole) // 40
    whole[place] ^= 0xFF
    try:
        opened = open_picture(bytes(whole))
    except Rejected:
        return
    assert opened.mode == "RGB"


def test_a_tiny_picture_is_too_small():
    assert problem_of(encoded(size=(59, 200))) is FaceProblem.TOO_SMALL


def test_a_drawing_for_practice_says_what_it_is():
    assert problem_of(draw_face(3)) is FaceProblem.DRAWING


@pytest.mark.parametrize(
    ("kind", "mode"),
    [
        ("JPEG", "RGB"),
        ("JPEG", "L"),
        ("JPEG", "CMYK"),
        ("JPEG2000", "RGB"),
        ("JPEG2000", "L"),
        ("PNG", "RGBA"),
        ("PNG", "LA"),
        ("PNG", "P"),
    ],
)
def test_every_kind_of_pixel_becomes_rgb(kind, mode):
    opened = open_picture(encoded(kind, mode))
    assert (opened.mode, opened.size) == ("RGB", (200, 100))


def test_what_is_transparent_is_white():
    assert open_picture(encoded("PNG", "RGBA")).getpixel((0, 0)) == (255, 255, 255)


@pytest.mark.parametrize(("orientation", "corner"), [(1, 0), (3, 3), (6, 1), (8, 2)])
def test_a_picture_is_turned_upright_as_its_camera_says(orientation, corner):
    image = Image.new("RGB", (200, 100), "white")
    image.paste((255, 0, 0), (0, 0, 40, 40))
    file = io.BytesIO()
    exif = Image.Exif()
    exif[0x0112] = orientation
    image.save(file, "JPEG", exif=exif, quality=95)
    opened = open_picture(file.getvalue())
    width, height = opened.size
    assert (width > height) == (orientation in (1, 3))
    corners = [(10, 10), (width - 10, 10), (10, height - 10), (width - 10, height - 10)]
    red = [number for number, at in enumerate(corners) if opened.getpixel(at)[1] < 100]
    assert red == [corner]


@pytest.mark.parametrize("exif", [b"Exif\0\0", b"Exif\0\0II*\0\xff\xff\xff\xff", b"\0" * 100])
def test_broken_metadata_does_not_matter(exif):
    assert open_picture(encoded("JPEG", exif=exif)).size == (200, 100)


def test_nothing_but_pixels_is_kept():
    exif = Image.Exif()
    exif[0x010E] = "taken at home"
    opened = open_picture(encoded("JPEG", exif=exif, comment=b"mine"))
    assert opened.info == {}
    assert not opened.getexif()


def test_a_large_picture_is_reduced():
    opened = open_picture(encoded("JPEG", size=(4000, 3000)))
    assert opened.size == (WORKING_SIDE, WORKING_SIDE * 3 // 4)
