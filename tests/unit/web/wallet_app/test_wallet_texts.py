"""No text of the wallet is missing in the four first languages; every page has its door."""

import pytest
from starlette.routing import Route

from mrc.web.design.languages import COMPLETE, Language
from mrc.web.design.missing import missing_texts
from mrc.web.wallet_app.screens import DOMAINS
from tests.unit.web.wallet_app.conftest import Holder

BEFORE_THE_PIN = {
    "/app/start",
    "/app/start/need",
    "/app/start/terms",
    "/app/start/pin",
    "/app/unlock",
    "/app/forgot",
    "/app/lost",
    "/app/open",
    "/app/check",
    "/app/static/{version}/{name:path}",
}


@pytest.mark.parametrize("language", COMPLETE)
def test_no_text_is_missing(language: Language) -> None:
    assert missing_texts("mrc.web.wallet_app", language=language, domains=DOMAINS) == ()


async def test_every_page_but_the_listed_ones_needs_the_pin(carrier: Holder) -> None:
    routes = [route for route in carrier.app.routes if isinstance(route, Route)]
    pages = {route.path for route in routes if "GET" in (route.methods or set())}
    await carrier.send("/app/lock")
    for path in sorted(pages - BEFORE_THE_PIN):
        opened = await carrier.open(path.replace("{card_id}", "x").replace("{entry_id}", "x"))
        assert opened.path == "/app/unlock", path
    assert pages >= BEFORE_THE_PIN
