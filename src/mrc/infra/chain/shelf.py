"""The proof bundles of a stream's newest tick, ready to be handed out.

The ledger is asked once a tick. What came is checked as a verifier would before anything is handed out, so
that a node that lies is noticed by the issuer first. Answering asks nobody: however many come for
proofs, and whether the ledger answers or not.
"""

from dataclasses import dataclass, field, replace
from typing import Protocol

from mrc.infra.chain.client import Wanted
from mrc.infra.chain.publisher import NO_FACTS
from mrc.kernel.errors import Unavailable
from mrc.kernel.ports import Clock
from mrc.ledger.anchors import Batch
from mrc.ledger.bundle import Bundle, decode_bundle, encode_bundle
from mrc.ledger.proofs import LedgerTrust, check_bundle
from mrc.ledger.statements import StreamId

MOST_AT_ONCE = 100  # of `newest`: a bundle has a bound


@dataclass(frozen=True, slots=True)
class _Tick:
    """A batch, and the proof of its root and of the facts beside it."""

    batch: Batch
    proof: Bundle
    made: dict[int, bytes] = field(default_factory=dict)

    def bundle(self, *indexes: int) -> bytes:
        entries = tuple(self.batch.prove(index) for index in indexes)
        return encode_bundle(replace(self.proof, publications=entries))


class Anchored(Protocol):
    """A stream as it is on the chain: its writer's, or read along beside it."""

    @property
    def stream(self) -> StreamId: ...

    def newest_batch(self) -> Batch | None:
        """The newest tick of the journal that is on the chain."""

    def proof_of(self, facts: Wanted) -> bytes:
        """A bundle of `facts` at the newest block. Raises `Unavailable`."""


class ProofShelf:
    """The bundles of one stream's documents. `facts` go with each of them."""

    def __init__(
        self, anchored: Anchored, trust: LedgerTrust, clock: Clock, facts: Wanted = NO_FACTS
    ) -> None:
        self._anchored = anchored
        self._trust = trust
        self._clock = clock
        self._facts = replace(facts, streams=(anchored.stream,))
        self._tick: _Tick | None = None

    def refresh(self) -> None:
        """Get the newest tick's proof, where it is not here yet. Blocks.

        Raises `Unavailable`, `Malformed` or `Rejected` where the ledger gives none that holds: what
        was here before stays.
        """
        batch = self._anchored.newest_batch()
        if batch is None or (self._tick is not None and self._tick.batch == batch):
            return
        proof = decode_bundle(self._anchored.proof_of(self._facts))
        proven = check_bundle(proof, trust=self._trust, at=self._clock.now())
        head = proven.streams[batch.stream]
        if head is None or (head.tick, head.root) != (batch.tick, batch.root):
            raise Unavailable("ledger", f"this node does not prove tick {batch.tick}")
        self._tick = _Tick(batch, proof)

    def find(self, uri: str, media_type: str) -> bytes | None:
        """The bundle of a document; None where it is not in the newest proven tick."""
        tick = self._tick
        for index, (entry, _) in enumerate(tick.batch.entries if tick else ()):
            if tick is not None and (entry.uri, entry.media_type) == (uri, media_type):
                if index not in tick.made:
                    tick.made[index] = tick.bundle(index)
                return tick.made[index]
        return None

    def newest(self) -> bytes | None:
        """One bundle of the newest tick's documents, the first `MOST_AT_ONCE` of them."""
        tick = self._tick
        if tick is None:
            return None
        if -1 not in tick.made:
            tick.made[-1] = tick.bundle(*range(min(len(tick.batch.entries), MOST_AT_ONCE)))
        return tick.made[-1]
