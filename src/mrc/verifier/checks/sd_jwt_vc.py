"""An SD-JWT VC in an answer: RFC 9901, 7.3; SD-JWT VC; OpenID4VP 1.0, B.3."""

from datetime import datetime, timedelta

from mrc.formats.jose.jwt import CLOCK_SKEW
from mrc.formats.sd_jwt_vc.issuer_trust import X5cTrust
from mrc.formats.sd_jwt_vc.sd_jwt import decode
from mrc.formats.sd_jwt_vc.verifying import (
    Expectation,
    ExpectedBinding,
    Verification,
    verify_presentation,
)
from mrc.kernel.errors import Malformed, Rejected
from mrc.kernel.findings import failed
from mrc.kernel.keys import Algorithm
from mrc.protocols.dcql.query import CredentialQuery
from mrc.verifier.checks.presentation import CheckedPresentation, Exchange, check_authority
from mrc.verifier.reasons import Reason
from mrc.verifier.trust import IssuerTrust

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
            trust=X5cTrust(checker=trust.checker),
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


def _combine(
    query: CredentialQuery, verification: Verification, trust: IssuerTrust
) -> CheckedPresentation:
    issuer, verified = verification.issuer, verification.verified
    anchor = None if issuer is None or issuer.chain is None else issuer.chain.anchor
    claims = {} if verified is None else verified.claims
    type_ = str(claims.get("vct", query.types[0]))
    authority = check_authority("sd_jwt_vc.authority", anchor, type_, trust)  # 3
    return CheckedPresentation(
        query=query,
        type=type_,
        findings=(*verification.findings, authority),
        claims=claims,
        anchor=anchor,
        status=verification.status,
        key_binding=verification.key_binding or {},
    )
