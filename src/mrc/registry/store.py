"""The port to wherever the register is kept."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from mrc.registry.acts import Act, RecordedAct
from mrc.registry.numbers import RegistrationNumber
from mrc.registry.people import Registrant, RegistrantId


class Conflict(StrEnum):
    """Why a change was not taken; carried by `Forbidden`."""

    CHANGED_MEANWHILE = "changed_meanwhile"
    ALREADY_REGISTERED = "already_registered"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """The new state of one entry and the act that made it: they commit together.

    `new` enters a person for the first time. `jpeg` comes along where the portrait is new.
    """

    registrant: Registrant
    act: Act
    new: bool = False
    jpeg: bytes | None = None


class RegistryStore(Protocol):
    async def commit(self, changes: Sequence[Change]) -> None:
        """All of `changes` or none, durably.

        Raises `Forbidden` with `Conflict.CHANGED_MEANWHILE` where an entry is no longer at the
        version before the one given, and `ALREADY_REGISTERED` where a number or id is taken.
        """

    async def append_act(self, act: Act) -> None:
        """Record an act that changed nothing in the register."""

    async def find(self, registrant: RegistrantId) -> Registrant | None: ...

    async def find_by_numbers(
        self, numbers: Sequence[RegistrationNumber]
    ) -> Mapping[str, Registrant]:
        """Those of `numbers` that are registered, by their digits."""

    async def search(self, text: str, *, limit: int) -> list[Registrant]:
        """By the start of any part of a name in any script, a number, a birth date or an id."""

    async def find_portrait(self, registrant: RegistrantId) -> bytes | None:
        """The JPEG."""

    async def acts_of(self, registrant: RegistrantId) -> list[RecordedAct]:
        """Every act on one entry, the first one first."""

    async def count(self) -> int: ...

    def registrants(self) -> AsyncIterator[Registrant]:
        """Everybody, in the order of ids; memory does not grow with their number."""
