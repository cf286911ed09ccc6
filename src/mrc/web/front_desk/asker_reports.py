"""FD-14: what holders reported about those who asked them, and what was done about it.

Everything in a report was written by a stranger: it is shown as text and decides nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

from starlette.responses import Response

from mrc.authority.askers.deciding import (
    LONGEST_REASON,
    Decision,
    ListedReport,
    ReportOutcome,
    ReportQuery,
)
from mrc.authority.askers.reports import ReceivedReport
from mrc.authority.staff.records import Role
from mrc.formats.catalogue.card_types import STANDARD, CardType
from mrc.formats.catalogue.claim import DisplayName
from mrc.kernel.errors import Malformed
from mrc.protocols.asker_report.messages import Complaint
from mrc.web.design.forms import read_form
from mrc.web.design.translator import Message, Translator
from mrc.web.front_desk.page import Page

MOST_SHOWN: Final = 200
MOST_OTHERS: Final = 20
_STATES: Final = {"open": False, "decided": True}


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A report in a list."""

    received: ReceivedReport
    complaint: Message
    badge: tuple[str, Message]


async def reports(page: Page) -> Response:
    _ = page.words
    asked = page.request.query_params
    asker, complaint, state = (asked.get(name, "") for name in ("asker", "complaint", "state"))
    query = ReportQuery(
        limit=MOST_SHOWN,
        asker=asker or None,
        complaint=Complaint(complaint) if complaint in set(Complaint) else None,
        decided=_STATES.get(state),
    )
    words = complaint_words(_)
    return await page.show(
        "asker_reports.html",
        lines=_lines(await page.desk.asker_reports.listed(query), _),
        query=query,
        state=state,
        narrowed=bool(query.asker or query.complaint or query.decided is not None),
        kinds=[("", _("Any complaint")), *((each.value, words[each]) for each in Complaint)],
        states=[("", _("Any state")), ("open", _("Not decided")), ("decided", _("Decided"))],
        most=MOST_SHOWN,
        kept_days=page.desk.asker_reports.kept_days,
    )


async def report(page: Page) -> Response:
    reference = page.request.path_params["reference"]
    received, made = await page.desk.asker_reports.get(reference)
    return await _show(page, received, made, [])


async def decide(page: Page) -> Response:
    _ = page.words
    reference = page.request.path_params["reference"]
    form = await read_form(page.request)
    outcome, reason, seen = form.text("outcome"), form.text("reason"), form.text("seen")
    if not (seen.isascii() and seen.isdigit() and len(seen) < 5):
        raise Malformed("decision", "not how many were seen")
    errors: list[tuple[str, str]] = []
    if outcome not in set(ReportOutcome):
        errors.append(("outcome", _("Choose what was done.")))
    if not reason or len(reason) > LONGEST_REASON:
        errors.append(("reason", _("A reason is required.")))
    if errors:
        received, made = await page.desk.asker_reports.get(reference)
        return await _show(page, received, made, errors, outcome=outcome, reason=reason)
    await page.desk.asker_reports.decide(
        reference,
        ReportOutcome(outcome),
        reason,
        seen=int(seen),
        by=page.who.member,
        now=page.now,
    )
    return page.go(f"/asker-reports/{reference}")


async def _show(
    page: Page,
    received: ReceivedReport,
    made: Sequence[Decision],
    errors: Sequence[tuple[str, str]],
    *,
    outcome: str = "",
    reason: str = "",
) -> Response:
    _ = page.words
    names = {member.id: member.name for member in await page.desk.administration.members()}
    query = ReportQuery(limit=MOST_OTHERS + 1, asker=received.report.asker)
    others = [
        line
        for line in _lines(await page.desk.asker_reports.listed(query), _)
        if line.received.reference != received.reference
    ]
    outcomes = outcome_words(_)
    return await page.show(
        "asker_report.html",
        status=400 if errors else 200,
        received=received,
        complaint=complaint_words(_)[received.report.complaint],
        asked_for=[_kind_words(kind, page) for kind in received.report.kinds],
        deleted_on=page.desk.asker_reports.deleted_on(received),
        decisions=[
            (each, outcomes[each.outcome], names.get(each.decided_by, "–")) for each in made
        ],
        others=others[:MOST_OTHERS],
        may_decide=page.who.member.role is Role.SUPERVISOR,
        outcomes=[{"value": each.value, "label": words} for each, words in outcomes.items()],
        errors=errors,
        wrong=dict(errors),
        outcome=outcome,
        reason=reason,
        longest=LONGEST_REASON,
    )


def complaint_words(_: Translator) -> dict[Complaint, Message]:
    """As the wallet asked the holder."""
    return {
        Complaint.ASKED_TOO_MUCH: _("They asked for too much"),
        Complaint.PRETENDS: _("They pretend to be someone else"),
        Complaint.UNKNOWN: _("The holder does not know them"),
        Complaint.WRONG_DATA: _("The data is wrong"),
    }


def outcome_words(_: Translator) -> dict[ReportOutcome, Message]:
    return {
        ReportOutcome.NO_FAULT: _("No fault found"),
        ReportOutcome.SPOKEN_TO: _("Spoke to the asker"),
        ReportOutcome.PASSED_ON: _("Passed on to those who register askers"),
    }


def _lines(found: Sequence[ListedReport], _: Translator) -> list[Line]:
    complaints, outcomes = complaint_words(_), outcome_words(_)
    return [
        Line(
            received=each.received,
            complaint=complaints[each.received.report.complaint],
            badge=("caution", _("Not decided"))
            if each.outcome is None
            else ("quiet", outcomes[each.outcome]),
        )
        for each in found
    ]


def _kind_words(kind: str, page: Page) -> str:
    """The catalogue's name of a claim; what the catalogue has not stands as it came."""
    known = _claims().get(kind)
    return kind if known is None else known.in_language(page.language.value)


@cache
def _claims() -> dict[str, DisplayName]:
    """By the path as a wallet reports it, in both formats. Where card types share a path, the
    residence card's name."""
    found: dict[str, DisplayName] = {}
    for card_type in CardType:
        for claim in STANDARD.get(card_type).claims:
            for path in (claim.mdoc_path, claim.path):
                found.setdefault(".".join(path), claim.display)
    return found
