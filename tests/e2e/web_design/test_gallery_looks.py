"""Every page of the gallery: rules of accessibility, reflow, pictures."""

from pathlib import Path

import pytest
from playwright.sync_api import Page

from mrc.web.design.gallery.app import PAGES
from mrc.web.design.languages import Language
from mrc.web.design.pages import Audience

_ROOT = Path(__file__).parents[3]
_AXE = (_ROOT / "tests/vendor/axe/axe.min.js").read_text(encoding="utf-8")
_PICTURES = _ROOT / "build/gallery/design"
_NAMES = [name for names in PAGES.values() for name in names]
_WIDE = {*PAGES[Audience.OFFICER], *PAGES[Audience.ONLINE]}
_LOOKS = (("light", "auto"), ("dark", "auto"), ("light", "more"), ("dark", "more"))
_RUN = """async () => {
  const found = await axe.run(document, {resultTypes: ['violations']});
  return found.violations.filter(v => ['serious', 'critical'].includes(v.impact))
    .map(v => v.id + ': ' + v.nodes.map(n => n.target + ' ' + n.any.map(c => c.message)).join(' | '));
}"""


@pytest.mark.parametrize("language", [Language.KO, Language.TH])
@pytest.mark.parametrize("name", _NAMES)
def test_no_serious_finding_in_any_look(
    page: Page, gallery: str, name: str, language: Language
) -> None:
    page.goto(f"{gallery}/{name}?language={language.value}")
    page.evaluate(_AXE)  # through the debugger: the page's own policy would not let it in
    found = {}
    for theme, contrast in _LOOKS:
        page.evaluate(
            "([theme, contrast]) => Object.assign(document.documentElement.dataset, "
            "{theme, contrast, motion: 'less'})",
            [theme, contrast],
        )
        page.wait_for_timeout(50)
        if violations := page.evaluate(_RUN):
            found[f"{theme} {contrast}"] = violations
    assert found == {}


@pytest.mark.parametrize("language", [Language.KO, Language.RU, Language.MY, Language.FIL])
@pytest.mark.parametrize("name", _NAMES)
def test_pages_reflow_at_320_px_with_doubled_text(
    page: Page, gallery: str, name: str, language: Language
) -> None:
    page.set_viewport_size({"width": 320, "height": 700})
    page.goto(f"{gallery}/{name}?language={language.value}")
    overflow = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert page.evaluate(overflow) <= 0
    page.evaluate("() => { document.documentElement.style.setProperty('font-size', '200%'); }")
    assert page.evaluate(overflow) <= 0


@pytest.mark.parametrize("name", _NAMES)
def test_body_text_is_17_px_and_nothing_under_13(page: Page, gallery: str, name: str) -> None:
    page.goto(f"{gallery}/{name}?language=ko")
    sizes = page.evaluate(
        "() => [...document.querySelectorAll('body *')].filter(e => [...e.childNodes].some("
        "n => n.nodeType === 3 && n.textContent.trim())).map(e => parseFloat(getComputedStyle(e).fontSize))"
    )
    assert min(sizes) >= 13
    assert page.evaluate("() => getComputedStyle(document.body).fontSize") == "17px"


@pytest.mark.parametrize("name", _NAMES)
def test_targets_are_large_enough(page: Page, gallery: str, name: str) -> None:
    page.goto(f"{gallery}/{name}?language=ko")
    small = page.evaluate(
        "() => [...document.querySelectorAll('button, .button, select, summary, .choice, .tabs a, .menu a')]"
        ".filter(e => e.checkVisibility()).map(e => [e.outerHTML.slice(0, 90), e.getBoundingClientRect().height])"
        ".filter(([, height]) => height > 0 && height < 24)"
    )
    assert small == []


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", _NAMES)
def test_pictures(page: Page, gallery: str, name: str, theme: str) -> None:
    page.set_viewport_size({"width": 1280 if name in _WIDE else 400, "height": 860})
    page.add_init_script(f"localStorage.setItem('mrc-theme', '{theme}')")
    page.goto(f"{gallery}/{name}?language=ko")
    page.wait_for_function("() => document.fonts.status === 'loaded'")
    _PICTURES.mkdir(parents=True, exist_ok=True)
    picture = page.screenshot(path=_PICTURES / f"{name}-{theme}.png", full_page=True)
    assert len(picture) > 5_000  # an empty page compresses to less
