"""The face step: not required (practice), at the counter, or compared by a matcher.

No step finds that it is another person: a machine can only send somebody to the counter.
"""

from datetime import datetime
from enum import StrEnum
from typing import assert_never

from mrc.authority.face_matching.capture import Capture, check_capture
from mrc.authority.face_matching.gestures import draw_gestures
from mrc.authority.face_matching.quality import check_quality
from mrc.authority.face_matching.reading import FaceReader
from mrc.authority.ic_issuance.ports import FacePolicy, FaceStep
from mrc.kernel.errors import Rejected
from mrc.kernel.findings import Finding, passed, undetermined
from mrc.kernel.ports import Entropy
from mrc.protocols.ic_issuance.face import Gesture
from mrc.registry.people import Registrant
from mrc.registry.store import RegistryStore

CHECK, CLAUSE = "ic_issuance.face", "IC-CARD 5.4 check 7"


class FaceReason(StrEnum):
    AT_COUNTER = "face_at_counter"


class NotRequired:
    """Passes without looking. Its name in every record says so."""

    name = FacePolicy.NOT_REQUIRED.value

    async def draw(self, registrant: Registrant, entropy: Entropy) -> tuple[Gesture, ...]:
        return ()

    async def compare(
        self, registrant: Registrant, capture: Capture | None, *, at: datetime
    ) -> Finding:
        return passed(CHECK, CLAUSE)


class AtCounter:
    """Nobody can say here: an officer compares in person."""

    name = FacePolicy.COUNTER.value

    async def draw(self, registrant: Registrant, entropy: Entropy) -> tuple[Gesture, ...]:
        return ()

    async def compare(
        self, registrant: Registrant, capture: Capture | None, *, at: datetime
    ) -> Finding:
        return undetermined(CHECK, CLAUSE, FaceReason.AT_COUNTER)


class Matched:
    """A guided capture against the register's portrait, whose picture stands on the card too.

    A portrait that cannot be compared (none, a drawing, too poor) is nobody's fault at the phone:
    the person is sent to the counter without a try.
    """

    name = FacePolicy.MATCHER.value

    def __init__(self, reader: FaceReader, registry: RegistryStore) -> None:
        self._reader = reader
        self._registry = registry

    async def draw(self, registrant: Registrant, entropy: Entropy) -> tuple[Gesture, ...]:
        usable = await self._usable_portrait(registrant) is not None
        return draw_gestures(entropy) if usable else ()

    async def compare(
        self, registrant: Registrant, capture: Capture | None, *, at: datetime
    ) -> Finding:
        portrait = await self._registry.find_portrait(registrant.id)
        if capture is None or portrait is None:
            return undetermined(CHECK, CLAUSE, FaceReason.AT_COUNTER)
        try:
            await check_capture(self._reader, capture, portrait)
        except Rejected as error:
            return undetermined(CHECK, CLAUSE, error.reason.value)
        return passed(CHECK, CLAUSE)

    async def _usable_portrait(self, registrant: Registrant) -> bytes | None:
        jpeg = await self._registry.find_portrait(registrant.id)
        if jpeg is None:
            return None
        try:
            check_quality(await self._reader.read(jpeg))
        except Rejected:
            return None
        return jpeg


def face_step(
    policy: FacePolicy, *, reader: FaceReader | None = None, registry: RegistryStore | None = None
) -> FaceStep:
    """The step of `policy`. `ValueError` for a matcher without a reader or register."""
    match policy:
        case FacePolicy.NOT_REQUIRED:
            return NotRequired()
        case FacePolicy.COUNTER:
            return AtCounter()
        case FacePolicy.MATCHER:
            if reader is None or registry is None:
                raise ValueError("a matcher needs a reader and the register")
            return Matched(reader, registry)
    assert_never(policy)
