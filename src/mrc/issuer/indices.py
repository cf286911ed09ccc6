"""Reserving status indices: random, unique per copy, never given twice.

Token Status List, 12.3 and 12.5; HAIP 6.1. Positions are taken from a list's counter in small
reserves, each in a transaction of its own, and put through the list's keyed permutation; what a
process does not use when it stops is wasted, which hides the number of copies a little better.
Lists that are full stay; new ones are made as needed.
"""

from mrc.formats import base64url
from mrc.formats.status_list.allocation import KEY_BYTES, IndexPermutation
from mrc.issuer.configuration import IssuerConfiguration
from mrc.issuer.records import StatusIndex, StatusListId, StatusListRecord
from mrc.issuer.store import IssuerStore
from mrc.kernel.ports import Entropy


class Indices:
    """Hands out reserved indices of one process."""

    def __init__(
        self, configuration: IssuerConfiguration, store: IssuerStore, entropy: Entropy
    ) -> None:
        self._policy = configuration.status
        self._store = store
        self._entropy = entropy
        self._reserve: list[StatusIndex] = []

    async def take(self, count: int) -> list[StatusIndex]:
        """`count` indices that no copy has or will have."""
        while len(self._reserve) < count:
            fresh = await self._refill(max(count, self._policy.reserve))
            self._reserve.extend(fresh)  # after the wait: others took from the list meanwhile
        return [self._reserve.pop() for _ in range(count)]

    async def _refill(self, count: int) -> list[StatusIndex]:
        async with self._store.transaction() as tx:
            lists = await tx.status_lists()
            usable = [one for one in lists if one.size - one.decoys - one.used >= count]
            while usable:
                chosen = usable.pop(int.from_bytes(self._entropy.token(4)) % len(usable))
                first = await tx.take_positions(chosen.id, count)
                if first is not None:
                    return _indices(chosen, first, count)
            made = self._new_list(count)
            await tx.add_status_list(made)
            return _indices(made, 0, count)

    def _new_list(self, used: int) -> StatusListRecord:
        if used > self._policy.list_size - self._policy.decoys:
            raise ValueError("the reserve is larger than a status list")
        return StatusListRecord(
            id=StatusListId(base64url.encode(self._entropy.token(9))),
            size=self._policy.list_size,
            decoys=self._policy.decoys,
            used=used,
            key=self._entropy.token(KEY_BYTES),
            version=0,
            published_version=0,
            published_at=None,
        )


def _indices(record: StatusListRecord, first: int, count: int) -> list[StatusIndex]:
    permutation = IndexPermutation(key=record.key, size=record.size)
    return [
        StatusIndex(list_id=record.id, idx=permutation.index(position))
        for position in range(first, first + count)
    ]
