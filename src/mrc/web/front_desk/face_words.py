"""What the officer is told of a matcher's advice: three bands, or why there is none."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from mrc.authority.face_matching.advice import Advice
from mrc.authority.face_matching.bands import Band
from mrc.protocols.ic_issuance.face import FaceProblem
from mrc.web.design.translator import Message, Translator

PORTRAIT: Final = "portrait"
SILENT: Final = "silent"


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One thing that the page can say; `kind` is a notice's."""

    kind: str
    title: Message
    text: Message


def key_of(advice: Advice) -> str:
    """Which of `advice_words` it is."""
    if advice.band is not None:
        return advice.band.value
    if advice.problem is not None:
        return advice.problem.value
    return PORTRAIT if advice.portrait_unusable else SILENT


def advice_words(_: Translator) -> Mapping[str, Said]:
    """Everything that can be said, by its key."""
    decide = _("The decision is yours.")
    look = _("Compare by eye.")
    again = _("Take another picture, or compare by eye.")
    bands = {
        Band.ALIKE.value: Said(kind="note", title=_("The pictures are alike."), text=decide),
        Band.UNSURE.value: Said(kind="caution", title=_("The matcher cannot tell."), text=decide),
        Band.UNLIKE.value: Said(
            kind="caution", title=_("The pictures are not alike."), text=decide
        ),
        PORTRAIT: Said(kind="note", title=_("The register photo cannot be compared."), text=look),
        SILENT: Said(kind="note", title=_("The matcher did not answer."), text=look),
    }
    problems = {
        problem.value: Said(kind="note", title=title, text=again)
        for problem, title in _problems(_).items()
    }
    return MappingProxyType(bands | problems)


def _problems(_: Translator) -> Mapping[FaceProblem, Message]:
    """Of a picture taken at the counter; what belongs to a guided capture cannot happen there."""
    return {
        FaceProblem.NOT_A_PICTURE: _("This file is not a picture."),
        FaceProblem.PICTURE_TOO_LARGE: _("The picture is too large."),
        FaceProblem.DRAWING: _("This is a practice drawing, not a photo."),
        FaceProblem.NO_FACE: _("No face was found."),
        FaceProblem.SEVERAL_FACES: _("More than one face was found."),
        FaceProblem.TOO_SMALL: _("The face is too small."),
        FaceProblem.BLURRED: _("The picture is blurred."),
        FaceProblem.TOO_DARK: _("The picture is too dark."),
        FaceProblem.TOO_BRIGHT: _("The picture is too bright."),
    }
