"""The provider's store: instances by the thumbprint of their key, and challenges used once."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from mrc.protocols.wallet_provider.messages import Level


@dataclass(frozen=True, slots=True, kw_only=True)
class Instance:
    """A registered wallet. `key_id` is the RFC 7638 thumbprint of its key, base64url.

    The provider knows nothing of its holder or cards.
    """

    key_id: str
    level: Level
    evidence_kind: str | None
    registered_at: datetime
    revoked_at: datetime | None = None


class InstanceStore(Protocol):
    async def register(
        self, instance: Instance, *, challenge: bytes, challenge_expires_at: datetime
    ) -> bool:
        """Use up the challenge and keep the instance, in one transaction.

        False where the challenge was used before. Registering a known key again keeps its state.
        """

    async def use_challenge(self, challenge: bytes, *, expires_at: datetime) -> bool:
        """False where it was used before."""

    async def find(self, key_id: str) -> Instance | None: ...

    async def revoke(self, key_id: str, *, at: datetime) -> bool:
        """End an instance for good; False where there is none."""
