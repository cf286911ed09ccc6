"""Whether a chain leads to an anchor and its leaf may do what it is about to do.

RFC 5280, 6.1, for the restricted profile that every standard of ours uses: at most two
intermediates, no policies, no name constraints (a critical extension that is not read here is
refused). Trust is by key: an anchor of the right name whose key did not sign counts for nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from mrc.formats.x509 import certificate as extension_ids
from mrc.formats.x509.algorithms import raw_signature
from mrc.formats.x509.certificate import Certificate, decode_certificate
from mrc.formats.x509.profiles import PROFILES, Profile, Purpose
from mrc.formats.x509.reasons import Reason
from mrc.formats.x509.revocation import RevocationList
from mrc.kernel.errors import Malformed, Rejected, Unavailable
from mrc.kernel.keys import Algorithm, PublicKey
from mrc.kernel.ports import SignatureVerifier

MAX_CHAIN = 4  # certificates: a leaf, two intermediates and the anchor itself if it was sent
MAX_KEPT = 1024  # chains kept by a `ChainChecker`; issuers are few, strangers must not fill memory

_PROCESSED = frozenset(
    {
        extension_ids.KEY_USAGE,
        extension_ids.BASIC_CONSTRAINTS,
        extension_ids.EXTENDED_KEY_USAGE,
        extension_ids.SUBJECT_ALT_NAME,
        extension_ids.ISSUER_ALT_NAME,
        extension_ids.SUBJECT_KEY_IDENTIFIER,
        extension_ids.AUTHORITY_KEY_IDENTIFIER,
        extension_ids.CRL_DISTRIBUTION_POINTS,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustedChain:
    """A leaf that leads to an anchor for one purpose. Made only by `check_chain`.

    `valid_from` and `valid_until` bound the times for which the same answer would be given.
    """

    leaf: Certificate
    leaf_key: PublicKey
    anchor: Certificate
    purpose: Purpose
    certificates: tuple[Certificate, ...]
    valid_from: datetime
    valid_until: datetime


def check_chain(
    chain: Sequence[Certificate],
    *,
    anchors: Sequence[Certificate],
    expected_purpose: Purpose,
    at: datetime,
    verifier: SignatureVerifier,
    crls: Sequence[RevocationList] = (),
) -> TrustedChain:
    """The chain, leaf first, trusted for `expected_purpose` at `at`. Raises `Rejected`.

    1. The leaf fits the purpose. 2. Each certificate is signed by the next, the last by an anchor.
    3. Each issuer is a CA that may sign that many levels. 4. Each is valid at `at`, and no critical
    extension is unknown. 5. Countries agree where the profile says so. 6. None is on a list of
    `crls` that its issuer signed; an old list still counts for what it lists, and a missing one is
    `check_revocation_known`'s matter.
    """
    path = _without_anchor(chain, anchors)
    profile = PROFILES[expected_purpose]
    leaf_key = _check_leaf(path[0], profile)  # 1
    anchor = _find_anchor(path[-1], anchors, verifier, profile)  # 2
    full = (*path, anchor)
    for depth, (subject, issuer) in enumerate(zip(full, full[1:], strict=False)):
        _check_issuer(issuer, depth, profile)  # 3
        if issuer is not anchor:
            check_signed_by(subject, issuer, verifier=verifier, clause=profile.clause)  # 2
    for certificate in full:
        _check_one(certificate, at, profile)  # 4
    if profile.same_country:
        _check_country(path[0], anchor, profile)  # 5
    _check_revoked(full, crls, verifier, profile)  # 6
    return TrustedChain(
        leaf=path[0],
        leaf_key=leaf_key,
        anchor=anchor,
        purpose=expected_purpose,
        certificates=full,
        valid_from=max(certificate.not_before for certificate in full),
        valid_until=min(certificate.not_after for certificate in full),
    )


def check_signed_by(
    subject: Certificate, issuer: Certificate, *, verifier: SignatureVerifier, clause: str
) -> None:
    """Raise `Rejected` unless `issuer`'s key signed `subject` under `issuer`'s name."""
    if subject.issuer.key != issuer.subject.key:
        raise Rejected(Reason.ISSUER_UNKNOWN, clause, "the chain's names do not follow each other")
    if not _signature_holds(
        subject.to_be_signed, subject.signature, subject.signature_algorithm, issuer, verifier
    ):
        raise Rejected(Reason.ISSUER_SIGNATURE, clause, "the named issuer's key did not sign")


def check_revocation_known(
    trusted: TrustedChain,
    *,
    crls: Sequence[RevocationList],
    at: datetime,
    verifier: SignatureVerifier,
) -> None:
    """Raise `Unavailable` unless each certificate has a current list of its issuer.

    Whether one is listed is `check_chain`'s step 6, repeated here for lists that came later.
    """
    full = trusted.certificates
    _check_revoked(full, crls, verifier, PROFILES[trusted.purpose])
    for issuer in full[1:]:
        current = (
            crl
            for crl in crls
            if _signed_list(crl, issuer, verifier)
            and crl.this_update <= at
            and (crl.next_update is None or at <= crl.next_update)
        )
        if next(current, None) is None:
            raise Unavailable("revocation list", f"none current of {issuer.subject.text}")


@dataclass(slots=True, kw_only=True)
class ChainChecker:
    """`check_chain` with what stays the same, and its answers kept by the exact bytes.

    An answer is used again only between the latest start and the earliest end of the chain's
    certificates. Refusals are not kept. New anchors or lists need a new checker.
    """

    anchors: Sequence[Certificate]
    verifier: SignatureVerifier
    crls: Sequence[RevocationList] = ()
    _kept: dict[tuple[Purpose, tuple[bytes, ...]], TrustedChain] = field(
        default_factory=dict, init=False, repr=False
    )

    def check(
        self, chain: Sequence[bytes], *, expected_purpose: Purpose, at: datetime
    ) -> TrustedChain:
        """As `check_chain`, from DER. Raises `Malformed` and `Rejected`."""
        key = (expected_purpose, tuple(chain))
        known = self._kept.get(key)
        if known is not None and known.valid_from <= at <= known.valid_until:
            return known
        if len(chain) > MAX_CHAIN:
            raise Rejected(Reason.CHAIN_TOO_LONG, "RFC 5280 6.1", f"{len(chain)} certificates")
        trusted = check_chain(
            [decode_certificate(der) for der in chain],
            anchors=self.anchors,
            expected_purpose=expected_purpose,
            at=at,
            verifier=self.verifier,
            crls=self.crls,
        )
        if len(self._kept) >= MAX_KEPT:
            self._kept.pop(next(iter(self._kept)))
        self._kept[key] = trusted
        return trusted


def _without_anchor(
    chain: Sequence[Certificate], anchors: Sequence[Certificate]
) -> tuple[Certificate, ...]:
    """The chain without an anchor at its end: senders should not send it, but do."""
    if not chain:
        raise Rejected(Reason.CHAIN_EMPTY, "RFC 5280 6.1")
    if len(chain) > MAX_CHAIN:
        raise Rejected(Reason.CHAIN_TOO_LONG, "RFC 5280 6.1", f"{len(chain)} certificates")
    if len(chain) > 1 and any(chain[-1].der == anchor.der for anchor in anchors):
        return tuple(chain[:-1])
    return tuple(chain)


def _check_leaf(leaf: Certificate, profile: Profile) -> PublicKey:
    if leaf.is_ca is not profile.is_ca:
        reason = Reason.IS_A_CA if leaf.is_ca else Reason.NOT_A_CA
        raise Rejected(reason, profile.clause)
    if leaf.key_usage is None or not leaf.key_usage.intersection(profile.key_usage):
        raise Rejected(Reason.KEY_USAGE, profile.clause, f"expected {profile.key_usage}")
    _check_extended(leaf, profile)
    if leaf.public_key is None:
        raise Rejected(Reason.ALGORITHM, profile.clause, "a key of unknown kind")
    return leaf.public_key


def _check_extended(leaf: Certificate, profile: Profile) -> None:
    if not profile.extended_key_usage:
        return
    if leaf.extended_key_usage is None:
        if profile.may_lack_extended:
            return
        raise Rejected(Reason.EXTENDED_KEY_USAGE, profile.clause, "the extension is missing")
    if not leaf.extended_key_usage.intersection(profile.extended_key_usage):
        raise Rejected(
            Reason.EXTENDED_KEY_USAGE, profile.clause, f"expected {profile.extended_key_usage}"
        )


def _find_anchor(
    last: Certificate,
    anchors: Sequence[Certificate],
    verifier: SignatureVerifier,
    profile: Profile,
) -> Certificate:
    """The anchor whose key signed `last`. Several may share a name after a change of keys."""
    named = [anchor for anchor in anchors if anchor.subject.key == last.issuer.key]
    if not named:
        raise Rejected(Reason.ISSUER_UNKNOWN, profile.clause, "no anchor of the issuer's name")
    for anchor in named:
        if _signature_holds(
            last.to_be_signed, last.signature, last.signature_algorithm, anchor, verifier
        ):
            return anchor
    raise Rejected(Reason.ISSUER_SIGNATURE, profile.clause, "the named anchor's key did not sign")


def _signature_holds(
    message: bytes,
    signature: bytes,
    algorithm: Algorithm | None,
    issuer: Certificate,
    verifier: SignatureVerifier,
) -> bool:
    if algorithm is None or issuer.public_key is None:
        return False
    try:
        raw = raw_signature(signature, issuer.public_key)
    except Malformed:
        return False
    return verifier.holds(issuer.public_key, algorithm, message, raw)


def _check_issuer(issuer: Certificate, below: int, profile: Profile) -> None:
    """`below`: how many CA certificates stand between this one and the leaf."""
    if not issuer.is_ca:
        raise Rejected(Reason.NOT_A_CA, profile.clause, "an issuer is not a CA")
    if issuer.key_usage is None or "key_cert_sign" not in issuer.key_usage:
        raise Rejected(Reason.KEY_USAGE, profile.clause, "an issuer may not sign certificates")
    if issuer.path_length is not None and issuer.path_length < below:
        raise Rejected(Reason.PATH_LENGTH, profile.clause, f"at most {issuer.path_length} below")


def _check_one(certificate: Certificate, at: datetime, profile: Profile) -> None:
    if at < certificate.not_before:
        raise Rejected(Reason.NOT_YET_VALID, profile.clause, f"{certificate.not_before:%Y-%m-%d}")
    if at > certificate.not_after:
        raise Rejected(Reason.EXPIRED, profile.clause, f"{certificate.not_after:%Y-%m-%d}")
    for identifier, extension in certificate.extensions.items():
        if extension.critical and identifier not in _PROCESSED:
            raise Rejected(Reason.CRITICAL_EXTENSION, profile.clause, identifier)


def _check_country(leaf: Certificate, anchor: Certificate, profile: Profile) -> None:
    """ISO/IEC 18013-5, 9.3.3: country equal, and state where both have one."""
    if leaf.subject.get("country_name") != anchor.subject.get("country_name"):
        raise Rejected(Reason.COUNTRY, profile.clause, "countryName differs")
    attribute = "state_or_province_name"
    states = {leaf.subject.get(attribute), anchor.subject.get(attribute)} - {None}
    if len(states) > 1:
        raise Rejected(Reason.COUNTRY, profile.clause, "stateOrProvinceName differs")


def _signed_list(crl: RevocationList, issuer: Certificate, verifier: SignatureVerifier) -> bool:
    return (
        crl.issuer.key == issuer.subject.key
        and (issuer.key_usage is None or "crl_sign" in issuer.key_usage)
        and _signature_holds(
            crl.to_be_signed, crl.signature, crl.signature_algorithm, issuer, verifier
        )
    )


def _check_revoked(
    full: Sequence[Certificate],
    crls: Sequence[RevocationList],
    verifier: SignatureVerifier,
    profile: Profile,
) -> None:
    for subject, issuer in zip(full, full[1:], strict=False):
        for crl in crls:
            if subject.serial in crl.revoked and _signed_list(crl, issuer, verifier):
                raise Rejected(Reason.REVOKED, profile.clause, f"serial {subject.serial:x}")
