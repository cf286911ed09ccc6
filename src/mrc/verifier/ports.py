"""The verifier's own ports, beside the store and the status lists."""

from dataclasses import dataclass, field
from typing import Protocol

from mrc.kernel.keys import EcPublicKey
from mrc.kernel.ports import KeyAgreement


@dataclass(frozen=True, slots=True, kw_only=True)
class FreshKey:
    """A key made for one answer: its public half, and the private half sealed."""

    public_key: EcPublicKey
    sealed: bytes = field(repr=False)


class ResponseKeys(Protocol):
    """Keys to which single answers are encrypted (HAIP 1.0, 5: ephemeral, one per request).

    Several server processes share them through the store, so the private half leaves only
    sealed under a secret that stays with the processes.
    """

    async def make(self) -> FreshKey: ...

    async def open(self, sealed: bytes) -> KeyAgreement:
        """The private key again. Raises `Unavailable` where it was sealed under another secret."""
