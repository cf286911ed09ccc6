"""The sealed last page: the card's face for the next start, before Python is awake.

A record of the vault like any other, so that only PIN and device together open it; the shell's
`last_page.mjs` does so, and counts the try as the vault does. It says when the card was last seen
and that it is not live: no clock, no word of the day, nothing to scan. Whatever happens to the card
deletes it, and the next look at the card makes a new one.
"""

from datetime import datetime, timedelta

from mrc.formats import json_text
from mrc.wallet.mobile_id import OpenWallet
from mrc.web.design.dates import format_moment
from mrc.web.design.translator import Translator
from mrc.web.wallet_app.card_view import CardView

RECORD = "app/last-page"
FRESH = timedelta(hours=1)
"""An unchanged page is not written again for so long."""


async def keep(wallet: OpenWallet, view: CardView | None, _: Translator, *, at: datetime) -> None:
    """Keep the face of a usable card; None, or a card that is not usable, keeps nothing."""
    if view is None or not view.usable:
        return await drop(wallet)
    face = _face(view, _)
    kept = await wallet.vault.read(RECORD)
    if kept is not None:
        members = json_text.decode_object(kept, "last page")
        seen = datetime.fromisoformat(str(members["seen_at"]))
        if members["face"] == face and timedelta() <= at - seen < FRESH:
            return None
    page = {
        "face": face,
        "seen_at": at.isoformat(),
        "until": view.usable_until.isoformat(),
        "seen": str(_("Last seen {when}.", when=format_moment(at, _.language))),
    }
    return await wallet.vault.commit({RECORD: json_text.encode(page)})


async def drop(wallet: OpenWallet) -> None:
    await wallet.vault.commit({RECORD: None})


def _face(view: CardView, _: Translator) -> dict[str, object]:
    """What `card_face` draws, as plain texts."""
    lines = view.face["lines"]
    assert isinstance(lines, list)  # made by card_view
    return {
        "language": _.language.value,
        "kind": str(view.face["kind"]),
        "title": str(view.face["title"]),
        "title_korean": str(view.face["title_korean"]),
        "passport_name": str(view.face["passport_name"]),
        "korean_name": str(view.face["korean_name"]),
        "portrait": view.face["portrait"],
        "portrait_words": str(_("Photo of the holder")),
        "lines": [[str(label), str(value)] for label, value in lines],
        "not_live": str(_("Not live yet. Do not show it to be checked.")),
    }
