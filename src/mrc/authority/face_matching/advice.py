"""Advice at the counter: a band beside the officer's own look. The officer decides."""

from dataclasses import dataclass

from mrc.authority.face_matching.bands import Band, compare
from mrc.authority.face_matching.quality import check_quality
from mrc.authority.face_matching.reading import FaceReader, FaceReading
from mrc.kernel.errors import Rejected, Unavailable
from mrc.protocols.ic_issuance.face import FaceProblem


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """A band; or why there is none: `problem` of the picture taken now, `portrait_unusable` of the
    register's, neither where the model did not answer."""

    band: Band | None = None
    problem: FaceProblem | None = None
    portrait_unusable: bool = False


async def advise(reader: FaceReader, picture: bytes, portrait: bytes) -> Advice:
    """Nothing is raised: no advice must never hinder the officer."""
    try:
        registered = await _good(reader, portrait)
        if isinstance(registered, FaceProblem):
            return Advice(portrait_unusable=True)
        taken = await _good(reader, picture)
        if isinstance(taken, FaceProblem):
            return Advice(problem=taken)
    except Unavailable:
        return Advice()
    return Advice(band=compare(taken, registered))


async def _good(reader: FaceReader, picture: bytes) -> FaceReading | FaceProblem:
    try:
        reading = await reader.read(picture)
        check_quality(reading)
    except Rejected as error:
        return FaceProblem(error.reason.value)
    return reading
