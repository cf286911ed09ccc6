"""Asks the ledger about a fetched status list: the bundle beside it, checked offline.

The bundle's address comes in the list's `Link` header and must be of the list's own origin. A
contradiction (two lists of one time) is written down before anything else happens with it.
"""

import asyncio
import hashlib
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import structlog

from mrc.formats.status_list.token import TrustedStatusList
from mrc.formats.x509.certificate import Certificate
from mrc.infra.files import write_atomic
from mrc.kernel.errors import Unavailable
from mrc.kernel.findings import Finding, failed, undetermined
from mrc.kernel.ports import HttpClient, HttpRequest, HttpResponse
from mrc.ledger.application import key_hash
from mrc.ledger.bundle import MAX_BUNDLE_BYTES, PROOF_RELATION
from mrc.ledger.findings import (
    ORGANISATION,
    Contradiction,
    Document,
    find_by_key,
    judge_document,
    judge_organisation,
    read_bundle,
)
from mrc.ledger.proofs import CLAUSE, LedgerTrust
from mrc.ledger.reasons import Reason
from mrc.ledger.statements import Role
from mrc.verifier.ledger import Anchoring

PATIENCE_SECONDS = 2.0
_LINK = re.compile(r"\s*<([^<>\s]+)>\s*;(.*)\Z")
_log = structlog.get_logger(__name__)


class EvidenceFolder:
    """Contradictions as files, named by their content; nothing is ever replaced."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep(self, evidence: Contradiction) -> None:
        data = evidence.encode()
        path = self._folder / f"{hashlib.sha256(data).hexdigest()[:32]}.json"
        if not path.exists():
            write_atomic(path, data)
        _log.error("ledger_contradiction", uri=evidence.found.uri, evidence=path.name)

    def files(self) -> list[Path]:
        """Every piece of evidence, oldest first."""
        return sorted(self._folder.glob("*.json"), key=lambda path: path.stat().st_mtime)


@dataclass(frozen=True, slots=True, kw_only=True)
class ListLedger:
    """Judges lists by one trusted ledger. `max_unanchored_age`: how long a newer list may wait."""

    http: HttpClient
    trust: LedgerTrust
    evidence: EvidenceFolder
    max_unanchored_age: timedelta

    async def judge(
        self,
        answer: HttpResponse,
        media_type: str,
        found: TrustedStatusList,
        anchor: Certificate,
        at: datetime,
    ) -> Anchoring:
        """What the ledger says about `found` as it came in `answer`. Never raises for a bad bundle."""
        bundle = await self._fetch(answer, found.uri)
        document = Document(
            uri=found.uri, media_type=media_type, issued_at=found.issued_at, data=answer.body
        )
        judged = judge_document(
            document,
            bundle,
            trust=self.trust,
            at=at,
            max_unanchored_age=self.max_unanchored_age,
            issuer_key_hash=key_hash(anchor.der),
        )
        if judged.evidence is not None:
            self.evidence.keep(judged.evidence)
        return Anchoring(document=judged, issuer=self._judge_issuer(bundle, anchor, at))

    def _judge_issuer(self, bundle: bytes | None, anchor: Certificate, at: datetime) -> Finding:
        facts, problem = read_bundle(bundle, trust=self.trust, at=at, check=ORGANISATION)
        if facts is None:
            return problem
        name = find_by_key(facts, key_hash(anchor.der))
        if name is None:
            if facts.organisations:
                return failed(ORGANISATION, CLAUSE, Reason.OTHER_KEY)
            return undetermined(ORGANISATION, CLAUSE, Reason.NOT_IN_BUNDLE)
        return judge_organisation(
            facts,
            name,
            expected_key_hash=key_hash(anchor.der),
            expected_role=Role.ISSUER,
            at=at,
        )

    async def _fetch(self, answer: HttpResponse, uri: str) -> bytes | None:
        url = find_proof_link(answer.headers.get("link", ""), uri)
        if url is None:
            return None
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                found = await self.http.send(HttpRequest(method="GET", url=url))
        except (Unavailable, TimeoutError):
            return None
        whole = found.status == 200 and len(found.body) <= MAX_BUNDLE_BYTES
        return found.body if whole else None


def find_proof_link(header: str, uri: str) -> str | None:
    """The address of the bundle in a `Link` header (RFC 8288), if it is of the list's origin."""
    for part in header.split(","):
        matched = _LINK.match(part)
        if matched is None or f'rel="{PROOF_RELATION}"' not in matched[2]:
            continue
        if urlsplit(matched[1])[:2] == urlsplit(uri)[:2]:
            return matched[1]
    return None
