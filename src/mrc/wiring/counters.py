"""What every issuing authority's process has besides its issuer: management and publishing."""

import contextlib
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from datetime import timedelta

from prometheus_client import REGISTRY
from starlette.applications import Starlette
from starlette.routing import BaseRoute, Mount
from starlette.types import Lifespan

from mrc.authority.counter import Counter
from mrc.authority.desk import Desk
from mrc.authority.ports import StatusPublisher
from mrc.infra.clock import SystemClock
from mrc.infra.settings import Mode, Settings
from mrc.infra.status_push import PushingPublisher
from mrc.infra.tokens import shared_token
from mrc.issuer.issuer import Issuer
from mrc.web.desk_api.app import DeskApi
from mrc.web.desk_api.app import create_app as create_desk_api
from mrc.web.metrics_api.app import metrics_route
from mrc.wiring.issuers import IssuingAuthority
from mrc.wiring.repeating import repeating
from mrc.wiring.server import ServerParts

PUBLISH_EVERY = timedelta(seconds=1)  # an end by replacement waits so long, a lock not at all


def make_publisher(issuer: Issuer, parts: ServerParts) -> PushingPublisher:
    return PushingPublisher(issuer.status, parts.http, parts.settings.home / "subscriptions")


def with_management(
    settings: Settings,
    authority: IssuingAuthority,
    counter: Counter,
    desk: Desk | None,
    front: Starlette | None,
) -> Starlette:
    """The counter's management API below ``/desk``, ``/metrics``, and `front` for the rest."""
    token = shared_token(settings.home / authority.role / "operator.token")
    api = DeskApi(
        counter=counter,
        desk=desk,
        clock=SystemClock(),
        practice=settings.mode is Mode.PRACTICE,
        token=token,
    )
    routes: list[BaseRoute] = [
        Mount("/desk", create_desk_api(api)),
        metrics_route(REGISTRY, token),
    ]
    if front is None:
        return Starlette(routes=routes)
    return Starlette(routes=[*routes, Mount("/", front)], lifespan=_lifespan_of(front))


def _lifespan_of(app: Starlette) -> Lifespan[Starlette]:
    """The lifespan of a mounted app, which nobody else would enter."""

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with app.router.lifespan_context(app):
            yield

    return lifespan


def published(publisher: StatusPublisher) -> AbstractAsyncContextManager[None]:
    """Publish from time to time: what an act could not publish, and lists that run out."""
    return repeating("status", lambda now: publisher.publish_changes(now=now), every=PUBLISH_EVERY)
