"""Passive Authentication (ICAO Doc 9303-11, 5.1): who vouches for the files that were read.

It does not show that the chip is no copy. Trust is a set of CSCA keys of one environment: a card
of the practice environment is a forgery in production.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NewType

from mrc.formats.x509.algorithms import decode_pss_parameters, raw_signature
from mrc.formats.x509.certificate import Certificate, decode_certificate
from mrc.formats.x509.chain import check_chain
from mrc.formats.x509.profiles import Purpose
from mrc.formats.x509.reasons import Reason as ChainReason
from mrc.formats.x509.revocation import RevocationList
from mrc.ic_card import cms
from mrc.ic_card.lds.data_groups import decode_com, decode_dg13, decode_dg14
from mrc.ic_card.lds.files import (
    CARD_ACCESS,
    COM,
    RESIDENCE,
    SOD,
    FileRef,
    data_group,
    data_group_number,
)
from mrc.ic_card.lds.security_infos import PaceInfo, decode_security_infos
from mrc.ic_card.lds.sod import Sod, decode_sod
from mrc.ic_card.reasons import Reason
from mrc.kernel.errors import Malformed, Rejected
from mrc.kernel.findings import Finding, Outcome, failed, passed, undetermined, worst
from mrc.kernel.keys import Algorithm
from mrc.kernel.ports import SignatureVerifier

AuthenticSod = NewType("AuthenticSod", Sod)  # made only by `authenticate_sod`

_CLAUSE = "9303-11 5.1"
_STRONG_HASHES = ("sha256", "sha384", "sha512")
PRACTICE_UNIT = "practice"
"""organizationalUnitName of a CSCA that is not for real cards."""
_ALGORITHMS = {
    ("1.2.840.10045.4.3.2", "sha256"): Algorithm.ES256,
    ("1.2.840.10045.4.3.3", "sha384"): Algorithm.ES384,
    ("1.2.840.10045.4.3.4", "sha512"): Algorithm.ES512,
    ("1.2.840.113549.1.1.11", "sha256"): Algorithm.RS256,
    ("1.2.840.113549.1.1.1", "sha256"): Algorithm.RS256,
}
_PSS = "1.2.840.113549.1.1.10"


@dataclass(frozen=True, slots=True, kw_only=True)
class CscaTrust:
    """Whose cards are good here. `others` are known CSCAs of other environments, for a clear no.

    A production trust that holds a practice CSCA is refused when it is made.
    """

    production: bool
    anchors: Sequence[Certificate]
    crls: Sequence[RevocationList] = ()
    others: Sequence[Certificate] = field(default=())

    def __post_init__(self) -> None:
        marked = [a for a in self.anchors if a.subject.get("organizational_unit_name")]
        practice = any(a.subject.get("organizational_unit_name") == PRACTICE_UNIT for a in marked)
        if self.production and practice:
            detail = "a practice CSCA in a production trust list"
            raise Rejected(Reason.OTHER_ENVIRONMENT, _CLAUSE, detail)


def authenticate_sod(
    sod: Sod, *, trust: CscaTrust, at: datetime, verifier: SignatureVerifier
) -> AuthenticSod:
    """Raise `Rejected` unless a trusted document signer signed exactly this content.

    1. The document signer chains to a CSCA of this environment, is valid and unrevoked. 2. The
    signed attributes name the content. 3. The signature holds. 4. The hash is strong enough.
    """
    signer = _document_signer(sod)
    _check_trusted(signer, trust, at, verifier)  # 1
    check_signature(sod.signed, signer, verifier=verifier)  # 2, 3
    if sod.hash_algorithm not in _STRONG_HASHES:  # 4
        raise Rejected(Reason.SOD_CONTENT, _CLAUSE, f"hash algorithm {sod.hash_algorithm}")
    return AuthenticSod(sod)


def check_signature(
    signed: cms.SignedData, signer: Certificate, *, verifier: SignatureVerifier
) -> None:
    """Raise `Rejected` unless `signer`'s key signed the content. Says nothing about trust."""
    if not cms.attributes_hold(signed) or signed.signer.signed_attributes is None:
        raise Rejected(Reason.SOD_CONTENT, _CLAUSE, "the signed attributes name another content")
    algorithm, key = _algorithm(signed.signer), signer.public_key
    if algorithm is None or key is None:
        raise Rejected(Reason.UNSUPPORTED_ALGORITHM, _CLAUSE, signed.signer.signature_algorithm)
    message = signed.signer.signed_attributes
    try:
        raw = raw_signature(signed.signer.signature, key)
    except Malformed as error:
        raise Rejected(Reason.SOD_SIGNATURE, _CLAUSE, "the signature does not decode") from error
    if not verifier.holds(key, algorithm, message, raw):
        raise Rejected(Reason.SOD_SIGNATURE, _CLAUSE, "the document signer's key did not sign")


def _algorithm(signer: cms.SignerInfo) -> Algorithm | None:
    if signer.signature_algorithm == _PSS:
        algorithm = decode_pss_parameters(signer.signature_parameters)
        return algorithm if signer.digest_algorithm == "sha256" else None
    return _ALGORITHMS.get((signer.signature_algorithm, signer.digest_algorithm))


def _document_signer(sod: Sod) -> Certificate:
    if len(sod.signed.certificates) != 1:
        raise Rejected(Reason.SOD_CONTENT, _CLAUSE, "exactly one document signer expected")
    return decode_certificate(sod.signed.certificates[0])


def _check_trusted(
    signer: Certificate, trust: CscaTrust, at: datetime, verifier: SignatureVerifier
) -> None:
    try:
        check_chain(
            [signer],
            anchors=trust.anchors,
            expected_purpose=Purpose.LDS_DOCUMENT_SIGNER,
            at=at,
            verifier=verifier,
            crls=trust.crls,
        )
    except Rejected as error:
        if _chains_elsewhere(signer, trust, at, verifier):
            detail = "signed under a CSCA of another environment"
            raise Rejected(Reason.OTHER_ENVIRONMENT, _CLAUSE, detail) from error
        unknown = error.reason == ChainReason.ISSUER_UNKNOWN
        reason = Reason.SIGNER_UNKNOWN if unknown else Reason.SIGNER_UNTRUSTED
        raise Rejected(reason, _CLAUSE, str(error)) from error


def _chains_elsewhere(
    signer: Certificate, trust: CscaTrust, at: datetime, verifier: SignatureVerifier
) -> bool:
    if not trust.others:
        return False
    try:
        check_chain(
            [signer],
            anchors=trust.others,
            expected_purpose=Purpose.LDS_DOCUMENT_SIGNER,
            at=at,
            verifier=verifier,
        )
    except Rejected:
        return False
    return True


def check_data_group(sod: AuthenticSod, number: int, content: bytes) -> None:
    """Raise `Rejected` unless the SOD vouches for these bytes as data group `number`."""
    expected = sod.hashes.get(number)
    if expected is None:
        raise Rejected(Reason.NOT_IN_SOD, _CLAUSE, f"DG{number}")
    if hashlib.new(sod.hash_algorithm, content).digest() != expected:
        raise Rejected(Reason.HASH_MISMATCH, _CLAUSE, f"DG{number}")


def check_card_access(card_access: bytes, dg14: bytes) -> None:
    """Raise `Rejected` where EF.CardAccess offers what DG14 does not: a downgrade (4.2).

    `dg14` must have passed `check_data_group`.
    """
    offered = {i for i in decode_security_infos(card_access) if isinstance(i, PaceInfo)}
    vouched = {i for i in decode_dg14(dg14) if isinstance(i, PaceInfo)}
    if offered != vouched:
        raise Rejected(Reason.CARD_ACCESS_DIFFERS, "9303-11 4.2", "PACE differs from DG14")


def check_residence(residence: bytes, dg13: bytes) -> None:
    """Raise `Rejected` unless DG13 names these bytes. `dg13` has passed `check_data_group`."""
    if hashlib.sha256(residence).digest() != decode_dg13(dg13).residence_hash:
        raise Rejected(Reason.RESIDENCE_FILE_DIFFERS, _CLAUSE, "EF.RES is not the one DG13 names")


def verify_files(
    files: Mapping[FileRef, bytes],
    *,
    trust: CscaTrust,
    at: datetime,
    verifier: SignatureVerifier,
) -> list[Finding]:
    """Every file read, each with its own finding; undetermined where nothing can be said."""
    if SOD not in files:
        return [undetermined("ic_card.sod", _CLAUSE, Reason.NOT_READ)]
    try:
        sod = decode_sod(files[SOD])
        authentic = authenticate_sod(sod, trust=trust, at=at, verifier=verifier)
    except Malformed as error:
        return [failed("ic_card.sod", _CLAUSE, Reason.SOD_CONTENT, str(error))]
    except Rejected as error:
        return [_of_signer(error), *_of_unauthentic(files)]
    findings = [passed("ic_card.sod", _CLAUSE)]
    findings += [_of_file(authentic, ref, files) for ref in sorted(files, key=_order)]
    numbers = (number for number in sorted(sod.hashes) if data_group(number) not in files)
    findings += [
        undetermined(f"ic_card.file.DG{number}", _CLAUSE, Reason.NOT_READ) for number in numbers
    ]
    return findings


def files_are_authentic(findings: Sequence[Finding]) -> bool:
    """Whether every file that was read is vouched for, and nothing failed.

    Not asked for: data groups 3 and 4, which only terminals with a right of their own may read,
    and a proof against copies where the chip offers none (9303-11 makes it optional); a chip whose
    SOD names DG14 or DG15 cannot leave them out.
    """
    spared = {"ic_card.file.DG3", "ic_card.file.DG4"}
    decisive = [
        finding
        for finding in findings
        if not (finding.check in spared and finding.reason == Reason.NOT_READ)
        and finding.reason != Reason.NO_COMMON_PROTOCOL
    ]
    return worst(decisive) is Outcome.PASSED


def _order(file: FileRef) -> tuple[int, int]:
    return file.application, file.file_id


def _of_signer(error: Rejected) -> Finding:
    unsure = (Reason.SIGNER_UNKNOWN, Reason.UNSUPPORTED_ALGORITHM)
    make = undetermined if error.reason in unsure else failed
    return make("ic_card.sod", _CLAUSE, error.reason.value, error.detail)


def _of_unauthentic(files: Mapping[FileRef, bytes]) -> list[Finding]:
    """Nobody vouches for the SOD, so nobody vouches for a file."""
    return [
        undetermined(f"ic_card.file.{ref.name}", _CLAUSE, Reason.SIGNER_UNTRUSTED)
        for ref in sorted(files, key=_order)
        if data_group_number(ref) is not None
    ]


def _of_file(sod: AuthenticSod, ref: FileRef, files: Mapping[FileRef, bytes]) -> Finding:
    check, number = f"ic_card.file.{ref.name}", data_group_number(ref)
    try:
        if number is not None:
            check_data_group(sod, number, files[ref])
        elif ref == COM:
            _check_com(sod, files[ref])
        elif ref == CARD_ACCESS:
            return _of_card_access(sod, files)
        elif ref == RESIDENCE:
            return _of_residence(sod, files)
        else:
            return passed(check, _CLAUSE, "no hash of its own")
    except (Rejected, Malformed) as error:
        reason = error.reason.value if isinstance(error, Rejected) else Reason.SOD_CONTENT.value
        return failed(check, _CLAUSE, reason, str(error))
    return passed(check, _CLAUSE)


def _check_com(sod: AuthenticSod, content: bytes) -> None:
    """EF.COM is not signed: it may list less than the SOD, never more (9303-10 4.6.1)."""
    surplus = set(decode_com(content).data_groups) - set(sod.hashes)
    if surplus:
        raise Rejected(Reason.NOT_IN_SOD, "9303-10 4.6.1", f"EF.COM lists {sorted(surplus)}")


def _of_card_access(sod: AuthenticSod, files: Mapping[FileRef, bytes]) -> Finding:
    check, dg14 = "ic_card.file.EF.CardAccess", files.get(data_group(14))
    if dg14 is None:
        return undetermined(check, "9303-11 4.2", Reason.NOT_READ, "DG14 was not read")
    try:
        check_data_group(sod, 14, dg14)
        check_card_access(files[CARD_ACCESS], dg14)
    except (Rejected, Malformed) as error:
        return failed(check, "9303-11 4.2", Reason.CARD_ACCESS_DIFFERS, str(error))
    return passed(check, "9303-11 4.2")


def _of_residence(sod: AuthenticSod, files: Mapping[FileRef, bytes]) -> Finding:
    check, dg13 = "ic_card.file.EF.RES", files.get(data_group(13))
    if dg13 is None:
        return undetermined(check, _CLAUSE, Reason.NOT_READ, "DG13 was not read")
    check_data_group(sod, 13, dg13)
    check_residence(files[RESIDENCE], dg13)
    return passed(check, _CLAUSE)
