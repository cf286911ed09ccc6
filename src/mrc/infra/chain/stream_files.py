"""Where an issuer keeps what its stream needs. Light to import: no web3, no EVM."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamFiles:
    """`key` is the writer's, mode 600. `former` is the journal of the ledger's process, if any."""

    key: Path
    journal: Path
    former: Path
