"""Checking a card or a presentation from a file, without an exchange of our own.

A card as issued has no holder's part. A stored presentation has one, and what it was bound to can
be given (`Exchange`); where it is not, that part stays undetermined: nothing says who showed it.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime

from mrc.formats import base64url
from mrc.formats.mdoc.device_response import Document, decode_device_response
from mrc.formats.mdoc.issuer_signed import IssuerSigned, decode_issuer_signed
from mrc.formats.mdoc.verifying import (
    AuthenticMso,
    authenticate_issuer,
    check_digests,
    check_doc_type,
    check_validity,
)
from mrc.formats.sd_jwt_vc.sd_jwt import decode as decode_sd_jwt
from mrc.formats.status_list.reference import decode_status
from mrc.kernel.errors import Malformed, Rejected
from mrc.kernel.findings import Finding, failed, passed, undetermined
from mrc.protocols.dcql.query import CredentialFormat, CredentialQuery
from mrc.verifier.checks.mdoc import check_mdoc
from mrc.verifier.checks.presentation import CheckedPresentation, Exchange, check_authority
from mrc.verifier.checks.sd_jwt_vc import check_sd_jwt_vc
from mrc.verifier.policy import DEFAULT_MAX_STATUS_AGE, Verdict, judge
from mrc.verifier.reasons import Reason
from mrc.verifier.status import CHECK as STATUS_CHECK
from mrc.verifier.status import StatusAnswer, StatusLists, look_up
from mrc.verifier.trust import Authority, IssuerTrust

MAX_FILE = 4 * 2**20
"""Bytes of one file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredCheck:
    """What was found about a file; `claims` only where the verdict is not a no."""

    format: CredentialFormat
    type: str
    verdict: Verdict
    claims: dict[str, object] = field(repr=False)


async def check_stored(
    data: bytes,
    *,
    trust: IssuerTrust,
    exchange: Exchange | None,
    lists: StatusLists | None,
    at: datetime,
) -> StoredCheck:
    """Every check that the file allows. Raises `Malformed` where it is no card at all.

    `lists` None: offline, and the status stays undetermined.
    """
    if len(data) > MAX_FILE:
        raise Malformed("stored card", f"more than {MAX_FILE} bytes")
    text = _text(data)
    if text is not None and "~" in text:
        checked = _check_sd_jwt(text, trust, exchange, at)
    else:
        checked = _check_mdoc(data if text is None else _binary(text), trust, exchange, at)
    status = await _status(checked, lists, at)
    verdict = judge(
        [*checked.findings, status.finding],
        status_times=[] if status.as_of is None else [status.as_of],
        at=at,
        max_status_age=DEFAULT_MAX_STATUS_AGE,
    )
    return StoredCheck(
        format=CredentialFormat(checked.query.format),
        type=checked.type,
        verdict=verdict,
        claims=dict(checked.claims),
    )


def _text(data: bytes) -> str | None:
    try:
        return data.decode("ascii").strip()
    except UnicodeDecodeError:
        return None


def _binary(text: str) -> bytes:
    """An mdoc as hexadecimal or base64url text."""
    try:
        return bytes.fromhex(text)
    except ValueError:
        return base64url.decode(text)


def _check_sd_jwt(
    text: str, trust: IssuerTrust, exchange: Exchange | None, at: datetime
) -> CheckedPresentation:
    sd_jwt = decode_sd_jwt(text)
    vct = sd_jwt.payload.get("vct")
    query = CredentialQuery(
        id="stored",
        format=CredentialFormat.SD_JWT_VC.value,
        types=(vct if isinstance(vct, str) else "",),
        require_cryptographic_holder_binding=exchange is not None,
    )
    unbound = Exchange(client_id="", nonce="", response_uri="", jwk_thumbprint=None, opened_at=at)
    checked = check_sd_jwt_vc(text, query, exchange=exchange or unbound, trust=trust, at=at)
    if exchange is not None or sd_jwt.kb_jwt is None:
        return checked
    unknown = _not_reached("sd_jwt.key_binding", "RFC 9901 7.3")
    return replace(checked, findings=(*checked.findings, unknown))


def _check_mdoc(
    data: bytes, trust: IssuerTrust, exchange: Exchange | None, at: datetime
) -> CheckedPresentation:
    """A DeviceResponse, or the IssuerSigned that an issuer hands out."""
    try:
        response = decode_device_response(data)
    except Malformed:
        return _check_issuer_signed(decode_issuer_signed(data), None, trust, at)
    if len(response.documents) != 1:
        raise Malformed("DeviceResponse", f"{len(response.documents)} documents, expected one")
    [document] = response.documents
    if exchange is None:
        return _check_issuer_signed(document.issuer_signed, document, trust, at)
    query = _mdoc_query(document.doc_type)
    return check_mdoc(base64url.encode(data), query, exchange=exchange, trust=trust, at=at)


def _mdoc_query(doc_type: str) -> CredentialQuery:
    return CredentialQuery(id="stored", format=CredentialFormat.MSO_MDOC.value, types=(doc_type,))


def _check_issuer_signed(
    signed: IssuerSigned, document: Document | None, trust: IssuerTrust, at: datetime
) -> CheckedPresentation:
    """ISO/IEC 18013-5, 9.3.1, without the device's part."""
    clause = "18013-5 9.3.1"
    try:
        authentic = authenticate_issuer(signed, trust=trust.checker, at=at)
    except (Malformed, Rejected) as error:
        finding = _failure("mdoc.issuer", clause, error)
        return CheckedPresentation(query=_mdoc_query(""), type="", findings=(finding,))
    type_ = authentic.mso.doc_type
    found: dict[str, object] = {}
    findings = [passed("mdoc.issuer", clause)]
    findings.append(
        _finding("mdoc.digests", lambda: found.update(check_digests(signed, authentic=authentic)))
    )
    if document is not None:
        one = document
        findings.append(_finding("mdoc.doc_type", lambda: check_doc_type(one, authentic=authentic)))
    findings.append(_finding("mdoc.validity", lambda: check_validity(authentic, at=at)))
    authority = trust.get_authority(authentic.issuer.anchor)
    findings.append(check_authority("mdoc.authority", authority, type_))
    if document is not None:
        findings.append(_not_reached("mdoc.device_auth", "18013-5 9.1.3"))
    return _checked(authentic, authority, findings, found)


def _checked(
    authentic: AuthenticMso,
    authority: Authority,
    findings: list[Finding],
    claims: dict[str, object],
) -> CheckedPresentation:
    status = authentic.mso.status
    reference = None
    if status is not None:
        try:
            reference = decode_status(status)
        except Malformed as error:
            findings.append(_failure("mdoc.status_reference", "TSL 6.3", error))
    return CheckedPresentation(
        query=_mdoc_query(authentic.mso.doc_type),
        type=authentic.mso.doc_type,
        findings=tuple(findings),
        claims=claims,
        authority=authority,
        status=reference,
    )


def _finding(check: str, act: Callable[[], None]) -> Finding:
    try:
        act()
    except (Malformed, Rejected) as error:
        return _failure(check, "18013-5 9.3.1", error)
    return passed(check, "18013-5 9.3.1")


def _failure(check: str, clause: str, error: Malformed | Rejected) -> Finding:
    if isinstance(error, Rejected):
        return failed(check, error.clause, error.reason.value, error.detail)
    return failed(check, clause, Reason.MALFORMED.value, str(error))


async def _status(
    checked: CheckedPresentation, lists: StatusLists | None, at: datetime
) -> StatusAnswer:
    if checked.authority is None or (lists is None and checked.status is not None):
        return StatusAnswer(finding=_not_reached(STATUS_CHECK, "TSL 8.3"))
    if lists is None:
        return StatusAnswer(finding=passed(STATUS_CHECK, "TSL 6", "the issuer keeps no status"))
    anchors = checked.authority.anchors
    return await look_up(lists, checked.status, anchors=anchors, at=at)


def _not_reached(check: str, clause: str) -> Finding:
    return undetermined(check, clause, Reason.NOT_REACHED.value)
