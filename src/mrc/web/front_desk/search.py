"""FD-3: one field for a number, a name in any script, or a birth date; results as one types.

What is typed is posted, never put into an address.
"""

import re
from datetime import date
from typing import Final

from starlette.responses import Response

from mrc.formats.catalogue.ages import seoul_date
from mrc.registry.people import Registrant, RegistrantId
from mrc.registry.store import RegistryStore
from mrc.web.design.forms import read_form
from mrc.web.front_desk.page import Page

MOST_SHOWN: Final = 20
_MOST_SIFTED: Final = 500  # people of one name among whom a birth date decides
_SHORTEST: Final = 2  # characters; one letter finds half the register
_DATE = re.compile(r"([0-9]{4})[-./]?([0-9]{2})[-./]?([0-9]{2})|([0-9]{2})([0-9]{2})([0-9]{2})")


async def search(page: Page) -> Response:
    return await page.show("search.html", text="", found=None, more=False, today=None)


async def results(page: Page) -> Response:
    """The results: for htmx only the list, else the whole page."""
    text = (await read_form(page.request)).text("text")
    found = None
    if len(text) >= _SHORTEST:
        found = await find_people(page.desk.registry, text, today=seoul_date(page.now))
    return await page.show(
        "part_found.html" if page.is_part else "search.html",
        text=text,
        found=None if found is None else found[:MOST_SHOWN],
        more=found is not None and len(found) > MOST_SHOWN,
        today=seoul_date(page.now),
    )


async def open_record(page: Page) -> Response:
    form = await read_form(page.request)
    registrant = RegistrantId(form.text("registrant"))
    visit = await page.desk.visits.open(registrant, page.who, now=page.now)
    return page.go(f"/visits/{visit.id}")


async def find_people(store: RegistryStore, text: str, *, today: date) -> list[Registrant]:
    """Who fits `text`: a number, a name, a birth date, or a name with a birth date after it."""
    name, born = split_birth_date(text, today=today)
    if born is None:
        return await store.search(text, limit=MOST_SHOWN + 1)
    if not name:
        return await store.search(born.isoformat(), limit=MOST_SHOWN + 1)
    named = await store.search(name, limit=_MOST_SIFTED)
    return [person for person in named if person.birth_date == born]


def split_birth_date(text: str, *, today: date) -> tuple[str, date | None]:
    """The words of `text` and the birth date among them: 1990-01-31, 19900131 or 900131."""
    words, born = [], None
    for word in text.split():
        found = _as_date(word, today) if born is None else None
        if found is None:
            words.append(word)
        born = born or found
    return " ".join(words), born


def _as_date(word: str, today: date) -> date | None:
    match = _DATE.fullmatch(word)
    if match is None:
        return None
    year, month, day = match.groups()[:3] if match[1] else match.groups()[3:]
    full = int(year)
    if match[1] is None:
        full += 2000 if full <= today.year % 100 else 1900
    try:
        return date(full, int(month), int(day))
    except ValueError:
        return None
