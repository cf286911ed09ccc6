"""The ledger's word about an asker: registered, and asking for no more than it may.

The whole register of askers is fetched, the same for every wallet, and checked here against the ledger
that this wallet trusts: nobody learns from the fetching who asked this holder.
"""

import asyncio
from collections.abc import Set
from datetime import datetime, timedelta
from typing import Protocol

from mrc.formats.catalogue.card_types import CardDefinition, Catalogue
from mrc.formats.catalogue.claim import Claim
from mrc.formats.x509.certificate import Certificate
from mrc.kernel.errors import Unavailable
from mrc.kernel.ports import HttpClient, HttpRequest
from mrc.ledger.asker_register import MAX_BYTES, AskerStanding, judge_asker
from mrc.ledger.proofs import LedgerTrust
from mrc.protocols.dcql.query import CredentialQuery, DcqlQuery

KEPT_FOR = timedelta(minutes=10)
PATIENCE_SECONDS = 2.0


class AskerRegister(Protocol):
    async def standing(
        self, certificate: Certificate, claims: Set[str], *, at: datetime
    ) -> AskerStanding:
        """What the ledger says. Never raises: what could not be learnt is undetermined."""


class FetchedRegister:
    """An `AskerRegister` from an address, kept for a while; an old one serves until a new one comes."""

    def __init__(self, http: HttpClient, url: str, trust: LedgerTrust) -> None:
        self._http = http
        self._url = url
        self._trust = trust
        self._kept: tuple[datetime, bytes] | None = None

    async def standing(
        self, certificate: Certificate, claims: Set[str], *, at: datetime
    ) -> AskerStanding:
        register = await self._newest(at)
        return judge_asker(register, certificate.der, claims, trust=self._trust, at=at)

    async def _newest(self, at: datetime) -> bytes | None:
        if self._kept is None or at - self._kept[0] > KEPT_FOR:
            fetched = await self._fetch()
            if fetched is not None:
                self._kept = (at, fetched)
        return None if self._kept is None else self._kept[1]

    async def _fetch(self) -> bytes | None:
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                answer = await self._http.send(HttpRequest(method="GET", url=self._url))
        except (Unavailable, TimeoutError):
            return None
        whole = answer.status == 200 and len(answer.body) <= MAX_BYTES
        return answer.body if whole else None


def asked_claims(query: DcqlQuery, catalogue: Catalogue) -> frozenset[str]:
    """The names of everything a query asks for, by the catalogue; what it lacks by its own path.

    A query without claims asks for whatever the card shows: that is more than any purpose names.
    """
    return frozenset(
        name for credential in query.credentials for name in _names(credential, catalogue)
    )


def _names(query: CredentialQuery, catalogue: Catalogue) -> Set[str]:
    definitions = [
        definition
        for definition in catalogue.definitions.values()
        if {definition.doctype, definition.vct} & set(query.types)
    ]
    if not query.claims:
        return {"*"}
    return {_name(claim.path, definitions) for claim in query.claims}


def _name(path: tuple[object, ...], definitions: list[CardDefinition]) -> str:
    steps = tuple(str(step) for step in path)
    for definition in definitions:
        found: Claim | None = definition.find_path(steps)
        if found is None and len(steps) == 2:
            found = definition.find_element(*steps)
        if found is not None:
            return found.key
    return ".".join(steps)
