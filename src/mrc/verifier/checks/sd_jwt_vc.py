"""An SD-JWT VC in an answer: RFC 9901, 7.3; SD-JWT VC; OpenID4VP 1.0, B.3."""

from datetime import datetime, timedelta

from mrc.formats.jose import jws
from mrc.formats.jose.jwt import CLOCK_SKEW
from mrc.formats.sd_jwt_vc.issuer_trust import IssuerKey, X5cTrust
from mrc.formats.sd_jwt_vc.reasons import Reason as FormatReason
from mrc.formats.sd_jwt_vc.sd_jwt import SdJwt, decode
from mrc.formats.sd_jwt_vc.verifying import (
    Expectation,
    ExpectedBinding,
    Verification,
    verify_presentation,
)
from mrc.kernel.errors import Malformed, Rejected
from mrc.kernel.findings import failed
from mrc.kernel.keys import Algorithm, PublicKey
from mrc.protocols.dcql.query import CredentialQuery
from mrc.verifier.checks.presentation import CheckedPresentation, Exchange, check_authority
from mrc.verifier.reasons import Reason
from mrc.verifier.trust import Authority, IssuerTrust

ALGORITHMS = (Algorithm.ES256, Algorithm.ES384, Algorithm.ES512)


def check_sd_jwt_vc(
    text: str, query: CredentialQuery, *, exchange: Exchange, trust: IssuerTrust, at: datetime
) -> CheckedPresentation:
    """Every check of one `dc+sd-jwt` presentation; never raises for what a stranger sent.

    1. It decodes. 2. Issuer, disclosures, dates, type and key binding
    (`formats.sd_jwt_vc.verifying`); whether a key binding is needed is the query's word, never
    the presentation's. 3. The issuer may issue such cards.
    """
    try:
        sd_jwt = decode(text)  # 1
    except (Malformed, Rejected) as error:
        finding = failed("sd_jwt.decoding", "RFC 9901 4", Reason.MALFORMED.value, str(error))
        return CheckedPresentation(query=query, type=query.types[0], findings=(finding,))
    verification = verify_presentation(
        sd_jwt,
        expectation=Expectation(
            vcts=query.types,
            issuer_algorithms=ALGORITHMS,
            trust=_CardIssuers(trust),
            binding=_expected_binding(query, exchange, at),
            at=at,
        ),
        verifier=trust.verifier,
    )
    return _combine(query, verification, trust)


def _expected_binding(
    query: CredentialQuery, exchange: Exchange, at: datetime
) -> ExpectedBinding | None:
    """B.3.6. The key binding is made after the question: an older one is a replay."""
    if not query.require_cryptographic_holder_binding:
        return None
    return ExpectedBinding(
        audience=exchange.client_id,
        nonce=exchange.nonce,
        algorithms=ALGORITHMS,
        max_age=max(at - exchange.opened_at, timedelta()) + CLOCK_SKEW,
    )


class _CardIssuers:
    """By certificates where the card brings some, else by a key that an operator trusts.

    Either way only a root or key of `trust` counts; HAIP 6.1.1 knows only certificates.
    """

    def __init__(self, trust: IssuerTrust) -> None:
        self._trust = trust

    def issuer_key(self, sd_jwt: SdJwt, *, at: datetime) -> IssuerKey:
        if "x5c" in sd_jwt.jws.header or not self._trust.keys:
            return X5cTrust(checker=self._trust.checker).issuer_key(sd_jwt, at=at)
        for key in self._trust.keys:
            if self._signed(sd_jwt, key):
                return IssuerKey(key=key, chain=None)
        raise Rejected(FormatReason.NO_ISSUER_KEY, "SD-JWT VC 2.5", "no trusted key signed")

    def _signed(self, sd_jwt: SdJwt, key: PublicKey) -> bool:
        try:
            jws.check_signature(
                sd_jwt.jws, key=key, expected_algorithms=ALGORITHMS, verifier=self._trust.verifier
            )
        except Rejected:
            return False
        return True


def _combine(
    query: CredentialQuery, verification: Verification, trust: IssuerTrust
) -> CheckedPresentation:
    issuer, verified = verification.issuer, verification.verified
    authority = None if issuer is None else _authority(issuer, trust)
    claims = {} if verified is None else verified.claims
    type_ = str(claims.get("vct", query.types[0]))
    may_issue = check_authority("sd_jwt_vc.authority", authority, type_)  # 3
    return CheckedPresentation(
        query=query,
        type=type_,
        findings=(*verification.findings, may_issue),
        claims=claims,
        authority=authority,
        status=verification.status,
        key_binding=verification.key_binding or {},
    )


def _authority(issuer: IssuerKey, trust: IssuerTrust) -> Authority:
    if issuer.chain is None:
        return trust.get_key_authority(issuer.key)
    return trust.get_authority(issuer.chain.anchor)
