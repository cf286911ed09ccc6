"""FD-4 to FD-6: the record, who may have a card, and the look at the person."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from starlette.responses import Response

from mrc.authority.desk import Assessment
from mrc.authority.staff.audit import AuditEntry, AuditQuery
from mrc.authority.staff.records import PersonCheck, StaffId, VisitId
from mrc.authority.staff.visits import OpenRecord
from mrc.formats.catalogue.ages import seoul_date
from mrc.issuer.records import MobileCard
from mrc.kernel.errors import Malformed
from mrc.registry.eligibility import Reason
from mrc.registry.phones import PhoneNumber, masked_phone_number
from mrc.web.design.dates import format_moment
from mrc.web.design.forms import read_form
from mrc.web.front_desk.act_words import act_icon, act_words
from mrc.web.front_desk.desk import NoAdvice
from mrc.web.front_desk.eligibility_words import check_lines
from mrc.web.front_desk.face_words import advice_words
from mrc.web.front_desk.page import Page
from mrc.web.front_desk.status_words import status_words
from mrc.web.front_desk.words import card_state_words, card_words

TIMELINE: Final = 15  # acts shown; the audit search has the rest


@dataclass(frozen=True, slots=True, kw_only=True)
class CardLine:
    """A mobile card as the record shows it."""

    name: str
    badge: tuple[str, str]
    card: MobileCard


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One item of `ui.timeline`."""

    title: str
    text: str
    when: str
    icon: str


async def open_visit(page: Page) -> OpenRecord:
    """The visit of the address. Raises `Forbidden`."""
    visit = VisitId(page.request.path_params["visit"])
    return await page.desk.visits.get(visit, page.who, now=page.now)


async def record(page: Page) -> Response:
    found = await open_visit(page)
    person = found.person
    others = await page.desk.visits.others_at_it(found.visit, now=page.now)
    names = {each.id: each.name for each in await page.desk.administration.members()}
    return await page.show(
        "record.html",
        visit=found.visit,
        person=person,
        stay=status_words(page.words)[person.residence.status.code],
        cards=await card_lines(page, found),
        phones=[masked_phone_number(number) for number in person.phones],
        events=await _timeline(page, found, names),
        others=[(names[each.officer], each.opened_at) for each in others],
        today=seoul_date(page.now),
    )


async def portrait(page: Page) -> Response:
    found = await open_visit(page)
    jpeg = await page.desk.registry.find_portrait(found.person.id)
    if jpeg is None:
        return Response(status_code=404)
    return Response(jpeg, media_type="image/jpeg")


async def show_number(page: Page) -> Response:
    found = await open_visit(page)
    number = await page.desk.visits.reveal_number(found, now=page.now)
    return await page.show("part_number.html", visit=found.visit, number=number, shown=True)


async def hide_number(page: Page) -> Response:
    found = await open_visit(page)
    masked = found.person.number.masked
    return await page.show("part_number.html", visit=found.visit, number=masked, shown=False)


async def eligibility(page: Page) -> Response:
    return await _eligibility(page, await open_visit(page))


async def choices(page: Page) -> Response:
    """Another number of the person, and the consent that another phone's card ends."""
    found = await open_visit(page)
    form = await read_form(page.request)
    chosen = PhoneNumber(form.text("phone")) if form.text("phone") else found.visit.phone
    if chosen is not None and chosen not in found.person.phones:
        raise Malformed("phone", "not in the register")
    visit = await page.desk.visits.choose(
        found, phone=chosen, replacement_agreed=form.text("replace") == "yes"
    )
    return await _eligibility(page, OpenRecord(visit=visit, person=found.person))


async def _eligibility(page: Page, found: OpenRecord) -> Response:
    assessment = await page.desk.visits.assess(found, page.who, now=page.now)
    lines = check_lines(assessment.decision, page.words)
    waits = await page.desk.visits.sim_change_waits(found, page.who, now=page.now)
    return await page.show(
        "part_eligibility.html",
        visit=found.visit,
        lines=lines,
        eligible=assessment.eligible,
        open_lines=sum(line.outcome != "passed" for line in lines),
        card=card_words(page.words)[assessment.card_type],
        phone=assessment.phone,
        sim_change=_sim_change(assessment, waits=waits),
        phones=[(number, masked_phone_number(number)) for number in found.person.phones],
        other_phone=Reason.OTHER_PHONE_ACTIVE in assessment.decision.reasons
        or found.visit.replacement_agreed,
    )


def _sim_change(assessment: Assessment, *, waits: bool) -> str | None:
    """Where the carrier reports a new SIM: what has been done about it."""
    if not assessment.sim_changed:
        return None
    if Reason.SIM_CHANGED_RECENTLY not in assessment.decision.reasons:
        return "accepted"
    return "waits" if waits else "open"


async def person(page: Page) -> Response:
    found, advice = await open_visit(page), page.desk.advice
    return await page.show(
        "person.html",
        visit=found.visit,
        person=found.person,
        advice=advice.value if isinstance(advice, NoAdvice) else "on",
        advice_words=advice_words(page.words),
    )


async def decide_person(page: Page) -> Response:
    """Only a clear yes leads on; the other answers lead back to the record."""
    found = await open_visit(page)
    try:
        check = PersonCheck((await read_form(page.request)).text("check"))
    except ValueError as error:
        raise Malformed("check", "not a decision") from error
    visit = await page.desk.visits.check_person(found, check, now=page.now)
    if check is not PersonCheck.SAME:
        return await page.show("person_unsure.html", visit=visit, check=check.value)
    checked = OpenRecord(visit=visit, person=found.person)
    await page.desk.visits.offer(checked, page.who, now=page.now)
    return page.go(f"/visits/{visit.id}/issue")


async def card_lines(page: Page, found: OpenRecord) -> list[CardLine]:
    names, states = card_words(page.words), card_state_words(page.words)
    return [
        CardLine(name=names[card.card_type], badge=states[card.state], card=card)
        for card in await page.desk.visits.live_cards(found)
    ]


async def _timeline(page: Page, found: OpenRecord, names: Mapping[StaffId, str]) -> list[Event]:
    query = AuditQuery(subject=found.person.id, limit=TIMELINE)
    entries = await page.desk.reports.search(query)
    return [_event(page, entry, names) for entry in entries]


def _event(page: Page, entry: AuditEntry, names: Mapping[StaffId, str]) -> Event:
    return Event(
        title=act_words(page.words).get(entry.kind, entry.kind),
        text=names.get(StaffId(entry.actor), entry.actor),
        when=format_moment(entry.at, page.language),
        icon=act_icon(entry.kind),
    )
