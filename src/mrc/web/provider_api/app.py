"""The wallet provider over HTTP: challenges, registration, attestations; revoking by token.

A thin door: it reads the body, calls one use case, and maps errors. Wallets in a phone's browser
come from another origin, so every wallet endpoint answers CORS preflight.
"""

import hmac
from collections.abc import Awaitable, Callable

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from mrc.kernel.errors import Malformed, Rejected, Unavailable
from mrc.kernel.ports import Clock
from mrc.wallet_provider.service import WalletProviderService

MAX_BODY = 256 * 1024  # a key order with 64 proofs is 40 kB, an evidence with certificates 20 kB
NO_STORE = {"cache-control": "no-store"}


class ProviderEndpoints:
    def __init__(self, service: WalletProviderService, clock: Clock, operator_token: str) -> None:
        self._service = service
        self._clock = clock
        self._token = operator_token

    async def challenge(self, _: Request) -> Response:
        minted = self._service.challenge(now=self._clock.now())
        return JSONResponse({"challenge": minted}, headers=NO_STORE)

    async def register(self, request: Request) -> Response:
        body = await _body(request)
        instance = await self._service.register(body, now=self._clock.now())
        return JSONResponse({"instance_id": instance.key_id}, 201, headers=NO_STORE)

    async def attest(self, request: Request) -> Response:
        body = await _body(request)
        made = await self._service.attest(body, now=self._clock.now())
        return JSONResponse({"client_attestation": made}, headers=NO_STORE)

    async def attest_keys(self, request: Request) -> Response:
        body = await _body(request)
        made = await self._service.attest_keys(body, now=self._clock.now())
        return JSONResponse({"key_attestation": made}, headers=NO_STORE)

    async def revoke(self, request: Request) -> Response:
        given = request.headers.get("authorization", "")
        if not hmac.compare_digest(given.encode(), f"Bearer {self._token}".encode()):
            headers = NO_STORE | {"www-authenticate": "Bearer"}
            return JSONResponse({"error": "invalid_token"}, 401, headers=headers)
        await self._service.revoke(request.path_params["key_id"], now=self._clock.now())
        return Response(status_code=204)


Endpoint = Callable[[Request], Awaitable[Response]]


def _guarded(endpoint: Endpoint) -> Endpoint:
    async def answer(request: Request) -> Response:
        try:
            return await endpoint(request)
        except Malformed as error:
            return _problem(400, "malformed", error.what)
        except Rejected as error:
            return _problem(403, error.reason.value, error.clause)
        except Unavailable as error:
            return _problem(503, "unavailable", error.what)

    return answer


def _problem(status: int, code: str, detail: str) -> Response:
    return JSONResponse({"error": code, "error_description": detail}, status, headers=NO_STORE)


async def _body(request: Request) -> str:
    data = b""
    async for part in request.stream():
        data += part
        if len(data) > MAX_BODY:
            raise Malformed("request", f"larger than {MAX_BODY} bytes")
    try:
        return data.decode("ascii")
    except UnicodeDecodeError as error:
        raise Malformed("request", "not a JWT") from error


def make_app(service: WalletProviderService, clock: Clock, operator_token: str) -> Starlette:
    endpoints = ProviderEndpoints(service, clock, operator_token)
    wallet = [
        Route("/challenges", _guarded(endpoints.challenge), methods=["POST"]),
        Route("/instances", _guarded(endpoints.register), methods=["POST"]),
        Route("/client-attestations", _guarded(endpoints.attest), methods=["POST"]),
        Route("/key-attestations", _guarded(endpoints.attest_keys), methods=["POST"]),
    ]
    operator = [
        Route("/instances/{key_id}/revoke", _guarded(endpoints.revoke), methods=["POST"]),
    ]
    cors = Middleware(
        CORSMiddleware,
        allow_origins=["*"],
        allow_methods=["POST"],
        allow_headers=["*"],
        expose_headers=["Date"],
    )
    return Starlette(routes=[*wallet, *operator], middleware=[cors])
