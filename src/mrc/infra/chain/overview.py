"""What is on the ledger, gathered for the explorer page: everything, through events.

Identifiers stay hashes here; whoever knows the names behind them (the trust list does) shows them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from mrc.infra.chain.client import LedgerClient, LedgerEvent
from mrc.ledger.hashing import recover_address
from mrc.ledger.headers import Address, decode_header
from mrc.ledger.statements import (
    CredentialType,
    CredentialTypeId,
    Organisation,
    OrganisationId,
    PurposeId,
    StreamHead,
    StreamId,
)

NEWEST_BLOCKS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """A proposal: the function it calls, who approved it, and what became of it."""

    number: int
    function: str
    arguments: Mapping[str, str]
    proposed_by: int
    approved_by: tuple[int, ...]
    expires: datetime
    executed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockView:
    number: int
    hash: bytes
    sealed_at: datetime
    sealers: tuple[Address, ...]
    transactions: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    organisations: Mapping[OrganisationId, Organisation]
    credential_types: Mapping[CredentialTypeId, CredentialType]
    entitlements: Mapping[tuple[OrganisationId, PurposeId], bytes]
    streams: Mapping[StreamId, StreamHead | None]
    writers: Mapping[StreamId, Address]
    seats: Mapping[int, Address]
    threshold: int
    paused: bool
    decisions: tuple[Decision, ...]
    blocks: tuple[BlockView, ...]


def read_overview(client: LedgerClient, *, blocks: int = NEWEST_BLOCKS) -> Overview:
    """Everything the contract holds and the newest blocks. Raises `Unavailable`."""
    organisations = _names(client.events("OrganisationSet"), "organisation")
    types = _names(client.events("CredentialTypeSet"), "credential_type")
    streams = _names(client.events("WriterNominated"), "stream")
    found_organisations = {
        OrganisationId(name): client.organisation(OrganisationId(name)) for name in organisations
    }
    found_types = {
        CredentialTypeId(name): client.credential_type(CredentialTypeId(name)) for name in types
    }
    return Overview(
        organisations={name: entry for name, entry in found_organisations.items() if entry},
        credential_types={name: entry for name, entry in found_types.items() if entry},
        entitlements=_entitlements(client),
        streams={StreamId(name): client.stream_head(StreamId(name)) for name in streams},
        writers={StreamId(name): _writer(client, StreamId(name)) for name in streams},
        seats=_seats(client),
        threshold=client.read("threshold"),
        paused=client.read("paused"),
        decisions=read_decisions(client),
        blocks=_blocks(client, blocks),
    )


def _names(events: Sequence[LedgerEvent], member: str) -> list[bytes]:
    """Each name once, in the order of first appearance."""
    return list(dict.fromkeys(bytes(event.values[member]) for event in events))


def _entitlements(client: LedgerClient) -> dict[tuple[OrganisationId, PurposeId], bytes]:
    found = {}
    for event in client.events("EntitlementSet"):
        asker = OrganisationId(bytes(event.values["asker"]))
        found[asker, PurposeId(bytes(event.values["purpose"]))] = bytes(
            event.values["claim_set_hash"]
        )
    return {name: claims for name, claims in found.items() if any(claims)}


def _seats(client: LedgerClient) -> dict[int, Address]:
    numbers = dict.fromkeys(int(event.values["seat"]) for event in client.events("SeatTaken"))
    holders = {number: bytes.fromhex(client.read("seats", number)[2:]) for number in numbers}
    return {number: Address(holder) for number, holder in holders.items() if any(holder)}


def _writer(client: LedgerClient, stream: StreamId) -> Address:
    """Who writes the stream now; zeros where it is nobody."""
    return Address(bytes.fromhex(client.read("streams", stream)[1][2:]))


def read_decisions(client: LedgerClient) -> tuple[Decision, ...]:
    """Every proposal that was ever made. Raises `Unavailable`."""
    approvals: dict[int, list[int]] = {}
    for event in client.events("Approved"):
        approvals.setdefault(event.values["proposal"], []).append(event.values["seat"])
    executed = {event.values["proposal"] for event in client.events("Executed")}
    return tuple(
        _decision(client, event.values, approvals, executed) for event in client.events("Proposed")
    )


def _decision(
    client: LedgerClient,
    proposed: Mapping[str, Any],
    approvals: Mapping[int, Sequence[int]],
    executed: set[int],
) -> Decision:
    number = int(proposed["proposal"])
    function, arguments = client.decode_action(bytes(proposed["action"]))
    return Decision(
        number=number,
        function=function,
        arguments=arguments,
        proposed_by=int(proposed["seat"]),
        approved_by=tuple(approvals.get(number, ())),
        expires=datetime.fromtimestamp(proposed["expires"], UTC),
        executed=number in executed,
    )


def _blocks(client: LedgerClient, count: int) -> tuple[BlockView, ...]:
    newest = client.newest_header().number
    views = []
    for number in range(newest, max(-1, newest - count), -1):
        encoded, transactions = client.block(number)
        header = decode_header(encoded)
        sealers = (recover_address(header.seal_hash, seal) for seal in header.extra.seals)
        views.append(
            BlockView(
                number=number,
                hash=header.block_hash,
                sealed_at=header.timestamp,
                sealers=tuple(Address(sealer) for sealer in sealers if sealer is not None),
                transactions=transactions,
            )
        )
    return tuple(views)
