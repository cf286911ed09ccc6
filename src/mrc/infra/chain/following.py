"""A stream that another process of the same issuer writes, read along: for serving its proofs too.

No key is here and nothing is ever sent. The writer's journal says what is anchored, the ledger proves it.
"""

from mrc.infra.chain.client import LedgerClient, Wanted
from mrc.infra.chain.journal import Journal
from mrc.ledger.anchors import Batch
from mrc.ledger.statements import StreamId


class FollowedStream:
    """The stream of `journal`, which its writer keeps in this file system."""

    def __init__(self, journal: Journal, client: LedgerClient, stream: StreamId) -> None:
        self._journal = journal
        self._client = client
        self.stream = stream

    def newest_batch(self) -> Batch | None:
        """The newest tick of the journal that is on the chain."""
        return self._journal.find_newest_anchored(self.stream)

    def proof_of(self, facts: Wanted) -> bytes:
        """A bundle of `facts` at the newest block. Raises `Unavailable`."""
        return self._client.bundle(facts)
