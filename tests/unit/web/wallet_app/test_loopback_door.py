"""The door of the loopback app: who has no cookie stays outside, whatever else they bring."""

import httpx2
import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from mrc.web.wallet_app.loopback_door import COOKIE, LoopbackDoor

ORIGIN = "https://wallet.localhost:8443"
TOKEN = "the-secret-of-the-link"


async def inside(scope: Scope, receive: Receive, send: Send) -> None:
    await PlainTextResponse(f"inside {Request(scope).url.path}")(scope, receive, send)


@pytest.fixture
def door() -> LoopbackDoor:
    return LoopbackDoor(inside, token=TOKEN, origin=ORIGIN)


@pytest.fixture
def client(door: LoopbackDoor) -> httpx2.AsyncClient:
    return httpx2.AsyncClient(transport=httpx2.ASGITransport(app=door), base_url=ORIGIN)


@pytest.mark.parametrize("path", ["/app/", "/app/check", "/app/static/x/y.js", "/app/unlock"])
async def test_nothing_opens_without_the_cookie(client: httpx2.AsyncClient, path: str) -> None:
    for method in ("GET", "POST"):
        assert (await client.request(method, path)).status_code == 401


async def test_a_guessed_cookie_or_token_does_not_open(client: httpx2.AsyncClient) -> None:
    answer = await client.get("/app/", headers={"cookie": f"{COOKIE}={TOKEN}"})
    assert answer.status_code == 401
    assert (await client.get("/app/enter?token=guess")).status_code == 403
    assert (await client.get("/app/enter")).status_code == 403


async def test_the_link_gives_a_strict_cookie_and_leaves_the_address(
    client: httpx2.AsyncClient, door: LoopbackDoor
) -> None:
    answer = await client.get(door.link.removeprefix(ORIGIN))
    assert answer.status_code == 303
    assert answer.headers["location"] == "/app/"
    cookie = answer.headers["set-cookie"].lower()
    assert {"secure", "httponly", "samesite=strict", "path=/"} <= set(cookie.split("; "))
    assert TOKEN not in cookie
    assert (await client.get("/app/")).text == "inside /app/"


async def test_another_site_stays_out_even_with_the_cookie(
    client: httpx2.AsyncClient, door: LoopbackDoor
) -> None:
    await client.get(door.link.removeprefix(ORIGIN))
    answer = await client.post("/app/erase", headers={"origin": "https://evil.example"})
    assert answer.status_code == 403


async def test_another_host_name_stays_out(client: httpx2.AsyncClient, door: LoopbackDoor) -> None:
    answer = await client.get(
        door.link.removeprefix(ORIGIN), headers={"host": "rebound.example:8443"}
    )
    assert answer.status_code == 421


async def test_an_askers_link_gets_a_step_that_tells_nothing(client: httpx2.AsyncClient) -> None:
    answer = await client.get("/app/open", params={"link": '"><script>alert(1)</script>'})
    assert answer.status_code == 200
    assert "<script" not in answer.text
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert (await client.post("/app/open")).status_code == 401
