"""What the holder should know (W-24): changes that were found, and days that come near.

Found changes are sealed records ``notice/TIME-ID``; days that come near are computed each time.
``app/seen`` remembers which were read.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from mrc.formats import json_text
from mrc.formats.catalogue.ages import seoul_date
from mrc.kernel.errors import Malformed
from mrc.wallet.holdings import Card, CardState
from mrc.wallet.mobile_id import OpenWallet, Upkeep
from mrc.web.wallet_app.card_view import card_ends_on

NOTICE = "notice/"
SEEN = "app/seen"
NEAR_DAYS = (30, 7, 1)
MOST_SEEN = 500  # remembered ids; older ones cannot come again


class Kind(StrEnum):
    LOCKED = "locked"
    CANCELLED = "cancelled"
    USABLE = "usable"
    UPDATED = "updated"
    NOT_UPDATED = "not_updated"
    ENDS = "ends"


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """`days` only where something ends: the step that was reached (30, 7 or 1), and the days left."""

    id: str
    kind: Kind
    card_id: str
    at: datetime
    days: int = 0


_CHANGES = {
    CardState.LOCKED: Kind.LOCKED,
    CardState.CANCELLED: Kind.CANCELLED,
    CardState.USABLE: Kind.USABLE,
}


async def keep(wallet: OpenWallet, upkeep: Upkeep, *, at: datetime) -> Sequence[Notice]:
    """Store what looking after the cards found. A renewal without new data is not news."""
    found = [
        (_CHANGES[change.card.state], change.card.id)
        for change in upkeep.changes
        if change.card.state in _CHANGES
    ]
    found += [(Kind.UPDATED, one.card.id) for one in upkeep.renewed if one.data_changed]
    found += [(Kind.NOT_UPDATED, card.id) for card in upkeep.not_renewed if _worrying(card)]
    known = {(notice.kind, notice.card_id) for notice in await _stored(wallet)}
    new = [
        Notice(
            id=f"{at.isoformat()}-{secrets.token_hex(4)}", kind=kind, card_id=card, at=at, days=0
        )
        for kind, card in found
        if kind is not Kind.NOT_UPDATED or (kind, card) not in known
    ]
    await wallet.vault.commit({NOTICE + notice.id: _encode(notice) for notice in new})
    return new


async def notices(wallet: OpenWallet, *, at: datetime) -> Sequence[Notice]:
    """Newest first; what ends soon stands above all."""
    near = [notice for card in await wallet.records.cards() for notice in _near(card, at)]
    stored = await _stored(wallet)
    return [*near, *sorted(stored, key=lambda notice: notice.at, reverse=True)]


async def count_unseen(wallet: OpenWallet, *, at: datetime) -> int:
    seen = await _seen(wallet)
    return sum(notice.id not in seen for notice in await notices(wallet, at=at))


async def mark_seen(wallet: OpenWallet, shown: Sequence[Notice]) -> None:
    seen = await _seen(wallet)
    new = [notice.id for notice in shown if notice.id not in seen]
    if new:
        kept = [*seen, *new][-MOST_SEEN:]
        await wallet.vault.commit({SEEN: json_text.encode({"ids": kept})})


def _near(card: Card, at: datetime) -> Sequence[Notice]:
    """The nearest step that was reached: 30, 7 or 1 days before the end."""
    ends_on = card_ends_on(card)
    if ends_on is None or card.state is CardState.CANCELLED:
        return ()
    left = (ends_on - seoul_date(at)).days
    step = min((days for days in NEAR_DAYS if left <= days), default=None)
    if step is None or left < 0:
        return ()
    name = f"ends-{card.id}-{ends_on.isoformat()}-{step}"
    return (Notice(id=name, kind=Kind.ENDS, card_id=card.id, at=at, days=left),)


def _worrying(card: Card) -> bool:
    """A renewal that failed matters once a format has no copy left."""
    return any(not card.unused(format_) for format_ in card.types)


async def _stored(wallet: OpenWallet) -> Sequence[Notice]:
    found = []
    for name in await wallet.vault.names(NOTICE):
        data = await wallet.vault.read(name)
        if data is not None:
            found.append(_decode(data))
    return found


async def _seen(wallet: OpenWallet) -> Sequence[str]:
    data = await wallet.vault.read(SEEN)
    if data is None:
        return ()
    ids = json_text.decode_object(data, "seen notices").get("ids")
    if not isinstance(ids, list):
        raise Malformed("seen notices")
    return [str(one) for one in ids]


def _encode(notice: Notice) -> bytes:
    return json_text.encode(
        {
            "id": notice.id,
            "kind": notice.kind.value,
            "card_id": notice.card_id,
            "at": notice.at.isoformat(),
        }
    )


def _decode(data: bytes) -> Notice:
    members = json_text.decode_object(data, "notice")
    try:
        return Notice(
            id=str(members["id"]),
            kind=Kind(str(members["kind"])),
            card_id=str(members["card_id"]),
            at=datetime.fromisoformat(str(members["at"])),
        )
    except (KeyError, ValueError) as error:
        raise Malformed("notice") from error
