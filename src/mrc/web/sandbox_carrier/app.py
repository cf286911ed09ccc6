"""The sandbox carrier over HTTP: token endpoint, CAMARA APIs, and the control API.

Faults are played as the script says before an API looks at its request. The control API needs the
token of a secret file; it is how tests and demonstrations add subscribers, read the text messages
and break the carrier. Nothing here is a secret of anybody: it announces itself in every answer.
"""

import asyncio
import hmac
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from mrc.formats import json_text
from mrc.kernel.errors import Malformed, Rejected
from mrc.kernel.ports import Clock
from mrc.protocols.oauth.errors import OAuthError, OAuthErrorCode, encode_error
from mrc.protocols.oauth.members import as_object, decode_form
from mrc.web.sandbox_carrier.apis import CarrierApis
from mrc.web.sandbox_carrier.authorization import AuthorizationServer, Grant
from mrc.web.sandbox_carrier.control import Control
from mrc.web.sandbox_carrier.problems import (
    NO_STORE,
    STATUSES,
    ApiCode,
    error_response,
    oauth_error,
    refusal,
)
from mrc.web.sandbox_carrier.script import Api, Script

MAX_BODY = 1024 * 1024  # bytes; a thousand subscribers in one control request
CORRELATOR = "x-correlator"

Body = Mapping[str, object]
Call = Callable[[Body, Grant], dict[str, object]]


@dataclass(frozen=True, slots=True, kw_only=True)
class CarrierParts:
    apis: CarrierApis
    authorization: AuthorizationServer
    clock: Clock
    origin: str
    control_token: str = field(repr=False)


class CarrierEndpoints:
    def __init__(self, parts: CarrierParts) -> None:
        self._parts = parts
        self.script = Script()

    async def token(self, request: Request) -> Response:
        fault = await self._fault(Api.TOKEN)
        if fault is not None:
            return fault
        try:
            form = decode_form(await _read(request), "token request")
            answer = self._parts.authorization.token(
                form, seconds=self.script.token_seconds, at=self._parts.clock.now()
            )
        except Malformed as error:
            return oauth_error(400, OAuthErrorCode.INVALID_REQUEST.value, error.what)
        except OAuthError as error:
            status = 401 if error.code is OAuthErrorCode.INVALID_CLIENT else 400
            return JSONResponse(encode_error(error), status, headers=NO_STORE)
        return JSONResponse(answer, headers=NO_STORE)

    def metadata(self, _: Request) -> Response:
        """OIDC Discovery 1.0, the members that a client of the two grants needs."""
        origin = self._parts.origin
        return JSONResponse(
            {
                "issuer": origin,
                "token_endpoint": f"{origin}/oauth2/token",
                "grant_types_supported": [
                    "client_credentials",
                    "urn:ietf:params:oauth:grant-type:jwt-bearer",
                ],
                "token_endpoint_auth_methods_supported": ["private_key_jwt"],
                "token_endpoint_auth_signing_alg_values_supported": ["ES256"],
            }
        )

    def api(
        self, api: Api, scopes: tuple[str, ...], call: Call
    ) -> Callable[[Request], Awaitable[Response]]:
        """An endpoint: faults, then the token, then the body, then `call`."""

        async def endpoint(request: Request) -> Response:
            response = await self._answer(request, api, scopes, call)
            if CORRELATOR in request.headers:
                response.headers[CORRELATOR] = request.headers[CORRELATOR]
            return response

        return endpoint

    async def _answer(
        self, request: Request, api: Api, scopes: tuple[str, ...], call: Call
    ) -> Response:
        fault = await self._fault(api)
        if fault is not None:
            return fault
        try:
            grant = self._grant(request, scopes)
            return JSONResponse(call(await _object(request), grant), headers=NO_STORE)
        except Rejected as error:
            code = ApiCode(error.reason)
            return error_response(STATUSES[code], code.value)
        except Malformed:
            return error_response(400, ApiCode.INVALID_ARGUMENT.value)

    async def _fault(self, api: Api) -> Response | None:
        script = self.script
        if api not in script.apis:
            return None
        if script.delay_seconds:
            await asyncio.sleep(script.delay_seconds)
        if script.outage:
            return error_response(503, ApiCode.UNAVAILABLE.value)
        if script.refusal is not None:
            return error_response(script.refusal.status, script.refusal.code)
        if script.answer is not None:
            return Response(script.answer, media_type="application/json", headers=NO_STORE)
        return None

    def _grant(self, request: Request, scopes: tuple[str, ...]) -> Grant:
        kind, _, token = request.headers.get("authorization", "").partition(" ")
        found = self._parts.authorization.find_grant(token, at=self._parts.clock.now())
        if kind.lower() != "bearer" or found is None:
            raise refusal(ApiCode.UNAUTHENTICATED)
        if found.scopes.isdisjoint(scopes):
            raise refusal(ApiCode.PERMISSION_DENIED)
        return found


def make_app(parts: CarrierParts) -> Starlette:
    endpoints = CarrierEndpoints(parts)
    routes = [
        Route("/oauth2/token", endpoints.token, methods=["POST"]),
        Route("/.well-known/openid-configuration", endpoints.metadata),
        *_api_routes(endpoints, parts),
        *_control_routes(Control(parts.apis, parts.authorization), endpoints, parts),
    ]
    return Starlette(routes=routes)


def _api_routes(endpoints: CarrierEndpoints, parts: CarrierParts) -> list[Route]:
    """Path, method, API, the scopes of which one is needed, and the call."""
    apis, now = parts.apis, parts.clock.now
    kyc, sim, number = Api.KYC_MATCH, Api.SIM_SWAP, Api.NUMBER_VERIFICATION
    verify, read = "number-verification:verify", "number-verification:device-phone-number:read"
    check, retrieve = ("sim-swap:check", "sim-swap"), ("sim-swap:retrieve-date", "sim-swap")

    def match(body: Body, grant: Grant) -> dict[str, object]:
        return apis.kyc_match(body, grant, endpoints.script)

    def swapped(body: Body, grant: Grant) -> dict[str, object]:
        return apis.sim_swapped(body, grant, now())

    def device_number(_: Body, grant: Grant) -> dict[str, object]:
        return apis.device_number(grant)

    def send(body: Body, _: Grant) -> dict[str, object]:
        return apis.send_message(body, now())

    table: list[tuple[str, str, Api, tuple[str, ...], Call]] = [
        ("POST", "/kyc-match/v0.4/match", kyc, ("kyc-match:match",), match),
        ("POST", "/sim-swap/v2/check", sim, check, swapped),
        ("POST", "/sim-swap/v2/retrieve-date", sim, retrieve, apis.sim_swap_date),
        ("POST", "/number-verification/v2/verify", number, (verify,), apis.verify_number),
        ("GET", "/number-verification/v2/device-phone-number", number, (read,), device_number),
        ("POST", "/sms/v1/messages", Api.SMS, ("sms:send",), send),
    ]
    return [
        Route(path, endpoints.api(api, scopes, call), methods=[method])
        for method, path, api, scopes, call in table
    ]


def _control_routes(
    control: Control, endpoints: CarrierEndpoints, parts: CarrierParts
) -> list[Route]:
    def play(body: Body) -> dict[str, object]:
        endpoints.script = control.script(body)
        return {}

    def route(path: str, method: str, act: Callable[[Body], dict[str, object]]) -> Route:
        async def endpoint(request: Request) -> Response:
            given = request.headers.get("authorization", "")
            if not hmac.compare_digest(given.encode(), f"Bearer {parts.control_token}".encode()):
                headers = NO_STORE | {"www-authenticate": "Bearer"}
                return JSONResponse({"error": "invalid_token"}, 401, headers=headers)
            try:
                return JSONResponse(act(await _object(request)), headers=NO_STORE)
            except Malformed as error:
                return JSONResponse({"error": "malformed", "detail": str(error)}, 400)

        return Route(path, endpoint, methods=[method])

    return [
        route("/control/subscribers", "PUT", control.put_subscribers),
        route("/control/script", "POST", play),
        route("/control/outbox", "GET", control.outbox),
        route("/control/operator-tokens", "POST", control.operator_token),
    ]


async def _object(request: Request) -> Body:
    """The JSON object of the body; a request without a body says nothing."""
    body = await _read(request)
    return as_object(json_text.decode(body), "request") if body else {}


async def _read(request: Request) -> bytes:
    data = b""
    async for part in request.stream():
        data += part
        if len(data) > MAX_BODY:
            raise Malformed("request", f"larger than {MAX_BODY} bytes")
    return data
