"""What a bundle means for a document or a party: three-valued, with evidence of cheating."""

import base64
import json
from datetime import datetime, timedelta

import pytest

from mrc.kernel.findings import Outcome
from mrc.ledger import findings
from mrc.ledger.bundle import Bundle, encode_bundle
from mrc.ledger.findings import Document, Place
from mrc.ledger.proofs import check_bundle
from mrc.ledger.reasons import Reason
from mrc.ledger.statements import OrganisationId, Role, purpose_id
from tests.simulators.ledger_world import (
    ASKER,
    ASKER_KEY_HASH,
    CLAIMS,
    CWT,
    ISSUER,
    ISSUER_KEY_HASH,
    JWT,
    NOBODY,
    NOW,
    PURPOSE,
    TOKEN,
    URI,
    VALIDATORS,
    World,
    four_validators,
    reseal,
)

LIMIT = timedelta(minutes=30)


def judge(
    settled: World,
    bundle: bytes | None,
    *,
    issued_at: datetime = NOW,
    data: bytes = TOKEN,
    uri: str = URI,
    media_type: str = JWT,
    at: datetime = NOW,
    issuer_key_hash: bytes = ISSUER_KEY_HASH,
) -> findings.DocumentFinding:
    return findings.judge_document(
        Document(uri=uri, media_type=media_type, issued_at=issued_at, data=data),
        bundle,
        trust=four_validators(settled.client.address),
        at=at,
        max_unanchored_age=LIMIT,
        issuer_key_hash=issuer_key_hash,
    )


def test_the_anchored_document_passes(settled: World, good_bundle: Bundle) -> None:
    judged = judge(settled, encode_bundle(good_bundle))
    assert (judged.finding.outcome, judged.place) == (Outcome.PASSED, Place.ANCHORED)


def test_each_encoding_of_a_list_has_an_anchor_of_its_own(
    settled: World, good_bundle: Bundle
) -> None:
    judged = judge(settled, encode_bundle(good_bundle), media_type=CWT, data=TOKEN + b" in CBOR")
    assert judged.place is Place.ANCHORED


def test_a_newer_document_passes_within_its_age_limit(settled: World, good_bundle: Bundle) -> None:
    newer = NOW + timedelta(minutes=5)
    judged = judge(
        settled, encode_bundle(good_bundle), issued_at=newer, data=b"newer", at=newer + LIMIT
    )
    assert (judged.finding.outcome, judged.place) == (Outcome.PASSED, Place.NEWER)


def test_a_newer_document_beyond_its_age_limit_is_undetermined(
    settled: World, good_bundle: Bundle
) -> None:
    newer = NOW + timedelta(minutes=5)
    at = newer + LIMIT + timedelta(seconds=1)
    judged = judge(settled, encode_bundle(good_bundle), issued_at=newer, data=b"newer", at=at)
    assert judged.finding.outcome is Outcome.UNDETERMINED
    assert judged.finding.reason == Reason.ANCHOR_LATE


def test_an_older_document_is_refused(settled: World, good_bundle: Bundle) -> None:
    judged = judge(
        settled, encode_bundle(good_bundle), issued_at=NOW - timedelta(minutes=10), data=b"older"
    )
    assert (judged.finding.outcome, judged.place) == (Outcome.FAILED, Place.OLDER)
    assert judged.finding.reason == Reason.OLDER_THAN_ANCHOR


def test_another_document_of_the_same_time_is_evidence(settled: World, good_bundle: Bundle) -> None:
    bundle = encode_bundle(good_bundle)
    judged = judge(settled, bundle, data=b"another list of the same second")
    assert judged.finding.reason == Reason.CONTRADICTION
    assert judged.evidence is not None
    assert judged.evidence.bundle == bundle
    kept = json.loads(judged.evidence.encode())
    assert kept["found_digest"] != kept["anchored_digest"]
    assert base64.b64decode(kept["bundle"]) == bundle
    assert base64.b64decode(kept["found"]) == b"another list of the same second"


def test_another_issuers_document_in_this_stream_is_refused(
    settled: World, good_bundle: Bundle
) -> None:
    """The bundle proves both organisations; the stream is not that of the one who signed."""
    judged = judge(settled, encode_bundle(good_bundle), issuer_key_hash=ASKER_KEY_HASH)
    assert (judged.finding.outcome, judged.finding.reason) == (Outcome.FAILED, Reason.OTHER_STREAM)


def test_an_issuer_that_the_bundle_does_not_name_leaves_the_question_open(
    settled: World, good_bundle: Bundle
) -> None:
    judged = judge(settled, encode_bundle(good_bundle), issuer_key_hash=bytes(32))
    assert judged.finding.outcome is Outcome.UNDETERMINED


def test_no_bundle_leaves_the_question_open(settled: World) -> None:
    assert judge(settled, None).finding.outcome is Outcome.UNDETERMINED


def test_a_stale_bundle_leaves_the_question_open(settled: World, good_bundle: Bundle) -> None:
    judged = judge(settled, encode_bundle(good_bundle), at=NOW + timedelta(days=3))
    assert judged.finding.outcome is Outcome.UNDETERMINED
    assert judged.finding.reason == Reason.STALE_HEADER


def test_a_bundle_about_something_else_leaves_the_question_open(
    settled: World, good_bundle: Bundle
) -> None:
    judged = judge(settled, encode_bundle(good_bundle), uri=URI + "/other")
    assert judged.finding.outcome is Outcome.UNDETERMINED


@pytest.mark.parametrize("forged", [b"{}", b"not JSON"])
def test_a_malformed_bundle_fails(settled: World, forged: bytes) -> None:
    assert judge(settled, forged).finding.outcome is Outcome.FAILED


def test_a_forged_bundle_fails(settled: World, good_bundle: Bundle) -> None:
    forged = encode_bundle(reseal(good_bundle, VALIDATORS[:1]))
    judged = judge(settled, forged)
    assert (judged.finding.outcome, judged.finding.reason) == (
        Outcome.FAILED,
        Reason.TOO_FEW_SEALS,
    )


@pytest.mark.parametrize(
    ("name", "key_hash", "role", "at", "reason"),
    [
        (ISSUER, ISSUER_KEY_HASH, Role.ISSUER, NOW, None),
        (NOBODY, ISSUER_KEY_HASH, Role.ISSUER, NOW, Reason.NOT_REGISTERED),
        (ISSUER, bytes(32), Role.ISSUER, NOW, Reason.OTHER_KEY),
        (ISSUER, ISSUER_KEY_HASH, Role.ASKER, NOW, Reason.OTHER_ROLE),
        (ISSUER, ISSUER_KEY_HASH, Role.ISSUER, NOW - timedelta(days=2), Reason.NOT_YET_VALID),
        (ISSUER, ISSUER_KEY_HASH, Role.ISSUER, NOW + timedelta(days=366), Reason.EXPIRED),
        (OrganisationId(bytes(32)), ISSUER_KEY_HASH, Role.ISSUER, NOW, Reason.NOT_IN_BUNDLE),
    ],
)
def test_organisations_are_judged(
    settled: World,
    good_bundle: Bundle,
    name: OrganisationId,
    key_hash: bytes,
    role: Role,
    at: datetime,
    reason: Reason | None,
) -> None:
    facts = check_bundle(good_bundle, trust=four_validators(settled.client.address), at=NOW)
    found = findings.judge_organisation(
        facts, name, expected_key_hash=key_hash, expected_role=role, at=at
    )
    assert found.reason == reason


def test_entitlements_are_judged(settled: World, good_bundle: Bundle) -> None:
    facts = check_bundle(good_bundle, trust=four_validators(settled.client.address), at=NOW)
    judge_entitlement = findings.judge_entitlement
    good = judge_entitlement(facts, ASKER, PURPOSE, expected_claim_set_hash=CLAIMS)
    more = judge_entitlement(facts, ASKER, PURPOSE, expected_claim_set_hash=bytes(32))
    other = judge_entitlement(facts, ASKER, purpose_id("x"), expected_claim_set_hash=CLAIMS)
    outcomes = [found.outcome for found in (good, more, other)]
    assert outcomes == [Outcome.PASSED, Outcome.FAILED, Outcome.UNDETERMINED]
