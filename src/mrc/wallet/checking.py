"""Every copy that was received is checked before the holder sees it.

The issuer's signature under a trusted root, the validity, the type that was asked for, and that
the copy is bound to the key it was asked for: a card that fails at the first checker is found here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Protocol

from mrc.formats import base64url
from mrc.formats.jose import jwt
from mrc.formats.mdoc.issuer_signed import IssuerSigned, decode_issuer_signed
from mrc.formats.mdoc.mso import decode_mso
from mrc.formats.mdoc.verifying import (
    AuthenticMso,
    authenticate_issuer,
    check_digests,
    check_validity,
)
from mrc.formats.sd_jwt_vc import sd_jwt
from mrc.formats.sd_jwt_vc.issuer_trust import X5cTrust
from mrc.formats.sd_jwt_vc.verifying import (
    Expectation,
    check_issued,
    find_status,
    get_holder_key,
)
from mrc.formats.status_list.reference import StatusReference, decode_status
from mrc.formats.x509.chain import ChainChecker
from mrc.kernel.errors import Malformed, Rejected
from mrc.kernel.keys import Algorithm, EcPublicKey
from mrc.wallet.holdings import Format
from mrc.wallet.json_values import json_value
from mrc.wallet.reasons import Reason

ISSUER_ALGORITHMS = (Algorithm.ES256, Algorithm.ES384, Algorithm.ES512, Algorithm.EDDSA)
FAR_FUTURE = datetime(9999, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedCopy:
    """What a received copy says, after its checks.

    `claims` maps mdoc namespaces to elements, or is the SD-JWT's processed payload, as JSON can
    say it (dates as ISO text, bytes as base64url).
    """

    type: str
    claims: Mapping[str, object] = field(repr=False)
    valid_until: datetime
    status: StatusReference | None


class CopyChecker(Protocol):
    """One per format."""

    def bound_key(self, credential: str) -> EcPublicKey:
        """The key that the copy names as its holder's. Raises `Malformed`. Checks nothing else."""

    def check(
        self, credential: str, *, expected_type: str, expected_key: EcPublicKey, at: datetime
    ) -> CheckedCopy:
        """Raise `Malformed` or `Rejected` unless the copy is good, ours, and of that type."""


Checkers = Mapping[Format, CopyChecker]


class MdocChecker:
    """OpenID4VCI 1.0, A.2.4: base64url of IssuerSigned."""

    def __init__(self, trust: ChainChecker) -> None:
        self._trust = trust

    def bound_key(self, credential: str) -> EcPublicKey:
        payload = _issuer_signed(credential).issuer_auth.payload
        if payload is None:
            raise Malformed("IssuerAuth", "no payload")
        return _ec_key(decode_mso(payload).device_key)

    def check(
        self, credential: str, *, expected_type: str, expected_key: EcPublicKey, at: datetime
    ) -> CheckedCopy:
        issuer_signed = _issuer_signed(credential)
        authentic = authenticate_issuer(issuer_signed, trust=self._trust, at=at)
        elements = check_digests(issuer_signed, authentic=authentic)
        check_validity(authentic, at=at)
        _check_mso(authentic, expected_type, expected_key)
        mso = authentic.mso
        return CheckedCopy(
            type=mso.doc_type,
            claims={name: json_value(values) for name, values in elements.items()},
            valid_until=mso.validity.valid_until,
            status=None if mso.status is None else decode_status(mso.status),
        )


class SdJwtChecker:
    """OpenID4VCI 1.0, A.3.4: the SD-JWT as it is."""

    def __init__(self, trust: ChainChecker) -> None:
        self._trust = trust

    def bound_key(self, credential: str) -> EcPublicKey:
        return get_holder_key(sd_jwt.process(sd_jwt.decode(credential)))

    def check(
        self, credential: str, *, expected_type: str, expected_key: EcPublicKey, at: datetime
    ) -> CheckedCopy:
        expectation = Expectation(
            vcts=(expected_type,),
            issuer_algorithms=ISSUER_ALGORITHMS,
            trust=X5cTrust(checker=self._trust),
            binding=None,
            at=at,
        )
        verified = check_issued(
            sd_jwt.decode(credential),
            expectation=expectation,
            holder_key=expected_key,
            verifier=self._trust.verifier,
        )
        return CheckedCopy(
            type=expected_type,
            claims={k: v for k, v in verified.claims.items() if k not in PER_COPY_CLAIMS},
            valid_until=jwt.find_time(verified.claims, "exp") or FAR_FUTURE,
            status=find_status(verified),
        )


PER_COPY_CLAIMS = frozenset({"cnf", "status", "iat", "exp", "nbf", "_sd_alg"})
"""Claims about the copy, not about the person: they differ between copies and are not shown."""


def _issuer_signed(credential: str) -> IssuerSigned:
    return decode_issuer_signed(base64url.decode(credential))


def _check_mso(authentic: AuthenticMso, expected_type: str, expected_key: EcPublicKey) -> None:
    if authentic.mso.doc_type != expected_type:
        raise Rejected(Reason.CARD_TYPE_MISMATCH, "OpenID4VCI A.2.2")
    if authentic.mso.device_key != expected_key:
        raise Rejected(Reason.CARD_KEY_MISMATCH, "OpenID4VCI 8.3")


def _ec_key(key: object) -> EcPublicKey:
    if not isinstance(key, EcPublicKey):
        raise Malformed("deviceKey", "expected an elliptic curve key")
    return key


def check_alike(checked: Sequence[CheckedCopy]) -> None:
    """Raise `Rejected` unless all copies say the same: otherwise each could be told apart."""
    if any(one.claims != checked[0].claims for one in checked[1:]):
        raise Rejected(Reason.CARD_COPIES_DIFFER, "OpenID4VCI 3.3.2")
