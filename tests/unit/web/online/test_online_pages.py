"""Signing in at a service: on this phone, with another one, and every way in which it must fail."""

import re
from urllib.parse import parse_qs, urlsplit

import pytest
from starlette.routing import Route

from mrc.formats.status_list.bits import Status
from mrc.protocols.openid4vp.number_match import number_to_compare
from mrc.web.design.languages import COMPLETE
from mrc.web.design.missing import missing_texts
from mrc.web.online.browsers import BROWSER, MEMBER
from mrc.web.online.permissions import PERMISSIONS, Access
from tests.simulators.browsing import Browsing
from tests.simulators.checking_world import ONLINE_URL, CheckingWorld
from tests.simulators.practice_cards import HOLDER, CardOrder, make_mdoc, make_sd_jwt_vc

PERSONAL = ("HONG", "GILDONG", "1990-05-17")


async def begin(visitor: Browsing, device: str, wish: str = "sign-in") -> str:
    """The link for the wallet; the visitor stands at the waiting page."""
    await visitor.post("/start", wish=wish)
    await visitor.post(f"{visitor.path}/{device}")
    assert visitor.path.endswith("/wait")
    wallet = visitor.link(r"https://wallet\.localhost[^\"]+")
    return parse_qs(urlsplit(wallet).query)["link"][0]


def path_of(address: str | None) -> str:
    assert address is not None
    assert address.startswith(ONLINE_URL)
    return address.removeprefix(ONLINE_URL)


@pytest.mark.parametrize("make", [make_mdoc, make_sd_jwt_vc])
async def test_another_phone_signs_in(world: CheckingWorld, visitor: Browsing, make) -> None:  # type: ignore[no-untyped-def]
    link = await begin(visitor, "other")
    waiting = visitor.path
    assert await world.show(link, make()) is None
    page = await visitor.get(waiting)
    assert visitor.path.endswith("/done")
    assert "You are signed in." in page
    assert "HONG" in page
    assert "You are signed in." in await visitor.get("/")


async def test_this_phone_comes_back_with_its_code(world: CheckingWorld, visitor: Browsing) -> None:
    back = await world.show(await begin(visitor, "here"), make_mdoc())
    page = await visitor.get(path_of(back))
    assert "You are signed in." in page
    assert visitor.cookie(MEMBER) is not None


async def test_the_way_back_in_another_browser_tells_nothing(
    world: CheckingWorld, visitor: Browsing
) -> None:
    back = path_of(await world.show(await begin(visitor, "here"), make_mdoc()))
    thief = Browsing(world.online, ONLINE_URL)
    for _ in range(2):
        page = await thief.get(back)
        assert thief.status == 403
        assert "The phone answered in another browser." in page
        assert not any(word in page for word in PERSONAL)
        await begin(thief, "here")  # a browser with a sign-in of its own is another one too
    assert thief.cookie(MEMBER) is None
    assert "You are signed in." in await visitor.get(back)


@pytest.mark.parametrize("code", ["", "?response_code=", "?response_code=AAAA"])
async def test_without_the_code_this_phone_is_not_believed(
    world: CheckingWorld, visitor: Browsing, code: str
) -> None:
    back = path_of(await world.show(await begin(visitor, "here"), make_mdoc()))
    await visitor.get(back.partition("?")[0] + code)
    assert visitor.status == 403
    assert visitor.cookie(MEMBER) is None
    await visitor.get(back.partition("?")[0].replace("/returned/", "/sign-in/") + "/done")
    assert visitor.status == 403
    assert "You are signed in." in await visitor.get(back)


async def test_a_link_sent_to_somebody_else_signs_nobody_in_here(
    world: CheckingWorld, visitor: Browsing
) -> None:
    """Session fixation: the victim's wallet leads the victim's browser back, not the attacker's."""
    link = await begin(visitor, "here")
    back = path_of(await world.show(link, make_mdoc()))
    victim = Browsing(world.online, ONLINE_URL)
    await victim.get(back)
    assert victim.status == 403
    await visitor.get(visitor.path)
    assert visitor.cookie(MEMBER) is None


async def test_what_was_shared_is_told_once(world: CheckingWorld, visitor: Browsing) -> None:
    link = await begin(visitor, "other")
    waiting = visitor.path
    await world.show(link, make_mdoc())
    await visitor.get(waiting)
    done = visitor.path
    page = await visitor.get(done)
    assert visitor.path == "/"
    assert not any(word in page for word in PERSONAL)


async def test_declined_is_said_and_can_be_tried_again(
    world: CheckingWorld, visitor: Browsing
) -> None:
    link = await begin(visitor, "other")
    waiting = visitor.path
    await world.show(link)
    page = await visitor.get(waiting)
    assert "You declined. Nothing was shared." in page
    assert "Try again" in page
    assert visitor.cookie(MEMBER) is None


async def test_a_locked_card_signs_nobody_in(world: CheckingWorld, visitor: Browsing) -> None:
    world.verifying.publisher.set(7, Status.LOCKED, at=world.verifying.now)
    link = await begin(visitor, "other")
    waiting = visitor.path
    await world.show(link, make_mdoc())
    assert "The card is locked. Use another way." in await visitor.get(waiting)
    assert visitor.cookie(MEMBER) is None


async def test_doubt_signs_nobody_in(world: CheckingWorld, visitor: Browsing) -> None:
    world.verifying.publisher.online = False
    link = await begin(visitor, "other")
    waiting = visitor.path
    await world.show(link, make_mdoc())
    assert "The card could not be checked." in await visitor.get(waiting)
    assert visitor.cookie(MEMBER) is None


async def test_the_young_are_told_so(world: CheckingWorld, visitor: Browsing) -> None:
    link = await begin(visitor, "other", "age")
    waiting = visitor.path
    await world.show(link, make_mdoc(CardOrder(values=HOLDER | {"age_over_19": False})))
    assert "You are not old enough for this service." in await visitor.get(waiting)
    assert visitor.cookie(MEMBER) is None


async def test_an_ended_code_is_renewed_twice_then_asked_for(
    world: CheckingWorld, visitor: Browsing
) -> None:
    links = {await begin(visitor, "other")}
    waiting = visitor.path
    for _ in range(2):
        world.later(minutes=3, seconds=1)
        assert "Here is a new one." in await visitor.get(waiting)
        links.add(visitor.link(r"https://wallet\.localhost[^\"]+"))
    world.later(minutes=3, seconds=1)
    assert "This sign-in has ended." in await visitor.get(waiting)
    assert len(links) == 3


async def test_a_second_answer_changes_nothing(world: CheckingWorld, visitor: Browsing) -> None:
    link = await begin(visitor, "other")
    waiting = visitor.path
    await world.show(link, make_mdoc())
    with pytest.raises(AssertionError):
        await world.show(link)
    assert "You are signed in." in await visitor.get(waiting)


def number_on(page: str) -> int | None:
    found = re.search(r'big-number"[^>]*>(\d\d)<', page)
    return None if found is None else int(found[1])


async def test_the_number_comes_with_the_first_phone_and_with_no_second_one(
    world: CheckingWorld, visitor: Browsing
) -> None:
    link = await begin(visitor, "other")
    waiting = visitor.path
    assert number_on(visitor.page) is None
    request = await world.fetch(link)
    page = await visitor.get(waiting)
    assert number_on(page) == number_to_compare(request)
    await world.fetch(link)
    page = await visitor.get(waiting)
    assert number_on(page) == number_to_compare(request)
    assert "This code was read twice." in page


async def test_a_request_of_this_phone_is_bound_to_its_browser_and_has_no_number(
    world: CheckingWorld, visitor: Browsing
) -> None:
    link = await begin(visitor, "here")
    assert number_to_compare(await world.fetch(link)) is None
    assert number_on(await visitor.get(visitor.path)) is None


async def test_the_landing_page_of_a_camera_leads_into_mobile_id(
    world: CheckingWorld, visitor: Browsing
) -> None:
    phone = Browsing(world.online, ONLINE_URL)
    await phone.get(path_of(await begin(visitor, "other")))
    assert "openid4vp://?" in phone.page


@pytest.mark.parametrize(
    "query",
    [
        "",
        "?client_id=x&request_uri=https://evil.example/wallet/request/1",
        "?client_id=x&request_uri=javascript:alert(1)",
        "?client_id=x&request_uri=https://verifier.localhost:8444.evil.example/wallet/request/1",
        "?dcql_query=%7B%7D",
    ],
)
async def test_the_landing_page_leads_to_nobody_else(
    world: CheckingWorld, visitor: Browsing, query: str
) -> None:
    page = await visitor.get(f"/open{query}")
    assert visitor.status == 400
    assert "openid4vp:" not in page


def routes(world: CheckingWorld) -> list[Route]:
    return [route for route in world.online.routes if isinstance(route, Route)]


def test_every_route_stands_in_the_permission_table(world: CheckingWorld) -> None:
    assert {route.name for route in routes(world)} == set(PERMISSIONS)
    assert len(routes(world)) == len(PERMISSIONS)


async def test_no_sign_in_opens_in_another_browser(world: CheckingWorld, visitor: Browsing) -> None:
    await begin(visitor, "other")
    sign_in = visitor.path.split("/")[2]
    for route in routes(world):
        if PERMISSIONS[route.name] is Access.ANYONE:
            continue
        path = route.path.replace("{sign_in}", sign_in)
        for cookie in ("", "x" * 43):
            stranger = Browsing(world.online, ONLINE_URL)
            stranger.set_cookie(BROWSER, cookie)
            await (stranger.post(path) if "POST" in (route.methods or ()) else stranger.get(path))
            assert stranger.status == 403, route.name


async def test_a_form_from_another_site_is_refused(visitor: Browsing) -> None:
    await visitor.post_from_elsewhere("/start", wish="sign-in")
    assert visitor.status == 403


async def test_a_forged_member_is_nobody(visitor: Browsing) -> None:
    visitor.set_cookie(MEMBER, "eyJ3aXNoIjoic2lnbi1pbiIsInNpbmNlIjoxNzgwMzA0NDAwfQ.AAAA")
    assert "You are signed in." not in await visitor.get("/")


@pytest.mark.parametrize("language", COMPLETE, ids=lambda language: language.value)
def test_no_text_is_missing(language) -> None:  # type: ignore[no-untyped-def]
    domains = ("common", "holder", "wallet", "online")
    assert missing_texts("mrc.web.online", language=language, domains=domains) == ()
