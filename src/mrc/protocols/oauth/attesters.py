"""Which attesters (wallet providers, key storages) a server trusts, and which of them signed.

Used for client attestations (draft-ietf-oauth-attestation-based-client-auth) and key attestations
(OpenID4VCI 1.0, Appendix D). A key is conveyed by `x5c` under an anchor, or named by `kid`, or is
the only one known. HAIP 1.0 sections 4.4.1 and 4.5.1 demand `x5c` without the anchor.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from mrc.formats.jose.x5c import find_x5c
from mrc.formats.x509.certificate import Certificate, decode_certificate
from mrc.formats.x509.chain import check_chain
from mrc.formats.x509.profiles import Purpose
from mrc.kernel.errors import Rejected
from mrc.kernel.keys import PublicKey
from mrc.kernel.ports import SignatureVerifier
from mrc.protocols.oauth.reasons import Reason

_CLAUSE = "attestation-based-client-auth-10 7.1"


@dataclass(frozen=True, slots=True, kw_only=True)
class AttesterKey:
    """An attester known by its bare key; `issuer` and `kid` narrow where it applies."""

    key: PublicKey
    issuer: str | None = None
    kid: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustedAttesters:
    """The trust list: anchors for `x5c`, and bare keys. Empty means nobody is trusted."""

    anchors: Sequence[Certificate] = ()
    keys: Sequence[AttesterKey] = ()

    def find_key(
        self,
        header: Mapping[str, object],
        claims: Mapping[str, object],
        *,
        at: datetime,
        x5c_required: bool,
        verifier: SignatureVerifier,
    ) -> PublicKey:
        """The trusted key that the header names. Raises `Rejected` where there is none.

        With `x5c_required` (HAIP) bare keys and an anchor used as the signer are refused.
        """
        chain = find_chain(header)
        if chain is not None:
            return self._chain_key(chain, at=at, strict=x5c_required, verifier=verifier)
        if x5c_required:
            raise Rejected(Reason.X5C_REQUIRED, "HAIP 4.4.1")
        matches = [known for known in self.keys if _applies(known, header, claims)]
        if len(matches) != 1:
            raise Rejected(Reason.ATTESTER_UNKNOWN, _CLAUSE)
        return matches[0].key

    def _chain_key(
        self,
        chain: Sequence[Certificate],
        *,
        at: datetime,
        strict: bool,
        verifier: SignatureVerifier,
    ) -> PublicKey:
        if strict and any(anchor.der == link.der for anchor in self.anchors for link in chain):
            raise Rejected(Reason.SELF_SIGNED, "HAIP 4.4.1")
        if any(anchor.der == chain[0].der for anchor in self.anchors):
            return _admitted_key(chain[0], at)
        trusted = check_chain(
            chain,
            anchors=self.anchors,
            expected_purpose=Purpose.WALLET_PROVIDER,
            at=at,
            verifier=verifier,
        )
        return trusted.leaf_key


def _admitted_key(certificate: Certificate, at: datetime) -> PublicKey:
    """The key of a signer certificate that the operator admitted by itself."""
    if not certificate.not_before <= at <= certificate.not_after or certificate.public_key is None:
        raise Rejected(Reason.ATTESTER_UNKNOWN, _CLAUSE, "the admitted certificate is not valid")
    return certificate.public_key


def find_chain(header: Mapping[str, object]) -> tuple[Certificate, ...] | None:
    """The certificates of the `x5c` header, leaf first; None without one. Raises `Malformed`."""
    chain = find_x5c(header)
    return None if chain is None else tuple(decode_certificate(der) for der in chain)


def _applies(
    known: AttesterKey, header: Mapping[str, object], claims: Mapping[str, object]
) -> bool:
    fits_kid = known.kid is None or header.get("kid") == known.kid
    fits_issuer = known.issuer is None or claims.get("iss") in (None, known.issuer)
    return fits_kid and fits_issuer
