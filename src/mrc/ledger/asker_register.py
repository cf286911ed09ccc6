"""The register of askers, to be checked offline: who may ask, and for which sets of claims.

One document for everybody: a wallet fetches all of it and asks about nobody, so that fetching
tells no one who was asked by whom. A proof bundle with every asker's entry and entitlements, and
the sets of claims whose hashes the bundle proves.
"""

import json
from collections.abc import Mapping, Set
from dataclasses import dataclass
from datetime import datetime

from mrc.kernel.errors import Malformed
from mrc.kernel.findings import Finding, Outcome, failed, passed, undetermined
from mrc.ledger import strict_json
from mrc.ledger.application import key_hash
from mrc.ledger.findings import (
    ENTITLEMENT,
    ORGANISATION,
    find_by_key,
    judge_organisation,
    read_bundle,
)
from mrc.ledger.proofs import CLAUSE, LedgerTrust, ProvenFacts
from mrc.ledger.reasons import Reason
from mrc.ledger.statements import OrganisationId, Role, claim_set_hash, purpose_id
from mrc.ledger.strict_json import each, text

FORMAT = "mrc-asker-register-1"
MEDIA_TYPE = "application/vnd.mrc.asker-register+json"
MAX_BYTES = 2_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class AskerRegister:
    """Decoded, nothing of it checked. `claim_sets`: purpose code → claims, for any asker."""

    bundle: bytes
    claim_sets: tuple[tuple[str, frozenset[str]], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AskerStanding:
    """What the ledger says about an asker and its question.

    `excess`: claims asked for beyond the nearest set that the asker is entitled to.
    `as_of`: the time of the sealed block this rests on.
    """

    registration: Finding
    entitlement: Finding
    excess: frozenset[str] = frozenset()
    purpose: str | None = None
    as_of: datetime | None = None

    @property
    def registered(self) -> bool:
        return self.registration.outcome is Outcome.PASSED


def encode_register(bundle: bytes, claim_sets: Mapping[str, frozenset[str]]) -> bytes:
    members = {
        "format": FORMAT,
        "bundle": bundle.decode(),
        "claim_sets": [[code, sorted(claims)] for code, claims in sorted(claim_sets.items())],
    }
    return json.dumps(members, separators=(",", ":"), ensure_ascii=False).encode()


def decode_register(data: bytes) -> AskerRegister:
    """Raises `Malformed`."""
    found = strict_json.members(
        strict_json.load(data, max_bytes=MAX_BYTES), "format", "bundle", "claim_sets"
    )
    if found["format"] != FORMAT or not isinstance(found["bundle"], str):
        raise Malformed("asker register", "another format")
    return AskerRegister(
        bundle=found["bundle"].encode(), claim_sets=each(found["claim_sets"], _claim_set)
    )


def judge_asker(
    register: bytes | None,
    certificate: bytes,
    claims: Set[str],
    *,
    trust: LedgerTrust,
    at: datetime,
) -> AskerStanding:
    """Whether the holder of `certificate` (DER) is registered, and may ask for `claims`.

    No register, one that is too old, or one without this asker: undetermined, because leaving an
    asker out proves nothing about it. One that lies, and an entry that is stopped: failed.
    """
    try:
        decoded = None if register is None else decode_register(register)
    except Malformed as error:
        refused = failed(ORGANISATION, CLAUSE, Reason.MALFORMED_BUNDLE, str(error))
        return AskerStanding(registration=refused, entitlement=_open(Reason.MALFORMED_BUNDLE))
    bundle = None if decoded is None else decoded.bundle
    facts, problem = read_bundle(bundle, trust=trust, at=at, check=ORGANISATION)
    if facts is None or decoded is None:
        return AskerStanding(registration=problem, entitlement=_open(Reason.NO_BUNDLE))
    name = find_by_key(facts, key_hash(certificate))
    if name is None:
        return AskerStanding(
            registration=undetermined(ORGANISATION, CLAUSE, Reason.NOT_IN_BUNDLE),
            entitlement=_open(Reason.NOT_IN_BUNDLE),
            as_of=facts.sealed_at,
        )
    return _judge_known(facts, name, decoded, certificate, frozenset(claims), at)


def _judge_known(
    facts: ProvenFacts,
    name: OrganisationId,
    register: AskerRegister,
    certificate: bytes,
    claims: frozenset[str],
    at: datetime,
) -> AskerStanding:
    registration = judge_organisation(
        facts,
        name,
        expected_key_hash=key_hash(certificate),
        expected_role=Role.ASKER,
        at=at,
    )
    nearest = min(
        _proven_sets(facts, name, register),
        key=lambda entry: (len(claims - entry[1]), len(entry[1]), entry[0]),
        default=None,
    )
    excess = claims if nearest is None else claims - nearest[1]
    entitlement = passed(ENTITLEMENT, CLAUSE)
    if excess or nearest is None:
        detail = f"{len(excess)} of {len(claims)} claims are beyond what is registered"
        entitlement = failed(ENTITLEMENT, CLAUSE, Reason.NOT_ENTITLED, detail)
    return AskerStanding(
        registration=registration,
        entitlement=entitlement,
        excess=excess,
        purpose=None if nearest is None else nearest[0],
        as_of=facts.sealed_at,
    )


def _proven_sets(
    facts: ProvenFacts, asker: OrganisationId, register: AskerRegister
) -> list[tuple[str, frozenset[str]]]:
    """The sets of claims whose hash stands on the ledger for this asker and purpose."""
    return [
        (code, claims)
        for code, claims in register.claim_sets
        if facts.entitlements.get((asker, purpose_id(code))) == claim_set_hash(claims)
    ]


def _open(reason: Reason) -> Finding:
    return undetermined(ENTITLEMENT, CLAUSE, reason)


def _claim_set(value: object) -> tuple[str, frozenset[str]]:
    if not isinstance(value, list) or len(value) != 2:
        raise Malformed("asker register", "a set of claims is a code and names")
    return text(value[0]), frozenset(each(value[1], text))
