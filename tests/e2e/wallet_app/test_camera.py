"""A live camera in front of the office's code and of the asker's code, in both hosts.

Chromium's fake video device plays a file; the file is a picture of the code that a person would
hold the phone at, slightly turned and on a grey desk. The camera was allowed before, so it opens
by itself.
"""

import io
import warnings
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import segno
from PIL import Image
from playwright.async_api import BrowserContext, async_playwright, expect

from tests.e2e.conftest import CHROMIUM, CHROMIUM_FLAGS
from tests.e2e.wallet_app.conftest import Town, onboard, open_holder

FRAME = (960, 720)
DESK = (150, 148, 140)
TURNED = 4  # degrees
FRAMES = 20


@dataclass(kw_only=True)
class Camera:
    """The phone's camera: what it looks at is a file that Chromium reads when it is opened."""

    film: Path
    context: BrowserContext

    def look_at(self, content: str) -> None:
        drawn = io.BytesIO()
        segno.make(content, error="m").save(drawn, kind="png", scale=7, border=4)
        code = Image.open(drawn).convert("RGB").resize((620, 620), Image.Resampling.LANCZOS)
        turned = code.rotate(TURNED, expand=True, fillcolor=DESK)
        self._play(turned)

    def look_at_nothing(self) -> None:
        self._play(Image.new("RGB", (10, 10), DESK))

    def _play(self, picture: Image.Image) -> None:
        frame = Image.new("RGB", FRAME, DESK)
        frame.paste(
            picture, tuple((all_ - own) // 2 for all_, own in zip(FRAME, picture.size, strict=True))
        )
        encoded = io.BytesIO()
        frame.save(encoded, "JPEG", quality=92)
        self.film.write_bytes(encoded.getvalue() * FRAMES)


@pytest.fixture
async def camera(tmp_path: Path) -> AsyncIterator[Camera]:
    film = tmp_path / "film.mjpeg"
    flags = (
        *CHROMIUM_FLAGS,
        "--use-fake-device-for-media-stream",
        "--use-fake-ui-for-media-stream",
        f"--use-file-for-fake-video-capture={film}",
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=list(flags))
            context = await browser.new_context(
                ignore_https_errors=True, locale="en", viewport={"width": 400, "height": 860}
            )
            made = Camera(film=film, context=context)
            made.look_at_nothing()
            yield made
            await browser.close()


@pytest.mark.parametrize("host", ["process", "browser"])
async def test_the_office_and_the_asker_are_scanned_live(
    host: str, town: Town, camera: Camera
) -> None:
    holder = await open_holder(host, town, camera.context)
    await onboard(holder)
    offer = await town.world.offer()
    camera.look_at(offer.link)
    await holder.press("Add a card", "link")
    await holder.press("Scan the office code", "link")
    await holder.sees("This card is offered to you.")
    await holder.fill("Enter the number from the text message", offer.tx_code or "")
    await holder.press("Get this card")
    await holder.sees("Check every line before you accept.")
    await holder.press("Accept the card")
    await holder.press("Look at my card", "link")
    asked = await town.world.ask("age-19")
    camera.look_at(asked.link)
    await holder.press("Scan", "link")
    await holder.sees("Hanbit Bank (sample) asks for 1 detail.")
    await holder.press("Share 1 detail")
    await holder.type_pin()
    await holder.sees("got 1 detail")
    assert await town.world.is_valid(asked)
    assert town.problems == []


async def test_an_empty_desk_is_no_code(town: Town, camera: Camera) -> None:
    holder = await open_holder("process", town, camera.context)
    await onboard(holder)
    await holder.press("Add a card", "link")
    await holder.press("Scan the office code", "link")
    await holder.sees("Point the camera at the code")
    await holder.page.wait_for_timeout(1500)
    await holder.sees("Point the camera at the code")
    assert town.problems == []


@pytest.mark.parametrize("host", ["process", "browser"])
async def test_an_asker_s_code_adds_no_card(host: str, town: Town, camera: Camera) -> None:
    """On the page for the office's code; the office's code is taken there right after."""
    holder = await open_holder(host, town, camera.context)
    await onboard(holder)
    asked = await town.world.ask("age-19")
    camera.look_at(asked.link)
    await holder.press("Add a card", "link")
    await holder.press("Scan the office code", "link")
    await holder.sees("This code is not for adding a card.")
    await holder.sees("Nothing left this phone.")
    offer = await town.world.offer()
    camera.look_at(offer.link)
    await holder.press("Try again", "link")
    await holder.press("Scan the office code", "link")
    await holder.sees("This card is offered to you.")


async def test_a_camera_that_is_taken_away_says_so_and_opens_again(
    town: Town, camera: Camera
) -> None:
    """The film is changed under the open camera, which ends it: as when another app takes it."""
    holder = await open_holder("process", town, camera.context)
    await onboard(holder)
    asked = await town.world.ask("age-19")
    await holder.press("Add a card", "link")
    await holder.press("Scan the office code", "link")
    await holder.sees("Point the camera at the code")
    await holder.page.wait_for_function("() => document.querySelector('video').currentTime > 0")
    camera.look_at(asked.link)
    await expect(holder.page.get_by_role("alert").get_by_text("The camera stopped.")).to_be_visible(
        timeout=30_000
    )
    await expect(holder.page.get_by_text("Point the camera at the code")).to_have_count(0)
    await holder.press("Open the camera")
    await holder.sees("This code is not for adding a card.")
