"""Whose key signed an SD-JWT VC (SD-JWT VC, 2.5; step 2.3 of RFC 9901, 7.1).

Two ways, chosen by the caller's policy and never by the message: certificates in the header
(`X5cTrust`; HAIP 6.1.1 knows only this one), or keys that were looked up before (`KeyTrust`), for
example from the issuer's metadata (section 3).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from mrc.formats.jose.x5c import find_x5c
from mrc.formats.sd_jwt_vc.reasons import Reason
from mrc.formats.sd_jwt_vc.sd_jwt import SdJwt
from mrc.formats.x509.chain import ChainChecker, TrustedChain
from mrc.formats.x509.profiles import Purpose
from mrc.kernel.errors import Rejected
from mrc.kernel.keys import PublicKey


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuerKey:
    """A key that belongs to an issuer whom the caller trusts; `chain` where certificates say so."""

    key: PublicKey
    chain: TrustedChain | None


class IssuerTrust(Protocol):
    def issuer_key(self, sd_jwt: SdJwt, *, at: datetime) -> IssuerKey:
        """The key to verify with. Raises `Malformed`, `Rejected` and `Unavailable`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class X5cTrust:
    """The issuer is the subject of the header's leaf certificate; ``iss`` is not believed."""

    checker: ChainChecker
    purpose: Purpose = Purpose.SD_JWT_ISSUER

    def issuer_key(self, sd_jwt: SdJwt, *, at: datetime) -> IssuerKey:
        certificates = find_x5c(sd_jwt.jws.header)
        if certificates is None:
            raise Rejected(Reason.NO_ISSUER_KEY, "HAIP 6.1.1", "no x5c in the header")
        trusted = self.checker.check(certificates, expected_purpose=self.purpose, at=at)
        return IssuerKey(key=trusted.leaf_key, chain=trusted)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyTrust:
    """Keys by the issuer's ``iss`` and by ``kid``; a lone key of an issuer needs no ``kid``."""

    keys: Mapping[str, Sequence[tuple[str | None, PublicKey]]]

    def issuer_key(self, sd_jwt: SdJwt, *, at: datetime) -> IssuerKey:
        issuer, kid = sd_jwt.payload.get("iss"), sd_jwt.jws.header.get("kid")
        known = self.keys.get(issuer, ()) if isinstance(issuer, str) else ()
        fitting = [key for name, key in known if kid is None or name is None or name == kid]
        if len(fitting) != 1:
            raise Rejected(Reason.NO_ISSUER_KEY, "SD-JWT VC 2.5", "no single key of this issuer")
        return IssuerKey(key=fitting[0], chain=None)
