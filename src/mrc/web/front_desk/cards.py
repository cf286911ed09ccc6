"""FD-9 and FD-10: a loss locks at once; unlocking and cancelling go by the policy."""

from starlette.responses import Response

from mrc.authority.staff.approvals import Wish
from mrc.authority.staff.records import DelicateAct
from mrc.authority.staff.visits import chosen_number
from mrc.issuer.records import CardState
from mrc.kernel.errors import Malformed
from mrc.web.design.forms import read_form
from mrc.web.front_desk.page import Page
from mrc.web.front_desk.record import card_lines, open_visit
from mrc.web.front_desk.words import delicate_words


async def loss(page: Page) -> Response:
    """The form, or when it was locked: the same address after the act, safe to reload."""
    found = await open_visit(page)
    lines = await card_lines(page, found)
    locked = bool(lines) and all(line.card.state is CardState.LOCKED for line in lines)
    if locked and found.visit.locked_at is not None:
        return await page.show("locked.html", visit=found.visit, person=found.person)
    return await page.show(
        "loss.html", visit=found.visit, person=found.person, cards=lines, errors=[], value=""
    )


async def lock(page: Page) -> Response:
    _ = page.words
    found = await open_visit(page)
    recognised = (await read_form(page.request)).text("recognised")
    if not recognised:
        return await page.show(
            "loss.html",
            status=400,
            visit=found.visit,
            person=found.person,
            cards=await card_lines(page, found),
            errors=[("recognised", _("Write how the person was recognised."))],
            value="",
        )
    await page.desk.visits.lock(found, recognised, now=page.now)
    return page.go(f"/visits/{found.visit.id}/loss")


async def change(page: Page) -> Response:
    found = await open_visit(page)
    return await page.show(
        "change.html",
        visit=found.visit,
        person=found.person,
        act=_act(page).value,
        title=delicate_words(page.words)[_act(page)],
        cards=await card_lines(page, found),
        errors=[],
        reason="",
    )


async def ask(page: Page) -> Response:
    found = await open_visit(page)
    form, act, _ = await read_form(page.request), _act(page), page.words
    errors = []
    if not form.text("reason"):
        errors.append(("reason", _("A reason is required.")))
    if act is DelicateAct.UNLOCK and form.text("present") != "yes":
        errors.append(("present", _("The person must be here to unlock.")))
    if act is DelicateAct.SIM_CHANGE and form.text("present") != "yes":
        errors.append(("present", _("Look at the person first.")))
    if errors:
        return await page.show(
            "change.html",
            status=400,
            visit=found.visit,
            person=found.person,
            act=act.value,
            title=delicate_words(_)[act],
            cards=await card_lines(page, found),
            errors=errors,
            reason=form.text("reason"),
        )
    about = chosen_number(found) if act is DelicateAct.SIM_CHANGE else None
    wish = Wish(act=act, registrant=found.person.id, reason=form.text("reason"), about=about)
    asked = await page.desk.approvals.ask(wish, by=page.who.member, now=page.now)
    return await page.show(
        "asked.html",
        visit=found.visit,
        person=found.person,
        title=delicate_words(_)[act],
        act=act.value,
        waits=asked is not None,
    )


def _act(page: Page) -> DelicateAct:
    try:
        return DelicateAct(page.request.path_params["act"])
    except ValueError as error:
        raise Malformed("act", "not one of ours") from error
