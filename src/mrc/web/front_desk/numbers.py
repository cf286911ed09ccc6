"""FD-13: the dashboard. No number on it stands for fewer than ten people."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any, Final

from starlette.responses import Response

from mrc.authority.staff.statistics import safe_rows
from mrc.formats.catalogue.card_types import CardType
from mrc.issuer.records import OfferState
from mrc.web.design.dates import format_date
from mrc.web.front_desk.page import Page
from mrc.web.front_desk.words import card_words, offer_words

DAYS: Final = 13  # and today: two weeks

Rows = list[tuple[str, int | None]]


async def numbers(page: Page) -> Response:
    since = page.now - timedelta(days=DAYS)
    found = await page.desk.reports.numbers(since=since, now=page.now)
    _ = page.words
    states = {"active": _("Active"), "locked": _("Locked"), "cancelled": _("Cancelled")}
    cards = {kind.value: words for kind, words in card_words(_).items() if _issued_here(kind)}
    ends = {state.value: words for state, words in offer_words(_).items()}
    days = {day: format_date(date.fromisoformat(day), page.language) for day in found.by_day}
    failures = (OfferState.WITHDRAWN, OfferState.FAILED, OfferState.TRIES_SPENT)
    bad = {state.value: ends[state.value] for state in failures}
    good = {key: words for key, words in ends.items() if key not in bad}
    shown: dict[str, Any] = {
        "states": _rows(found.by_state, states),
        "types": _rows(found.by_type, cards),
        "failures": _rows(found.offers_by_end, bad),
        "offers": _rows(found.offers_by_end, good),
        "days": _rows(found.by_day, days),
    }
    return await page.show(
        "numbers.html",
        empty=all(number is None for rows in shown.values() for _label, number in rows),
        **shown,
    )


def _issued_here(kind: CardType) -> bool:
    return kind not in (CardType.DRIVING_LICENCE, CardType.RESIDENT_REGISTRATION)


def _rows(counts: Mapping[str, int], words: Mapping[str, str]) -> Rows:
    return safe_rows([(label, counts.get(key, 0)) for key, label in words.items()])
