"""The verifier over HTTP: askers with a token, wallets from any origin, events, errors."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from mrc.formats.status_list.bits import Status
from mrc.infra.database.engine import open_database
from mrc.kernel.ports import HttpRequest, HttpResponse
from mrc.protocols.openid4vp.form import MEDIA_TYPE as FORM
from mrc.protocols.openid4vp.response import MAX_BODY, ResponseReceipt
from mrc.web.verifier_api.app import VerifierApi, create_app
from tests.simulators.asgi_client import AsgiClient
from tests.simulators.pki import NOW
from tests.simulators.practice_cards import STATUS_URI, make_mdoc, make_sd_jwt_vc
from tests.simulators.verifier_world import BASE_URL, VerifierWorld
from tests.simulators.wallet_simulator import WalletSimulator

TOKEN = "m" * 32
PUSH = "p" * 32
QUERY = {
    "credentials": [
        {
            "id": "card",
            "format": "dc+sd-jwt",
            "meta": {"vct_values": ["urn:kr:moj:residence:1"]},
            "claims": [{"path": ["family_name"]}],
        }
    ]
}


@dataclass(kw_only=True)
class Service:
    """The application with its world; `now` of the world is the application's clock."""

    world: VerifierWorld
    http: AsgiClient

    async def call(
        self, method: str, path: str, body: object = None, *, token: str = TOKEN
    ) -> tuple[int, Any]:
        answer = await self.http.send(
            HttpRequest(
                method=method,
                url=BASE_URL + path,
                headers={"authorization": f"Bearer {token}"},
                body=b"" if body is None else json.dumps(body).encode(),
            )
        )
        return answer.status, json.loads(answer.body)

    async def ask(self, **members: object) -> dict[str, str]:
        status, asked = await self.call("POST", "/requests", members)
        assert status == 201, asked
        found: dict[str, str] = asked
        return found

    async def show(self, asked: dict[str, str]) -> ResponseReceipt:
        wallet = WalletSimulator(cards=[make_sd_jwt_vc(), make_mdoc()])
        return await wallet.show(asked["link"], http=self.http, at=self.world.now)

    async def outcome(self, asked: dict[str, str], query: str = "") -> tuple[int, Any]:
        return await self.call("GET", f"/requests/{asked['id']}/outcome{query}")


class WorldClock:
    def __init__(self, world: VerifierWorld) -> None:
        self._world = world

    def now(self) -> Any:
        return self._world.now


@pytest.fixture
async def service(sqlite_url: str) -> AsyncIterator[Service]:
    async with open_database(sqlite_url) as database:
        world = VerifierWorld(database=database)
        api = VerifierApi(
            verifier=world.verifier,
            clock=WorldClock(world),
            drop_list=world.lists.drop,
            management_token=TOKEN,
            push_token=PUSH,
        )
        yield Service(world=world, http=AsgiClient(create_app(api)))


ENDPOINTS = [
    ("GET", "/purposes"),
    ("POST", "/requests"),
    ("GET", "/requests/x"),
    ("GET", "/requests/x/outcome"),
    ("GET", "/requests/x/events"),
    ("POST", "/status-changed"),
]


@pytest.mark.parametrize(("method", "path"), ENDPOINTS)
@pytest.mark.parametrize("token", ["", "wrong", TOKEN[:-1]])
async def test_without_its_token_nobody_manages(
    service: Service, method: str, path: str, token: str
) -> None:
    status, body = await service.call(method, path, {}, token=token)
    assert (status, body) == (401, {"error": "invalid_token"})


async def test_the_push_token_asks_nothing_and_the_asker_s_token_pushes_nothing(
    service: Service,
) -> None:
    assert (await service.call("POST", "/requests", {}, token=PUSH))[0] == 401
    assert (await service.call("POST", "/status-changed", {"uris": ["x"]}))[0] == 401


async def test_a_purpose_from_question_to_outcome(service: Service) -> None:
    asked = await service.ask(purpose="age-19")
    assert await service.outcome(asked) == (202, {"decision": "pending"})
    assert await service.show(asked) == ResponseReceipt()
    status, outcome = await service.outcome(asked)
    assert (status, outcome["decision"]) == (200, "valid")
    assert outcome["cards"][0]["values"] == {"age_over_19": True}
    assert {finding["outcome"] for finding in outcome["findings"]} == {"passed"}


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("mode", ["direct_post", "direct_post.jwt"])
@pytest.mark.parametrize("prefix", ["x509_hash", "x509_san_dns"])
async def test_every_way_of_asking(service: Service, method: str, mode: str, prefix: str) -> None:
    asked = await service.ask(
        dcql_query=QUERY, response_mode=mode, client_id_prefix=prefix, request_uri_method=method
    )
    await service.show(asked)
    _, outcome = await service.outcome(asked)
    assert outcome["cards"][0]["claims"] == {"family_name": "HONG"}


async def test_transaction_data_is_approved(service: Service) -> None:
    approval = {"type": "urn:example:pay", "credential_ids": ["card"], "amount": "100"}
    asked = await service.ask(dcql_query=QUERY, transaction_data=[approval])
    await service.show(asked)
    _, outcome = await service.outcome(asked)
    assert outcome["decision"] == "valid"


async def test_the_same_device_comes_back_with_a_code(service: Service) -> None:
    asked = await service.ask(purpose="age-19", return_uri="https://shop.example/back")
    receipt = await service.show(asked)
    assert receipt.redirect_uri is not None
    [code] = parse_qs(urlsplit(receipt.redirect_uri).query)["response_code"]
    assert (await service.outcome(asked))[0] == 403
    assert (await service.outcome(asked, f"?response_code={code}"))[0] == 200


async def test_a_wallet_without_the_card_declines(service: Service) -> None:
    asked = await service.ask(purpose="age-19")
    await WalletSimulator(cards=[]).show(asked["link"], http=service.http, at=NOW)
    _, outcome = await service.outcome(asked)
    assert outcome["decision"] == "declined"
    assert outcome["declined"]["error"] == "access_denied"


@pytest.mark.parametrize(
    ("body", "status", "error"),
    [
        ({}, 400, "malformed"),
        ([], 400, "malformed"),
        ({"purpose": 7}, 400, "malformed"),
        ({"purpose": "nosiness"}, 400, "purpose_unknown"),
        ({"purpose": "age-19", "puprose": "x"}, 400, "malformed"),
        ({"purpose": "age-19", "response_mode": "fragment"}, 400, "malformed"),
        ({"purpose": "age-19", "client_id_prefix": "redirect_uri"}, 400, "query_not_supported"),
        ({"dcql_query": {}}, 400, "malformed"),
        ({"dcql_query": QUERY, "transaction_data": [{}]}, 400, "malformed"),
        (
            {
                "dcql_query": QUERY,
                "transaction_data": [
                    {
                        "type": "t",
                        "credential_ids": ["card"],
                        "transaction_data_hashes_alg": ["sha-256"],
                    }
                ],
            },
            400,
            "malformed",
        ),
    ],
)
async def test_a_question_that_is_refused(
    service: Service, body: object, status: int, error: str
) -> None:
    found, problem = await service.call("POST", "/requests", body)
    assert (found, problem["error"]) == (status, error)


async def test_unknown_and_expired_questions(service: Service) -> None:
    assert (await service.call("GET", "/requests/nobody"))[0] == 404
    assert (await service.call("GET", "/requests/nobody/events"))[0] == 404
    asked = await service.ask(purpose="age-19")
    service.world.now += service.world.profile.lifetime
    assert await service.call("GET", f"/requests/{asked['id']}") == (
        200,
        {"id": asked["id"], "stage": "expired"},
    )
    assert (await service.outcome(asked))[0] == 410


async def test_the_id_of_the_asker_is_no_address_of_a_wallet(service: Service) -> None:
    asked = await service.ask(purpose="age-19")
    answer = await from_wallet(service, "GET", f"/wallet/request/{asked['id']}")
    assert answer.status == 404


async def from_wallet(
    service: Service, method: str, path: str, body: bytes = b"", content_type: str = FORM
) -> HttpResponse:
    headers = {"origin": "https://wallet.example", "content-type": content_type}
    return await service.http.send(
        HttpRequest(method=method, url=BASE_URL + path, headers=headers, body=body)
    )


def path_of(asked: dict[str, str], place: str) -> str:
    return f"/wallet/{place}/{asked['request_uri'].rpartition('/')[2]}"


async def test_the_request_object_has_its_type_and_any_origin_may_read_it(
    service: Service,
) -> None:
    asked = await service.ask(purpose="age-19")
    answer = await from_wallet(service, "GET", path_of(asked, "request"))
    assert answer.headers["content-type"] == "application/oauth-authz-req+jwt"
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["cache-control"] == "no-store"


async def test_preflight_is_answered_for_wallets_and_not_for_askers(service: Service) -> None:
    asked = await service.ask(purpose="age-19")
    headers = {
        "origin": "https://wallet.example",
        "access-control-request-method": "POST",
        "access-control-request-headers": "content-type",
    }
    for path, allowed in ((path_of(asked, "response"), True), ("/requests", False)):
        answer = await service.http.send(
            HttpRequest(method="OPTIONS", url=BASE_URL + path, headers=headers)
        )
        assert ("access-control-allow-origin" in answer.headers) is allowed


@pytest.mark.parametrize(
    ("place", "body", "content_type"),
    [
        ("request", b"wallet_nonce=a%20b", FORM),
        ("request", b"{}", "application/json"),
        ("request", b"wallet_nonce=" + b"a" * 70_000, FORM),
        ("response", b"", FORM),
        ("response", b"vp_token={", FORM),
        ("response", b'{"vp_token":{}}', "application/json"),
        ("response", b"response=" + b"x" * MAX_BODY, FORM),
    ],
)
async def test_a_wallet_s_bad_body_leaves_the_question_open(
    service: Service, place: str, body: bytes, content_type: str
) -> None:
    asked = await service.ask(purpose="age-19")
    answer = await from_wallet(service, "POST", path_of(asked, place), body, content_type)
    assert answer.status == 400
    assert json.loads(answer.body)["error"] == "invalid_request"
    assert (await service.outcome(asked))[0] == 202


async def test_a_second_answer_is_refused_with_its_reason(service: Service) -> None:
    asked = await service.ask(purpose="age-19")
    await service.show(asked)
    answer = await from_wallet(service, "POST", path_of(asked, "response"), b"error=access_denied")
    assert answer.status == 400
    assert json.loads(answer.body)["error_description"] == "request_already_answered"


async def test_events_tell_each_step_until_the_last(service: Service) -> None:
    asked = await service.ask(purpose="age-19")
    request = HttpRequest(
        method="GET",
        url=f"{BASE_URL}/requests/{asked['id']}/events",
        headers={"authorization": f"Bearer {TOKEN}"},
    )
    events = asyncio.create_task(service.http.send(request))
    await asyncio.sleep(0.05)
    await service.show(asked)
    answer = await events
    assert answer.headers["content-type"].startswith("text/event-stream")
    stages = [line for line in answer.body.decode().splitlines() if line.startswith("data:")]
    assert stages == ['data: {"stage":"open"}', 'data: {"stage":"finished"}']


async def test_the_issuer_s_word_makes_a_locked_card_refused_at_once(service: Service) -> None:
    first = await service.ask(purpose="age-19")
    await service.show(first)
    service.world.publisher.set(7, Status.LOCKED, at=NOW)
    pushed = await service.call("POST", "/status-changed", {"uris": [STATUS_URI]}, token=PUSH)
    assert pushed == (200, {"dropped": 1})
    second = await service.ask(purpose="age-19")
    await service.show(second)
    _, outcome = await service.outcome(second)
    assert outcome["decision"] == "not_valid"
    assert "status_locked" in outcome["reasons"]


async def test_the_purposes_can_be_listed(service: Service) -> None:
    _, purposes = await service.call("GET", "/purposes")
    [age] = [purpose for purpose in purposes if purpose["id"] == "age-19"]
    assert age["claims"] == ["age_over_19"]
    assert age["kept_for"] == 0


async def test_a_guessable_token_is_refused(service: Service) -> None:
    with pytest.raises(ValueError, match="32 characters"):
        VerifierApi(
            verifier=service.world.verifier,
            clock=WorldClock(service.world),
            drop_list=service.world.lists.drop,
            management_token="short",
            push_token=PUSH,
        )
