"""What the ledger's word about a status list means for a check: the policy on anchors.

The finding about a list comes from `mrc.ledger.findings.judge_document`, the one about its issuer from
`judge_organisation`; here an operator's policy weighs them. Evidence of a contradiction is kept whatever
the policy says.

| found | off | note | required |
|---|---|---|---|
| confirmed | nothing | passed | passed |
| missing, late or stale | nothing | passed, and said so | undetermined |
| older, contradicting or forged | nothing | undetermined | failed |
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Protocol

from mrc.kernel.findings import Finding, Outcome, passed, undetermined
from mrc.ledger.findings import DocumentFinding
from mrc.ledger.proofs import CLAUSE
from mrc.ledger.reasons import Reason as LedgerReason

LIST_CHECK = "ledger.status_list"
ISSUER_CHECK = "ledger.issuer"


class LedgerPolicy(StrEnum):
    OFF = "off"
    NOTE = "note"
    REQUIRED = "required"


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchoring:
    """What one bundle says about a list and about the issuer whose root it was signed below."""

    document: DocumentFinding
    issuer: Finding


class AnchoredLists(Protocol):
    def find_anchoring(self, uri: str) -> Anchoring | None:
        """About the list last given out for `uri`; None where the ledger was not asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerGrounds:
    """Where to learn about anchors, and what they mean here."""

    lists: AnchoredLists
    policy: LedgerPolicy

    def findings(self, uri: str) -> Iterator[Finding]:
        """The weighed findings about the list at `uri` that was just used."""
        if self.policy is LedgerPolicy.OFF:
            return
        found = self.lists.find_anchoring(uri)
        if found is None:
            nothing = undetermined(LIST_CHECK, CLAUSE, LedgerReason.NO_BUNDLE)
            yield weigh(nothing, policy=self.policy)
            return
        yield weigh(replace(found.document.finding, check=LIST_CHECK), policy=self.policy)
        yield weigh(replace(found.issuer, check=ISSUER_CHECK), policy=self.policy)


def weigh(finding: Finding, *, policy: LedgerPolicy) -> Finding:
    """The finding as the policy takes it; a reason that was put aside stays in the detail."""
    if policy is LedgerPolicy.REQUIRED or finding.outcome is Outcome.PASSED:
        return finding
    if finding.outcome is Outcome.FAILED:
        return replace(finding, outcome=Outcome.UNDETERMINED)
    detail = f"not confirmed: {finding.reason}"
    return passed(finding.check, finding.clause, detail)
