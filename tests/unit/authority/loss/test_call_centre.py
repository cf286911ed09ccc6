"""The call centre: who knows too little is refused, once; nothing that was said is kept."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

import httpx2
import pytest
import sqlalchemy as sa

from mrc.authority.loss.call_centre import (
    _KNOWN,
    CallCentre,
    CallCentreParts,
    Question,
)
from mrc.infra.database.loss_tables import cases, reports
from mrc.infra.keys.software import SystemEntropy
from mrc.registry.people import Registrant
from mrc.web.call_centre.app import CallCentreApi, create_app
from tests.simulators.losses import LossWorld

TOKENS = {"kim": "token-of-kim", "lee": "token-of-lee"}


@dataclass
class Operators:
    known: Mapping[str, str]

    def tokens(self) -> Mapping[str, str]:
        return self.known


def client(losses: LossWorld, operators: Operators | None = None) -> httpx2.AsyncClient:
    parts = CallCentreParts(
        registry=losses.world.registry,
        store=losses.store,
        reports=losses.parts.reports,
        tries=losses.parts.tries,
        entropy=SystemEntropy(),
    )
    api = CallCentreApi(
        desk=CallCentre(parts),
        operators=operators or Operators(TOKENS),
        clock=losses.world.clock,
    )
    transport = httpx2.ASGITransport(app=create_app(api))
    return httpx2.AsyncClient(transport=transport, base_url="https://desk.localhost")


def by(name: str) -> dict[str, str]:
    return {"authorization": f"Bearer {TOKENS[name]}"}


def right_answers(person: Registrant, questions: list[str], wrong: int = 0) -> dict[str, str]:
    said = {name: _KNOWN[Question(name)](person) for name in questions}
    for name in questions[:wrong]:
        said[name] = "19000101"
    return said


async def opened(http: httpx2.AsyncClient, losses: LossWorld, name: str = "kim") -> dict:  # type: ignore[type-arg]
    number = losses.held.person.number.digits
    answer = await http.post("/cases", json={"registration_number": number}, headers=by(name))
    assert answer.status_code == 201, answer.text
    made: dict[str, object] = answer.json()
    return made


async def locked_by(
    http: httpx2.AsyncClient,
    losses: LossWorld,
    case: dict,
    *,
    wrong: int = 0,
    name: str = "kim",  # type: ignore[type-arg]
) -> httpx2.Response:
    said = right_answers(losses.held.person, case["questions"], wrong)
    body = {"answers": said, "reason": "left in a taxi"}
    return await http.post(f"/cases/{case['case']}/lock", json=body, headers=by(name))


@pytest.mark.parametrize("wrong", [0, 1])
async def test_four_of_five_right_answers_lock(both: LossWorld, wrong: int) -> None:
    async with client(both) as http:
        answer = await locked_by(http, both, await opened(http, both), wrong=wrong)
    assert answer.status_code == 200
    assert await both.locked()


async def test_two_wrong_answers_do_not_lock_and_nobody_hears_which(losses: LossWorld) -> None:
    async with client(losses) as http:
        answer = await locked_by(http, losses, await opened(http, losses), wrong=2)
    assert (answer.status_code, answer.json()) == (403, {"error": "not_recognised"})
    assert not await losses.locked()


async def test_empty_answers_are_not_right(losses: LossWorld) -> None:
    async with client(losses) as http:
        case = await opened(http, losses)
        body = {"answers": {}, "reason": "lost"}
        answer = await http.post(f"/cases/{case['case']}/lock", json=body, headers=by("kim"))
    assert answer.status_code == 403


async def test_a_case_is_judged_once(both: LossWorld) -> None:
    async with client(both) as http:
        case = await opened(http, both)
        await locked_by(http, both, case, wrong=5)
        answer = await locked_by(http, both, case)
    assert answer.status_code == 404
    assert not await both.locked()


async def test_another_operator_cannot_answer(losses: LossWorld) -> None:
    async with client(losses) as http:
        answer = await locked_by(http, losses, await opened(http, losses), name="lee")
    assert answer.status_code == 404


async def test_a_case_runs_out(losses: LossWorld) -> None:
    async with client(losses) as http:
        case = await opened(http, losses)
        losses.world.clock.forward(timedelta(minutes=16))
        answer = await locked_by(http, losses, case)
    assert answer.status_code == 404


async def test_nobody_can_ask_until_the_lot_fits(losses: LossWorld) -> None:
    body = {"registration_number": losses.held.person.number.digits}
    async with client(losses) as http:
        ends = [
            (await http.post("/cases", json=body, headers=by("kim"))).status_code for _ in "1234"
        ]
    assert ends == [201, 201, 201, 429]


@pytest.mark.parametrize("token", ["", "Bearer ", "Bearer wrong", "Basic token-of-kim"])
async def test_without_a_token_nothing_is_asked(losses: LossWorld, token: str) -> None:
    async with client(losses) as http:
        body = {"registration_number": losses.held.person.number.digits}
        answer = await http.post("/cases", json=body, headers={"authorization": token})
    assert answer.status_code == 401


async def test_an_operator_who_is_taken_out_is_out(losses: LossWorld) -> None:
    operators = Operators({"lee": TOKENS["lee"]})
    async with client(losses, operators) as http:
        answer = await http.post("/cases", json={}, headers=by("kim"))
    assert answer.status_code == 401


async def test_who_what_and_why_are_recorded_and_no_answer_is(losses: LossWorld) -> None:
    async with client(losses) as http:
        case = await opened(http, losses)
        said = right_answers(losses.held.person, case["questions"])
        await locked_by(http, losses, case)
    async with losses.world.database.reading() as tx:
        (kept,) = await tx.fetch_all(sa.select(cases))
        (report,) = await tx.fetch_all(sa.select(reports))
    assert (kept["operator"], kept["outcome"], kept["right_answers"]) == ("kim", "recognised", 5)
    assert (report["actor"], report["reason"]) == ("call-centre:kim", "left in a taxi")
    assert not any(value in f"{kept}{report}" for value in said.values() if len(value) > 4)


async def test_a_wrong_request_does_not_repeat_the_answers(losses: LossWorld) -> None:
    async with client(losses) as http:
        body = {"answers": {"family_name": "SECRET" * 100}, "reason": "lost"}
        answer = await http.post("/cases/x/lock", json=body, headers=by("kim"))
    assert "SECRET" not in answer.text
