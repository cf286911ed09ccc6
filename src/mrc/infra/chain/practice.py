"""A whole ledger in one process, for practice: chain, council, and the council's own stream.

Every issuer writes a stream of its own, with a key in its own process (`issuer_stream`); the council
gives it the stream (`nominate`). The council's stream holds what no issuer publishes. Ledgers made
before held the issuers' writers' keys here: once an issuer has taken its stream, `retire_writer` deletes the key.

Announces itself: one process that holds every seat's key is no consortium. Opening again continues
what is there; every step looks before it acts, so a crash anywhere in between is made good.
"""

import os
import warnings
from dataclasses import dataclass, replace
from pathlib import Path

from mrc.infra.chain import council
from mrc.infra.chain.chain import EmbeddedChain
from mrc.infra.chain.client import LedgerClient, LedgerWriter, deploy
from mrc.infra.chain.council import (
    decide,
    nominate_writer,
    register_credential_type,
    register_organisation,
)
from mrc.infra.chain.journal import Journal
from mrc.infra.chain.provider import EmbeddedProvider
from mrc.infra.chain.publisher import Publisher
from mrc.infra.chain.sealing import SoftwareSealer, read_or_make_secret
from mrc.infra.files import write_atomic
from mrc.kernel.ports import Clock, Entropy
from mrc.ledger import rlp
from mrc.ledger.hashing import keccak256
from mrc.ledger.headers import Address
from mrc.ledger.proofs import LedgerTrust
from mrc.ledger.statements import (
    CredentialTypeId,
    Organisation,
    OrganisationId,
    PurposeId,
    Standing,
    StreamId,
    issuer_stream_id,
    stream_id,
)

CHAIN_ID = 8230
SEATS = 3
THRESHOLD = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class PracticeLedger:
    """What `open_practice_ledger` made. `chain` is what a JSON-RPC server serves (`make_app`).

    `publisher` writes the council's stream.
    """

    chain: EmbeddedChain
    client: LedgerClient
    seats: tuple[LedgerWriter, ...]
    journal: Journal
    publisher: Publisher
    trust: LedgerTrust
    clock: Clock
    keys: Path

    def nominate(self, stream: StreamId, writer: Address) -> None:
        """Give the stream to the writer, by the council's decision, where it is not yet its own."""
        _, holder, nominee = self.client.read("streams", stream)
        if "0x" + writer.hex() not in (holder.lower(), nominee.lower()):
            self.decide(nominate_writer(stream, writer))

    def retire_writer(self, issuer: OrganisationId) -> bool:
        """Delete the issuer's key of former times once it can write nothing; whether it did."""
        path = self.keys / f"writer-{issuer.hex()[:16]}"
        if not path.exists():
            return False
        former = "0x" + SoftwareSealer(read_or_make_secret(path)).address.hex()
        _, holder, nominee = self.client.read("streams", issuer_stream_id(issuer))
        if former in (holder.lower(), nominee.lower()):
            return False
        path.unlink()
        return True

    def register(self, name: OrganisationId, entry: Organisation) -> None:
        """Register or change the organisation, where the ledger says anything else."""
        known = self.client.organisation(name)
        if known is None or replace(known, revision=0) != replace(entry, revision=0):
            self.decide(register_organisation(name, entry))

    def register_type(
        self, name: CredentialTypeId, schema_hash: bytes, issuer: OrganisationId
    ) -> None:
        known = self.client.credential_type(name)
        if known is None or (known.schema_hash, known.issuer) != (schema_hash, issuer):
            self.decide(register_credential_type(name, schema_hash, issuer, Standing.ACTIVE))

    def entitle(
        self, asker: OrganisationId, purpose: PurposeId, claim_set_hash: bytes | None
    ) -> None:
        """Give the entitlement, or take it away where there is no hash."""
        if self.client.entitlement(asker, purpose) != claim_set_hash:
            self.decide(council.entitle(asker, purpose, claim_set_hash))

    def close(self) -> None:
        self.journal.close()
        self.chain.close()

    def decide(self, action: bytes) -> None:
        """The council agrees to an action (`mrc.infra.chain.council`)."""
        decide(self.seats[:THRESHOLD], action, now=self.clock.now())


def open_practice_ledger(directory: Path, *, clock: Clock, entropy: Entropy) -> PracticeLedger:
    """The ledger in `directory`, made where there is none: keys, chain, contract and stream.

    Raises `Unavailable` where another process writes it.
    """
    warnings.warn("the council's keys are all in this process: for practice only", stacklevel=2)
    keys = directory / "keys"
    validator = SoftwareSealer(read_or_make_secret(keys / "validator"))
    secrets = [read_or_make_secret(keys / f"seat-{number}") for number in range(1, SEATS + 1)]
    chain = EmbeddedChain.open(
        directory / "ledger.sqlite", sealer=validator, clock=clock, chain_id=CHAIN_ID
    )
    client = LedgerClient(EmbeddedProvider(chain), _contract(chain, secrets))
    seats = tuple(LedgerWriter(client, secret) for secret in secrets)
    writer = LedgerWriter(client, read_or_make_secret(keys / "writer"))
    journal = Journal(directory / "journal.sqlite")
    ledger = PracticeLedger(
        chain=chain,
        client=client,
        seats=seats,
        journal=journal,
        publisher=Publisher(writer, journal, _stream(directory / "stream"), entropy),
        trust=LedgerTrust(contract=client.address, validators=frozenset([validator.address])),
        clock=clock,
        keys=keys,
    )
    ledger.nominate(ledger.publisher.stream, ledger.publisher.writer)
    ledger.publisher.take_stream()
    return ledger


def _contract(chain: EmbeddedChain, secrets: list[bytes]) -> Address:
    """The first contract of the first seat: its address is known before it is made."""
    members = [SoftwareSealer(secret).address for secret in secrets]
    address = Address(keccak256(rlp.encode([members[0], b""]))[-20:])
    provider = EmbeddedProvider(chain)
    if not LedgerClient(provider, address).exists():
        deploy(provider, secrets[0], members, THRESHOLD)
    return address


def _stream(path: Path) -> StreamId:
    if not path.exists():
        write_atomic(path, os.urandom(16))
    return stream_id(path.read_bytes())
