"""What the authority needs of others: the phone carrier, and whoever must hear of a lock."""

from datetime import datetime
from typing import Protocol

from mrc.kernel.findings import Finding
from mrc.registry.people import Registrant
from mrc.registry.phones import PhoneNumber

SIM_CHANGED_RECENTLY = "sim_changed_recently"
"""The reason of an undetermined `Carrier.in_own_name`: name and birth date fit, the SIM is new."""


class Carrier(Protocol):
    """Whose phone number it is, and a way to reach it."""

    async def in_own_name(
        self, number: PhoneNumber, registrant: Registrant, *, at: datetime
    ) -> Finding:
        """Whether the line is in the registrant's name; undetermined where nobody could say."""

    async def send_code(self, number: PhoneNumber, code: str) -> None:
        """Send a transaction code to the number. Raises `Unavailable`."""


class StatusPublisher(Protocol):
    async def publish_changes(self, *, now: datetime) -> None:
        """Sign the lists that changed and tell those who asked to be told. Never raises: a
        publication that did not succeed is made again at the next tick."""
