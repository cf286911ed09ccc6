"""No route is missing from the table of permissions, none is reachable without its login."""

import pytest
from starlette.routing import Route

from mrc.authority.staff.records import Role
from mrc.web.front_desk.menu import NOT_IN_MENU, menu_of
from mrc.web.front_desk.page import Door, Rooms
from mrc.web.front_desk.permissions import ANYONE, PERMISSIONS
from tests.unit.web.front_desk.conftest import OpenDesk

PARTS = {
    "assets",
    "portrait",
    "number_hide",
    "eligibility",
    "issue_steps",
    "ic_card_steps",
    "receipt_pdf",
    "customer_body",
}
"""What is read inside a page, never opened as one."""


def routes(desk: OpenDesk) -> list[Route]:
    found = [route for route in desk.app.routes if isinstance(route, Route)]
    assert len(found) == len(desk.app.routes)
    return found


def filled(route: Route) -> str:
    return route.path_format.format(
        **{name: "unlock" if name == "act" else "x" for name in route.param_convertors}
    )


def method(route: Route) -> str:
    return "POST" if "POST" in (route.methods or ()) else "GET"


async def test_every_route_is_in_the_table_and_the_table_has_no_other(desk: OpenDesk) -> None:
    assert sorted(route.name for route in routes(desk)) == sorted(PERMISSIONS)


def test_a_route_outside_the_table_cannot_be_made() -> None:
    async def handler(page: object) -> object:
        return page

    door = Door(None, Rooms(officer=None, customer=None))  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="permissions"):
        door.route("/secret", handler, "secret")  # type: ignore[arg-type]


async def test_nothing_guarded_answers_without_a_login(desk: OpenDesk) -> None:
    async with desk.stranger() as client:
        client.cookies.set("__Host-mrc_desk", "invented", domain="desk.localhost")
        for route in routes(desk):
            if PERMISSIONS[route.name] is ANYONE:
                continue
            answer = await client.request(method(route), filled(route), data={"x": "y"})
            assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in"), route


@pytest.mark.parametrize("role", list(Role))
async def test_a_role_opens_what_the_table_says_and_nothing_else(
    desk: OpenDesk, role: Role
) -> None:
    async with desk.member(role) as client:
        for route in routes(desk):
            access = PERMISSIONS[route.name]
            if access is ANYONE or route.name == "sign_out":
                continue
            answer = await client.request(method(route), filled(route))
            assert (answer.status_code == 403) is not access.admits(role), route
            assert answer.status_code < 500, route


async def test_every_page_is_in_a_menu_or_on_the_list_of_those_that_are_not(
    desk: OpenDesk,
) -> None:
    pages = {route.name for route in routes(desk) if "GET" in (route.methods or ())} - PARTS
    in_menu = {item.name for role in Role for item in menu_of(role, 0, str)}  # type: ignore[arg-type]
    assert pages == in_menu | NOT_IN_MENU
    assert not in_menu & NOT_IN_MENU


@pytest.mark.parametrize("role", list(Role))
async def test_a_menu_leads_only_where_the_role_may_go(desk: OpenDesk, role: Role) -> None:
    async with desk.member(role) as client:
        for item in menu_of(role, 0, str):  # type: ignore[arg-type]
            answer = await client.get(item.href, follow_redirects=True)
            assert answer.status_code == 200, item


async def test_another_site_cannot_write(desk: OpenDesk) -> None:
    async with desk.member(Role.SUPERVISOR) as client:
        for route in routes(desk):
            if method(route) == "POST":
                answer = await client.post(filled(route), headers={"sec-fetch-site": "cross-site"})
                assert answer.status_code == 403, route


async def test_cookies_are_for_this_host_and_no_script(desk: OpenDesk) -> None:
    async with desk.member(Role.OFFICER) as client:
        options = (await client.post("/sign-in/options")).text
        assert "challenge" in options
        kept = client.cookies.jar
        (session,) = [cookie for cookie in kept if cookie.name == "__Host-mrc_desk"]
        assert session.secure
        assert session.path == "/"
        assert not session.domain_specified
        assert session.has_nonstandard_attr("HttpOnly")
        assert session.get_nonstandard_attr("SameSite") == "strict"


async def test_every_answer_has_the_policy_and_is_not_stored(desk: OpenDesk) -> None:
    async with desk.member(Role.OFFICER) as client:
        path = await desk.visit(client)
        for each in ("/", "/search", path, f"{path}/portrait"):
            answer = await client.get(each)
            assert "default-src 'none'" in answer.headers["content-security-policy"]
            assert answer.headers["cache-control"] == "no-store"
