"""The poster of a small shop: the number is on the shop's screen alone, and comes from both sides."""

import re

import pytest

from mrc.kernel.ports import HttpRequest
from mrc.protocols.openid4vp.invocation import ByReference, decode_invocation
from mrc.protocols.openid4vp.number_match import number_to_compare
from mrc.verifier.transactions import RequestId
from tests.simulators.asgi_client import AsgiClient
from tests.simulators.browsing import Browsing
from tests.simulators.checking_world import CHECKER_URL, CheckingWorld
from tests.simulators.practice_cards import make_mdoc

LINK = r"openid4vp://\?[^\"<]+"
ON_THE_LIST = re.compile(r'visitor-number"[^>]*>(\d\d)<')
ANY_NUMBER = re.compile(r">\s*\d\d\s*<")


@pytest.fixture
async def poster(operator: Browsing) -> str:
    await operator.get("/poster")
    return operator.link(CHECKER_URL + r"/p/[\w.-]+").removeprefix(CHECKER_URL)


async def visitor(world: CheckingWorld, poster: str) -> tuple[Browsing, str]:
    """Somebody who opened the poster, and the link into their own request."""
    made = Browsing(world.checker, CHECKER_URL)
    await made.get(poster)
    await made.post(poster)
    return made, made.link(LINK)


def request_uri(link: str) -> str:
    found = decode_invocation(link)
    assert isinstance(found, ByReference)
    return found.request_uri


async def test_the_visitor_s_page_says_no_number_before_the_end(
    world: CheckingWorld, operator: Browsing, poster: str
) -> None:
    """Who opened the request could otherwise tell the number to the one who reads it."""
    page, link = await visitor(world, poster)
    assert not ANY_NUMBER.search(page.page)
    number = number_to_compare(await world.fetch(link))
    assert f">{number}<" in await operator.get("/poster/visitors")
    assert not ANY_NUMBER.search(await page.get(page.path))


async def test_the_number_comes_with_the_reading_and_is_that_of_the_phone(
    world: CheckingWorld, operator: Browsing, poster: str
) -> None:
    _, link = await visitor(world, poster)
    assert ON_THE_LIST.findall(await operator.get("/poster/visitors")) == []
    request = await world.fetch(link)
    number = number_to_compare(request)
    assert number is not None
    assert ON_THE_LIST.findall(await operator.get("/poster/visitors")) == [str(number)]


async def test_a_second_reading_changes_no_number_and_is_said(
    world: CheckingWorld, operator: Browsing, poster: str
) -> None:
    """Nobody gets the number they want by reading until it fits."""
    _, link = await visitor(world, poster)
    first = number_to_compare(await world.fetch(link))
    numbers = {number_to_compare(await world.fetch(link)) for _ in range(12)}
    assert numbers != {first}
    said = await operator.get("/poster/visitors")
    assert ON_THE_LIST.findall(said) == [str(first)]
    assert "This code was read twice." in said


async def test_another_visitor_s_request_in_the_place_of_one_s_own_is_another_number(
    world: CheckingWorld, operator: Browsing, poster: str
) -> None:
    """Two requests are open; each phone's number stands beside its own result only."""
    (_, mine), (_, thiefs) = await visitor(world, poster), await visitor(world, poster)
    number = number_to_compare(await world.fetch(thiefs))
    said = await operator.get("/poster/visitors")
    assert ON_THE_LIST.findall(said) == [str(number)]
    assert number_to_compare(await world.fetch(mine)) is not None
    assert len(ON_THE_LIST.findall(await operator.get("/poster/visitors"))) == 2


async def test_a_phone_without_a_number_gives_no_result_to_the_shop(
    world: CheckingWorld, operator: Browsing, poster: str
) -> None:
    """Read by GET: without the wallet's randomness there is no number, so nobody can say whose
    answer it is."""
    _, link = await visitor(world, poster)
    door = AsgiClient(world.wallet_door)
    answer = await door.send(HttpRequest(method="GET", url=request_uri(link)))
    assert answer.status == 200
    await world.show(link, make_mdoc())
    said = await operator.get("/poster/visitors")
    assert "See number" not in said
    assert "/checks/" not in said
    assert "No number was compared." in said


async def test_a_request_that_no_phone_read_is_over_without_a_word_of_numbers(
    world: CheckingWorld, operator: Browsing, poster: str
) -> None:
    page, _ = await visitor(world, poster)
    world.later(minutes=6)
    said = await operator.get("/poster/visitors")
    assert "Time over" in said
    assert "number" not in said.replace("visitor-number", "")
    assert "This request is over." in await page.get(page.path)


async def test_of_two_visitors_with_one_number_none_is_offered(
    world: CheckingWorld, operator: Browsing, poster: str
) -> None:
    """One in ninety pairs has it by chance, and a joker with many requests sooner."""
    links = [(await visitor(world, poster))[1] for _ in range(3)]
    readings = world.verifying.verifier.readings
    for link, number in zip(links, (42, 42, 43), strict=True):
        readings.note(RequestId(request_uri(link).rpartition("/")[2]), number)
    for link in links:
        await world.show(link, make_mdoc())
    said = await operator.get("/poster/visitors")
    assert said.count("Two visitors have this number.") == 2
    assert "See number 42" not in said
    assert "See number 43" in said


async def test_each_visitor_has_a_request_and_the_shop_finds_its_answer_by_number(
    world: CheckingWorld, operator: Browsing, poster: str
) -> None:
    (first, link), (_, other) = await visitor(world, poster), await visitor(world, poster)
    assert link != other
    await world.show(link, make_mdoc())
    (number,) = ON_THE_LIST.findall(await operator.get("/poster/visitors"))
    assert f"See number {number}" in operator.page
    page = await operator.get(operator.link(r"/checks/\w+"))
    assert 'data-outcome="valid"' in page
    over = await first.get(first.path)
    assert f">{number}<" in over
    assert "HONG" not in over
    assert number in ON_THE_LIST.findall(await operator.get("/poster/visitors"))


async def test_the_list_is_drawn_again_only_where_it_changed(
    world: CheckingWorld, operator: Browsing, poster: str
) -> None:
    """What is drawn every second can be neither pressed nor read aloud."""
    _, link = await visitor(world, poster)
    pattern = r"/poster/visitors\?seen=\w+"
    await operator.get("/poster")
    seen = operator.link(pattern)
    await operator.get(seen)
    assert operator.status == 204
    await world.fetch(link)
    await operator.get(seen)
    assert operator.status == 200
    read = operator.link(pattern)
    await operator.get(read)
    assert operator.status == 204
    await world.show(link, make_mdoc())
    await operator.get(read)
    assert operator.status == 200
    assert "See number" in operator.page


async def test_the_number_outlives_a_restart(
    world: CheckingWorld, operator: Browsing, poster: str
) -> None:
    """Readings are kept in memory; the shop still has to find the visitor."""
    _, link = await visitor(world, poster)
    await world.show(link, make_mdoc())
    (number,) = ON_THE_LIST.findall(await operator.get("/poster/visitors"))
    world.verifying.verifier.readings._first.clear()  # what a restart loses
    assert f"See number {number}" in await operator.get("/poster/visitors")


async def test_a_poster_code_cannot_be_changed(operator: Browsing, poster: str) -> None:
    await operator.get(poster[:-2] + "AA")
    assert operator.status == 404


async def test_a_poster_has_a_limit(world: CheckingWorld, poster: str) -> None:
    someone = Browsing(world.checker, CHECKER_URL)
    for _ in range(20):
        await someone.post(poster)
        assert someone.status == 200
    await someone.post(poster)
    assert someone.status == 429
