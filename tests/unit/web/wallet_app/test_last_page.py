"""The sealed last page: only in a browser, never plain, gone with whatever happens to the card."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from mrc.formats import json_text
from mrc.wallet.holdings import CardState
from mrc.web.wallet_app.host import HostKind
from mrc.web.wallet_app.last_page import RECORD
from tests.simulators.holder_world import HolderWorld
from tests.unit.web.wallet_app.conftest import PIN, Holder


@pytest.fixture
async def phone(world: HolderWorld, tmp_path: Path) -> AsyncIterator[Holder]:
    """A holder with a card in a phone's browser, who has just looked at it."""
    folder = tmp_path / "browser"
    folder.mkdir()
    made = Holder(folder, world, HostKind.BROWSER)
    await made.onboard()
    await made.get_card()
    await made.open("/app/")
    yield made
    made.file.close()


async def kept(holder: Holder) -> dict[str, object] | None:
    data = await (await holder.mobile_id.unlock(PIN)).vault.read(RECORD)
    return None if data is None else dict(json_text.decode_object(data, "last page"))


async def test_the_face_is_kept_without_anything_live_or_masked(phone: Holder) -> None:
    page = await kept(phone)
    assert page is not None
    assert "NGUYEN, VAN ANH" in str(page["face"])
    for absent in ("9002036123456", "원곡로", "F12345678", "Word of the day"):
        assert absent not in str(page)


async def test_nothing_of_it_is_plain_on_disk(phone: Holder) -> None:
    assert await kept(phone) is not None
    stored = phone.file_bytes()
    for plain in (b"NGUYEN", b"not_live", b"E-9"):
        assert plain not in stored


async def test_a_process_keeps_none(carrier: Holder) -> None:
    await carrier.open("/app/")
    assert await kept(carrier) is None


async def test_removing_the_card_deletes_it(phone: Holder) -> None:
    (card,) = await (await phone.mobile_id.unlock(PIN)).records.cards()
    await phone.send(f"/app/cards/{card.id}/remove")
    assert await kept(phone) is None


async def test_locking_the_card_deletes_it(phone: Holder) -> None:
    (card,) = await (await phone.mobile_id.unlock(PIN)).records.cards()
    await phone.send(f"/app/cards/{card.id}/lock")
    assert await kept(phone) is None
    await phone.open("/app/")
    assert await kept(phone) is None


@pytest.mark.parametrize("state", [CardState.LOCKED, CardState.CANCELLED])
async def test_a_state_that_is_learnt_deletes_it(phone: Holder, state: CardState) -> None:
    records = (await phone.mobile_id.unlock(PIN)).records
    (card,) = await records.cards()
    await records.put_state(replace(card, state=state))
    await phone.open("/app/")
    assert await kept(phone) is None


async def test_erasing_the_wallet_deletes_it(phone: Holder) -> None:
    await phone.send("/app/erase", sure="yes")
    assert not await phone.mobile_id.is_activated()
    assert await phone.file_names() == []


async def test_an_unchanged_page_is_written_once_an_hour(phone: Holder) -> None:
    first = await kept(phone)
    await phone.open("/app/")
    assert await kept(phone) == first
    phone.clock.by = timedelta(hours=1, minutes=1)
    await phone.unlock()
    await phone.open("/app/")
    later = await kept(phone)
    assert first is not None
    assert later is not None
    assert later["seen_at"] != first["seen_at"]
