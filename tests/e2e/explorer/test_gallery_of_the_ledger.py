"""The explorer as a stranger sees it: every state, in four languages and both themes, looked at by axe-core."""

import os
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page

from mrc.infra.free_ports import find_free_ports
from mrc.infra.local_ca import prepare_tls
from mrc.infra.serving import serving
from mrc.kernel.errors import Unavailable
from mrc.web.explorer.app import make_app
from tests.simulators.explorer_scene import Scene, explorer_scene

GALLERY = Path(os.environ.get("MRC_GALLERY", "build/gallery/explorer"))
AXE = Path("tests/vendor/axe/axe.min.js").read_text(encoding="utf-8")
CHECKED = "#checked .notice"


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    language: str
    theme: str
    width: int


LOOKS = [
    Look(language="ko", theme="light", width=400),
    Look(language="en", theme="dark", width=400),
    Look(language="ko", theme="dark", width=320),
    Look(language="vi", theme="light", width=320),
    Look(language="en", theme="light", width=1100),
    Look(language="zh-Hans", theme="dark", width=1100),
]


@dataclass(slots=True)
class Visit:
    """A page, its address, and what was wrong with it so far."""

    page: Page
    url: str
    look: Look
    folder: Path
    problems: list[str] = field(default_factory=list)

    async def open(self, name: str, *, status: int = 200) -> None:
        answer = await self.page.goto(self.url)
        assert answer is not None
        assert answer.status == status, name
        await self.picture(name)

    async def picture(self, name: str) -> None:
        await self.page.wait_for_load_state("networkidle")
        await self.page.screenshot(path=self.folder / f"{name}.png", full_page=True)
        self.problems.extend(f"{name}: {each}" for each in await self._axe())
        if await self.page.evaluate(
            "() => document.documentElement.scrollWidth > document.documentElement.clientWidth"
        ):
            self.problems.append(f"{name}: wider than the screen")

    async def check(self, name: str, bundle: bytes) -> str:
        """Drop a file; what is told."""
        await self.page.goto(self.url)
        file = {"name": "bundle.json", "mimeType": "application/json", "buffer": bundle}
        await self.page.locator("input[type=file]").set_input_files(file)  # type: ignore[arg-type]
        await self.page.locator(CHECKED).first.wait_for()
        await self.picture(name)
        return await self.page.locator(CHECKED).first.inner_text()

    async def _axe(self) -> list[str]:
        await self.page.evaluate(AXE)
        found = await self.page.evaluate("async () => (await axe.run()).violations")
        return [
            f"{each['id']} {each['nodes'][0]['html'][:160]}"
            for each in found
            if each["impact"] in ("serious", "critical")
        ]


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    with explorer_scene(tmp_path / "scene") as made:
        yield made


@pytest.fixture
async def address(scene: Scene, tmp_path: Path) -> AsyncIterator[str]:
    port = find_free_ports(1)
    tls = prepare_tls(tmp_path / "tls", ["explorer.localhost"], at=datetime.now(UTC))
    async with serving({port: make_app(scene.explored)}, bind="127.0.0.1", tls=tls):
        yield f"https://explorer.localhost:{port}/"


@pytest.fixture(params=LOOKS, ids=lambda look: f"{look.language}-{look.theme}-{look.width}")
async def visit(
    request: pytest.FixtureRequest, chromium: Browser, address: str
) -> AsyncIterator[Visit]:
    look: Look = request.param
    folder = GALLERY / f"{look.language}-{look.theme}-{look.width}"
    folder.mkdir(parents=True, exist_ok=True)
    context = await chromium.new_context(
        viewport={"width": look.width, "height": 860},
        ignore_https_errors=True,
        locale=look.language,
        color_scheme="dark" if look.theme == "dark" else "light",
        bypass_csp=True,  # for axe-core alone
        reduced_motion="reduce",
    )
    yield Visit(await context.new_page(), address, look, folder)
    await context.close()


async def test_every_state(visit: Visit, scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    await visit.open("1-empty")
    scene.register()
    scene.forget()
    await visit.open("2-registered-nothing-anchored")
    scene.anchor()
    await visit.open("3-works")
    scene.stop_an_asker()
    for summary in await visit.page.locator("details > summary").all():
        await summary.click()
    await visit.open("4-stopped-ended-and-an-open-proposal")
    for summary in await visit.page.locator("details > summary").all():
        await summary.click()
    await visit.picture("4-everything-unfolded")
    scene.silent = {next(iter(scene.streams))}
    scene.forget()
    await visit.open("5-an-issuer-does-not-prove")
    scene.silent = set()
    for name, bundle in (
        ("6-check-good", scene.bundle()),
        ("6-check-forged", scene.forged()),
        ("6-check-garbage", b"<html>not a bundle</html>"),
        ("6-check-empty-file", b""),
        ("6-check-too-long", b"x" * 70_000),
    ):
        await visit.check(name, bundle)
    scene.later(timedelta(minutes=25))
    await visit.open("7-late")
    scene.later(timedelta(days=2))
    await visit.check("6-check-stale", scene.bundle())
    scene.pause()
    await visit.open("8-paused")

    async def away() -> None:
        raise Unavailable("ledger", "away")

    monkeypatch.setattr(type(scene.explored), "view", lambda _: away())
    await visit.open("9-silent", status=503)
    assert visit.problems == []
