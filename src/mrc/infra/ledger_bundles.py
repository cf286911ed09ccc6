"""Proof bundles from the ledger's role, kept for a part of a tick and handed on beside each list.

A ledger that does not answer in time takes nothing with it: there is no bundle then, and whoever
checks the list decides what that means.
"""

import asyncio
import time
from urllib.parse import urlencode

import structlog

from mrc.kernel.errors import Unavailable
from mrc.kernel.ports import HttpClient, HttpRequest
from mrc.ledger.bundle import MAX_BUNDLE_BYTES

PATIENCE_SECONDS = 2.0
MAX_KEPT = 512
_log = structlog.get_logger(__name__)


class LedgerBundles:
    """Bundles of one installation's ledger by address and media type."""

    def __init__(self, http: HttpClient, url: str, *, keep_seconds: float) -> None:
        self._http = http
        self._url = url
        self._keep_seconds = keep_seconds
        self._kept: dict[tuple[str, str], tuple[float, bytes]] = {}

    async def find(self, uri: str, media_type: str) -> bytes | None:
        """The newest bundle about a document, None where there is none."""
        name = (uri, media_type)
        kept = self._kept.get(name)
        if kept is not None and time.monotonic() < kept[0]:
            return kept[1]
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                found = await self._fetch(uri, media_type)
        except (Unavailable, TimeoutError):
            _log.info("ledger_bundle_not_reached")
            return None
        if found is not None:
            if len(self._kept) >= MAX_KEPT:
                self._kept.clear()
            self._kept[name] = (time.monotonic() + self._keep_seconds, found)
        return found

    async def _fetch(self, uri: str, media_type: str) -> bytes | None:
        query = urlencode({"uri": uri, "media_type": media_type})
        answer = await self._http.send(
            HttpRequest(method="GET", url=f"{self._url}/bundles?{query}")
        )
        whole = answer.status == 200 and len(answer.body) <= MAX_BUNDLE_BYTES
        return answer.body if whole else None
