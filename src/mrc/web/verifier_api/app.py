"""The verifier's application: its routes, who may call them, and the forgetting in the background.

Wallets may live in a browser, so their endpoints answer any origin (CORS); the management API
answers none, because its callers are servers with a token.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field

import structlog
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.routing import Mount, Route

from mrc.kernel.errors import Unavailable
from mrc.kernel.ports import Clock
from mrc.verifier.service import Verifier
from mrc.web.verifier_api.asker_endpoints import AskerEndpoints
from mrc.web.verifier_api.doors import for_askers, for_wallets
from mrc.web.verifier_api.wallet_endpoints import WalletEndpoints

PURGE_SECONDS = 60
MIN_TOKEN = 32  # characters; a shorter token could be guessed

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifierApi:
    """What the application stands on. The push token is the issuer's, the other the askers'."""

    verifier: Verifier
    clock: Clock
    drop_list: Callable[[str], bool]
    management_token: str = field(repr=False)
    push_token: str = field(repr=False)

    def __post_init__(self) -> None:
        if min(len(self.management_token), len(self.push_token)) < MIN_TOKEN:
            raise ValueError(f"a token has at least {MIN_TOKEN} characters")


def create_app(api: VerifierApi) -> Starlette:
    """The ASGI application of one asker's verifier."""
    cors = Middleware(
        CORSMiddleware,
        allow_origins=["*"],
        allow_methods=["GET", "POST"],
        allow_headers=["*"],
        expose_headers=["Date"],
    )

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        task = asyncio.create_task(_forget_forever(api))
        yield
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task

    routes = [Mount("/wallet", routes=_wallet_routes(api), middleware=[cors]), *_asker_routes(api)]
    return Starlette(routes=routes, lifespan=lifespan)


def _wallet_routes(api: VerifierApi) -> list[Route]:
    wallets = WalletEndpoints(api.verifier, api.clock)
    request, response = "/request/{request_id}", "/response/{request_id}"
    return [
        Route(request, for_wallets(wallets.get_request), methods=["GET"]),
        Route(request, for_wallets(wallets.post_request), methods=["POST"]),
        Route(response, for_wallets(wallets.post_response), methods=["POST"]),
    ]


def _asker_routes(api: VerifierApi) -> list[Route]:
    askers = AskerEndpoints(api.verifier, api.clock, api.drop_list)
    own, push = api.management_token, api.push_token
    one = "/requests/{transaction_id}"
    return [
        Route("/purposes", for_askers(askers.purposes, token=own), methods=["GET"]),
        Route("/requests", for_askers(askers.ask, token=own), methods=["POST"]),
        Route(one, for_askers(askers.stage, token=own), methods=["GET"]),
        Route(f"{one}/outcome", for_askers(askers.outcome, token=own), methods=["GET"]),
        Route(f"{one}/events", for_askers(askers.events, token=own), methods=["GET"]),
        Route("/status-changed", for_askers(askers.status_changed, token=push), methods=["POST"]),
    ]


async def _forget_forever(api: VerifierApi) -> None:
    """Delete from time to time what nobody may read any more."""
    while True:
        try:
            touched = await api.verifier.purge(now=api.clock.now())
        except Unavailable as error:
            _log.warning("verifier.purge_failed", what=error.what)
        else:
            if touched:
                _log.info("verifier.purged", rows=touched)
        await asyncio.sleep(PURGE_SECONDS)
