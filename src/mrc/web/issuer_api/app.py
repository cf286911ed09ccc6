"""The issuer's ASGI app: every protocol endpoint, CORS, error codes, brakes.

A wallet in a browser needs preflight answers for the DPoP and attestation headers, and to read
`DPoP-Nonce` and `WWW-Authenticate` (Fetch standard, CORS). No cookie is ever used.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from urllib.parse import urlsplit

import structlog
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mrc.issuer.clients import Access, ClientHeaders
from mrc.issuer.issuer import CredentialAnswer, Issuer
from mrc.kernel.errors import Forbidden, Malformed, Rejected, Unavailable
from mrc.kernel.ports import Clock
from mrc.protocols.card_loss.lock_code import LockCode
from mrc.protocols.card_loss.messages import (
    CARD_PATH,
    LOCK_CODE_PATH,
    LOCK_PATH,
    LockReceipt,
    decode_lock_code_request,
    encode_receipt,
    encode_update,
)
from mrc.protocols.card_loss.unlock import (
    UNLOCK_PATH,
    Unlocked,
    UnlockRequest,
    decode_unlock_request,
    encode_unlocked,
)
from mrc.protocols.oauth.client_attestation import (
    ATTESTATION_HEADER,
    CHALLENGE_HEADER,
    POP_HEADER,
)
from mrc.protocols.oauth.dpop import HEADER as DPOP_HEADER
from mrc.protocols.oauth.dpop import NONCE_HEADER
from mrc.protocols.oauth.errors import OAuthError, OAuthErrorCode, malformed_request
from mrc.protocols.oauth.first_party import (
    AuthorizationChallengeRequest,
    AuthorizationGranted,
    decode_challenge_request,
    encode_granted,
)
from mrc.protocols.oauth.par import decode_authorization_request, encode_pushed
from mrc.protocols.openid4vci.errors import CredentialError, CredentialErrorCode
from mrc.protocols.openid4vci.nonce import encode_nonce
from mrc.protocols.openid4vci.token import decode_token_request, encode_token_response
from mrc.web.issuer_api.authorize import AuthorizeEndpoint
from mrc.web.issuer_api.discovery import DiscoveryEndpoints
from mrc.web.issuer_api.limits import Brake, RateLimits
from mrc.web.issuer_api.requests import (
    JSON,
    JWT,
    client_headers,
    media_type,
    read_body,
    read_form,
)
from mrc.web.issuer_api.status import Proofs, StatusEndpoints
from mrc.web.problems import (
    NO_STORE,
    credential_problem,
    json_response,
    oauth_problem,
    problem,
    resource_problem,
    too_many_requests,
)

Handler = Callable[[Request], Awaitable[Response]]
_PREFLIGHT_SECONDS = 86_400
_PURGE_SECONDS = 60.0
_log = structlog.get_logger(__name__)


class ChallengeSteps(Protocol):
    """The steps behind the authorization challenge endpoint (First-Party Apps -03)."""

    async def step(
        self, request: AuthorizationChallengeRequest, headers: ClientHeaders
    ) -> AuthorizationGranted:
        """Raises `OAuthError` with `insufficient_authorization` while a step is missing."""


class HolderLoss(Protocol):
    """What a holder may do about a loss with the card's token. Raises as `Issuer.credential`."""

    async def lock(self, access: Access, *, now: datetime) -> LockReceipt: ...

    async def register_code(self, access: Access, code: LockCode, *, now: datetime) -> None: ...

    async def update_waits(self, access: Access) -> bool: ...


class OwnUnlocking(Protocol):
    """The steps behind the unlock endpoint: the IC card at the locked phone."""

    async def step(self, request: UnlockRequest, headers: ClientHeaders) -> Unlocked:
        """Raises `OAuthError` with `insufficient_authorization` while a step is missing."""


def make_app(
    issuer: Issuer,
    *,
    clock: Clock,
    limits: RateLimits | None = None,
    challenge: ChallengeSteps | None = None,
    proofs: Proofs | None = None,
    loss: HolderLoss | None = None,
    unlocking: OwnUnlocking | None = None,
) -> Starlette:
    """The app of one issuer, served at the path of its identifier."""
    prefix = urlsplit(issuer.configuration.credential_issuer).path
    doors = Doors(challenge=challenge, loss=loss, unlocking=unlocking)
    api = IssuerApi(issuer, clock, limits or RateLimits(), doors)
    discovery = DiscoveryEndpoints(issuer, clock, challenge_endpoint=challenge is not None)
    routes = [
        *discovery.routes(prefix),
        *StatusEndpoints(issuer, clock, proofs).routes(prefix),
        *api.routes(prefix),
    ]
    cors = Middleware(
        CORSMiddleware,
        allow_origins=["*"],
        allow_methods=["GET", "POST"],
        allow_headers=[
            "Authorization",
            "Content-Type",
            "If-None-Match",
            DPOP_HEADER,
            ATTESTATION_HEADER,
            POP_HEADER,
        ],
        expose_headers=[
            NONCE_HEADER,
            "WWW-Authenticate",
            CHALLENGE_HEADER,
            "Date",
            "ETag",
            "Link",
            "Retry-After",
        ],
        max_age=_PREFLIGHT_SECONDS,
    )

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        task = asyncio.create_task(_forget_forever(issuer, clock))
        try:
            yield
        finally:
            task.cancel()

    return Starlette(routes=routes, middleware=[cors], lifespan=lifespan)


async def _forget_forever(issuer: Issuer, clock: Clock) -> None:
    """Delete from time to time what has run out."""
    while True:
        try:
            await issuer.purge(now=clock.now())
        except Unavailable as error:
            _log.warning("issuer.purge_failed", what=error.what)
        await asyncio.sleep(_PURGE_SECONDS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Doors:
    """Endpoints that not every issuer has."""

    challenge: ChallengeSteps | None = None
    loss: HolderLoss | None = None
    unlocking: OwnUnlocking | None = None


class IssuerApi:
    """The endpoints that act."""

    def __init__(self, issuer: Issuer, clock: Clock, limits: RateLimits, doors: Doors) -> None:
        self._issuer = issuer
        self._clock = clock
        self._limits = limits
        self._challenge = doors.challenge
        self._loss = doors.loss
        self._unlocking = doors.unlocking
        self._brake = Brake()

    def routes(self, prefix: str) -> list[Route]:
        secrets, work = self._limits.secrets, self._limits.work
        authorize = AuthorizeEndpoint(self._issuer, self._clock)
        posts: dict[str, tuple[Handler, int]] = {
            "token": (self._oauth(self._token), secrets),
            "par": (self._oauth(self._push), secrets),
            "authorize": (authorize.submit, secrets),
            "nonce": (self._nonce, work),
            "credential": (self._resource(self._credential), work),
            "deferred_credential": (self._resource(self._deferred), work),
            "notification": (self._resource(self._notification), work),
        }
        if self._issuer.configuration.attestation_challenges:
            posts["challenge"] = (self._attestation_challenge, work)
        if self._loss is not None:
            posts[LOCK_PATH] = (self._resource(self._lock), work)
            posts[CARD_PATH] = (self._resource(self._card), work)
            posts[LOCK_CODE_PATH] = (self._resource(self._lock_code), secrets)
        if self._challenge is not None:
            posts["authorize-challenge"] = (self._oauth(self._challenge_step), secrets)
        if self._unlocking is not None:
            posts[UNLOCK_PATH] = (self._oauth(self._unlock_step), secrets)
        routes = [
            Route(f"{prefix}/{name}", self._braked(name, act, limit), methods=["POST"])
            for name, (act, limit) in posts.items()
        ]
        shown = self._braked("authorize", authorize.show, secrets)
        return [*routes, Route(f"{prefix}/authorize", shown, methods=["GET"])]

    def _braked(self, kind: str, act: Handler, limit: int) -> Handler:
        async def endpoint(request: Request) -> Response:
            address = request.client.host if request.client else ""
            wait = self._brake.seconds_to_wait(kind, address, limit, now=self._clock.now())
            if wait:
                return too_many_requests(wait)
            try:
                return await act(request)
            except Unavailable as error:
                return problem(error)

        return endpoint

    def _oauth(self, act: Handler) -> Handler:
        """Errors as RFC 6749, 5.2 has them; every answer brings fresh nonces."""

        async def endpoint(request: Request) -> Response:
            try:
                response = await act(request)
            except OAuthError as error:
                response = oauth_problem(error)
            except Malformed as error:
                response = oauth_problem(malformed_request(error))
            return self._with_nonces(response)

        return endpoint

    def _resource(self, act: Handler) -> Handler:
        """Token problems as challenges, request problems as OpenID4VCI's codes."""

        async def endpoint(request: Request) -> Response:
            try:
                response = await act(request)
            except OAuthError as error:
                response = resource_problem(error)
            except CredentialError as error:
                response = credential_problem(error)
            except Malformed as error:
                code = CredentialErrorCode.INVALID_CREDENTIAL_REQUEST
                response = credential_problem(CredentialError(code, str(error)))
            except (Forbidden, Rejected) as error:
                response = problem(error)
            return self._with_nonces(response)

        return endpoint

    def _with_nonces(self, response: Response) -> Response:
        now = self._clock.now()
        response.headers[NONCE_HEADER] = self._issuer.clients.dpop_nonce(now)
        if self._issuer.configuration.attestation_challenges:
            challenge = self._issuer.clients.attestation_challenge(now)
            response.headers[CHALLENGE_HEADER] = challenge
        return response

    async def _token(self, request: Request) -> Response:
        wanted = decode_token_request(await read_form(request))
        token = await self._issuer.tokens.token(
            wanted, client_headers(request), now=self._clock.now()
        )
        return json_response(encode_token_response(token))

    async def _push(self, request: Request) -> Response:
        wanted = decode_authorization_request(await read_form(request))
        pushed = await self._issuer.authorizations.push(
            wanted, client_headers(request), now=self._clock.now()
        )
        return json_response(encode_pushed(pushed), status=201)

    async def _challenge_step(self, request: Request) -> Response:
        wanted = decode_challenge_request(await read_form(request))
        if self._challenge is None:
            raise OAuthError(OAuthErrorCode.INVALID_REQUEST)
        return json_response(
            encode_granted(await self._challenge.step(wanted, client_headers(request)))
        )

    async def _unlock_step(self, request: Request) -> Response:
        wanted = decode_unlock_request(await read_form(request))
        if self._unlocking is None:
            raise OAuthError(OAuthErrorCode.INVALID_REQUEST)
        unlocked = await self._unlocking.step(wanted, client_headers(request))
        return json_response(encode_unlocked(unlocked))

    async def _nonce(self, request: Request) -> Response:
        nonce = self._issuer.requests.nonce(self._clock.now())
        return self._with_nonces(json_response(encode_nonce(nonce)))

    async def _attestation_challenge(self, request: Request) -> Response:
        challenge = self._issuer.clients.attestation_challenge(self._clock.now())
        return json_response({"attestation_challenge": challenge})

    async def _credential(self, request: Request) -> Response:
        headers, encrypted = client_headers(request), _is_encrypted(request)
        body = await read_body(request)
        answer = await self._issuer.credential(
            body, encrypted=encrypted, headers=headers, now=self._clock.now()
        )
        return _credential_response(answer)

    async def _deferred(self, request: Request) -> Response:
        headers, encrypted = client_headers(request), _is_encrypted(request)
        body = await read_body(request)
        answer = await self._issuer.deferred(
            body, encrypted=encrypted, headers=headers, now=self._clock.now()
        )
        return _credential_response(answer)

    async def _notification(self, request: Request) -> Response:
        headers, body = client_headers(request), await read_body(request)
        await self._issuer.notify(body, headers=headers, now=self._clock.now())
        return Response(status_code=204, headers=dict(NO_STORE))

    async def _lock(self, request: Request) -> Response:
        now = self._clock.now()
        access = await self._issuer.access(LOCK_PATH, headers=client_headers(request), now=now)
        return json_response(encode_receipt(await self._losses.lock(access, now=now)))

    async def _lock_code(self, request: Request) -> Response:
        now = self._clock.now()
        headers, body = client_headers(request), await read_body(request)
        access = await self._issuer.access(LOCK_CODE_PATH, headers=headers, now=now)
        await self._losses.register_code(access, decode_lock_code_request(body), now=now)
        return Response(status_code=204, headers=dict(NO_STORE))

    async def _card(self, request: Request) -> Response:
        now = self._clock.now()
        access = await self._issuer.access(CARD_PATH, headers=client_headers(request), now=now)
        return json_response(encode_update(waits=await self._losses.update_waits(access)))

    @property
    def _losses(self) -> HolderLoss:
        if self._loss is None:
            raise ValueError("a route without its use cases")
        return self._loss


def _is_encrypted(request: Request) -> bool:
    """Section 10: `application/jwt` is encrypted, `application/json` is not."""
    kind = media_type(request)
    if kind not in (JSON, JWT):
        raise Malformed("credential request", f"expected {JSON} or {JWT}")
    return kind == JWT


def _credential_response(answer: CredentialAnswer) -> Response:
    status = 202 if answer.deferred else 200
    kind = JWT if answer.encrypted else JSON
    return Response(answer.body, status, dict(NO_STORE), media_type=kind)
