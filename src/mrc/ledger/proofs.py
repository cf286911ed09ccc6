"""Checking a proof bundle offline: seals, state root, account, storage, value.

The only entry from a decoded bundle to facts one may rely on. No I/O, no web3: this runs on a
phone. Trust is stated by the caller: the validators, the contract's address and how old a header
may be.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NewType

from mrc.kernel.errors import Rejected, Unavailable
from mrc.ledger import headers, statements
from mrc.ledger.anchors import AnchoredPublication
from mrc.ledger.bundle import Bundle, Entitlement
from mrc.ledger.headers import Address
from mrc.ledger.reasons import Reason
from mrc.ledger.statements import (
    CredentialType,
    CredentialTypeId,
    Organisation,
    OrganisationId,
    PurposeId,
    StreamHead,
    StreamId,
)
from mrc.ledger.trie import Root, TrieNodes, decode_account, find_word

CLAUSE = "docs/explanation/ledger.md, proof bundles"
DEFAULT_MAX_AGE = timedelta(hours=24)
DEFAULT_MAX_AHEAD = timedelta(minutes=2)


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerTrust:
    """What a wallet or verifier knows beforehand about the one ledger it believes."""

    contract: Address
    validators: frozenset[Address]
    max_age: timedelta = DEFAULT_MAX_AGE
    max_ahead: timedelta = DEFAULT_MAX_AHEAD


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Facts by name; None is proven absence, a name that is not there is not known."""

    block_number: int
    block_hash: bytes
    sealed_at: datetime
    organisations: Mapping[OrganisationId, Organisation | None]
    credential_types: Mapping[CredentialTypeId, CredentialType | None]
    entitlements: Mapping[Entitlement, bytes | None]
    streams: Mapping[StreamId, StreamHead | None]
    publications: tuple[AnchoredPublication, ...]


ProvenFacts = NewType("ProvenFacts", Facts)  # made only by check_bundle


def check_bundle(bundle: Bundle, *, trust: LedgerTrust, at: datetime) -> ProvenFacts:
    """The facts that `bundle` proves at the time `at`. Raises `Malformed` or `Rejected`.

    1. The bundle speaks of the trusted contract.
    2. Enough distinct trusted validators sealed the header.
    3. The header is fresh.
    4. The account proof leads from the state root to the contract's storage root.
    5. A storage proof leads to every named fact, or proves that there is none.
    6. Every publication is in the tree of its stream's newest root.
    7. No node was given that none of this needed.
    """
    if bundle.contract != trust.contract:  # 1
        raise Rejected(Reason.OTHER_CONTRACT, CLAUSE)
    header = headers.check_seals(  # 2
        headers.decode_header(bundle.header), trusted_validators=trust.validators
    )
    headers.check_freshness(header, at=at, max_age=trust.max_age, max_ahead=trust.max_ahead)  # 3
    nodes = TrieNodes(bundle.nodes)
    account = nodes.find(header.state_root, trust.contract)  # 4
    if account is None:
        raise Rejected(Reason.NO_CONTRACT, CLAUSE)
    _, _, storage_root, _ = decode_account(account)
    storage = _Storage(nodes, storage_root)
    facts = Facts(  # 5
        block_number=header.number,
        block_hash=header.block_hash,
        sealed_at=header.timestamp,
        organisations={name: storage.organisation(name) for name in bundle.organisations},
        credential_types={name: storage.credential_type(name) for name in bundle.credential_types},
        entitlements={name: storage.entitlement(*name) for name in bundle.entitlements},
        streams={name: storage.head(name) for name in bundle.streams},
        publications=bundle.publications,
    )
    for entry in facts.publications:  # 6
        _check_publication(entry, facts.streams.get(entry.stream))
    nodes.check_all_used()  # 7
    return ProvenFacts(facts)


def check_progress(earlier: ProvenFacts, later: ProvenFacts) -> None:
    """Raise `Rejected` where what was seen later cannot follow what was seen earlier.

    The memory of one wallet or verifier: a ledger shown to it may not roll back, replace a block
    or rewrite a tick.
    """
    if later.block_number < earlier.block_number:
        raise Rejected(Reason.ROLLED_BACK, CLAUSE, "an earlier block")
    if later.block_number == earlier.block_number and later.block_hash != earlier.block_hash:
        raise Rejected(Reason.CONTRADICTION, CLAUSE, "two blocks of one number")
    for stream, before in earlier.streams.items():
        after = later.streams.get(stream, before)
        if before is None:
            continue
        if after is None or after.tick < before.tick:
            raise Rejected(Reason.ROLLED_BACK, CLAUSE, "an earlier tick")
        if after.tick == before.tick and after.root != before.root:
            raise Rejected(Reason.CONTRADICTION, CLAUSE, "two roots of one tick")


def get_organisation(facts: ProvenFacts, organisation: OrganisationId) -> Organisation | None:
    """The entry, None where it is proven absent. Raises `Unavailable` where not spoken of."""
    if organisation not in facts.organisations:
        raise Unavailable("ledger bundle", "does not speak of this organisation")
    return facts.organisations[organisation]


def _check_publication(entry: AnchoredPublication, head: StreamHead | None) -> None:
    if head is None:
        raise Rejected(Reason.NO_ANCHOR, CLAUSE, "the publication's stream is not proven")
    if entry.tick != head.tick:
        raise Rejected(
            Reason.NOT_THE_NEWEST, CLAUSE, f"tick {entry.tick}, the newest is {head.tick}"
        )
    entry.check(expected_root=head.root)


class _Storage:
    """The contract's storage, as far as the nodes go."""

    def __init__(self, nodes: TrieNodes, root: Root) -> None:
        self._nodes = nodes
        self._root = root

    def organisation(self, name: OrganisationId) -> Organisation | None:
        words = (self._word(slot) for slot in statements.organisation_slots(name))
        return statements.decode_organisation(*words)

    def credential_type(self, name: CredentialTypeId) -> CredentialType | None:
        words = (self._word(slot) for slot in statements.credential_type_slots(name))
        return statements.decode_credential_type(*words)

    def entitlement(self, asker: OrganisationId, purpose: PurposeId) -> bytes | None:
        word = self._word(statements.entitlement_slot(asker, purpose))
        return word.to_bytes(32) if word else None

    def head(self, stream: StreamId) -> StreamHead | None:
        """The stream's newest tick with its root; a head without a root cannot be."""
        head = statements.decode_head(self._word(statements.head_slot(stream)))
        if head is None:
            return None
        tick, anchored_at = head
        root = self._word(statements.anchor_slot(stream, tick))
        if root == 0:
            raise Rejected(Reason.VERSION_GAP, CLAUSE, f"no root at tick {tick}")
        return StreamHead(tick=tick, anchored_at=anchored_at, root=root.to_bytes(32))

    def _word(self, slot: int) -> int:
        return find_word(self._nodes, self._root, slot)
