"""The sandbox's token endpoint: every way to cheat with an assertion is refused."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from mrc.formats import base64url, json_text
from mrc.formats.jose import jws
from mrc.infra.keys.software import SoftwareSigner
from mrc.kernel.keys import Curve
from mrc.kernel.ports import HttpRequest, HttpResponse
from mrc.protocols.oauth.members import encode_form
from tests.simulators.carrier_world import CONTROL, NOW, NUMBER, ORIGIN, CarrierWorld

ENDPOINT = f"{ORIGIN}/oauth2/token"
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
SCOPE = "dpv:FraudPreventionAndDetection kyc-match:match"


def claims(**changes: Any) -> dict[str, Any]:
    at = int(NOW.timestamp())
    usual = {"iss": "authority", "sub": "authority", "aud": ENDPOINT, "jti": "1", "iat": at}
    usual["exp"] = at + 120
    return {name: value for name, value in (usual | changes).items() if value is not None}


def form(assertion: str, **changes: str | None) -> dict[str, str | None]:
    return {
        "grant_type": "client_credentials",
        "scope": SCOPE,
        "client_assertion_type": ASSERTION_TYPE,
        "client_assertion": assertion,
        **changes,
    }


async def ask(
    world: CarrierWorld, parameters: Mapping[str, str | None]
) -> tuple[int, dict[str, Any]]:
    answer = await world.http.send(
        HttpRequest(method="POST", url=ENDPOINT, body=encode_form(parameters))
    )
    return answer.status, json_text.decode_object(answer.body)


def signed(world: CarrierWorld, **changes: Any) -> str:
    return jws.sign_now({}, json_text.encode(claims(**changes)), world.signer)


async def call(world: CarrierWorld, path: str, body: object, token: str) -> HttpResponse:
    headers = {"authorization": f"Bearer {token}", "x-correlator": "c-1"}
    request = HttpRequest(
        method="POST", url=ORIGIN + path, headers=headers, body=json_text.encode(body)
    )
    return await world.http.send(request)


async def test_a_good_assertion_gets_a_token() -> None:
    world = CarrierWorld()
    status, body = await ask(world, form(signed(world)))
    assert (status, body["token_type"], body["scope"]) == (200, "Bearer", "kyc-match:match")


SECONDS = int(NOW.timestamp())
BAD_CLAIMS: list[dict[str, Any]] = [
    {"iss": "somebody"},
    {"iss": "../authority"},
    {"sub": "somebody"},
    {"sub": None},
    {"aud": ORIGIN},
    {"aud": [ENDPOINT, "https://elsewhere.example"]},
    {"jti": None},
    {"jti": "x" * 300},
    {"exp": None},
    {"exp": SECONDS},
    {"exp": SECONDS + 301},
    {"exp": "soon"},
    {"iat": SECONDS + 60},
    {"iat": SECONDS - 200, "exp": SECONDS + 200},
]


@pytest.mark.parametrize("changes", BAD_CLAIMS)
async def test_a_bad_assertion_is_refused(changes: dict[str, Any]) -> None:
    world = CarrierWorld()
    status, body = await ask(world, form(signed(world, **changes)))
    assert (status, body["error"]) == (401, "invalid_client")


async def test_an_assertion_is_used_once() -> None:
    world = CarrierWorld()
    assertion = signed(world)
    assert (await ask(world, form(assertion)))[0] == 200
    assert (await ask(world, form(assertion)))[0] == 401


async def test_a_refused_request_spends_its_assertion_too() -> None:
    world = CarrierWorld()
    assertion = signed(world)
    assert (await ask(world, form(assertion, scope="kyc-match:match")))[0] == 400
    assert (await ask(world, form(assertion)))[0] == 401


async def test_another_key_is_refused() -> None:
    world = CarrierWorld()
    for signer in (SoftwareSigner.generate(), SoftwareSigner.generate(Curve.P384)):
        assertion = jws.sign_now({}, json_text.encode(claims()), signer)
        assert (await ask(world, form(assertion)))[0] == 401


@pytest.mark.parametrize(
    "header", [{"alg": "none"}, {"alg": "HS256"}, {"alg": "ES256", "crit": ["b"]}]
)
async def test_an_unsigned_assertion_is_refused(header: dict[str, Any]) -> None:
    world = CarrierWorld()
    forged = jws.assemble(jws.signing_input(header, json_text.encode(claims())), bytes(64))
    assert (await ask(world, form(forged)))[0] == 401


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"scope": None}, "invalid_scope"),
        ({"scope": "kyc-match:match"}, "invalid_scope"),
        ({"scope": "dpv: kyc-match:match"}, "invalid_scope"),
        ({"scope": "dpv:A dpv:B kyc-match:match"}, "invalid_scope"),
        ({"scope": "dpv:A everything"}, "invalid_scope"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"grant_type": None}, "unsupported_grant_type"),
        ({"client_assertion_type": "other"}, "invalid_client"),
    ],
)
async def test_the_request_itself_is_checked(changes: dict[str, Any], error: str) -> None:
    world = CarrierWorld()
    assert (await ask(world, form(signed(world), **changes)))[1]["error"] == error


async def test_a_parameter_given_twice_is_refused() -> None:
    world = CarrierWorld()
    body = encode_form(form(signed(world))) + b"&scope=sim-swap"
    answer = await world.http.send(HttpRequest(method="POST", url=ENDPOINT, body=body))
    assert answer.status == 400


async def test_a_token_ends_and_is_good_for_its_scope_only() -> None:
    world = CarrierWorld()
    await world.put()
    token = (await ask(world, form(signed(world))))[1]["access_token"]
    question = {"phoneNumber": NUMBER, "name": "NGUYEN VAN ANH"}
    answer = await call(world, "/kyc-match/v0.4/match", question, token)
    assert json_text.decode(answer.body) == {"nameMatch": "true"}
    assert answer.headers["x-correlator"] == "c-1"
    assert (await call(world, "/sim-swap/v2/check", question, token)).status == 403
    assert (await call(world, "/kyc-match/v0.4/match", question, token + "x")).status == 401
    world.later(seconds=300)
    assert (await call(world, "/kyc-match/v0.4/match", question, token)).status == 401


@pytest.mark.parametrize(
    ("path", "body", "status", "code"),
    [
        ("/kyc-match/v0.4/match", {"phoneNumber": NUMBER}, 400, "INVALID_PARAM_COMBINATION"),
        ("/kyc-match/v0.4/match", {"name": "X"}, 422, "MISSING_IDENTIFIER"),
        ("/kyc-match/v0.4/match", {"phoneNumber": "+82100", "name": "X"}, 404, "NOT_FOUND"),
        ("/kyc-match/v0.4/match", {"phoneNumber": NUMBER, "name": 7}, 400, "INVALID_ARGUMENT"),
        ("/kyc-match/v0.4/match", [], 400, "INVALID_ARGUMENT"),
        ("/sim-swap/v2/check", {}, 422, "MISSING_IDENTIFIER"),
        ("/sim-swap/v2/check", {"phoneNumber": NUMBER, "maxAge": 0}, 400, "OUT_OF_RANGE"),
        ("/sim-swap/v2/check", {"phoneNumber": NUMBER, "maxAge": 2401}, 400, "OUT_OF_RANGE"),
        ("/sim-swap/v2/check", {"phoneNumber": NUMBER, "maxAge": "1"}, 400, "INVALID_ARGUMENT"),
        ("/number-verification/v2/verify", {"phoneNumber": NUMBER}, 403, "BY_MOBILE_NETWORK"),
    ],
)
async def test_errors_are_those_of_the_documents(
    path: str, body: object, status: int, code: str
) -> None:
    world = CarrierWorld()
    await world.put()
    scope = "dpv:A kyc-match:match sim-swap number-verification:verify"
    token = (await ask(world, form(signed(world), scope=scope)))[1]["access_token"]
    answer = await call(world, path, body, token)
    error = json_text.decode_object(answer.body)
    assert answer.status == error["status"] == status
    assert str(error["code"]).endswith(code)


async def three_legged(world: CarrierWorld, subject: str, scope: str, jti: str) -> tuple[int, Any]:
    assertion = signed(world, sub=subject, scope=f"dpv:A {scope}", jti=jti)
    return await ask(world, {"grant_type": JWT_BEARER, "assertion": assertion})


async def test_a_three_legged_token_speaks_for_one_number() -> None:
    world = CarrierWorld()
    await world.put()
    status, body = await three_legged(world, f"tel:{NUMBER}", "sim-swap kyc-match:match", "1")
    assert status == 200
    token = body["access_token"]
    named = {"phoneNumber": NUMBER}
    assert (await call(world, "/sim-swap/v2/check", {}, token)).status == 200
    assert (await call(world, "/sim-swap/v2/retrieve-date", {}, token)).status == 200
    assert (await call(world, "/sim-swap/v2/check", named, token)).status == 422
    other = {"phoneNumber": "+821000000002", "name": "X"}
    assert (await call(world, "/kyc-match/v0.4/match", other, token)).status == 403


async def test_a_number_that_was_only_told_proves_no_sim() -> None:
    world = CarrierWorld()
    await world.put()
    _, body = await three_legged(world, f"tel:{NUMBER}", "number-verification:verify", "1")
    answer = await call(
        world, "/number-verification/v2/verify", {"phoneNumber": NUMBER}, body["access_token"]
    )
    assert answer.status == 403


async def test_a_hashed_number_is_verified() -> None:
    world = CarrierWorld()
    token = (await world.control("POST", "operator-tokens", {"phone": NUMBER}))["operator_token"]
    scope = "number-verification:verify"
    _, body = await three_legged(world, f"operatortoken:{token}", scope, "1")
    path, hashed = "/number-verification/v2/verify", "a" * 64
    answer = await call(world, path, {"hashedPhoneNumber": hashed}, body["access_token"])
    assert json_text.decode(answer.body) == {"devicePhoneNumberVerified": False}
    both = {"hashedPhoneNumber": hashed, "phoneNumber": NUMBER}
    assert (await call(world, path, both, body["access_token"])).status == 400


async def test_bearer_grants_refuse_unknown_subjects_and_a_scope_parameter() -> None:
    world = CarrierWorld()
    for subject, jti in (("operatortoken:made-up", "1"), ("authority", "2"), ("tel:", "3")):
        assert (await three_legged(world, subject, "sim-swap", jti))[1]["error"] == "invalid_grant"
    assertion = signed(world, sub=f"tel:{NUMBER}", scope="dpv:A sim-swap", jti="4")
    parameters = {"grant_type": JWT_BEARER, "assertion": assertion, "scope": "sim-swap"}
    assert (await ask(world, parameters))[1]["error"] == "invalid_request"


@pytest.mark.parametrize("given", ["", "Bearer ", "Bearer wrong", CONTROL, "Bearer é"])
async def test_the_control_api_is_closed_without_its_token(given: str) -> None:
    world = CarrierWorld()
    for method, path in (("PUT", "subscribers"), ("POST", "script"), ("GET", "outbox")):
        headers = {"authorization": given} if given.isascii() else {}
        request = HttpRequest(method=method, url=f"{ORIGIN}/control/{path}", headers=headers)
        assert (await world.http.send(request)).status == 401


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("script", {"delay_seconds": 61}),
        ("script", {"delay_seconds": True}),
        ("script", {"outages": True}),
        ("script", {"apis": ["everything"]}),
        ("script", {"refusal": {"status": 200, "code": "X"}}),
        ("operator-tokens", {}),
    ],
)
async def test_the_control_api_refuses_what_it_does_not_understand(path: str, body: object) -> None:
    with pytest.raises(AssertionError, match="malformed"):
        await CarrierWorld().control("POST", path, body)


async def test_an_assertion_may_be_made_anew_after_it_ran_out() -> None:
    world = CarrierWorld()
    assert (await ask(world, form(signed(world))))[0] == 200
    world.later(seconds=121)
    at = int((NOW + timedelta(seconds=121)).timestamp())
    again = signed(world, iat=at, exp=at + 60)
    assert (await ask(world, form(again)))[0] == 200
    assert base64url.decode(again.split(".")[1])
