"""The face step without a model: not required (practice), or at the counter.

A matcher is one more `FaceStep`; none is part of the project.
"""

from datetime import datetime
from enum import StrEnum
from typing import assert_never

from mrc.authority.ic_issuance.ports import FacePolicy, FaceStep
from mrc.kernel.findings import Finding, passed, undetermined
from mrc.registry.people import Registrant

CHECK, CLAUSE = "ic_issuance.face", "IC-CARD 5.4 check 7"


class FaceReason(StrEnum):
    AT_COUNTER = "face_at_counter"


class NotRequired:
    """Passes without looking. Its name in every record says so."""

    name = FacePolicy.NOT_REQUIRED.value
    takes_picture = False

    async def compare(
        self, registrant: Registrant, picture: bytes | None, *, at: datetime
    ) -> Finding:
        return passed(CHECK, CLAUSE)


class AtCounter:
    """Nobody can say here: an officer compares in person."""

    name = FacePolicy.COUNTER.value
    takes_picture = False

    async def compare(
        self, registrant: Registrant, picture: bytes | None, *, at: datetime
    ) -> Finding:
        return undetermined(CHECK, CLAUSE, FaceReason.AT_COUNTER)


def face_step(policy: FacePolicy) -> FaceStep:
    match policy:
        case FacePolicy.NOT_REQUIRED:
            return NotRequired()
        case FacePolicy.COUNTER:
            return AtCounter()
    assert_never(policy)
