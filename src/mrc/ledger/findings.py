"""What a proof bundle means for a document or a party at hand: three-valued findings.

Wallet and verifier ask here; their policy decides what an undetermined finding means. A bundle
that is missing or stale leaves a question open, a bundle that lies fails it.
"""

import base64
import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from mrc.kernel.errors import Malformed, Rejected
from mrc.kernel.findings import Finding, failed, passed, undetermined
from mrc.ledger.anchors import AnchoredPublication
from mrc.ledger.bundle import Entitlement, decode_bundle
from mrc.ledger.proofs import CLAUSE, LedgerTrust, ProvenFacts, check_bundle
from mrc.ledger.reasons import Reason
from mrc.ledger.statements import OrganisationId, PurposeId, Role, issuer_stream_id

DOCUMENT = "ledger.document"
ORGANISATION = "ledger.organisation"
ENTITLEMENT = "ledger.entitlement"
BUNDLE = "ledger.bundle"


class Place(StrEnum):
    """Where a document stands relative to its anchor."""

    ANCHORED = "anchored"
    NEWER = "newer"
    OLDER = "older"
    CONTRADICTING = "contradicting"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A served document at hand: the bytes as they came, and its own issue time (`iat`)."""

    uri: str
    media_type: str
    issued_at: datetime
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Contradiction:
    """Two documents for one list and one `iat`: evidence of cheating, to be kept and shown.

    Whoever has the found document (signed by its issuer) and the bundle can judge for themselves.
    """

    found: Document
    anchored: AnchoredPublication
    bundle: bytes

    def encode(self) -> bytes:
        """JSON for keeping and showing; binary members in base64."""
        members = {
            "uri": self.found.uri,
            "media_type": self.found.media_type,
            "iat": int(self.found.issued_at.timestamp()),
            "found": base64.b64encode(self.found.data).decode(),
            "found_digest": hashlib.sha256(self.found.data).hexdigest(),
            "anchored_digest": self.anchored.publication.digest.hex(),
            "stream": self.anchored.stream.hex(),
            "tick": self.anchored.tick,
            "bundle": base64.b64encode(self.bundle).decode(),
        }
        return json.dumps(members, indent=1).encode()


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentFinding:
    finding: Finding
    place: Place
    evidence: Contradiction | None = None


def judge_document(
    document: Document,
    bundle: bytes | None,
    *,
    trust: LedgerTrust,
    at: datetime,
    max_unanchored_age: timedelta,
    issuer_key_hash: bytes,
) -> DocumentFinding:
    """Whether the ledger knows this document as its issuer's.

    `issuer_key_hash`: of the root below which the document was signed. Only what stands in the
    stream of the organisation that acts under that key counts: anybody with a stream could
    anchor an old list of another issuer in it. Anchored in another one alone: failed; the bundle does not
    name the issuer: undetermined.

    Anchored: passed. Newer than the anchor: passed while its own age is within
    `max_unanchored_age`, else undetermined (the anchor is late). Older: failed. The same `iat`
    with another digest: failed, with evidence. No or stale bundle: undetermined.
    """
    facts, problem = read_bundle(bundle, trust=trust, at=at, check=DOCUMENT)
    if facts is None or bundle is None:
        return DocumentFinding(finding=problem, place=Place.UNKNOWN)
    found = find_publications(facts, document.uri, document.media_type)
    issuer = find_by_key(facts, issuer_key_hash)
    if not found or issuer is None:
        finding = undetermined(DOCUMENT, CLAUSE, Reason.NOT_IN_BUNDLE)
        return DocumentFinding(finding=finding, place=Place.UNKNOWN)
    stream = issuer_stream_id(issuer)
    entry = next((one for one in found if one.stream == stream), None)
    if entry is None:
        finding = failed(DOCUMENT, CLAUSE, Reason.OTHER_STREAM, "anchored by somebody else")
        return DocumentFinding(finding=finding, place=Place.UNKNOWN)
    return _compare(document, entry, bundle, at=at, max_unanchored_age=max_unanchored_age)


def judge_organisation(
    facts: ProvenFacts,
    organisation: OrganisationId,
    *,
    expected_key_hash: bytes,
    expected_role: Role,
    at: datetime,
) -> Finding:
    """Whether the organisation holds the role at the time `at`, under that key."""
    if organisation not in facts.organisations:
        return undetermined(ORGANISATION, CLAUSE, Reason.NOT_IN_BUNDLE)
    entry = facts.organisations[organisation]
    if entry is None:
        return failed(ORGANISATION, CLAUSE, Reason.NOT_REGISTERED)
    if entry.key_hash != expected_key_hash:
        return failed(ORGANISATION, CLAUSE, Reason.OTHER_KEY)
    if expected_role not in entry.roles:
        return failed(ORGANISATION, CLAUSE, Reason.OTHER_ROLE)
    if at < entry.valid_from:
        return failed(ORGANISATION, CLAUSE, Reason.NOT_YET_VALID)
    if at > entry.valid_until:
        return failed(ORGANISATION, CLAUSE, Reason.EXPIRED)
    if not entry.holds(expected_role, at=at):
        return failed(ORGANISATION, CLAUSE, Reason.NOT_ACTIVE)
    return passed(ORGANISATION, CLAUSE)


def judge_entitlement(
    facts: ProvenFacts,
    asker: OrganisationId,
    purpose: PurposeId,
    *,
    expected_claim_set_hash: bytes,
) -> Finding:
    """Whether the asker may ask for exactly that set of claims, for that purpose.

    Says nothing about the asker's own entry, which may have been stopped since: ask
    `judge_organisation` too.
    """
    name: Entitlement = (asker, purpose)
    if name not in facts.entitlements:
        return undetermined(ENTITLEMENT, CLAUSE, Reason.NOT_IN_BUNDLE)
    if facts.entitlements[name] != expected_claim_set_hash:
        return failed(ENTITLEMENT, CLAUSE, Reason.NOT_ENTITLED)
    return passed(ENTITLEMENT, CLAUSE)


def read_bundle(
    bundle: bytes | None, *, trust: LedgerTrust, at: datetime, check: str = BUNDLE
) -> tuple[ProvenFacts | None, Finding]:
    """The facts of a bundle, and the finding about the bundle itself."""
    if bundle is None:
        return None, undetermined(check, CLAUSE, Reason.NO_BUNDLE)
    try:
        facts = check_bundle(decode_bundle(bundle), trust=trust, at=at)
    except Malformed as error:
        return None, failed(check, CLAUSE, Reason.MALFORMED_BUNDLE, str(error))
    except Rejected as error:
        if error.reason is Reason.STALE_HEADER:
            return None, undetermined(check, error.clause, error.reason, error.detail)
        return None, failed(check, error.clause, error.reason, error.detail)
    return facts, passed(check, CLAUSE, f"block {facts.block_number}")


def find_publications(
    facts: ProvenFacts, uri: str, media_type: str
) -> tuple[AnchoredPublication, ...]:
    """The anchored publications of that address and encoding, the newest first, in any stream."""
    found = [
        entry
        for entry in facts.publications
        if entry.publication.uri == uri and entry.publication.media_type == media_type
    ]
    return tuple(sorted(found, key=lambda entry: entry.publication.iat, reverse=True))


def find_by_key(facts: ProvenFacts, hashed: bytes) -> OrganisationId | None:
    """The organisation that acts under the certificate of that hash, among those proven."""
    found = (
        name
        for name, entry in facts.organisations.items()
        if entry is not None and entry.key_hash == hashed
    )
    return next(found, None)


def _compare(
    document: Document,
    entry: AnchoredPublication,
    bundle: bytes,
    *,
    at: datetime,
    max_unanchored_age: timedelta,
) -> DocumentFinding:
    digest = hashlib.sha256(document.data).digest()
    iat, anchored = int(document.issued_at.timestamp()), entry.publication
    anchored_at = datetime.fromtimestamp(anchored.iat, UTC).isoformat()
    if iat < anchored.iat:
        finding = failed(
            DOCUMENT, CLAUSE, Reason.OLDER_THAN_ANCHOR, f"the anchored one is of {anchored_at}"
        )
        return DocumentFinding(finding=finding, place=Place.OLDER)
    if iat > anchored.iat:
        if at - document.issued_at <= max_unanchored_age:
            newer = passed(DOCUMENT, CLAUSE, f"newer than the anchored one of {anchored_at}")
        else:
            newer = undetermined(DOCUMENT, CLAUSE, Reason.ANCHOR_LATE)
        return DocumentFinding(finding=newer, place=Place.NEWER)
    if digest == anchored.digest:
        return DocumentFinding(finding=passed(DOCUMENT, CLAUSE), place=Place.ANCHORED)
    evidence = Contradiction(found=document, anchored=entry, bundle=bundle)
    return DocumentFinding(
        finding=failed(DOCUMENT, CLAUSE, Reason.CONTRADICTION, f"two documents of {anchored_at}"),
        place=Place.CONTRADICTING,
        evidence=evidence,
    )
