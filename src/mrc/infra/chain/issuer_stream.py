"""An issuer's own stream, in the issuer's own process: its key, its journal, its transactions.

Nobody else holds the writer's key. Where the stream was written by the ledger's process before
(one process held every writer's key then), the council nominates the key made here, this process
takes the stream, which is a recorded act, and the journal that was kept there is continued: the old key can
write nothing from then on.
"""

from typing import IO

from mrc.infra.chain.claims import claim
from mrc.infra.chain.client import LedgerClient, LedgerWriter, Wanted
from mrc.infra.chain.ethereum import JSONBaseProvider
from mrc.infra.chain.journal import Journal
from mrc.infra.chain.publisher import Publisher
from mrc.infra.chain.sealing import read_or_make_secret
from mrc.infra.chain.shelf import ProofShelf
from mrc.infra.chain.stream_files import StreamFiles
from mrc.infra.chain.ticking import OpenStream
from mrc.kernel.ports import Clock, Entropy
from mrc.ledger.proofs import LedgerTrust
from mrc.ledger.statements import OrganisationId, issuer_stream_id

PATIENCE_S = 30.0
"""How long a transaction may wait for its block: a consortium seals every other second."""


class IssuerStream:
    """Opened by `open`; the ledger is not asked before. `max_fee`: where gas is not free."""

    def __init__(
        self,
        issuer: OrganisationId,
        files: StreamFiles,
        provider: JSONBaseProvider,
        *,
        trust: LedgerTrust,
        clock: Clock,
        entropy: Entropy,
        max_fee: int = 0,
    ) -> None:
        self.stream = issuer_stream_id(issuer)
        self._files = files
        self._lock: IO[bytes] = claim(files.journal)
        self._journal = Journal(files.journal)
        writer = LedgerWriter(
            LedgerClient(provider, trust.contract),
            read_or_make_secret(files.key),
            max_fee=max_fee,
            patience_s=PATIENCE_S,
        )
        publisher = Publisher(writer, self._journal, self.stream, entropy)
        shelf = ProofShelf(publisher, trust, clock, Wanted(organisations=(issuer,)))
        self._opened = OpenStream(publisher, shelf)
        self._continued = False

    def open(self) -> OpenStream:
        """The stream in this writer's hand. Blocks.

        Raises `Unavailable` where the ledger does not answer or the council gave the stream to nobody
        or to somebody else. Call it again.
        """
        self._opened.publisher.take_stream()
        if not self._continued:
            if self._files.former.exists():
                self._journal.take_over(self._files.former, self.stream)
            self._opened.publisher.recover()
            self._continued = True
        return self._opened

    def close(self) -> None:
        self._journal.close()
        self._lock.close()
