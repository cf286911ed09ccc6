"""W-8: the card's PIN, keep still, moved away, wrong, last and blocked; the PIN goes nowhere."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest

from mrc.kernel.findings import Outcome
from mrc.web.wallet_app.host import HostKind
from tests.simulators.ic_card_world import CAN, PIN
from tests.simulators.ic_issuance_world import PHONE_PIN, IcPhone, ic_world
from tests.simulators.ic_reader import Reader, ic_card_app
from tests.unit.web.wallet_app.conftest import ORIGIN, Page

WRONG = "111222"


class Holder:
    """A person at a computer with a reader."""

    def __init__(self, phone: IcPhone, reader: Reader, kind: HostKind = HostKind.PROCESS) -> None:
        self.reader, self.phone = reader, phone
        self.folder = Path(str(phone.world.folder / "phone-1"))
        app = ic_card_app(phone, self.folder, reader, kind)
        self.client = httpx2.AsyncClient(
            transport=httpx2.ASGITransport(app=app, raise_app_exceptions=False),
            base_url=ORIGIN,
            follow_redirects=True,
            headers={"accept-language": "en"},
        )

    async def open(self, path: str) -> Page:
        return Page(await self.client.get(path))

    async def send(self, path: str, **form: str) -> Page:
        return Page(await self.client.post(path, data=form))

    async def tap(self, pin: str = PIN, **form: str) -> Page:
        """Type the PIN, hold the card, and look where it ended."""
        page = await self.send("/app/add/ic-card", pin=pin, **form)
        for _ in range(500):
            page = await self.open("/app/add/ic-card/end")
            if page.path != "/app/add/ic-card/reading":
                return page
            await asyncio.sleep(0.01)
        raise AssertionError(page.words)

    async def cards(self) -> int:
        return len(await (await self.phone.wallet()).records.cards())


@pytest.fixture
async def holder(tmp_path: Path) -> AsyncIterator[Holder]:
    async with ic_world(tmp_path) as world:
        made = Holder(await world.phone(), Reader(world))
        await made.send("/app/unlock?next=/app/", pin=PHONE_PIN)
        yield made


def tries(holder: Holder) -> int:
    return holder.reader.world.chip.load().pin_left


async def test_a_wrong_pin_costs_one_try_however_often_the_page_is_read(holder: Holder) -> None:
    before = tries(holder)
    page = await holder.tap(WRONG)
    assert "This PIN is not right." in page.words
    assert f"{tries(holder)} tries left" in page.words
    for _ in range(3):
        await holder.open("/app/add/ic-card/end")
        await holder.open("/app/add/ic-card/progress")
    assert tries(holder) == before - 1


async def test_the_last_try_is_never_spent_by_accident(holder: Holder) -> None:
    page = await until_one_is_left(holder)
    assert "One try is left." in page.words
    for pin in (WRONG, PIN):
        assert "One try is left." in (await holder.tap(pin)).words
        assert tries(holder) == 1
    for form in ({}, {"can": CAN}, {"agree": "yes"}, {"can": "12", "agree": "yes"}):
        page = await holder.send("/app/add/ic-card", pin=WRONG, last="yes", **form)
        assert page.status == 422
        assert tries(holder) == 1


async def test_the_last_try_with_the_printed_number_and_the_right_pin(holder: Holder) -> None:
    await until_one_is_left(holder)
    page = await holder.tap(PIN, last="yes", can=CAN, agree="yes")
    assert "Check every line before you accept." in page.words


async def test_a_blocked_card_leads_to_the_office(holder: Holder) -> None:
    await until_one_is_left(holder)
    page = await holder.tap(WRONG, last="yes", can=CAN, agree="yes")
    assert "The PIN of the IC card is blocked." in page.words
    assert "The PIN of the IC card is blocked." in (await holder.tap(PIN)).words
    assert await holder.cards() == 0


async def test_a_card_that_moved_away_goes_on_with_one_typed_pin(holder: Holder) -> None:
    holder.reader.lose_at = (3, 14)
    page = await holder.tap()
    assert "Check every line before you accept." in page.words
    assert holder.reader.opened == holder.reader.closed == 1


async def test_the_whole_way_to_the_accepted_card(holder: Holder) -> None:
    assert "PIN of the IC card" in (await holder.open("/app/add/ic-card")).words
    page = await holder.tap()
    assert page.path == "/app/add/read"
    done = await holder.send("/app/add/read", flow=page.hidden("flow")[0], answer="accept")
    assert "The card is on your phone." in done.words
    assert await holder.cards() == 1


async def test_the_pins_stand_on_no_page_and_in_no_file(holder: Holder) -> None:
    page = await holder.tap()
    stored = b"".join(path.read_bytes() for path in holder.folder.iterdir())
    assert PIN.encode() not in stored
    assert PIN not in page.html
    assert PIN not in (await holder.tap(PIN, last="yes", can=CAN)).html


async def test_progress_says_keep_still_and_two_presses_are_one_try(holder: Holder) -> None:
    holder.reader.may_go_on.clear()
    page = await holder.send("/app/add/ic-card", pin=PIN)
    assert page.path == "/app/add/ic-card/reading"
    assert "Hold the card at the reader." in page.words
    await holder.send("/app/add/ic-card", pin=WRONG)
    assert (await holder.open("/app/add/ic-card")).path == "/app/add/ic-card/reading"
    seen = await holder.open("/app/add/ic-card/progress?seen=HOLD_CARD-False")
    assert seen.status == 204
    holder.reader.may_go_on.set()
    page = await holder.tap()
    assert page.path == "/app/add/read"
    assert holder.reader.opened == 1


async def test_locking_the_app_gives_the_card_back(holder: Holder) -> None:
    holder.reader.may_go_on.clear()
    await holder.send("/app/add/ic-card", pin=PIN)
    await asyncio.sleep(0)
    await holder.send("/app/lock")
    await asyncio.sleep(0.05)
    assert holder.reader.closed == holder.reader.opened
    holder.reader.may_go_on.set()
    await holder.send("/app/unlock?next=/app/", pin=PHONE_PIN)
    assert (await holder.open("/app/add/ic-card/end")).path == "/app/add/ic-card"
    assert await holder.cards() == 0


async def test_stopping_gives_the_card_back(holder: Holder) -> None:
    holder.reader.may_go_on.clear()
    await holder.send("/app/add/ic-card", pin=PIN)
    assert (await holder.send("/app/add/ic-card/stop")).path == "/app/add"
    assert (await holder.open("/app/add/ic-card")).path == "/app/add/ic-card"


async def test_no_card_at_the_reader_is_told_as_such(holder: Holder) -> None:
    holder.reader.is_there = False
    page = await holder.tap()
    assert "No IC card was found at the reader." in page.words
    assert "W-263" in page.words
    assert 'href="/app/add/ic-card"' in page.html


async def test_the_offices_no_is_told_in_words(holder: Holder) -> None:
    holder.reader.world.carrier.outcome = Outcome.FAILED
    page = await holder.tap()
    assert "The registered phone number is not in your name." in page.words
    assert "W-261 phone_of_another" in page.words
    assert await holder.cards() == 0


async def test_care_waits_while_a_card_is_read(holder: Holder) -> None:
    """Its sweep would take the key of a card that no record names yet."""
    holder.reader.may_go_on.clear()
    await holder.send("/app/add/ic-card", pin=PIN)
    assert (await holder.send("/app/care")).status == 204
    holder.reader.may_go_on.set()
    assert (await holder.tap()).path == "/app/add/read"


async def test_a_browser_explains_and_offers_the_counter(tmp_path: Path) -> None:
    async with ic_world(tmp_path) as world:
        holder = Holder(await world.phone(), Reader(world), HostKind.BROWSER)
        await holder.send("/app/unlock?next=/app/", pin=PHONE_PIN)
        page = await holder.open("/app/add/ic-card")
        assert "It is a rule of the phone, not a fault." in page.words
        assert 'href="/app/add/scan"' in page.html
        page = await holder.send("/app/add/ic-card", pin=PIN)
        assert page.path == "/app/add/ic-card"
        assert holder.reader.opened == 0


async def until_one_is_left(holder: Holder) -> Page:
    page = await holder.tap(WRONG)
    while tries(holder) > 1:
        page = await holder.tap(WRONG)
    return page
