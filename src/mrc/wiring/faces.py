"""The face matcher put together: one reading process for the IC flow and for the counter."""

from mrc.authority.face_matching.reading import FaceReader
from mrc.authority.ic_issuance.face import face_step
from mrc.authority.ic_issuance.ports import FacePolicy, FaceStep
from mrc.infra.faces.models import missing_parts
from mrc.infra.faces.reader import make_reader
from mrc.infra.settings import IcFace, Settings
from mrc.registry.store import RegistryStore
from mrc.web.front_desk.desk import NoAdvice


def find_reader(settings: Settings) -> FaceReader | None:
    """The reader where anything asks for it and the extra `faces` is installed.

    Raises `Unavailable` where the IC flow is to compare faces and cannot: a policy that was chosen
    is not dropped in silence. The counter works without advice.
    """
    if settings.face_policy is IcFace.MATCHER:
        return make_reader()
    return make_reader() if settings.face_advice and not missing_parts() else None


def counter_advice(settings: Settings, reader: FaceReader | None) -> FaceReader | NoAdvice:
    if not settings.face_advice:
        return NoAdvice.OFF
    return NoAdvice.MISSING if reader is None else reader


def ic_face_step(
    settings: Settings, reader: FaceReader | None, registry: RegistryStore
) -> FaceStep:
    policy = FacePolicy(settings.face_policy.value)
    return face_step(policy, reader=reader, registry=registry)
