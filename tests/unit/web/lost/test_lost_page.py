"""The public loss page and the doors beside it, over HTTP; and the way to other issuers."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import httpx2
import pytest
from starlette.applications import Starlette

from mrc.infra.database.engine import open_database
from mrc.infra.keys.software import OpensslCipher, SoftwareSigner, SystemEntropy
from mrc.infra.loss_notices import NoticeParts, Partner, PartnerFolder, PartnerNotices
from mrc.kernel.errors import Unavailable
from mrc.kernel.ports import HttpRequest, HttpResponse
from mrc.protocols.card_loss.lock_code import draw_lock_code, spaced
from mrc.protocols.card_loss.messages import LOCK_NOTICE
from mrc.protocols.card_loss.signed import SignedReport, make_report
from mrc.web.lost.app import make_app
from mrc.web.lost.reports import carrier_route, notice_route
from tests.simulators.asgi_client import AsgiClient
from tests.simulators.front_desk_world import make_front_desk_world
from tests.simulators.losses import CARRIER, LOST_ORIGIN, LossWorld, give_card, make_loss_world

SAFE = {"sec-fetch-site": "same-origin", "accept-language": "en"}


@pytest.fixture
async def losses(sqlite_url: str, tmp_path: Path) -> AsyncIterator[LossWorld]:
    async with open_database(sqlite_url) as database:
        world = await make_front_desk_world(database, tmp_path, people=12)
        yield await make_loss_world(world, await give_card(world))


@pytest.fixture
async def browser(losses: LossWorld) -> AsyncIterator[httpx2.AsyncClient]:
    clock = losses.world.clock
    app = make_app(losses.codes, clock, carrier_route(losses.carriers, clock))
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport, base_url=LOST_ORIGIN) as client:
        yield client


async def typed(browser: httpx2.AsyncClient, code: str, sure: str = "yes") -> httpx2.Response:
    return await browser.post("/", data={"code": code, "sure": sure}, headers=SAFE)


async def test_the_code_locks_and_the_receipt_says_when(
    losses: LossWorld, browser: httpx2.AsyncClient
) -> None:
    code = await losses.register()
    answer = await typed(browser, spaced(code).lower())
    assert answer.status_code == 200
    assert await losses.locked()
    assert "Refused from" in answer.text
    assert "L2" in answer.text
    assert code not in answer.text


async def test_without_the_tick_nothing_is_locked(
    losses: LossWorld, browser: httpx2.AsyncClient
) -> None:
    code = await losses.register()
    assert (await typed(browser, code, sure="")).status_code == 422
    assert not await losses.locked()


async def test_a_slip_of_the_pen_costs_no_try(
    losses: LossWorld, browser: httpx2.AsyncClient
) -> None:
    code = await losses.register()
    for _ in range(20):
        assert (await typed(browser, code[:-1])).status_code == 422
    assert (await typed(browser, code)).status_code == 200


async def test_wrong_codes_end_in_the_telephone_number(browser: httpx2.AsyncClient) -> None:
    pages = [await typed(browser, draw_lock_code(SystemEntropy())) for _ in range(11)]
    assert {page.text.count("not known") for page in pages[:10]} == {1}
    assert pages[10].status_code == 429
    assert "1345" in pages[10].text


async def test_another_sites_page_cannot_lock(
    losses: LossWorld, browser: httpx2.AsyncClient
) -> None:
    code = await losses.register()
    body = {"code": code, "sure": "yes"}
    answer = await browser.post("/", data=body, headers={"sec-fetch-site": "cross-site"})
    assert answer.status_code == 403
    assert not await losses.locked()


@pytest.mark.parametrize("language", ["ko", "vi", "zh-Hans", "en"])
async def test_the_page_speaks_the_first_release_languages(
    browser: httpx2.AsyncClient, language: str
) -> None:
    answer = await browser.get("/", headers={"accept-language": language})
    assert f'lang="{language}"' in answer.text
    assert "untranslated" not in answer.text
    assert "no-store" in answer.headers["cache-control"]


async def test_the_carriers_webhook_answers_the_same_for_everybody(
    losses: LossWorld, browser: httpx2.AsyncClient
) -> None:
    kind = {"content-type": "application/jwt"}
    for phone in ("+821099999999", losses.held.person.phones[0]):
        text = await losses.line_report(phone=phone, id=phone)
        answer = await browser.post("/carrier/reports", content=text, headers=kind)
        assert (answer.status_code, answer.text) == (202, "")
    assert await losses.locked()
    forged = await losses.line_report(by=SoftwareSigner.generate())
    refused = await browser.post("/carrier/reports", content=forged, headers=kind)
    assert refused.status_code == 422


class Wire:
    """The way to the other office; it can be down."""

    def __init__(self, app: Starlette) -> None:
        self._inner = AsgiClient(app)
        self.down = False
        self.lose_answers = False

    async def send(self, request: HttpRequest) -> HttpResponse:
        if self.down:
            raise Unavailable("the office")
        answer = await self._inner.send(request)
        if self.lose_answers:
            raise Unavailable("the office")
        return answer


def notices_to(losses: LossWorld, wire: Wire, folder: Path) -> PartnerNotices:
    partners = PartnerFolder(folder)
    partners.subscribe(
        Partner(name="police", url=f"{LOST_ORIGIN}/lock-notices", audience=LOST_ORIGIN)
    )
    return PartnerNotices(
        NoticeParts(
            store=losses.store,
            partners=partners,
            http=wire,
            signer=losses.carrier_key,
            cipher=OpensslCipher(),
            entropy=SystemEntropy(),
            reporter=CARRIER,
            key=b"k" * 32,
        )
    )


@pytest.fixture
def wire(losses: LossWorld) -> Wire:
    return Wire(Starlette(routes=[notice_route(losses.notices, losses.world.clock)]))


async def test_another_office_locks_the_cards_of_the_same_code(
    losses: LossWorld, wire: Wire, tmp_path: Path
) -> None:
    code = await losses.register()
    assert await notices_to(losses, wire, tmp_path / "p").tell(code, now=losses.now) == 1
    assert await losses.locked()
    assert await losses.store.waiting_notices(since=losses.now - timedelta(days=1)) == []


async def test_an_office_that_was_down_hears_of_it_later(
    losses: LossWorld, wire: Wire, tmp_path: Path
) -> None:
    code, wire.down = await losses.register(), True
    notices = notices_to(losses, wire, tmp_path / "p")
    assert await notices.tell(code, now=losses.now) == 0
    (waiting,) = await losses.store.waiting_notices(since=losses.now - timedelta(days=1))
    assert code.encode() not in waiting.sealed
    wire.down = False
    assert await notices.deliver_waiting(now=losses.now) == 1
    assert await losses.locked()


async def test_a_lost_answer_does_not_lock_twice(
    losses: LossWorld, wire: Wire, tmp_path: Path
) -> None:
    code, wire.lose_answers = await losses.register(), True
    notices = notices_to(losses, wire, tmp_path / "p")
    await notices.tell(code, now=losses.now)
    await losses.unlock()
    wire.lose_answers = False
    await notices.deliver_waiting(now=losses.now)
    assert not await losses.locked()


async def test_a_strangers_notice_is_refused(losses: LossWorld, wire: Wire) -> None:
    code = await losses.register()
    report = SignedReport(
        reporter=CARRIER,
        audience=LOST_ORIGIN,
        id="n-1",
        issued_at=losses.now,
        claims={"lock_code": code},
    )
    text = await make_report(report, typ=LOCK_NOTICE, signer=SoftwareSigner.generate())
    request = HttpRequest(
        method="POST",
        url=f"{LOST_ORIGIN}/lock-notices",
        headers={"content-type": "application/jwt"},
        body=text.encode(),
    )
    answer = await wire.send(request)
    assert answer.status == 422
    assert "locked" not in json.loads(answer.body)
    assert not await losses.locked()
