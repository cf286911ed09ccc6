"""Our command in one window and a real browser in the other: the holder's yes to an issuer."""

import contextlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Page, sync_playwright

from mrc.infra.settings import Settings
from mrc.wiring.installation import environment_of
from tests.e2e.conftest import CHROMIUM, CHROMIUM_FLAGS

SECONDS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """How the command ended."""

    code: int
    value: Any
    errors: str


@contextlib.contextmanager
def browser_page() -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(CHROMIUM_FLAGS))
        try:
            yield browser.new_context(ignore_https_errors=True).new_page()
        finally:
            browser.close()


def receive_in_browser(
    settings: Settings, arguments: Sequence[str], answer: Callable[[Page], None]
) -> Said:
    """`mrc wallet … receive … --no-browser`, and `answer` on the page that it names."""
    process = subprocess.Popen(
        [sys.executable, "-m", "mrc", "wallet", *arguments, "--no-browser", "--json"],
        env={**os.environ, **environment_of(settings)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    assert process.stdout is not None
    watchdog = threading.Timer(SECONDS, process.kill)
    watchdog.start()
    try:
        errors = []
        for line in process.stderr:
            errors.append(line)
            if line.startswith("https://"):
                with browser_page() as page:
                    page.goto(line.strip())
                    answer(page)
                    page.wait_for_load_state()
        printed = process.stdout.read()
        code = process.wait(SECONDS)
    finally:
        watchdog.cancel()
    value = json.loads(printed) if printed else None
    return Said(code=code, value=value, errors="".join(errors))
