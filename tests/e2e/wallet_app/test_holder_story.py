"""The holder's story in both hosts: start, PIN, card, share, history; the origin sees none of it."""

import pytest
from playwright.async_api import BrowserContext

from tests.e2e.wallet_app.conftest import Town, get_card, onboard, open_holder


@pytest.mark.parametrize("host", ["process", "browser"])
async def test_from_the_first_start_to_a_shared_card(
    host: str, town: Town, context: BrowserContext
) -> None:
    holder = await open_holder(host, town, context)
    await onboard(holder)
    await get_card(holder, town)
    asked = await town.world.ask("bank-account")
    await holder.press("Scan", "link")
    await holder.show_picture(asked.link)
    await holder.sees("Hanbit Bank (sample)")
    await holder.press("Share 8 details")
    await holder.type_pin()
    await holder.sees("got 8 details")
    assert await town.world.is_valid(asked)
    await holder.press("Look at my card", "link")
    await holder.press("History", "link")
    await holder.sees("Registered at that time")
    assert town.problems == []
    if host == "browser":
        assert [path for path in town.shell.paths if path.startswith("/app")] == []
        for secret in (b"NGUYEN", b"493817", b"9002036", asked.link.encode(), b"openid"):
            assert secret not in bytes(town.shell.bytes)
