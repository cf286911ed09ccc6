"""What a tick anchors: every list that an issuer serves, fetched as anybody would.

Only what its issuer signed below its registered root is anchored. A list that goes back in time,
or comes with the same `iat` and other bytes, does not replace what was anchored: the ledger keeps the
word that was given first. An issuer that does not answer keeps its last publications.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog

from mrc.formats.status_list import cwt_token, jwt_token
from mrc.formats.status_list.aggregation import decode_aggregation
from mrc.formats.x509.certificate import Certificate
from mrc.infra.status_client import check_list
from mrc.kernel.errors import Malformed, MrcError, Unavailable
from mrc.kernel.ports import HttpClient, HttpRequest, SignatureVerifier
from mrc.ledger.anchors import Publication, publication

FORMS = (jwt_token.MEDIA_TYPE, cwt_token.MEDIA_TYPE)
METADATA_TYPE = "application/json"
MAX_LISTS = 256
_METADATA_PATH = "/.well-known/openid-credential-issuer"
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A registered issuer: where it publishes, and the root its lists must be signed below."""

    url: str
    root: Certificate

    @property
    def metadata_uri(self) -> str:
        return self.url + _METADATA_PATH


class PublishedLists:
    """Collects the publications of a source."""

    def __init__(self, http: HttpClient, verifier: SignatureVerifier, source: Source) -> None:
        self._http = http
        self._verifier = verifier
        self._source = source

    async def collect(
        self, earlier: Sequence[Publication], now: datetime
    ) -> tuple[Publication, ...]:
        """Everything published now, in the place of what was anchored `earlier`."""
        kept = {(entry.uri, entry.media_type): entry for entry in earlier}
        try:
            await self._collect(kept, now)
        except MrcError as error:
            _log.warning("ledger_source_not_read", url=self._source.url, detail=str(error))
        return tuple(kept.values())

    async def _collect(self, kept: dict[tuple[str, str], Publication], now: datetime) -> None:
        self._keep(kept, await self._metadata(kept, now))
        for uri in await self._uris():
            for form in FORMS:
                self._keep(kept, await self._list(uri, form, now))

    async def _list(self, uri: str, form: str, now: datetime) -> Publication:
        request = HttpRequest(method="GET", url=uri, headers={"accept": form})
        answer = await self._http.send(request)
        root = self._source.root
        found, _ = check_list(answer, uri, anchors=[root], at=now, verifier=self._verifier)
        return publication(uri, form, found.issued_at, answer.body)

    async def _metadata(
        self, kept: dict[tuple[str, str], Publication], now: datetime
    ) -> Publication:
        """Metadata states no time: it is of when it was first seen."""
        uri = self._source.metadata_uri
        made = publication(uri, METADATA_TYPE, now, await self._get(uri, METADATA_TYPE))
        known = kept.get((uri, METADATA_TYPE))
        return known if known is not None and known.digest == made.digest else made

    async def _uris(self) -> Sequence[str]:
        source = self._source
        uris = decode_aggregation(await self._get(f"{source.url}/status", "application/json"))
        if not all(uri.startswith(f"{source.url}/") for uri in uris):
            raise Malformed("status list aggregation", "lists of somebody else")
        return uris[:MAX_LISTS]

    async def _get(self, url: str, accept: str) -> bytes:
        answer = await self._http.send(
            HttpRequest(method="GET", url=url, headers={"accept": accept})
        )
        if answer.status != 200:
            raise Unavailable(url, f"HTTP {answer.status}")
        return answer.body

    @staticmethod
    def _keep(kept: dict[tuple[str, str], Publication], entry: Publication) -> None:
        name = (entry.uri, entry.media_type)
        known = kept.get(name)
        if known is None or entry.iat > known.iat:
            kept[name] = entry
        elif entry.iat < known.iat:
            _log.error("ledger_list_went_back", uri=entry.uri, media_type=entry.media_type)
        elif entry.digest != known.digest:
            _log.error("ledger_two_lists_of_one_time", uri=entry.uri, media_type=entry.media_type)
