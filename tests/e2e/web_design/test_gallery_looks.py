"""Every page of the gallery: rules of accessibility, reflow, pictures."""

import itertools
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

_SETTLED = """async () => {
  await new Promise((painted) => requestAnimationFrame(() => requestAnimationFrame(painted)));
  const moving = document.getAnimations().filter((each) => each instanceof CSSTransition);
  await Promise.all(moving.map((each) => each.finished.catch(() => {})));
}"""
_TOKENS = """(chosen) => {
  Object.assign(document.documentElement.dataset, chosen);
  const style = getComputedStyle(document.documentElement);
  return ["paper", "surface", "sunken", "ink", "ink-soft", "line", "line-strong", "accent",
    "accent-strong", "on-accent", "ok", "caution", "stop", "note", "focus", "shade",
  ].map((name) => `${name} ${style.getPropertyValue("--" + name).trim()}`);
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
        page.evaluate(_SETTLED)
        if violations := page.evaluate(_RUN):
            found[f"{theme} {contrast}"] = violations
    assert found == {}


@pytest.mark.parametrize("audience", list(Audience))
def test_high_contrast_is_one_look_however_it_is_asked_for(
    page: Page, gallery: str, audience: Audience
) -> None:
    """Dark and high contrast, each by choice or by the device's wish: the colours are the same."""
    page.goto(f"{gallery}/{PAGES[audience][0]}?language=ko")
    for theme in ("light", "dark"):
        found = set()
        for theme_by, contrast_by in itertools.product(("choice", "device"), repeat=2):
            other = "dark" if theme == "light" else "light"
            page.emulate_media(
                color_scheme=theme if theme_by == "device" else other,  # type: ignore[arg-type]
                contrast="more" if contrast_by == "device" else "no-preference",
            )
            chosen = {
                "theme": theme if theme_by == "choice" else "auto",
                "contrast": "more" if contrast_by == "choice" else "auto",
            }
            found.add(str(page.evaluate(_TOKENS, chosen)))
        assert len(found) == 1, theme


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
