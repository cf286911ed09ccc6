"""FD-12: what waits for a second person."""

from dataclasses import dataclass

from starlette.responses import Response

from mrc.authority.staff.records import Approval, ApprovalId, ApprovalState, DelicateAct, Role
from mrc.kernel.errors import Malformed
from mrc.registry.people import Registrant
from mrc.registry.phones import PhoneNumber, masked_phone_number
from mrc.web.design.forms import read_form
from mrc.web.front_desk.page import Page
from mrc.web.front_desk.words import approval_words, delicate_words


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request as the list shows it."""

    approval: Approval
    title: str
    asked_by: str
    decided_by: str | None
    person: Registrant | None
    badge: tuple[str, str]
    own: bool
    number: str | None


async def approvals(page: Page) -> Response:
    """Supervisors decide; officers see what became of their own requests."""
    supervises = page.who.member.role is Role.SUPERVISOR
    recent = await page.desk.approvals.recent(page.who.member.office, now=page.now)
    if not supervises:
        recent = [each for each in recent if each.asked_by == page.who.member.id]
    names = {each.id: each.name for each in await page.desk.administration.members()}
    acts, states = delicate_words(page.words), approval_words(page.words)
    shown = [
        Request(
            approval=each,
            title=acts[each.act],
            asked_by=names[each.asked_by],
            decided_by=names[each.decided_by] if each.decided_by else None,
            person=await page.desk.registry.find(each.registrant),
            badge=states[each.state],
            own=each.asked_by == page.who.member.id,
            number=_number(each),
        )
        for each in recent
    ]
    open_states = (ApprovalState.WAITING, ApprovalState.APPROVED)
    return await page.show(
        "approvals.html",
        waiting=[each for each in shown if each.approval.state in open_states],
        decided=[each for each in shown if each.approval.state not in open_states],
        supervises=supervises,
    )


def _number(approval: Approval) -> str | None:
    """Which line a changed SIM is about, as much as is needed to tell it from the others."""
    if approval.act is not DelicateAct.SIM_CHANGE or approval.about is None:
        return None
    return masked_phone_number(PhoneNumber(approval.about))


async def decide(page: Page) -> Response:
    form = await read_form(page.request)
    approval = ApprovalId(page.request.path_params["approval"])
    match form.text("answer"):
        case "approve" | "refuse" as answer:
            await page.desk.approvals.decide(
                approval,
                approve=answer == "approve",
                remark=form.text("remark"),
                by=page.who.member,
                now=page.now,
            )
        case "again":
            await page.desk.approvals.carry_out(approval, by=page.who.member, now=page.now)
        case _:
            raise Malformed("answer", "neither yes nor no")
    return page.go("/approvals")
