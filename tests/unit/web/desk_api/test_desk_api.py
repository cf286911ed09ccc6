"""The counter's management API: shut without the operator's token, and what each call does."""

import json
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI

from mrc.infra.database.engine import Database
from mrc.kernel.ports import HttpRequest, HttpResponse
from mrc.web.desk_api.app import DeskApi, create_app
from tests.simulators.asgi_client import AsgiClient
from tests.simulators.front_desk_world import FrontDeskWorld, make_front_desk_world

TOKEN = "t" * 43
STUDENT = "P-STUDENT"


@pytest.fixture
async def world(database: Database, tmp_path: Path) -> FrontDeskWorld:
    return await make_front_desk_world(database, tmp_path, people=12)


def make_api(world: FrontDeskWorld, *, practice: bool = True, register: bool = True) -> FastAPI:
    desk = world.desk if register else None
    return create_app(
        DeskApi(counter=world.counter, desk=desk, clock=world.clock, practice=practice, token=TOKEN)
    )


async def send(
    app: FastAPI, method: str, path: str, body: object = None, *, token: str | None = TOKEN
) -> HttpResponse:
    said = {} if token is None else {"authorization": f"Bearer {token}"}
    content = b"" if body is None else json.dumps(body).encode()
    headers = said | {"content-type": "application/json"}
    url = f"https://desk.localhost{path}"
    return await AsgiClient(app).send(
        HttpRequest(method=method, url=url, headers=headers, body=content)
    )


async def told(app: FastAPI, method: str, path: str, body: object = None) -> Any:
    answer = await send(app, method, path, body)
    assert answer.status < 300, answer.body
    return json.loads(answer.body)


@pytest.mark.parametrize("token", [None, "", TOKEN[:-1], TOKEN + "t", "t" * 42 + "\u00fc"])
async def test_every_call_is_shut_without_the_token(
    world: FrontDeskWorld, token: str | None
) -> None:
    app, tried = make_api(world), 0
    body = {"registrant": STUDENT, "reason": "lost"}
    for path, methods in app.openapi()["paths"].items():
        for method in methods:
            answer = await send(app, method.upper(), path, body, token=token)
            assert answer.status == 401, (method, path)
            assert json.loads(answer.body)["error"] == "invalid_token"
            tried += 1
    assert tried == 8
    assert await told(app, "GET", f"/cards/{STUDENT}") == []


async def test_an_offer_is_made_watched_and_withdrawn(world: FrontDeskWorld) -> None:
    app = make_api(world)
    made = await told(app, "POST", "/offers", {"registrant": STUDENT})
    assert made["link"].startswith("openid-credential-offer://")
    assert made["assessment"]["eligible"] is True
    assert (await told(app, "GET", f"/offers/{made['id']}"))["state"] == "offered"
    assert (await told(app, "DELETE", f"/offers/{made['id']}"))["state"] == "withdrawn"


async def test_the_transaction_code_is_told_in_practice_alone(world: FrontDeskWorld) -> None:
    body = {"registrant": STUDENT, "replacement_agreed": True}
    made = await told(make_api(world), "POST", "/offers", body)
    assert made["transaction_code"] in world.carrier.sent.values()
    hidden = await told(make_api(world, practice=False), "POST", "/offers", body)
    assert hidden["transaction_code"] is None
    assert hidden["code_sent"] is True


async def test_a_child_is_assessed_and_refused_an_offer(world: FrontDeskWorld) -> None:
    app = make_api(world)
    assessed = await told(app, "POST", "/assessments", {"registrant": "P-CHILD"})
    assert assessed["eligible"] is False
    refused = await send(app, "POST", "/offers", {"registrant": "P-CHILD"})
    assert (refused.status, json.loads(refused.body)["error"]) == (403, "not_eligible")


@pytest.mark.parametrize("act", ["lock", "unlock", "cancel"])
async def test_nothing_is_moved_for_a_person_without_a_card(
    world: FrontDeskWorld, act: str
) -> None:
    body = {"registrant": STUDENT, "reason": "lost"}
    answer = await send(make_api(world), "POST", f"/cards/{act}", body)
    assert (answer.status, json.loads(answer.body)["error"]) == (403, "no_live_card")


@pytest.mark.parametrize(
    "body", [{}, {"registrant": ""}, {"registrant": STUDENT, "more": 1}, [], "x"]
)
async def test_a_body_of_another_shape_is_refused(world: FrontDeskWorld, body: object) -> None:
    assert (await send(make_api(world), "POST", "/offers", body)).status == 422


async def test_an_authority_without_the_register_assesses_nobody(world: FrontDeskWorld) -> None:
    app = make_api(world, register=False)
    answer = await send(app, "POST", "/assessments", {"registrant": STUDENT})
    assert answer.status == 403
    assert (await send(app, "POST", "/offers", {"registrant": STUDENT})).status == 400
