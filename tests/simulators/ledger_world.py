"""A consortium in memory: an embedded chain with its council, a writer and one of each entry.

`make_world` builds it in a directory; `reseal` puts any set of validators under a bundle's header,
which is how forgeries are made.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

from mrc.infra.chain.blocks import VANITY
from mrc.infra.chain.chain import EmbeddedChain
from mrc.infra.chain.client import LedgerClient, LedgerWriter, Wanted, deploy
from mrc.infra.chain.council import (
    decide,
    entitle,
    nominate_writer,
    register_credential_type,
    register_organisation,
)
from mrc.infra.chain.journal import Journal
from mrc.infra.chain.provider import EmbeddedProvider
from mrc.infra.chain.publisher import Publisher
from mrc.infra.chain.sealing import SoftwareSealer
from mrc.ledger import statements
from mrc.ledger.anchors import publication
from mrc.ledger.bundle import Bundle
from mrc.ledger.headers import Address, ExtraData, Header, decode_header
from mrc.ledger.proofs import LedgerTrust
from mrc.ledger.statements import Organisation, Role, Standing

CHAIN_ID = 8230
NOW = datetime(2026, 6, 1, 9, 0, 0, tzinfo=UTC)
URI = "https://status.issuer.localhost/lists/1"
JWT = "application/statuslist+jwt"
CWT = "application/statuslist+cwt"
TOKEN = b"the bytes of a status list token"
ISSUER = statements.organisation_id(b"issuer".ljust(16))
ASKER = statements.organisation_id(b"asker".ljust(16))
NOBODY = statements.organisation_id(b"nobody".ljust(16))
CARD_TYPE = statements.credential_type_id("urn:kr:moj:residence:1")
PURPOSE = statements.purpose_id("age-check")
CLAIMS = statements.claim_set_hash(["age_over_19"])
STREAM = statements.issuer_stream_id(ISSUER)
OTHER_ISSUER = statements.organisation_id(b"other issuer".ljust(16))
OTHER_STREAM = statements.issuer_stream_id(OTHER_ISSUER)
ISSUER_KEY_HASH = sha256(b"issuer key").digest()
ASKER_KEY_HASH = sha256(b"asker key").digest()


def secret(name: str) -> bytes:
    """A key that is the same in every run."""
    return sha256(f"ledger simulator {name}".encode()).digest()


VALIDATORS = tuple(SoftwareSealer(secret(f"validator {number}")) for number in range(4))
STRANGER = SoftwareSealer(secret("stranger"))


class StillClock:
    """A clock that a test moves."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at


class CountingEntropy:
    """Bytes that differ at every call and are the same in every run."""

    def __init__(self) -> None:
        self._calls = 0

    def token(self, size: int) -> bytes:
        self._calls += 1
        return sha256(self._calls.to_bytes(8)).digest()[:size]


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    directory: Path
    clock: StillClock
    chain: EmbeddedChain
    provider: EmbeddedProvider
    client: LedgerClient
    seats: tuple[LedgerWriter, ...]
    writer: LedgerWriter
    journal: Journal
    publisher: Publisher

    @property
    def trust(self) -> LedgerTrust:
        """Trust in the embedded chain's one validator."""
        return LedgerTrust(
            contract=self.client.address, validators=frozenset([VALIDATORS[0].address])
        )

    def decide(self, action: bytes) -> int:
        return decide(self.seats[:2], action, now=self.clock.now())

    def close(self) -> None:
        self.journal.close()
        self.chain.close()


def organisation(role: Role, key_hash: bytes) -> Organisation:
    return Organisation(
        key_hash=key_hash,
        metadata_hash=sha256(b"metadata").digest(),
        roles=frozenset({role}),
        standing=Standing.ACTIVE,
        valid_from=NOW - timedelta(days=1),
        valid_until=NOW + timedelta(days=365),
    )


def make_world(directory: Path) -> World:
    """A ledger with an empty council's work ahead: nothing registered, one stream nominated."""
    clock = StillClock(NOW)
    chain = EmbeddedChain.open(
        directory / "ledger.sqlite", sealer=VALIDATORS[0], clock=clock, chain_id=CHAIN_ID
    )
    provider = EmbeddedProvider(chain)
    secrets = [secret(f"seat {number}") for number in range(3)]
    members = [SoftwareSealer(key).address for key in secrets]
    client = LedgerClient(provider, deploy(provider, secrets[0], members, 2))
    writer = LedgerWriter(client, secret("writer"))
    journal = Journal(directory / "journal.sqlite")
    world = World(
        directory=directory,
        clock=clock,
        chain=chain,
        provider=provider,
        client=client,
        seats=tuple(LedgerWriter(client, key) for key in secrets),
        writer=writer,
        journal=journal,
        publisher=Publisher(writer, journal, STREAM, CountingEntropy()),
    )
    world.decide(nominate_writer(STREAM, writer.address))
    world.publisher.take_stream()
    return world


def make_settled_world(directory: Path) -> World:
    """As `make_world`, with an issuer, its card type, an entitled asker and three ticks."""
    world = make_world(directory)
    world.decide(register_organisation(ISSUER, organisation(Role.ISSUER, ISSUER_KEY_HASH)))
    world.decide(register_organisation(ASKER, organisation(Role.ASKER, ASKER_KEY_HASH)))
    world.decide(
        register_credential_type(CARD_TYPE, sha256(b"schema").digest(), ISSUER, Standing.ACTIVE)
    )
    world.decide(entitle(ASKER, PURPOSE, CLAIMS))
    for _ in range(3):
        world.publisher.anchor(
            [publication(URI, JWT, NOW, TOKEN), publication(URI, CWT, NOW, TOKEN + b" in CBOR")]
        )
    return world


def wanted_facts(world: World) -> Wanted:
    """A fact of every kind."""
    batch = world.journal.find_newest_anchored(STREAM)
    assert batch is not None
    return Wanted(
        organisations=[ISSUER, ASKER, NOBODY],
        credential_types=[CARD_TYPE],
        entitlements=[(ASKER, PURPOSE)],
        publications=[batch.prove(0), batch.prove(1)],
    )


def reseal(
    bundle: Bundle,
    sealers: Sequence[SoftwareSealer],
    *,
    validators: Sequence[SoftwareSealer] = VALIDATORS,
    round_number: int = 0,
) -> Bundle:
    """The bundle under a header that states `validators` and carries the seals of `sealers`."""
    header = decode_header(bundle.header)
    extra = ExtraData(
        vanity=VANITY,
        validators=tuple(validator.address for validator in validators),
        vote=[],
        round=round_number,
        seals=(),
    )
    digest = with_extra(header, extra).seal_hash
    sealed = replace(extra, seals=tuple(sealer.seal(digest) for sealer in sealers))
    return replace(bundle, header=with_extra(header, sealed).encode())


def with_extra(header: Header, extra: ExtraData) -> Header:
    return replace(header, extra=extra)


def four_validators(contract: Address) -> LedgerTrust:
    return LedgerTrust(
        contract=contract, validators=frozenset(sealer.address for sealer in VALIDATORS)
    )
