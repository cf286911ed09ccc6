"""The authority's door for checkers: nothing without the token, nothing for what is no question."""

import json

import pytest

from mrc.authority.plastic_cards import PlasticCards
from mrc.infra.clock import SystemClock
from mrc.infra.database.engine import Database
from mrc.infra.stores.registry import DatabaseRegistry
from mrc.kernel.ports import HttpRequest, HttpResponse
from mrc.registry.eligibility import EligibilityRules
from mrc.web.plastic_api.app import PlasticApi, create_app
from tests.simulators.asgi_client import AsgiClient

TOKEN = "t" * 43
QUESTION = {"number": "0003157123456", "issued_on": "2025-03-02", "claims": ["age_over_19"]}


async def ask(database: Database, body: object, token: str = TOKEN) -> HttpResponse:
    cards = PlasticCards(DatabaseRegistry(database), EligibilityRules())
    app = create_app(PlasticApi(cards=cards, clock=SystemClock(), token=TOKEN))
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return await AsgiClient(app).send(
        HttpRequest(
            method="POST",
            url="https://issuer.localhost/",
            headers={"authorization": f"Bearer {token}"},
            body=content,
        )
    )


@pytest.mark.parametrize("token", ["", "x", TOKEN[:-1], TOKEN + "t"])
async def test_without_the_token_nothing_is_told(database: Database, token: str) -> None:
    answer = await ask(database, QUESTION, token)
    assert answer.status == 401
    assert b"state" not in answer.body


async def test_an_unknown_number_is_not_found(database: Database) -> None:
    answer = await ask(database, QUESTION)
    assert answer.status == 200
    assert json.loads(answer.body) == {"state": "not_found", "values": {}}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{",
        b"x" * 5000,
        {},
        QUESTION | {"number": "12"},
        QUESTION | {"number": 12},
        QUESTION | {"issued_on": "yesterday"},
        QUESTION | {"claims": "age_over_19"},
        QUESTION | {"claims": ["a"] * 21},
    ],
)
async def test_what_is_no_question_is_refused(database: Database, body: object) -> None:
    answer = await ask(database, body)
    assert answer.status == 400
    assert b"000315" not in answer.body
