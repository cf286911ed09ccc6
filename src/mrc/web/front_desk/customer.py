"""FD-17: the second display. It shows the counter's code and steps, and nothing personal.

While an IC card is made it is the holder's own pad: the PIN is chosen here, and goes from this
request to the chip without being stored.
"""

from dataclasses import dataclass, field
from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from mrc.authority.ic_issuance.holder_pad import Ask
from mrc.authority.staff.records import CustomerScreen, Visit
from mrc.issuer.records import OfferState
from mrc.kernel.errors import Malformed
from mrc.web.design.forms import read_form
from mrc.web.design.languages import Language, find_language
from mrc.web.front_desk.issue import OVER, STEP
from mrc.web.front_desk.page import SCREEN_COOKIE, Page

BLANK_AFTER: Final = 30  # seconds that a finished visit stays on the display


@dataclass(frozen=True, slots=True, kw_only=True)
class CardPad:
    """What the display shows of an IC card being made. `key` changes with every question."""

    state: str
    key: str
    slip: str | None = None
    tries_left: int | None = None
    puk: str = field(default="", repr=False)

    @property
    def puk_spoken(self) -> str:
        """Digit by digit, for a screen reader."""
        return " ".join(self.puk.replace(" ", ""))


async def link(page: Page) -> Response:
    """A page with one button: only pressing it spends the link."""
    return _show(page.request, page, "customer_link.html", Language.KO, link=_link(page))


async def start(page: Page) -> Response:
    cookie = await page.desk.screens.open(_link(page), now=page.now)
    if cookie is None:
        return _show(page.request, page, "customer_over.html", Language.KO, status=404)
    response = RedirectResponse("/customer", status_code=303)
    response.set_cookie(SCREEN_COOKIE, cookie, secure=True, httponly=True, samesite="strict")
    return response


async def screen(page: Page) -> Response:
    found = await _screen(page)
    if found is None:
        return _show(page.request, page, "customer_over.html", Language.KO, status=404)
    return await _body(page, found, "customer.html")


async def body(page: Page) -> Response:
    """The display's content if it changed since `seen`."""
    found = await _screen(page)
    if found is None:
        return Response(status_code=200, headers={"hx-redirect": "/customer"})
    return await _body(page, found, "part_customer.html")


async def language(page: Page) -> Response:
    found = await _screen(page)
    chosen = find_language((await read_form(page.request)).text("language"))
    if found is not None and chosen is not None:
        await page.desk.screens.choose_language(found, chosen.value)
    return RedirectResponse("/customer", status_code=303)


async def pad(page: Page) -> Response:
    """What the holder typed or confirmed. Late and doubled answers do nothing."""
    found = await _screen(page)
    try:
        asked = Ask(page.request.path_params["ask"])
    except ValueError as error:
        raise Malformed("pad", "not one of ours") from error
    making = None if found is None else page.desk.cards.at_counter(found.session)
    if making is not None:
        making.pad.answer(asked, (await read_form(page.request)).text("pin"))
    return RedirectResponse("/customer", status_code=303)


def _card(page: Page, found: CustomerScreen, visit: Visit | None) -> CardPad | None:
    """The IC card of this counter, while it is made and a little after."""
    making = page.desk.cards.at_counter(found.session)
    if making is not None:
        asks = making.pad
        puk = f"{asks.puk[:5]} {asks.puk[5:]}" if asks.ask is Ask.PUK else ""
        return CardPad(
            state="work" if asks.ask is Ask.NOTHING else asks.ask.value,
            key=f"{making.job}-{asks.turn}",
            slip=asks.slip.value if asks.slip and asks.ask is Ask.CHOOSE else None,
            tries_left=asks.tries_left,
            puk=puk,
        )
    made = None if visit is None else page.desk.cards.made_for(visit.registrant)
    if made is None or (page.now - made.at).total_seconds() > BLANK_AFTER:
        return None
    return CardPad(state="done", key=made.document_number)


async def _body(page: Page, found: CustomerScreen, template: str) -> Response:
    visit = await page.desk.visits.at_counter(found.session)
    progress = None
    if visit is not None:
        progress = await page.desk.visits.progress(visit, now=page.now)
    state = "greeting" if progress is None else progress.state.value
    if progress is not None and progress.visit.issued_at is not None:
        shown_for = (page.now - progress.visit.issued_at).total_seconds()
        if shown_for > BLANK_AFTER:
            state = "greeting"
    card = _card(page, found, visit)
    about = card.key + card.state if card else visit.offer if visit else ""
    key = f"{state}-{found.language or ''}-{about}"
    if template.startswith("part_") and page.request.query_params.get("seen") == key:
        return Response(status_code=204)
    chosen = find_language(found.language or "") or Language.KO
    return _show(
        page.request,
        page,
        template,
        chosen,
        chosen=found.language is not None,
        key=key,
        state=state,
        card=card,
        link=None if progress is None or state == "greeting" else progress.link,
        step=0 if progress is None else STEP[progress.state],
        failed=progress is not None
        and progress.state in OVER
        and progress.state is not OfferState.ACCEPTED,
        seconds=0 if progress is None else progress.seconds_left,
        greetings=[(each, page.rooms.customer.translator(each)("Welcome")) for each in Language],
    )


async def _screen(page: Page) -> CustomerScreen | None:
    cookie = page.request.cookies.get(SCREEN_COOKIE)
    return None if not cookie else await page.desk.screens.find(cookie, now=page.now)


def _link(page: Page) -> str:
    return str(page.request.path_params["link"])


def _show(
    request: Request,
    page: Page,
    template: str,
    language: Language,
    *,
    status: int = 200,
    **values: object,
) -> Response:
    return page.rooms.customer.respond(
        request, template, status=status, language=language, **values
    )
