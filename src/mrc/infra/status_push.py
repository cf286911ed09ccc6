"""Publishing at once: sign the lists that changed, and tell the verifiers that subscribed.

A subscriber that does not answer loses nothing but time: it asks again when its copy's `ttl` runs
out. What fails is logged and never raised, because the act that caused it is already committed.
"""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import structlog

from mrc.infra.files import read_secret
from mrc.issuer.status import StatusLists
from mrc.kernel.errors import Unavailable
from mrc.kernel.ports import HttpClient, HttpRequest

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscriber:
    """A verifier that wants to hear of changes. `url` is its `status-changed` endpoint."""

    name: str
    url: str
    token: str = field(repr=False)


def load_subscribers(folder: Path) -> Sequence[Subscriber]:
    """Subscriptions are files ``NAME.json`` (mode 600) with `url` and `token`.

    One that cannot be read, or that others may read, is told in the log and passed over.
    """
    found = []
    for path in sorted(folder.glob("*.json")):
        try:
            members = json.loads(read_secret(path))
            found.append(
                Subscriber(name=path.stem, url=str(members["url"]), token=str(members["token"]))
            )
        except (OSError, ValueError, KeyError, TypeError) as error:
            _log.warning("status.subscription_unusable", file=path.name, what=str(error))
    return found


class PushingPublisher:
    """A `StatusPublisher` that also tells subscribers."""

    def __init__(self, lists: StatusLists, http: HttpClient, subscriptions: Path) -> None:
        self._lists = lists
        self._http = http
        self._subscriptions = subscriptions

    async def publish_changes(self, *, now: datetime) -> None:
        try:
            fresh = await self._lists.refresh(now=now)
        except Unavailable as error:
            _log.warning("status.not_published", what=error.what)
            return
        uris = [self._lists.uri(token.list_id) for token in fresh]
        if uris:
            subscribers = load_subscribers(self._subscriptions)
            await asyncio.gather(*(self._tell(one, uris) for one in subscribers))

    async def _tell(self, subscriber: Subscriber, uris: Sequence[str]) -> None:
        headers = {
            "content-type": "application/json",
            "authorization": f"Bearer {subscriber.token}",
        }
        request = HttpRequest(
            method="POST",
            url=subscriber.url,
            headers=headers,
            body=json.dumps({"uris": list(uris)}).encode(),
        )
        try:
            answer = await self._http.send(request)
        except Unavailable:
            _log.warning("status.push_failed", subscriber=subscriber.name)
            return
        if answer.status >= 300:
            _log.warning("status.push_refused", subscriber=subscriber.name, status=answer.status)
