"""Portraits at the door: whole JPEGs of sensible size, from inside their folder only."""

import io
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from mrc.infra.portraits import MAX_PORTRAIT, PortraitFolder, check_portrait
from mrc.infra.practice_faces import draw_face
from mrc.kernel.errors import Malformed


def picture(kind: str = "JPEG", size: tuple[int, int] = (240, 300), mode: str = "RGB") -> bytes:
    file = io.BytesIO()
    Image.effect_noise(size, 50).convert(mode).save(file, kind)
    return file.getvalue()


FACE = draw_face(1)


def test_a_drawn_face_passes() -> None:
    checked = check_portrait(FACE)
    assert (checked.portrait.width, checked.portrait.height) == (480, 600)
    assert checked.portrait.size == len(FACE)
    assert draw_face(1) == FACE != draw_face(2)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff\xd8\xff",
        b"not a picture",
        picture("PNG"),
        FACE[:-400],
        FACE[: len(FACE) // 2],
        b"\x00" + FACE,
        picture(size=(59, 300)),
        picture(size=(300, 4001)),
        picture(mode="CMYK"),
        FACE + b"\x00" * MAX_PORTRAIT,
    ],
    ids=range(11),
)
def test_what_is_no_portrait_is_refused(data: bytes) -> None:
    with pytest.raises(Malformed):
        check_portrait(data)


@given(st.integers(0, len(FACE) - 1), st.binary(min_size=1, max_size=8))
def test_damage_is_refused_or_decodes(at: int, damage: bytes) -> None:
    with suppress(Malformed):
        check_portrait(FACE[:at] + damage + FACE[at + len(damage) :])


@pytest.mark.parametrize("name", ["../face.jpg", "/etc/passwd", "no.jpg", ".", "link.jpg", "a\x00"])
def test_nothing_outside_the_folder_is_read(tmp_path: Path, name: str) -> None:
    (tmp_path / "face.jpg").write_bytes(FACE)
    folder = tmp_path / "portraits"
    folder.mkdir()
    (folder / "link.jpg").symlink_to(tmp_path / "face.jpg")
    with pytest.raises(Malformed):
        PortraitFolder(folder).get(name)


def test_a_folder_gives_its_files(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "face.jpg").write_bytes(FACE)
    assert PortraitFolder(tmp_path).get("a/face.jpg").jpeg == FACE
