"""The wallet provider's store on the database."""

from datetime import datetime

import sqlalchemy as sa

from mrc.infra.database.engine import Database, Row, Transaction, UniqueViolation
from mrc.infra.database.provider_tables import provider_challenges, provider_instances
from mrc.protocols.wallet_provider.messages import Level
from mrc.wallet_provider.store import Instance

_FIND = sa.select(provider_instances).where(provider_instances.c.key_id == sa.bindparam("key"))
_ADD = sa.insert(provider_instances)
_REVOKE = (
    sa.update(provider_instances)
    .where(provider_instances.c.key_id == sa.bindparam("key"))
    .where(provider_instances.c.revoked_at.is_(None))
    .values(revoked_at=sa.bindparam("at"))
)
_USE = sa.insert(provider_challenges)


class DatabaseInstanceStore:
    """An `InstanceStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def register(
        self, instance: Instance, *, challenge: bytes, challenge_expires_at: datetime
    ) -> bool:
        try:
            async with self._database.transaction() as tx:
                await _use(tx, challenge, challenge_expires_at)
                if await tx.fetch_one(_FIND, {"key": instance.key_id}) is None:
                    await tx.execute(_ADD, _row(instance))
        except UniqueViolation:
            return False
        return True

    async def use_challenge(self, challenge: bytes, *, expires_at: datetime) -> bool:
        try:
            async with self._database.transaction() as tx:
                await _use(tx, challenge, expires_at)
        except UniqueViolation:
            return False
        return True

    async def find(self, key_id: str) -> Instance | None:
        async with self._database.reading() as tx:
            row = await tx.fetch_one(_FIND, {"key": key_id})
        return None if row is None else _instance(row)

    async def revoke(self, key_id: str, *, at: datetime) -> bool:
        async with self._database.transaction() as tx:
            changed = await tx.execute(_REVOKE, {"key": key_id, "at": at})
            return changed > 0 or await tx.fetch_one(_FIND, {"key": key_id}) is not None


async def _use(tx: Transaction, challenge: bytes, expires_at: datetime) -> None:
    await tx.execute(_USE, {"digest": challenge, "expires_at": expires_at})


def _row(instance: Instance) -> dict[str, object]:
    return {
        "key_id": instance.key_id,
        "level": instance.level.value,
        "evidence_kind": instance.evidence_kind,
        "registered_at": instance.registered_at,
        "revoked_at": instance.revoked_at,
    }


def _instance(row: Row) -> Instance:
    return Instance(
        key_id=row["key_id"],
        level=Level(row["level"]),
        evidence_kind=row["evidence_kind"],
        registered_at=row["registered_at"],
        revoked_at=row["revoked_at"],
    )
