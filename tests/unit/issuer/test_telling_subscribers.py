"""Telling verifiers of a lock: whatever is wrong with one subscription is its own trouble."""

import json
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from mrc.infra.files import write_secret
from mrc.infra.status_push import PushingPublisher
from mrc.issuer.cards import Order
from mrc.kernel.errors import Unavailable
from mrc.kernel.ports import HttpRequest, HttpResponse
from tests.simulators.issuing import HOLDER, Phone, World

LOSS = Order(holder=HOLDER, actor="officer-1", reason="loss_report")


class Verifiers:
    """Whoever listens at an address of theirs; the one whose name says `away` does not."""

    def __init__(self) -> None:
        self.told: list[HttpRequest] = []

    async def send(self, request: HttpRequest) -> HttpResponse:
        if "away" in request.url:
            raise Unavailable("verifier", "no answer")
        self.told.append(request)
        return HttpResponse(status=204, headers={}, body=b"")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    subscribe(tmp_path / "z-good.json", "https://good.example/status-changed")
    return tmp_path


def subscribe(path: Path, url: str) -> None:
    write_secret(path, json.dumps({"url": url, "token": "t0ken"}).encode())


async def lock(world: World, folder: Path) -> list[HttpRequest]:
    """What verifiers were told of a card that was locked."""
    phone, verifiers = Phone(world=world), Verifiers()
    await phone.redeem(await world.offer())
    await phone.collect()
    await world.issuer.status.refresh(now=world.now)
    await world.issuer.cards.lock(LOSS, now=world.now)
    publisher = PushingPublisher(world.issuer.status, verifiers, folder)
    await publisher.publish_changes(now=world.now)
    return verifiers.told


async def test_a_subscriber_hears_which_list_changed(world: World, folder: Path) -> None:
    (told,) = await lock(world, folder)
    assert told.url == "https://good.example/status-changed"
    assert told.headers["authorization"] == "Bearer t0ken"
    assert json.loads(told.body or b"") == {"uris": await world.issuer.status.uris()}


@pytest.mark.parametrize(
    "content", [b"", b"[1]", b"\xff", b'{"url":"https://x.example"}', b'"text"', b"null"]
)
async def test_a_subscription_that_cannot_be_read_keeps_nobody_else_waiting(
    world: World, folder: Path, content: bytes
) -> None:
    write_secret(folder / "a-bad.json", content)
    with capture_logs() as logged:
        assert len(await lock(world, folder)) == 1
    assert ("status.subscription_unusable", "a-bad.json") in [
        (each["event"], each.get("file")) for each in logged
    ]


async def test_a_subscription_that_others_may_read_is_not_used(world: World, folder: Path) -> None:
    subscribe(folder / "a-open.json", "https://open.example/status-changed")
    (folder / "a-open.json").chmod(0o644)
    told = await lock(world, folder)
    assert [each.url for each in told] == ["https://good.example/status-changed"]


async def test_a_subscriber_that_is_away_keeps_nobody_else_waiting(
    world: World, folder: Path
) -> None:
    subscribe(folder / "a-away.json", "https://away.example/status-changed")
    assert len(await lock(world, folder)) == 1
