"""A register of askers as it was served once: checked by this room alone, also in a phone's browser.

`tests/vectors/ledger/asker-register.json` holds three askers, each entitled to "age-19" (one claim) and to
"identity" (two), sealed by four validators.
"""

import json
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from mrc.kernel.findings import Outcome
from mrc.ledger.asker_register import AskerStanding, judge_asker
from mrc.ledger.headers import Address
from mrc.ledger.proofs import LedgerTrust
from mrc.ledger.reasons import Reason

VECTOR = json.loads((Path(__file__).parents[1] / "vectors/ledger/asker-register.json").read_text())
AT = datetime.fromisoformat(VECTOR["at"])
REGISTER = VECTOR["register"].encode()
KNOWN = VECTOR["certificates"][1].encode()
VALIDATORS = frozenset(Address(bytes.fromhex(one[2:])) for one in VECTOR["validators"])
TRUST = LedgerTrust(contract=Address(bytes.fromhex(VECTOR["contract"][2:])), validators=VALIDATORS)
AGE = frozenset({"age_over_19"})


def judge(
    register: bytes | None = REGISTER,
    certificate: bytes = KNOWN,
    claims: frozenset[str] = AGE,
    trust: LedgerTrust = TRUST,
    at: datetime = AT,
) -> AskerStanding:
    return judge_asker(register, certificate, claims, trust=trust, at=at)


FORGED = {
    "another validator's seals": (
        judge(
            trust=LedgerTrust(contract=TRUST.contract, validators=frozenset([Address(bytes(20))]))
        ),
        Reason.OTHER_VALIDATORS,
    ),
    "another contract": (
        judge(trust=LedgerTrust(contract=Address(bytes(20)), validators=VALIDATORS)),
        Reason.OTHER_CONTRACT,
    ),
    "an altered bundle": (judge(REGISTER.replace(b"nodes", b"nodez")), Reason.MALFORMED_BUNDLE),
    "text": (judge(b"<html>"), Reason.MALFORMED_BUNDLE),
}


@pytest.mark.parametrize("how", FORGED)
def test_a_register_that_lies_is_refused(how: str) -> None:
    standing, reason = FORGED[how]
    assert (standing.registration.outcome, standing.registration.reason) == (
        Outcome.FAILED,
        reason,
    )


def test_a_set_of_claims_that_was_widened_is_worth_nothing() -> None:
    """The sets stand beside the proof; only their hashes are in it."""
    members = json.loads(REGISTER)
    members["claim_sets"][0][1] += ["portrait"]
    standing = judge(json.dumps(members).encode(), claims=frozenset({"portrait"}))
    assert standing.registered
    assert standing.excess == {"portrait"}


def test_a_registered_asker_may_ask_for_what_it_is_entitled_to() -> None:
    standing = judge()
    assert standing.registered
    assert standing.entitlement.outcome is Outcome.PASSED
    assert standing.purpose == "age-19"


def test_what_goes_beyond_is_named() -> None:
    standing = judge(claims=AGE | {"portrait"})
    assert standing.registered
    assert standing.entitlement.outcome is Outcome.FAILED
    assert standing.excess == {"portrait"}


@pytest.mark.parametrize(
    ("standing", "reason"),
    [
        (judge(certificate=b"somebody else"), Reason.NOT_IN_BUNDLE),
        (judge(register=None), Reason.NO_BUNDLE),
        (judge(at=AT + timedelta(days=2)), Reason.STALE_HEADER),
    ],
)
def test_what_cannot_be_known_is_undetermined(standing: AskerStanding, reason: Reason) -> None:
    assert standing.registration.outcome is Outcome.UNDETERMINED
    assert standing.registration.reason == reason
    assert not standing.registered
