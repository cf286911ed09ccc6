"""FD-8: an IC card made at the counter, step by step, while the holder uses the customer screen."""

from dataclasses import dataclass
from typing import Any, Final

from starlette.responses import Response

from mrc.authority.ic_issuance.desk_parts import Blank, DeskView, Phase
from mrc.authority.ic_issuance.holder_pad import Ask
from mrc.authority.staff.reasons import StaffReason
from mrc.authority.staff.records import PersonCheck
from mrc.authority.staff.visits import OpenRecord
from mrc.kernel.errors import Forbidden
from mrc.web.design.forms import read_form
from mrc.web.front_desk.ic_card_words import (
    ask_words,
    lack_words,
    phase_words,
    stopped_words,
    work_words,
)
from mrc.web.front_desk.page import Page
from mrc.web.front_desk.record import open_visit

SECONDS: Final = {
    Phase.KEYS: 8,
    Phase.SIGNING: 2,
    Phase.WRITING: 12,
    Phase.PIN: 60,
    Phase.TEST_READ: 15,
    Phase.DONE: 0,
}
"""What each step takes with a card in a reader, on the slow side; the PIN is the holder's time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """What the officer typed from the blank, kept when something was wrong with it."""

    document_number: str = ""
    can: str = ""


async def ic_card(page: Page) -> Response:
    found = await open_visit(page)
    return await _show(page, found, [], _printed(page))


async def steps(page: Page) -> Response:
    """The steps, if they moved since the page last saw them; else nothing."""
    found = await open_visit(page)
    view = await page.desk.cards.view(found)
    if _key(view) == page.request.query_params.get("seen"):
        return Response(status_code=204)
    values = await _values(page, found, view)
    return await page.show("part_ic_card.html", errors=[], typed=_printed(page), **values)


async def start(page: Page) -> Response:
    """Begin a card. What the officer left out or misread is said beside the field."""
    _ = page.words
    found, form = await open_visit(page), await read_form(page.request)
    typed = Typed(document_number=form.text("document_number").upper(), can=form.text("can"))
    if form.text("same") != "yes":
        wrong = _("Compare the photo with the person first.")
        return await _show(page, found, [("same", wrong)], typed)
    visit = await page.desk.visits.check_person(found, PersonCheck.SAME, now=page.now)
    checked = OpenRecord(visit=visit, person=found.person)
    blank = Blank(document_number=typed.document_number, can=typed.can)
    try:
        await page.desk.cards.start(checked, page.who, blank)
    except Forbidden as error:
        if error.reason is StaffReason.BLANK_MISREAD:
            wrong = _("Nine letters and digits, and six digits, as printed on the blank card.")
            return await _show(page, found, [("document_number", wrong)], typed)
        if error.reason is StaffReason.BLANK_USED:
            wrong = _("This number is in the register already. Take another blank card.")
            return await _show(page, found, [("document_number", wrong)], typed)
        raise
    return _back(page, found)


async def go_on(page: Page) -> Response:
    found = await open_visit(page)
    await page.desk.cards.go_on(found, page.who)
    return _back(page, found)


async def stop(page: Page) -> Response:
    found = await open_visit(page)
    await page.desk.cards.stop(found)
    return _back(page, found)


async def give_up(page: Page) -> Response:
    found = await open_visit(page)
    await page.desk.cards.give_up(found, page.who)
    return _back(page, found)


def _back(page: Page, found: OpenRecord) -> Response:
    return page.go(f"/visits/{found.visit.id}/ic-card")


def _printed(page: Page) -> Typed:
    """Practice has no printed blanks: it says what would stand on one."""
    blank = page.desk.cards.next_blank()
    if blank is None:
        return Typed()
    return Typed(document_number=blank.document_number, can=blank.can)


async def _show(
    page: Page, found: OpenRecord, errors: list[tuple[str, str]], typed: Typed
) -> Response:
    view = await page.desk.cards.view(found)
    values = await _values(page, found, view)
    return await page.show(
        "ic_card.html", status=400 if errors else 200, errors=errors, typed=typed, **values
    )


async def _values(page: Page, found: OpenRecord, view: DeskView) -> dict[str, Any]:
    cards, _ = page.desk.cards, page.words
    idle = view.making is None and view.job is None
    further = idle and await cards.is_further(found.person.id)
    allowed = not further or await cards.approval_for(found.person.id) is not None
    ask = Ask.NOTHING if view.making is None else view.making.pad.ask
    screen = await page.desk.screens.of_counter(page.who.session.id)
    return {
        "visit": found.visit,
        "person": found.person,
        "view": view,
        "key": _key(view),
        "phases": list(phase_words(_).values()),
        "phase": view.phase.value,
        "seconds": _seconds(page, view),
        "total": sum(SECONDS.values()),
        "work": work_words(_)[view.phase] if ask is Ask.NOTHING else ask_words(_)[ask],
        "holders_turn": ask is not Ask.NOTHING,
        "stopped": None if view.job is None else stopped_words(_, view.job, view.phase),
        "lacks": [lack_words(_)[lack] for lack in cards.lacks()] if view.making is None else [],
        "second_person": not allowed,
        "screen": screen,
        "practice": cards.next_blank() is not None,
    }


def _seconds(page: Page, view: DeskView) -> int:
    """About how long it still takes."""
    if view.making is None or view.making.since is None:
        return 0
    gone = int((page.now - view.making.since).total_seconds())
    later = sum(seconds for phase, seconds in SECONDS.items() if phase > view.phase)
    return max(0, SECONDS[view.phase] - gone) + later


def _key(view: DeskView) -> str:
    """Changes whenever the page must be drawn anew."""
    if view.making is not None:
        return f"{view.making.job}-{view.phase.value}-{view.making.pad.turn}"
    if view.job is not None:
        return f"{view.job.id}-{view.job.step}-{view.job.trouble or 'interrupted'}"
    return "made" if view.made is not None else "none"
