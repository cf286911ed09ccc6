"""FD-15: who did what to whom. Searching is recorded; exporting needs a reason."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final

from starlette.responses import Response

from mrc.authority.staff.audit import AuditEntry, AuditQuery
from mrc.authority.staff.records import Deed, StaffAct
from mrc.kernel.errors import Malformed
from mrc.registry.numbers import decode_number
from mrc.registry.people import RegistrantId
from mrc.web.design.dates import KOREA
from mrc.web.design.forms import Form, read_form
from mrc.web.front_desk.act_words import act_words
from mrc.web.front_desk.page import Page

MOST_SHOWN: Final = 200
MOST_EXPORTED: Final = 10_000
NOBODY: Final = "-"  # no act has this subject


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The form as it was filled in."""

    actor: str = ""
    number: str = ""
    kind: str = ""
    since: str = ""
    until: str = ""


async def audit(page: Page) -> Response:
    return await _show(page, Asked(), None, [])


async def search(page: Page) -> Response:
    form = await read_form(page.request)
    asked, errors = _asked(form), _errors(page, form)
    if errors:
        return await _show(page, asked, None, errors)
    entries = await page.desk.reports.search(await _query(page, asked, MOST_SHOWN))
    await _record(page, StaffAct.AUDIT_SEARCHED, asked, "search")
    return await _show(page, asked, list(entries), [])


async def export(page: Page) -> Response:
    """The found acts as CSV. Who exported what and why is recorded before a byte leaves."""
    _ = page.words
    form = await read_form(page.request)
    asked, errors = _asked(form), _errors(page, form)
    reason = form.text("reason")
    if not reason:
        errors.append(("reason", _("A reason is required.")))
    if errors:
        entries = await page.desk.reports.search(await _query(page, asked, MOST_SHOWN))
        return await _show(page, asked, list(entries), errors)
    found = await page.desk.reports.search(await _query(page, asked, MOST_EXPORTED))
    await _record(page, StaffAct.AUDIT_EXPORTED, asked, reason[:300])
    headers = {"content-disposition": 'attachment; filename="audit.csv"'}
    return Response(_csv(found), media_type="text/csv; charset=utf-8", headers=headers)


async def _show(
    page: Page, asked: Asked, entries: list[AuditEntry] | None, errors: list[tuple[str, str]]
) -> Response:
    _ = page.words
    words = act_words(page.words)
    members = await page.desk.administration.members()
    names = {str(member.id): member.name for member in members}
    return await page.show(
        "audit.html",
        status=400 if errors else 200,
        asked=asked,
        entries=entries,
        errors=errors,
        acts=words,
        names=names,
        subjects=names | await _masked(page, entries or []),
        kinds=[("", _("Any act")), *words.items()],
        people=[("", _("Anybody")), *names.items()],
        most=MOST_SHOWN,
    )


async def _masked(page: Page, entries: Sequence[AuditEntry]) -> dict[str, str]:
    """Whom the acts were about: enough of the number to tell people apart, not to know them.
    A report about an asker by its reference."""
    decided = StaffAct.ASKER_REPORT_DECIDED
    subjects = {entry.subject: entry.kind for entry in entries if entry.subject}
    shown = {subject: subject for subject, kind in subjects.items() if kind == decided}
    for subject in subjects.keys() - shown.keys():
        person = await page.desk.registry.find(RegistrantId(subject))
        if person is not None:
            shown[subject] = person.number.masked
    return shown


async def _query(page: Page, asked: Asked, limit: int) -> AuditQuery:
    return AuditQuery(
        limit=limit,
        actor=asked.actor or None,
        subject=await _subject(page, asked.number) if asked.number else None,
        kind=asked.kind or None,
        since=_moment(asked.since),
        until=_moment(asked.until, after=timedelta(days=1)),
    )


async def _subject(page: Page, number: str) -> str:
    try:
        wanted = decode_number(number)
    except Malformed:
        return NOBODY
    found = await page.desk.registry.find_by_numbers([wanted])
    return next((person.id for person in found.values()), NOBODY)


def _asked(form: Form) -> Asked:
    return Asked(**{name: form.text(name) for name in Asked.__slots__})


def _errors(page: Page, form: Form) -> list[tuple[str, str]]:
    _ = page.words
    wrong = _("Write the date as in 2026-11-22.")
    errors: list[tuple[str, str]] = []
    for name in ("since", "until"):
        try:
            _moment(form.text(name))
        except Malformed:
            errors.append((name, wrong))
    return errors


def _moment(text: str, *, after: timedelta = timedelta()) -> datetime | None:
    """The start of a day in Korea."""
    if not text:
        return None
    try:
        return datetime.combine(date.fromisoformat(text), time(), KOREA) + after
    except ValueError as error:
        raise Malformed("date", "not YYYY-MM-DD") from error


async def _record(page: Page, kind: StaffAct, asked: Asked, reason: str) -> None:
    subject = await _subject(page, asked.number) if asked.number else None
    member = page.who.member.id
    await page.desk.staff.record(
        Deed(kind=kind, actor=member, subject=subject, reason=reason, at=page.now)
    )


def _csv(entries: Sequence[AuditEntry]) -> str:
    out = io.StringIO()
    rows = csv.writer(out)
    rows.writerow(["at", "source", "kind", "actor", "subject", "reason"])
    for entry in entries:
        cells = (entry.kind, entry.actor, entry.subject or "", entry.reason)
        rows.writerow([entry.at.isoformat(), entry.source.value, *map(_inert, cells)])
    return out.getvalue()


def _inert(cell: str) -> str:
    """A spreadsheet would run a cell that starts like a formula."""
    return f"'{cell}" if cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell
