"""Acts of the council: propose, approve and execute by the seats' keys.

Each seat acts with its own key, usually on its own machine; `decide` does all of it at once where
one process holds enough keys (practice data and tests).
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from mrc.infra.chain.client import LedgerWriter
from mrc.infra.chain.contract import call_data
from mrc.ledger.hashing import keccak256
from mrc.ledger.statements import (
    ROLE_BITS,
    CredentialTypeId,
    Organisation,
    OrganisationId,
    PurposeId,
    Standing,
    StreamId,
)

PROPOSAL_LIFETIME = timedelta(days=7)


def register_organisation(name: OrganisationId, entry: Organisation) -> bytes:
    """The action that registers or changes an organisation; the revision is the contract's."""
    return call_data(
        "set_organisation",
        name,
        entry.key_hash,
        entry.metadata_hash,
        sum(ROLE_BITS[role] for role in entry.roles),
        entry.standing,
        int(entry.valid_from.timestamp()),
        int(entry.valid_until.timestamp()),
    )


def register_credential_type(
    name: CredentialTypeId, schema_hash: bytes, issuer: OrganisationId, standing: Standing
) -> bytes:
    return call_data("set_credential_type", name, schema_hash, issuer, standing)


def entitle(asker: OrganisationId, purpose: PurposeId, claim_set_hash: bytes | None) -> bytes:
    """The action that gives an entitlement, or takes it away where there is no hash."""
    return call_data("set_entitlement", asker, purpose, claim_set_hash or bytes(32))


def nominate_writer(stream: StreamId, writer: bytes) -> bytes:
    return call_data("nominate_writer", stream, writer)


def propose(seat: LedgerWriter, action: bytes, *, now: datetime) -> int:
    """Propose an action with the own approval; the proposal's number."""
    expires = int((now + PROPOSAL_LIFETIME).timestamp())
    seat.write("propose", action, expires)
    own = seat.client.read("seat_of", seat.client.web3.to_checksum_address(seat.address))
    proposed = seat.client.events("Proposed", seat=own)
    digest = keccak256(action)
    return max(
        int(event.values["proposal"])
        for event in proposed
        if bytes(event.values["action_hash"]) == digest
    )


def decide(seats: Sequence[LedgerWriter], action: bytes, *, now: datetime) -> int:
    """Propose, approve with every other seat given, and execute."""
    number = propose(seats[0], action, now=now)
    for seat in seats[1:]:
        seat.write("approve", number)
    seats[0].write("execute", number, action)
    return number
