"""The pictures that `mrc wallet receive-ic` shows: files named after the gestures, or asked for.

What leaves the wallet is pixels: upright, reduced, encoded anew, without place, time or device.
"""

import io
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import click

from mrc.cli.output import Refusal
from mrc.infra.faces.pictures import open_picture
from mrc.kernel.errors import Rejected
from mrc.protocols.ic_issuance.face import (
    GESTURE_WORDS,
    MAX_FRAME,
    PROBLEM_WORDS,
    FaceProblem,
    Gesture,
)
from mrc.protocols.ic_issuance.messages import ShowFace

_SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".jp2"})
_QUALITIES = (90, 75, 60)  # of the JPEG, until it fits


def selfies_in(paths: Sequence[Path]) -> Mapping[Gesture, Path]:
    """The pictures of `paths` and of folders among them, by the gesture each one is named after.

    Raises `Refusal` for a name that is no gesture, where the file itself was given.
    """
    found: dict[Gesture, Path] = {}
    for path in paths:
        inside = sorted(path.iterdir()) if path.is_dir() else [path]
        for file in inside:
            gesture = _gesture(file)
            if gesture is not None:
                found[gesture] = file
            elif file is path:
                names = ", ".join(f"{each.value}.jpg" for each in Gesture)
                raise Refusal(f"{path.name} is named after no gesture: {names}")
    return found


def _gesture(file: Path) -> Gesture | None:
    known = {each.value: each for each in Gesture}
    return known.get(file.stem.lower()) if file.suffix.lower() in _SUFFIXES else None


def frames_for(asked: ShowFace, selfies: Mapping[Gesture, Path]) -> Sequence[bytes] | None:
    """A frame for each gesture asked, or None where nobody shows it.

    Files answer once: what was no use is not sent again. Then, and where a file is missing, whoever
    is at the terminal is asked; without a terminal there is no answer.
    """
    click.echo(_words(asked), err=True)
    files = {} if asked.problem is not None else selfies
    missing = [gesture for gesture in asked.gestures if gesture not in files]
    if missing and not sys.stdin.isatty():
        names = ", ".join(f"{gesture.value}.jpg" for gesture in missing)
        click.echo(f"No new pictures to send; wanted: {names}", err=True)
        return None
    frames = []
    for gesture in asked.gestures:
        path = files.get(gesture) or _ask_for(gesture)
        frames.append(encode_frame(path))
    return frames


def _words(asked: ShowFace) -> str:
    steps = " ".join(f"{n}. {GESTURE_WORDS[one]}" for n, one in enumerate(asked.gestures, start=1))
    why = "" if asked.problem is None else f"{PROBLEM_WORDS[asked.problem]} "
    return f"{why}Show your face within {asked.expires_in} seconds: {steps}"


def _ask_for(gesture: Gesture) -> Path:
    kind = click.Path(exists=True, dir_okay=False, path_type=Path)
    path: Path = click.prompt(f"{GESTURE_WORDS[gesture]} Picture", type=kind, err=True)
    return path


def encode_frame(path: Path) -> bytes:
    """The picture as a JPEG of at most `MAX_FRAME` bytes. Raises `Refusal`."""
    try:
        picture = open_picture(path.read_bytes())
    except Rejected as error:
        raise Refusal(f"{path.name}: {PROBLEM_WORDS[FaceProblem(error.reason)]}") from error
    for quality in _QUALITIES:
        file = io.BytesIO()
        picture.save(file, "JPEG", quality=quality)
        if file.tell() <= MAX_FRAME:
            return file.getvalue()
    raise Refusal(f"{path.name}: {PROBLEM_WORDS[FaceProblem.PICTURE_TOO_LARGE]}")
