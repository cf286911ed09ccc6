"""After the decision nothing of a face is left: every byte that was written is searched.

The whole line with the real model and photographs: wallet, HTTP, authority, SQLite, logs, temporary
files. That the search works is shown by what must be found: the register's own portrait.
"""

import base64
import itertools
import logging
import math
import struct
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from mrc.authority.face_matching.reading import FaceReading
from mrc.authority.ic_issuance.face import Matched
from mrc.infra.faces.models import missing_parts
from mrc.infra.faces.reader import DlibFaceReader, make_reader
from mrc.infra.portraits import check_portrait
from mrc.protocols.ic_issuance.face import FaceProblem, Gesture
from mrc.protocols.ic_issuance.messages import Face, SecondAnswers, ShowFace
from mrc.registry.store import Change
from tests.simulators.ic_issuance_world import (
    HOLDER,
    IcWorld,
    Person,
    Talk,
    _act,
    ic_world,
    opened_card,
    refused,
)
from tests.simulators.turned_faces import COLLINS, HOPPER

pytestmark = pytest.mark.skipif(
    bool(missing_parts()), reason=f"the extra faces lacks {', '.join(missing_parts())}"
)
PIECE = 24  # bytes of a picture that are looked for, taken every `STEP`
STEP = 2000
HEAD = 1000  # bytes of a JPEG that are the same in all of them: tables


@dataclass(kw_only=True)
class Remembering:
    """The real reader; the test remembers what the model said, so that it can look for it."""

    reader: DlibFaceReader
    readings: list[FaceReading] = field(default_factory=list)

    async def read(self, picture: bytes) -> FaceReading:
        reading = await self.reader.read(picture)
        self.readings.append(reading)
        return reading


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Every temporary file of this process and of those it starts goes here."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr(tempfile, "tempdir", None)
    assert tempfile.gettempdir() == str(folder)
    return folder


async def photographed(world: IcWorld, jpeg: bytes) -> None:
    """The register's portrait is a photograph."""
    before = await world.registry.find(HOLDER)
    assert before is not None
    portrait = check_portrait(jpeg).portrait
    after = replace(before, version=before.version + 1, portrait=portrait)
    act = _act(world.clock.now())
    await world.registry.commit([Change(registrant=after, act=act, jpeg=jpeg)])


def traces_of(picture: bytes) -> Iterator[bytes]:
    """Pieces of the file as it is, and as base64 in each of its three phases."""
    for start in range(HEAD, len(picture) - PIECE, STEP):
        piece = picture[start : start + PIECE]
        yield piece
        for phase in range(3):
            yield base64.urlsafe_b64encode(picture[start + phase : start + phase + PIECE])
            yield base64.b64encode(picture[start + phase : start + phase + PIECE])
        yield piece.hex().encode()


def traces_of_scores(readings: list[FaceReading]) -> Iterator[bytes]:
    """Descriptors and distances, packed (never fewer than eight bytes: chance) and as text."""
    for reading in readings:
        for pair in itertools.pairwise(reading.descriptor[:16]):
            for packed in ("<2f", ">2f", "<2d", ">2d"):
                yield struct.pack(packed, *pair)
            yield f"{pair[0]:.8f}"[:8].encode()
    for one, other in itertools.combinations(readings, 2):
        distance = math.dist(one.descriptor, other.descriptor)
        yield from (struct.pack(packed, distance) for packed in ("<d", ">d"))
        yield f"{distance:.8f}"[:8].encode()


def written(folder: Path) -> bytes:
    """Every file below, the database's journal and the phones' too."""
    return b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


def found(traces: Iterator[bytes], where: bytes) -> list[bytes]:
    return [trace for trace in traces if len(set(trace)) > 2 and trace in where]


async def test_pictures_are_deleted_and_no_score_is_stored(
    tmp_path: Path,
    temporary: Path,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)
    reader = make_reader()
    try:
        async with ic_world(tmp_path) as world:
            seen = Remembering(reader=reader)
            world.with_face(Matched(seen, world.registry))
            await photographed(world, COLLINS.portrait)
            selfies = COLLINS.all_gestures()
            stranger = HOPPER.all_gestures()
            await (await world.phone()).receive(Person(selfies=selfies))
            talk, asked = await _proved(world)
            for _ in range(2):
                asked = await talk.say(_frames(asked, stranger))
                assert isinstance(asked, ShowFace)
                assert asked.problem is FaceProblem.NOT_RECOGNISED
            assert await refused(talk.say(_frames(asked, stranger))) == "face_at_counter"
            while_open = written(tmp_path)
    finally:
        reader.close()
    logs = caplog.text + "".join(capfd.readouterr())
    everything = while_open + written(tmp_path) + logs.encode()

    assert found(traces_of(COLLINS.portrait), everything), "the register's portrait is there"
    assert len(seen.readings) > 10
    for picture in (*selfies.values(), *stranger.values()):
        assert found(traces_of(picture), everything) == []
    assert found(traces_of_scores(seen.readings), everything) == []
    assert not written(temporary)
    for word in ("not_recognised", "unlike", "unsure", "distance", "descriptor"):
        assert word not in logs


async def _proved(world: IcWorld) -> tuple[Talk, ShowFace]:
    talk = await Talk.of(await world.phone())
    last = await talk.last_answers(await opened_card(world))
    asked = await talk.say(SecondAnswers(answers=last))
    assert isinstance(asked, ShowFace)
    return talk, asked


def _frames(asked: ShowFace, pictures: dict[Gesture, bytes]) -> Face:
    return Face(nonce=asked.nonce, frames=tuple(pictures[one] for one in asked.gestures))


async def test_what_is_looked_for_would_be_found(tmp_path: Path) -> None:
    """The search itself: a picture and a score that were kept, in each form."""
    picture = COLLINS.portrait
    for kept in (picture, base64.urlsafe_b64encode(picture), picture.hex().encode()):
        (tmp_path / "kept").write_bytes(b"xy" + kept)
        assert found(traces_of(picture), written(tmp_path))
    reader = make_reader()
    try:
        one, other = await reader.read(picture), await reader.read(HOPPER.portrait)
    finally:
        reader.close()
    distance = math.dist(one.descriptor, other.descriptor)
    for kept in (struct.pack("<d", distance), f"score {distance}".encode()):
        (tmp_path / "kept").write_bytes(kept)
        assert found(traces_of_scores([one, other]), written(tmp_path))
