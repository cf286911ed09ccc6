"""Looks at pages: pictures in light and dark, two languages and 320 px, and rules of accessibility."""

from pathlib import Path

from playwright.async_api import Page

from tests.e2e.high_contrast import high_contrast_findings

_ROOT = Path(__file__).parents[3]
_AXE = (_ROOT / "tests/vendor/axe/axe.min.js").read_text(encoding="utf-8")
_PICTURES = _ROOT / "build/gallery/wallet"
_RUN = """async () => {
  const found = await axe.run(document, {resultTypes: ['violations']});
  return found.violations.filter(v => ['serious', 'critical'].includes(v.impact))
    .map(v => v.id + ': ' + v.nodes.map(n => n.target + ' ' + n.any.map(c => c.message)).join(' | '));
}"""
_OVERFLOW = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"


class Eyes:
    """Looks at one page in every look and language and remembers what is wrong."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self.wrong: list[str] = []

    async def look(self, name: str, *, reload: bool = True) -> None:
        for language in ("en", "ko"):
            if reload:
                await self._speak(language)
            await self.look_once(f"{name}-{language}")
            if not reload:
                return

    async def _speak(self, language: str) -> None:
        place = self._page.url
        await self._page.evaluate(
            "language => fetch('/app/language', {method: 'POST', body: new URLSearchParams({language})})",
            language,
        )
        await self._page.goto(place)

    async def look_once(self, name: str) -> None:
        """In both themes, in the language that stands."""
        page = self._page
        await page.evaluate(_AXE)
        for theme in ("light", "dark"):
            await page.evaluate(
                "theme => Object.assign(document.documentElement.dataset, {theme, motion: 'less'})",
                theme,
            )
            await page.wait_for_timeout(60)
            _PICTURES.mkdir(parents=True, exist_ok=True)
            await page.screenshot(path=_PICTURES / f"{name}-{theme}.png", full_page=True)
            found = [*await page.evaluate(_RUN), *await high_contrast_findings(page)]
            self.wrong += [f"{name} {theme}: {each}" for each in found]
        await page.set_viewport_size({"width": 320, "height": 700})
        if await page.evaluate(_OVERFLOW) > 0:
            self.wrong.append(f"{name}: wider than 320 px")
        await page.set_viewport_size({"width": 400, "height": 860})
