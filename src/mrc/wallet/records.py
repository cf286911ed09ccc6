"""Cards, copies and history as sealed records: the wallet's only durable state.

``card/ID`` holds a card without its copies, ``copy/CARD/ID`` one copy, ``history/TIME-ID`` one
showing. A change that touches several records is one commit: all of it is stored or none.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Protocol

from mrc.formats import json_text
from mrc.formats.status_list.reference import decode_status, encode_status
from mrc.kernel.errors import Malformed, Rejected
from mrc.wallet.holdings import Card, CardState, Copy, Format, HistoryEntry, ShowOutcome
from mrc.wallet.ports import KeyId
from mrc.wallet.reasons import Reason

CARD = "card/"
COPY = "copy/"
HISTORY = "history/"


class Sealed(Protocol):
    """The part of `OpenVault` that records need."""

    async def read(self, name: str) -> bytes | None: ...
    async def names(self, prefix: str) -> Sequence[str]: ...
    async def commit(self, writes: Mapping[str, bytes | None]) -> None: ...


class CardRecords:
    """Reads and writes cards. Raises `Malformed` where a record does not decode."""

    def __init__(self, vault: Sealed) -> None:
        self._vault = vault

    async def cards(self) -> Sequence[Card]:
        """Every card with its copies, newest first."""
        names = await self._vault.names(CARD)
        found = [await self.get(name.removeprefix(CARD)) for name in names]
        return sorted(found, key=lambda card: card.received_at, reverse=True)

    async def get(self, card_id: str) -> Card:
        """Raises `Rejected` where there is no such card."""
        data = await self._vault.read(CARD + card_id)
        if data is None:
            raise Rejected(Reason.NO_SUCH_CARD, "UX W-12")
        names = await self._vault.names(f"{COPY}{card_id}/")
        copies = [decode_copy(await self._read(name)) for name in names]
        return replace(decode_card(data), copies=tuple(copies))

    async def add(self, card: Card, extra: Mapping[str, bytes | None] | None = None) -> None:
        """Store a card with all its copies, and `extra` records, in one commit."""
        await self._vault.commit({**self.writes_of(card), **(extra or {})})

    async def put_state(self, card: Card) -> None:
        await self._vault.commit({CARD + card.id: encode_card(card)})

    async def put_copy(self, card_id: str, copy: Copy) -> None:
        await self._vault.commit({f"{COPY}{card_id}/{copy.id}": encode_copy(copy)})

    async def erase_copies(self, card: Card) -> None:
        """Store the card's state and delete its copies: it can no longer be shown."""
        gone: dict[str, bytes | None] = {f"{COPY}{card.id}/{copy.id}": None for copy in card.copies}
        await self._vault.commit({CARD + card.id: encode_card(card), **gone})

    async def remove(self, card: Card) -> None:
        await self._vault.commit(dict.fromkeys(self.writes_of(card)))

    async def add_history(self, entry: HistoryEntry) -> None:
        name = f"{HISTORY}{entry.at.isoformat()}-{entry.id}"
        await self._vault.commit({name: encode_history(entry)})

    async def history(self) -> Sequence[HistoryEntry]:
        """Newest first."""
        names = await self._vault.names(HISTORY)
        return [decode_history(await self._read(name)) for name in reversed(names)]

    async def clear_history(self) -> None:
        await self._vault.commit(dict.fromkeys(await self._vault.names(HISTORY)))

    async def _read(self, name: str) -> bytes:
        data = await self._vault.read(name)
        if data is None:
            raise Malformed("wallet record", "a record that was listed is gone")
        return data

    @staticmethod
    def writes_of(card: Card) -> dict[str, bytes | None]:
        copies = {f"{COPY}{card.id}/{copy.id}": encode_copy(copy) for copy in card.copies}
        return {CARD + card.id: encode_card(card), **copies}


def encode_card(card: Card) -> bytes:
    return json_text.encode(
        {
            "id": card.id,
            "credential_issuer": card.credential_issuer,
            "types": dict(card.types),
            "configuration_ids": dict(card.configuration_ids),
            "display_name": card.display_name,
            "received_at": card.received_at.isoformat(),
            "valid_until": card.valid_until.isoformat(),
            "state": card.state.value,
            "state_at": None if card.state_at is None else card.state_at.isoformat(),
            "claims": card.claims,
        }
    )


def decode_card(data: bytes) -> Card:
    members = json_text.decode_object(data, "card record")
    state_at = members.get("state_at")
    claims = members.get("claims")
    if not isinstance(claims, dict):
        raise Malformed("card record", "claims")
    return Card(
        id=_text(members, "id"),
        credential_issuer=_text(members, "credential_issuer"),
        types=_by_format(members, "types"),
        configuration_ids=_by_format(members, "configuration_ids"),
        display_name=_text(members, "display_name"),
        received_at=_time(members, "received_at"),
        valid_until=_time(members, "valid_until"),
        state=CardState(_text(members, "state")),
        state_at=None if state_at is None else _time(members, "state_at"),
        claims=claims,
    )


def encode_copy(copy: Copy) -> bytes:
    return json_text.encode(
        {
            "id": copy.id,
            "format": copy.format.value,
            "key_id": copy.key_id,
            "credential": copy.credential,
            "status": None if copy.status is None else encode_status(copy.status),
            "used_at": None if copy.used_at is None else copy.used_at.isoformat(),
        }
    )


def decode_copy(data: bytes) -> Copy:
    members = json_text.decode_object(data, "copy record")
    return Copy(
        id=_text(members, "id"),
        format=Format(_text(members, "format")),
        key_id=KeyId(_text(members, "key_id")),
        credential=_text(members, "credential"),
        status=None if members.get("status") is None else decode_status(members["status"]),
        used_at=None if members.get("used_at") is None else _time(members, "used_at"),
    )


def encode_history(entry: HistoryEntry) -> bytes:
    return json_text.encode(
        {
            "id": entry.id,
            "at": entry.at.isoformat(),
            "asker": entry.asker,
            "asker_name": entry.asker_name,
            "registered": entry.registered,
            "purpose": entry.purpose,
            "card_id": entry.card_id,
            "kinds": list(entry.kinds),
            "outcome": entry.outcome.value,
        }
    )


def decode_history(data: bytes) -> HistoryEntry:
    members = json_text.decode_object(data, "history record")
    kinds = members.get("kinds")
    if not isinstance(kinds, list):
        raise Malformed("history record", "kinds")
    return HistoryEntry(
        id=_text(members, "id"),
        at=_time(members, "at"),
        asker=_text(members, "asker"),
        asker_name=_text(members, "asker_name"),
        registered=members.get("registered") is True,
        purpose=_text(members, "purpose"),
        card_id=_text(members, "card_id"),
        kinds=tuple(str(kind) for kind in kinds),
        outcome=ShowOutcome(_text(members, "outcome")),
    )


def _text(members: Mapping[str, object], name: str) -> str:
    value = members.get(name)
    if not isinstance(value, str):
        raise Malformed("wallet record", name)
    return value


def _time(members: Mapping[str, object], name: str) -> datetime:
    try:
        return datetime.fromisoformat(_text(members, name))
    except ValueError as error:
        raise Malformed("wallet record", name) from error


def _by_format(members: Mapping[str, object], name: str) -> dict[Format, str]:
    value = members.get(name)
    if not isinstance(value, dict):
        raise Malformed("wallet record", name)
    return {Format(key): str(text) for key, text in value.items()}
