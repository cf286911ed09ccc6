"""The real model on photographs of two people. Needs the extra `faces`."""

import io
import subprocess
import sys
import time
from pathlib import Path

import pytest
from PIL import Image, ImageEnhance, ImageFilter

from mrc.authority.face_matching.advice import Advice, advise
from mrc.authority.face_matching.bands import Band, compare
from mrc.authority.face_matching.capture import Capture, check_capture
from mrc.authority.face_matching.quality import check_quality
from mrc.infra.faces import reader as reader_module
from mrc.infra.faces.models import ModelFiles, find_models, missing_parts
from mrc.infra.faces.reader import DlibFaceReader, make_reader
from mrc.kernel.errors import Rejected, Unavailable
from mrc.protocols.ic_issuance.face import FaceProblem, Gesture
from tests.simulators.turned_faces import COLLINS, HOPPER, Sitter, jpeg

pytestmark = pytest.mark.skipif(
    bool(missing_parts()), reason=f"the extra faces lacks {', '.join(missing_parts())}"
)
PEOPLE = pytest.mark.parametrize("sitter", [COLLINS, HOPPER], ids=lambda sitter: sitter.name)
G = Gesture
ORDERS = [
    (G.STRAIGHT, G.TURN_LEFT, G.LOOK_UP, G.TURN_RIGHT),
    (G.STRAIGHT, G.COME_CLOSER, G.TURN_RIGHT, G.LOOK_UP),
]


@pytest.fixture(scope="module")
def reader():
    made = make_reader()
    yield made
    made.close()


def chip_portrait(sitter: Sitter) -> bytes:
    """As `mrc ic-card` writes it to a chip: 240 by 300, 12 kB of JPEG 2000."""
    picture = sitter.photograph
    picture = picture.crop((0, picture.height - 600, 480, picture.height)).resize((240, 300))
    file = io.BytesIO()
    picture.save(file, "JPEG2000", quality_mode="rates", quality_layers=[240 * 300 * 3 / 12_000])
    return file.getvalue()


async def problem_of(reader, picture: bytes) -> FaceProblem:
    with pytest.raises(Rejected) as caught:
        check_quality(await reader.read(picture))
    return caught.value.reason


@PEOPLE
async def test_one_person_is_alike_over_sizes_formats_and_light(reader, sitter):
    photograph = sitter.photograph
    registered = await reader.read(sitter.portrait)
    check_quality(registered)
    others = [
        sitter.file,
        chip_portrait(sitter),
        jpeg(photograph.resize((300, photograph.height * 300 // 480)), quality=60),
        jpeg(ImageEnhance.Brightness(photograph).enhance(0.5)),
        jpeg(photograph.convert("L")),
        jpeg(photograph.rotate(8, Image.Resampling.BICUBIC, fillcolor="white")),
        jpeg(photograph.convert("CMYK")),
    ]
    for picture in others:
        assert compare(registered, await reader.read(picture)) is Band.ALIKE


async def test_two_people_are_unlike(reader):
    one, other = await reader.read(COLLINS.portrait), await reader.read(HOPPER.portrait)
    assert compare(one, other) is Band.UNLIKE


@PEOPLE
@pytest.mark.parametrize("gestures", ORDERS)
async def test_a_capture_of_the_person_is_let_through(reader, sitter, gestures):
    shown = [sitter.shows(gesture) for gesture in gestures]
    await check_capture(reader, Capture(gestures=gestures, frames=shown), sitter.portrait)


@PEOPLE
@pytest.mark.parametrize("gestures", ORDERS)
async def test_a_capture_of_somebody_else_is_not(reader, sitter, gestures):
    other = HOPPER if sitter is COLLINS else COLLINS
    shown = [other.shows(gesture) for gesture in gestures]
    with pytest.raises(Rejected) as caught:
        await check_capture(reader, Capture(gestures=gestures, frames=shown), sitter.portrait)
    assert caught.value.reason is FaceProblem.NOT_RECOGNISED


@PEOPLE
async def test_a_still_picture_shows_no_gesture(reader, sitter):
    """Printed, tilted, reduced: a flat picture does not turn its head."""
    picture = sitter.photograph
    tilted = picture.rotate(10, Image.Resampling.BICUBIC, fillcolor="white")
    narrowed = picture.resize((420, picture.height))
    frames = [jpeg(picture), jpeg(tilted), jpeg(narrowed), jpeg(picture, quality=70)]
    for gestures in ORDERS:
        with pytest.raises(Rejected) as caught:
            await check_capture(reader, Capture(gestures=gestures, frames=frames), sitter.portrait)
        assert caught.value.reason is FaceProblem.GESTURE_NOT_SEEN


@PEOPLE
async def test_a_mirrored_capture_turns_the_wrong_way(reader, sitter):
    gestures = (G.STRAIGHT, G.TURN_LEFT, G.LOOK_UP, G.TURN_LEFT)
    mirrored = [
        jpeg(Image.open(io.BytesIO(sitter.shows(one))).transpose(Image.Transpose.FLIP_LEFT_RIGHT))
        for one in gestures
    ]
    with pytest.raises(Rejected) as caught:
        await check_capture(reader, Capture(gestures=gestures, frames=mirrored), sitter.portrait)
    assert caught.value.reason is FaceProblem.GESTURE_NOT_SEEN


async def test_poor_pictures_are_refused_with_their_reasons(reader):
    photograph = COLLINS.photograph
    pair = Image.new("RGB", (960, photograph.height), "white")
    pair.paste(photograph, (0, 0))
    pair.paste(HOPPER.photograph, (480, 0))
    poor = {
        FaceProblem.NO_FACE: Image.new("RGB", (480, 600), "grey"),
        FaceProblem.SEVERAL_FACES: pair,
        FaceProblem.TOO_SMALL: photograph.resize((110, photograph.height * 110 // 480)),
        FaceProblem.TOO_DARK: ImageEnhance.Brightness(photograph).enhance(0.12),
        FaceProblem.BLURRED: photograph.filter(ImageFilter.GaussianBlur(5)),
    }
    for problem, picture in poor.items():
        assert await problem_of(reader, jpeg(picture)) is problem
    lit = ImageEnhance.Brightness(HOPPER.photograph).enhance(2.6)
    assert await problem_of(reader, jpeg(lit)) is FaceProblem.TOO_BRIGHT


async def test_advice_from_the_real_model(reader):
    assert await advise(reader, COLLINS.file, COLLINS.portrait) == Advice(band=Band.ALIKE)
    assert await advise(reader, HOPPER.file, COLLINS.portrait) == Advice(band=Band.UNLIKE)


async def test_a_reader_that_dies_at_a_picture_is_begun_anew():
    files = find_models()
    assert files is not None
    made = DlibFaceReader(files)
    try:
        before = await made.read(COLLINS.file)
        pool = made._pool
        (process,) = pool._processes.values()
        process.kill()
        process.join()
        with pytest.raises(Unavailable):
            await made.read(COLLINS.file)
        assert await made.read(COLLINS.file) == before
        assert made._pool is not pool
    finally:
        made.close()


async def test_the_reading_process_may_write_no_core_and_take_no_endless_memory(reader):
    await reader.read(COLLINS.file)
    (process,) = reader._pool._processes.values()
    limits = Path(f"/proc/{process.pid}/limits").read_text().splitlines()  # noqa: ASYNC240
    bounds = {line[:26].strip(): line[26:].split()[:2] for line in limits}
    assert bounds["Max core file size"] == ["0", "0"]
    assert bounds["Max address space"] == [str(reader_module.MOST_MEMORY)] * 2


async def test_two_files_are_all_that_the_model_needs(tmp_path):
    """The package's file of 68 points is not ours to use: it works where there is none."""
    installed = find_models()
    assert installed is not None
    for path in (installed.five_points, installed.recognition):
        (tmp_path / path.name).symlink_to(path)
    assert not [path for path in tmp_path.iterdir() if "68" in path.name]
    made = DlibFaceReader(
        ModelFiles(
            five_points=tmp_path / installed.five_points.name,
            recognition=tmp_path / installed.recognition.name,
        )
    )
    try:
        assert (await made.read(COLLINS.file)).faces == 1
    finally:
        made.close()


ALONE = """
import asyncio, sys, time
from mrc.infra.faces.reader import make_reader

async def main():
    reader = make_reader()
    await reader.read(open(sys.argv[1], "rb").read())
    print(next(iter(reader._pool._processes)), flush=True)
    time.sleep(60)

if __name__ == "__main__":
    asyncio.run(main())
"""


def test_the_reading_process_does_not_outlive_a_killed_server(tmp_path):
    program, picture = tmp_path / "alone.py", tmp_path / "picture"
    program.write_text(ALONE)
    picture.write_bytes(COLLINS.file)
    server = subprocess.Popen(
        [sys.executable, str(program), str(picture)], stdout=subprocess.PIPE, text=True
    )
    assert server.stdout is not None
    reading = int(server.stdout.readline())
    assert _runs(reading)
    server.kill()
    server.wait()
    server.stdout.close()
    deadline = time.monotonic() + 10
    while _runs(reading) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not _runs(reading)


def _runs(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"
