"""The holder finds the number of the other screen; a swapped code ends there."""

import re

from mrc.verifier.service import Asked
from tests.unit.web.wallet_app.conftest import Holder, Page


async def asked_on_a_screen(holder: Holder) -> Asked:
    return await holder.world.ask("age-19", number_match=True)


def number_on_the_screen(holder: Holder, asked: Asked) -> str:
    reading = holder.world.verifier.verifier.reading(asked.request_uri)
    assert reading is not None
    assert reading.number is not None
    return str(reading.number)


def choices(page: Page) -> list[str]:
    return re.findall(r'name="number" value="(\w+)"', page.html)


async def share(holder: Holder, page: Page, number: str) -> Page:
    return await holder.send(
        "/app/share",
        flow=page.hidden("flow")[0],
        share=page.hidden("share"),
        answer="share",
        **({"number": number} if number else {}),
    )


async def test_a_swapped_code_has_no_number_of_the_screen_before_the_holder(
    carrier: Holder,
) -> None:
    """The thief's own request, read by the holder's phone: the shop's screen shows nothing."""
    shop, thief = await asked_on_a_screen(carrier), await asked_on_a_screen(carrier)
    page = await carrier.scan(thief.link)
    assert carrier.world.verifier.verifier.reading(shop.request_uri) is None
    page = await share(carrier, page, "none")
    assert page.path == "/app/share/result"
    assert "The numbers differ. Nothing was shared." in page.words
    assert not await carrier.world.is_valid(thief)
    assert not await carrier.world.is_valid(shop)


async def test_a_wrong_number_ends_it_for_good(carrier: Holder) -> None:
    asked = await asked_on_a_screen(carrier)
    page = await carrier.scan(asked.link)
    right = number_on_the_screen(carrier, asked)
    wrong = next(number for number in choices(page) if number not in (right, "none"))
    assert "The numbers differ." in (await share(carrier, page, wrong)).words
    again = await share(carrier, page, right)
    assert "The numbers differ." in again.words
    assert (await carrier.open("/app/share/confirm")).path == "/app/share/result"


async def test_nothing_goes_on_before_a_number_is_chosen(carrier: Holder) -> None:
    page = await carrier.scan((await asked_on_a_screen(carrier)).link)
    page = await share(carrier, page, "")
    assert page.status == 422
    assert "Choose the number that the other screen shows." in page.words
    assert (await carrier.open("/app/share/confirm")).path == "/app/share"


async def test_the_right_number_leads_to_the_pin_and_a_shared_card(carrier: Holder) -> None:
    asked = await asked_on_a_screen(carrier)
    page = await carrier.scan(asked.link)
    right = number_on_the_screen(carrier, asked)
    assert sorted(choices(page)[:3]).count(right) == 1
    page = await share(carrier, page, right)
    assert page.path == "/app/share/confirm"
    assert "got 1 detail" in (await carrier.confirm(page)).words
    assert await carrier.world.is_valid(asked)


async def test_the_same_code_again_keeps_its_number(carrier: Holder) -> None:
    asked = await asked_on_a_screen(carrier)
    first = await carrier.scan(asked.link)
    again = await carrier.scan(asked.link)
    assert first.hidden("flow") == again.hidden("flow")
    reading = carrier.world.verifier.verifier.reading(asked.request_uri)
    assert reading is not None
    assert not reading.contested


async def test_post_turned_into_get_is_refused(carrier: Holder) -> None:
    """So that a thief cannot take the number out of a request by changing its code."""
    asked = await asked_on_a_screen(carrier)
    page = await carrier.scan(asked.link.replace("&request_uri_method=post", ""))
    assert page.status == 422
    assert "Nothing was shared." in page.words
    assert "W-234" in page.words


async def test_a_request_of_this_phone_asks_for_no_number(carrier: Holder) -> None:
    asked = await carrier.world.ask("age-19")
    assert choices(await carrier.scan(asked.link)) == []
