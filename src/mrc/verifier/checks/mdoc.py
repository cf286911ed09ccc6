"""An mdoc in an answer: ISO/IEC 18013-5:2021, 9.3; OpenID4VP 1.0, B.2; HAIP 1.0, 5.3.1."""

from datetime import datetime

from mrc.formats import base64url
from mrc.formats.mdoc.device_response import DeviceResponse, decode_device_response
from mrc.formats.mdoc.session_transcript import openid4vp_redirect
from mrc.formats.mdoc.verifying import DocumentVerdict, verify_device_response
from mrc.formats.status_list.reference import StatusReference, decode_status
from mrc.kernel.errors import Malformed
from mrc.kernel.findings import Finding, failed, passed
from mrc.protocols.dcql.query import CredentialQuery
from mrc.verifier.checks.presentation import (
    CheckedPresentation,
    Exchange,
    check_authority,
    check_type,
)
from mrc.verifier.reasons import Reason
from mrc.verifier.trust import IssuerTrust


def check_mdoc(
    text: str, query: CredentialQuery, *, exchange: Exchange, trust: IssuerTrust, at: datetime
) -> CheckedPresentation:
    """Every check of one `mso_mdoc` presentation; never raises for what a stranger sent.

    1. It decodes. 2. It is one document (HAIP 5.3.1). 3. It is of the type that was asked for.
    4. Issuer, digests, dates and device (`formats.mdoc.verifying`). 5. The issuer may issue such
    cards. 6. Its reference to a status list decodes. A MAC is refused: no key agreement was
    offered (B.2.2).
    """
    try:
        response = decode_device_response(base64url.decode(text))  # 1
    except Malformed as error:
        finding = failed("mdoc.decoding", "18013-5 8.3.2.1.2.2", Reason.MALFORMED.value, str(error))
        return CheckedPresentation(query=query, type=query.types[0], findings=(finding,))
    single = _check_single(response)  # 2
    if single.reason is not None:
        return CheckedPresentation(query=query, type=query.types[0], findings=(single,))
    transcript = openid4vp_redirect(
        client_id=exchange.client_id,
        nonce=exchange.nonce,
        jwk_thumbprint=exchange.jwk_thumbprint,
        response_uri=exchange.response_uri,
    )
    verdict = verify_device_response(
        response, trust=trust.checker, session_transcript=transcript, at=at
    )
    type_ = response.documents[0].doc_type
    asked = check_type("mdoc.doc_type_asked", type_, query)  # 3
    return _combine(query, (single, asked, *verdict.findings), verdict.documents[0], trust)


def _check_single(response: DeviceResponse) -> Finding:
    count = len(response.documents)
    if count == 1:
        return passed("mdoc.single_document", "HAIP 5.3.1")
    detail = f"{count} documents, status {response.status}"
    return failed("mdoc.single_document", "HAIP 5.3.1", Reason.SEVERAL_DOCUMENTS.value, detail)


def _combine(
    query: CredentialQuery,
    findings: tuple[Finding, ...],
    verdict: DocumentVerdict,
    trust: IssuerTrust,
) -> CheckedPresentation:
    authentic = verdict.authentic
    authority = None if authentic is None else trust.get_authority(authentic.issuer.anchor)
    may_issue = check_authority("mdoc.authority", authority, verdict.doc_type)  # 5
    status, reference = _decode_status(verdict)  # 6
    return CheckedPresentation(
        query=query,
        type=verdict.doc_type,
        findings=(*findings, may_issue, status),
        claims=verdict.disclosed,
        authority=authority,
        status=reference,
    )


def _decode_status(verdict: DocumentVerdict) -> tuple[Finding, StatusReference | None]:
    check, clause = "mdoc.status_reference", "TSL 6.3"
    mso = None if verdict.authentic is None else verdict.authentic.mso
    if mso is None or mso.status is None:
        return passed(check, clause), None
    try:
        return passed(check, clause), decode_status(mso.status)
    except Malformed as error:
        return failed(check, clause, Reason.MALFORMED.value, str(error)), None
