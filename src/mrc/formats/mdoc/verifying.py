"""Verifying an mdoc, in the standard's order (ISO/IEC 18013-5:2021, 9.3.1 and 9.3.2).

Issuer data: 1. the certificate chain; 2. the signature of IssuerAuth; 3. the digest of every item;
4. the document type; 5. the dates. Then mdoc authentication: 6. signature or MAC of the device
over this exchange, and what the device key may vouch for.

Each check stands alone and raises; `verify_document` makes all and gives findings. Status and
revocation of the card are not here: see `formats.status_list`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from mrc.formats.cose import reasons as cose_reasons
from mrc.formats.cose.mac0 import check_mac0
from mrc.formats.cose.sign1 import check_sign1
from mrc.formats.mdoc.device_authentication import device_authentication_bytes, e_mac_key
from mrc.formats.mdoc.device_response import (
    STATUS_OK,
    DeviceResponse,
    DeviceSigned,
    Document,
    decode_device_response,
)
from mrc.formats.mdoc.issuer_signed import IssuerSigned
from mrc.formats.mdoc.mso import Mso, decode_mso
from mrc.formats.mdoc.reasons import Reason
from mrc.formats.mdoc.session_transcript import SessionTranscript
from mrc.formats.x509.chain import ChainChecker, TrustedChain
from mrc.formats.x509.profiles import Purpose
from mrc.kernel.errors import Malformed, Rejected
from mrc.kernel.findings import Finding, failed, passed, undetermined
from mrc.kernel.keys import Algorithm, EcPublicKey
from mrc.kernel.ports import KeyAgreement, SignatureVerifier

# ISO/IEC 18013-5, tables 20 and 22; the kernel's verifier holds each to its curve.
ALGORITHMS = frozenset({Algorithm.ES256, Algorithm.ES384, Algorithm.ES512, Algorithm.EDDSA})

Elements = Mapping[str, Mapping[str, object]]


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthenticMso:
    """An MSO that a trusted document signer signed. Made only by `check_issuer_signature`."""

    mso: Mso
    issuer: TrustedChain


def check_issuer_chain(
    issuer_signed: IssuerSigned, *, trust: ChainChecker, at: datetime
) -> TrustedChain:
    """Step 1: the document signer's certificate leads to an anchor (9.3.3)."""
    chain = issuer_signed.issuer_auth.x5chain
    if not chain:
        raise Rejected(Reason.X5CHAIN_MISSING, "18013-5 9.1.2.4")
    return trust.check(chain, expected_purpose=Purpose.DOCUMENT_SIGNER, at=at)


def check_issuer_signature(
    issuer_signed: IssuerSigned, *, issuer: TrustedChain, verifier: SignatureVerifier
) -> AuthenticMso:
    """Step 2: the trusted certificate's key signed the MSO. Nothing of it was read before."""
    if issuer.purpose is not Purpose.DOCUMENT_SIGNER:
        raise ValueError("a chain that was checked for another purpose")
    auth = issuer_signed.issuer_auth
    try:
        check_sign1(auth, key=issuer.leaf_key, expected_algorithms=ALGORITHMS, verifier=verifier)
    except Rejected as error:
        if error.reason is not cose_reasons.Reason.SIGNATURE:
            raise
        raise Rejected(Reason.ISSUER_SIGNATURE, "18013-5 9.1.2.4") from error
    if auth.payload is None:
        raise Rejected(cose_reasons.Reason.PAYLOAD, "18013-5 9.1.2.4")
    return AuthenticMso(mso=decode_mso(auth.payload), issuer=issuer)


def authenticate_issuer(
    issuer_signed: IssuerSigned, *, trust: ChainChecker, at: datetime
) -> AuthenticMso:
    """Steps 1 and 2."""
    issuer = check_issuer_chain(issuer_signed, trust=trust, at=at)
    return check_issuer_signature(issuer_signed, issuer=issuer, verifier=trust.verifier)


def check_digests(issuer_signed: IssuerSigned, *, authentic: AuthenticMso) -> Elements:
    """Step 3: every item is one that the issuer signed. The elements, now that they are bound.

    An element given twice is refused: two readers could use two values.
    """
    clause = "18013-5 9.3.1"
    new = authentic.mso.digest_algorithm.new
    disclosed: dict[str, dict[str, object]] = {}
    for name_space, items in issuer_signed.name_spaces.items():
        known = authentic.mso.value_digests.get(name_space)
        if known is None:
            raise Rejected(Reason.NAMESPACE_UNKNOWN, clause)
        elements = disclosed.setdefault(name_space, {})
        for item in items:
            expected = known.get(item.digest_id)
            if expected is None:
                raise Rejected(Reason.DIGEST_UNKNOWN, clause)
            if new(item.item_bytes.encoded).digest() != expected:
                raise Rejected(Reason.DIGEST_MISMATCH, clause)
            if item.element_identifier in elements:
                raise Rejected(Reason.ELEMENT_TWICE, clause, item.element_identifier)
            elements[item.element_identifier] = item.element_value
    return disclosed


def check_doc_type(document: Document, *, authentic: AuthenticMso) -> None:
    """Step 4: the type that the sender names is the type that the issuer signed."""
    if document.doc_type != authentic.mso.doc_type:
        raise Rejected(Reason.DOC_TYPE, "18013-5 9.3.1")


def check_validity(authentic: AuthenticMso, *, at: datetime) -> None:
    """Step 5: signed while the certificate was valid, and `at` lies in the window. Ends count."""
    clause = "18013-5 9.3.1"
    validity, signer = authentic.mso.validity, authentic.issuer.leaf
    if not signer.not_before <= validity.signed <= signer.not_after:
        raise Rejected(Reason.SIGNED_OUTSIDE_CERTIFICATE, clause)
    if at < validity.valid_from:
        raise Rejected(Reason.NOT_YET_VALID, clause)
    if at > validity.valid_until:
        raise Rejected(Reason.EXPIRED, clause)


def authenticate_device(
    document: Document,
    *,
    authentic: AuthenticMso,
    session_transcript: SessionTranscript,
    verifier: SignatureVerifier,
    shared_secret: bytes | None = None,
) -> Elements:
    """Step 6: the device that the issuer named answered in this exchange. What it vouches for.

    `shared_secret` (see `shared_secret_for`) where the exchange allows a MAC (9.1.3.5).
    """
    signed = document.device_signed
    if signed is None or (signed.device_signature is None and signed.device_mac is None):
        raise Rejected(Reason.DEVICE_AUTH_MISSING, "18013-5 9.1.3")
    payload = device_authentication_bytes(
        session_transcript, document.doc_type, signed.name_spaces_bytes
    )
    if signed.device_mac is not None:
        _check_device_mac(signed, payload, session_transcript, shared_secret)
    else:
        _check_device_signature(signed, payload, authentic, verifier)
    for name_space, elements in signed.name_spaces.items():
        for element in elements:
            if not authentic.mso.key_authorizations.cover(name_space, element):
                raise Rejected(Reason.DEVICE_ELEMENT, "18013-5 9.1.2.4")
    return signed.name_spaces


def _check_device_signature(
    signed: DeviceSigned, payload: bytes, authentic: AuthenticMso, verifier: SignatureVerifier
) -> None:
    if signed.device_signature is None:
        raise ValueError("called without a signature")
    try:
        check_sign1(
            signed.device_signature,
            key=authentic.mso.device_key,
            expected_algorithms=ALGORITHMS,
            verifier=verifier,
            detached_payload=payload,
        )
    except Rejected as error:
        if error.reason is not cose_reasons.Reason.SIGNATURE:
            raise
        raise Rejected(Reason.DEVICE_SIGNATURE, "18013-5 9.1.3.6") from error


def _check_device_mac(
    signed: DeviceSigned, payload: bytes, transcript: SessionTranscript, secret: bytes | None
) -> None:
    if signed.device_mac is None:
        raise ValueError("called without a MAC")
    if secret is None:
        raise Rejected(Reason.DEVICE_MAC_UNEXPECTED, "18013-5 9.1.3.5")
    key = e_mac_key(secret, transcript)
    try:
        check_mac0(signed.device_mac, key=key, detached_payload=payload)
    except Rejected as error:
        if error.reason is not cose_reasons.Reason.MAC:
            raise
        raise Rejected(Reason.DEVICE_MAC, "18013-5 9.1.3.5") from error


async def shared_secret_for(document: Document, *, agreement: KeyAgreement) -> bytes | None:
    """ZAB of the reader's ephemeral key with the key in the document's MSO; None without a MAC.

    The MSO is read before it is authenticated. That is safe: a secret made with a stranger's key
    only helps to check a MAC of a document that step 2 then refuses. Raises `Malformed`.
    """
    signed, payload = document.device_signed, document.issuer_signed.issuer_auth.payload
    if signed is None or signed.device_mac is None or payload is None:
        return None
    key = decode_mso(payload).device_key
    if not isinstance(key, EcPublicKey) or key.curve != agreement.public_key.curve:
        raise Malformed("deviceKey", "not on the curve of the reader's key")
    return await agreement.shared_secret(key)


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentVerdict:
    """What the checks of one document found.

    `disclosed` (signed by the issuer) and `vouched` (by the device) hold only what its check
    bound, and are empty where the issuer, the digests, the type or the device did not pass.
    """

    doc_type: str
    findings: tuple[Finding, ...]
    disclosed: Elements
    vouched: Elements
    authentic: AuthenticMso | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponseVerdict:
    """`findings`: those of the response itself and then of each document."""

    documents: tuple[DocumentVerdict, ...]
    findings: tuple[Finding, ...]


CHECKS = (
    ("mdoc.issuer_chain", "18013-5 9.3.3"),
    ("mdoc.issuer_signature", "18013-5 9.1.2.4"),
    ("mdoc.digests", "18013-5 9.3.1"),
    ("mdoc.doc_type", "18013-5 9.3.1"),
    ("mdoc.validity", "18013-5 9.3.1"),
    ("mdoc.device_auth", "18013-5 9.1.3"),
)
_PASSED = tuple(passed(check, clause) for check, clause in CHECKS)
_BINDING = ("mdoc.digests", "mdoc.doc_type", "mdoc.device_auth")


class _Protocol:
    """The findings of one document, in order."""

    def __init__(self) -> None:
        self.findings: list[Finding] = []

    def run(self, act: Callable[[], object]) -> bool:
        """Make the next check of `CHECKS`; whether it passed."""
        check, clause = CHECKS[len(self.findings)]
        try:
            act()
        except Rejected as error:
            self.findings.append(failed(check, error.clause, error.reason.value, error.detail))
            return False
        except Malformed as error:
            self.findings.append(failed(check, clause, Reason.MALFORMED.value, str(error)))
            return False
        self.findings.append(_PASSED[len(self.findings)])
        return True

    def skip_rest(self) -> None:
        for check, clause in CHECKS[len(self.findings) :]:
            reason = Reason.ISSUER_NOT_AUTHENTIC.value
            self.findings.append(undetermined(check, clause, reason))


def verify_document(
    document: Document,
    *,
    trust: ChainChecker,
    session_transcript: SessionTranscript,
    at: datetime,
    shared_secret: bytes | None = None,
) -> DocumentVerdict:
    """Steps 1 to 6 as findings. Without an authentic MSO the later ones are undetermined."""
    protocol = _Protocol()
    authentic = _authentic(document, protocol, trust, at)
    if authentic is None:
        protocol.skip_rest()
        return _verdict(document, protocol, {}, {}, None)
    found: dict[str, Elements] = {}
    mso, signed = authentic, document.issuer_signed
    protocol.run(lambda: found.update(disclosed=check_digests(signed, authentic=mso)))
    protocol.run(lambda: check_doc_type(document, authentic=mso))
    protocol.run(lambda: check_validity(mso, at=at))
    protocol.run(
        lambda: found.update(
            vouched=authenticate_device(
                document,
                authentic=mso,
                session_transcript=session_transcript,
                verifier=trust.verifier,
                shared_secret=shared_secret,
            )
        )
    )
    return _verdict(document, protocol, found.get("disclosed"), found.get("vouched"), mso)


def _authentic(
    document: Document, protocol: _Protocol, trust: ChainChecker, at: datetime
) -> AuthenticMso | None:
    signed = document.issuer_signed
    chains: list[TrustedChain] = []
    if not protocol.run(lambda: chains.append(check_issuer_chain(signed, trust=trust, at=at))):
        return None
    found: list[AuthenticMso] = []
    verifier = trust.verifier
    protocol.run(
        lambda: found.append(check_issuer_signature(signed, issuer=chains[0], verifier=verifier))
    )
    return found[0] if found else None


def _verdict(
    document: Document,
    protocol: _Protocol,
    disclosed: Elements | None,
    vouched: Elements | None,
    authentic: AuthenticMso | None,
) -> DocumentVerdict:
    bound = all(f.reason is None for f in protocol.findings if f.check in _BINDING)
    return DocumentVerdict(
        doc_type=document.doc_type,
        findings=tuple(protocol.findings),
        disclosed=(disclosed or {}) if bound else {},
        vouched=(vouched or {}) if bound else {},
        authentic=authentic,
    )


def verify_device_response(
    response: DeviceResponse | bytes,
    *,
    trust: ChainChecker,
    session_transcript: SessionTranscript,
    at: datetime,
    shared_secrets: Mapping[int, bytes] | None = None,
) -> ResponseVerdict:
    """Every document verified. Raises `Malformed` where the response does not decode.

    `shared_secrets`: per document's place, where MACs are allowed. Which types and elements were
    asked for is the caller's check.
    """
    if not isinstance(response, DeviceResponse):
        response = decode_device_response(response)
    check, clause = "mdoc.response", "18013-5 8.3.2.1.2.3"
    if response.status != STATUS_OK:
        own = failed(check, clause, Reason.RESPONSE_STATUS.value, f"status {response.status}")
    elif not response.documents:
        own = failed(check, clause, Reason.DOCUMENT_MISSING.value)
    else:
        own = passed(check, clause)
    verdicts = tuple(
        verify_document(
            document,
            trust=trust,
            session_transcript=session_transcript,
            at=at,
            shared_secret=(shared_secrets or {}).get(place),
        )
        for place, document in enumerate(response.documents)
    )
    findings = [own, *(finding for verdict in verdicts for finding in verdict.findings)]
    return ResponseVerdict(documents=verdicts, findings=tuple(findings))
