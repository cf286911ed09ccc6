"""FD-16: the office's counters, its staff, and how the screens look."""

from starlette.responses import Response

from mrc.authority.staff.records import Role, StaffId
from mrc.kernel.errors import Malformed
from mrc.web.design.forms import read_form
from mrc.web.front_desk.page import Page
from mrc.web.front_desk.words import role_words, staff_state_words


async def office(page: Page) -> Response:
    return await _show(page, errors=[])


async def set_counters(page: Page) -> Response:
    _ = page.words
    text = (await read_form(page.request)).text("counters")
    try:
        await page.desk.administration.set_counters(int(text), by=page.who.member, now=page.now)
    except (ValueError, Malformed):
        wrong = _("Write a number from 1 to 60.")
        return await _show(page, errors=[("counters", wrong)])
    return page.go("/office")


async def invite(page: Page) -> Response:
    _ = page.words
    form = await read_form(page.request)
    try:
        made = await page.desk.administration.invite(
            form.text("name"), Role(form.text("role")), by=page.who.member, now=page.now
        )
    except (ValueError, Malformed):
        wrong = _("Write the name, up to 80 characters.")
        return await _show(page, errors=[("name", wrong)])
    return await page.show(
        "invited.html",
        member=made.member,
        link=f"{page.desk.origin}/enrol/{made.link}",
        until=made.expires_at,
    )


async def change(page: Page) -> Response:
    member = StaffId(page.request.path_params["member"])
    administration, me = page.desk.administration, page.who.member
    match page.request.path_params["act"]:
        case "suspend":
            await administration.suspend(member, by=me, now=page.now)
        case "release":
            await administration.release(member, by=me, now=page.now)
        case "link":
            made = await administration.invite_again(member, by=me, now=page.now)
            return await page.show(
                "invited.html",
                member=made.member,
                link=f"{page.desk.origin}/enrol/{made.link}",
                until=made.expires_at,
            )
        case _:
            raise Malformed("act", "not one of ours")
    return page.go("/office")


async def _show(page: Page, errors: list[tuple[str, str]]) -> Response:
    me = page.who.member
    roles = role_words(page.words)
    return await page.show(
        "office.html",
        status=400 if errors else 200,
        errors=errors,
        counters=await page.desk.administration.counters(me.office),
        members=await page.desk.administration.members(me.office),
        roles=roles,
        states=staff_state_words(page.words),
        role_options=[(role.value, words) for role, words in roles.items()],
        me=me.id,
    )
