"""FD-2: the counter, today's work, and the lights of the services it depends on."""

import asyncio
import time
from dataclasses import dataclass
from datetime import timedelta

from starlette.responses import Response

from mrc.authority.staff.records import Role, Visit
from mrc.kernel.errors import Malformed, Unavailable
from mrc.registry.people import Registrant, RegistrantId
from mrc.web.design.dates import KOREA
from mrc.web.design.forms import read_form
from mrc.web.front_desk.desk import Probe, Service
from mrc.web.front_desk.page import Page
from mrc.web.front_desk.words import service_words

PROBE_SECONDS = 2.0
SLOW_SECONDS = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Light:
    """`state`: works, slow or silent."""

    name: str
    state: str
    milliseconds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitLine:
    visit: Visit
    person: Registrant
    minutes: int | None


async def home(page: Page) -> Response:
    """An auditor has no counter: their work is elsewhere."""
    who = page.who
    if who.member.role is Role.AUDITOR:
        return page.go("/audit")
    if who.session.counter is None:
        return page.go("/counter")
    lines = await _today(page)
    times = sorted(line.minutes for line in lines if line.minutes is not None)
    return await page.show(
        "home.html",
        day=page.now.astimezone(KOREA).date(),
        lines=lines,
        issued=sum(line.visit.issued_at is not None for line in lines),
        locked=sum(line.visit.locked_at is not None for line in lines),
        waiting=await page.desk.approvals.waiting(who.member.office, now=page.now),
        median=times[len(times) // 2] if times else None,
        lights=await lights(page),
        screen=await page.desk.screens.of_counter(who.session.id),
    )


async def choose(page: Page) -> Response:
    counters = await page.desk.administration.counters(page.who.member.office)
    return await page.show("counter.html", counters=counters)


async def chosen(page: Page) -> Response:
    form = await read_form(page.request)
    counters = await page.desk.administration.counters(page.who.member.office)
    try:
        number = int(form.text("counter"))
    except ValueError as error:
        raise Malformed("counter", "not a number") from error
    if not 1 <= number <= counters:
        raise Malformed("counter", f"not 1 to {counters}")
    await page.desk.signing_in.choose_counter(page.who, number)
    return page.go("/")


async def screen_link(page: Page) -> Response:
    link = await page.desk.screens.link_for(page.who)
    return await page.show("screen_link.html", link=f"{page.desk.origin}/customer/{link}")


async def _today(page: Page) -> list[VisitLine]:
    midnight = page.now.astimezone(KOREA).replace(hour=0, minute=0, second=0, microsecond=0)
    visits = await page.desk.visits.today(page.who.member.id, since=midnight)
    lines = []
    for visit in visits:
        person = await page.desk.registry.find(visit.registrant)
        if person is not None:
            lines.append(VisitLine(visit=visit, person=person, minutes=_minutes(visit)))
    return lines


def _minutes(visit: Visit) -> int | None:
    """From opening the record to the stored card, begun minutes count."""
    if visit.issued_at is None:
        return None
    return max(1, -(-(visit.issued_at - visit.opened_at) // timedelta(minutes=1)))


async def lights(page: Page) -> list[Light]:
    words = service_words(page.words)
    probes = {Service.REGISTER: _register(page), **page.desk.services}
    found = await asyncio.gather(*(_measure(probe) for probe in probes.values()))
    return [
        Light(name=words[service], state=state, milliseconds=milliseconds)
        for service, (state, milliseconds) in zip(probes, found, strict=True)
    ]


def _register(page: Page) -> Probe:
    async def answers() -> bool:
        await page.desk.registry.find(RegistrantId("-"))  # nobody: an answer is all we want
        return True

    return answers


async def _measure(probe: Probe) -> tuple[str, int]:
    started = time.monotonic()
    try:
        works = await asyncio.wait_for(probe(), PROBE_SECONDS)
    except (TimeoutError, Unavailable):
        works = False
    taken = time.monotonic() - started
    state = "silent" if not works else "slow" if taken > SLOW_SECONDS else "works"
    return state, int(taken * 1000)
