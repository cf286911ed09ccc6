"""What a check of one presentation needs to know, and what it gives back, in either format."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from mrc.formats.status_list.reference import StatusReference
from mrc.kernel.findings import Finding, Outcome, failed, passed, undetermined, worst
from mrc.protocols.dcql.query import CredentialQuery
from mrc.verifier.reasons import Reason
from mrc.verifier.trust import Authority

TYPE_CLAUSE = "OpenID4VP 8.6 (2.2)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """The exchange that a presentation must answer; nothing of it comes from the answer.

    `jwk_thumbprint` None: the answer was not encrypted.
    """

    client_id: str
    nonce: str = field(repr=False)
    response_uri: str
    jwk_thumbprint: bytes | None
    opened_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedPresentation:
    """One presentation after its format's checks.

    `claims` are what the issuer signed and the holder disclosed, empty where a check failed;
    `authority` is behind the root or key that signed; `key_binding` the claims of an SD-JWT's key
    binding.
    """

    query: CredentialQuery
    type: str
    findings: tuple[Finding, ...]
    claims: Mapping[str, object] = field(default_factory=dict, repr=False)
    authority: Authority | None = None
    status: StatusReference | None = None
    key_binding: Mapping[str, object] = field(default_factory=dict, repr=False)

    @property
    def passed(self) -> bool:
        return worst(self.findings) is Outcome.PASSED


def check_type(check: str, found: str, query: CredentialQuery) -> Finding:
    """Whether the card is of a type that was asked for."""
    if found in query.types:
        return passed(check, TYPE_CLAUSE)
    expected = ", ".join(query.types)
    return failed(check, TYPE_CLAUSE, Reason.WRONG_TYPE.value, f"expected {expected}")


def check_authority(check: str, authority: Authority | None, type_: str) -> Finding:
    """Whether the authority behind the signature may issue cards of this type at all."""
    clause = "OpenID4VP 8.6 (2.5)"
    if authority is None:
        return undetermined(check, clause, Reason.NOT_REACHED.value)
    if authority.may_issue(type_):
        return passed(check, clause, authority.name)
    return failed(check, clause, Reason.NOT_ITS_TYPE.value, authority.name)
