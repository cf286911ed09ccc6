"""Keys with certificates, kept in files: each role's own below its folder, made once.

Software keys are for practice: they announce themselves when made. A key and its certificate are
two files, written so that a crash between them is repaired by making the pair anew: nobody has
seen a certificate that is not stored.
"""

import secrets
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from mrc.formats.x509.certificate import Certificate, decode_certificate
from mrc.formats.x509.issuing import CertificateRequest, issue_leaf_now, issue_root_now
from mrc.formats.x509.profiles import Purpose
from mrc.infra.files import read_secret, write_atomic, write_secret
from mrc.infra.keys.software import SoftwareSigner
from mrc.kernel.ports import InlineSigner

ROOT_DAYS = 3650
LEAF_DAYS = 455  # 18013-5 Table B.3: a document signer's certificate lives at most 457 days
BACKDATED = timedelta(hours=1)  # for clocks behind ours


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """A signing key and its certificate; `root` is the anchor that others trust."""

    signer: InlineSigner = field(repr=False)
    certificate: Certificate
    root: Certificate


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityRequest:
    """What a role's certificate says. `name` also names its files."""

    name: str
    purpose: Purpose
    common_name: str
    dns_names: Sequence[str] = ()
    uris: Sequence[str] = ()


class IdentityFiles:
    """The identities of one role, below one folder, under one root of its own."""

    def __init__(self, folder: Path, *, organization: str, uri: str, at: datetime) -> None:
        self._folder = folder
        self._organization = organization
        self._uri = uri
        self._at = at

    def root(self, name: str, purpose: Purpose, common_name: str) -> Identity:
        """The role's own root, made at the first call."""
        found = self._find(name)
        if found is None:
            signer = SoftwareSigner.generate()
            asked = IdentityRequest(name=name, purpose=purpose, common_name=common_name)
            made = issue_root_now(self._request(asked, signer, days=ROOT_DAYS), signer)
            found = self._keep(name, signer, made)
        signer, certificate = found
        return Identity(signer=signer, certificate=certificate, root=certificate)

    def leaf(self, request: IdentityRequest, *, issuer: Identity) -> Identity:
        """A certified key under `issuer`, made at the first call and when it has run out."""
        found = self._find(request.name)
        if found is None or found[1].not_after <= self._at:
            signer = SoftwareSigner.generate()
            made = issue_leaf_now(
                self._request(request, signer, days=LEAF_DAYS),
                issuer=issuer.certificate,
                signer=issuer.signer,
            )
            found = self._keep(request.name, signer, made)
        return Identity(signer=found[0], certificate=found[1], root=issuer.certificate)

    def _find(self, name: str) -> tuple[SoftwareSigner, Certificate] | None:
        key, certificate = self._folder / f"{name}.key", self._folder / f"{name}.der"
        if not key.exists() or not certificate.exists():
            return None
        signer = SoftwareSigner.from_pem(read_secret(key))
        found = decode_certificate(certificate.read_bytes())
        return (signer, found) if found.public_key == signer.public_key else None

    def _keep(
        self, name: str, signer: SoftwareSigner, certificate: Certificate
    ) -> tuple[SoftwareSigner, Certificate]:
        warnings.warn(f"{name}: a software key was made, for practice only", stacklevel=3)
        write_secret(self._folder / f"{name}.key", signer.to_pem())
        write_atomic(self._folder / f"{name}.der", certificate.der)
        return signer, certificate

    def _request(
        self, asked: IdentityRequest, signer: SoftwareSigner, *, days: int
    ) -> CertificateRequest:
        begin = self._at.replace(microsecond=0) - BACKDATED
        return CertificateRequest(
            purpose=asked.purpose,
            subject={
                "country_name": "KR",
                "organization_name": self._organization,
                "common_name": asked.common_name,
            },
            public_key=signer.public_key,
            serial=secrets.randbits(127) + 1,
            not_before=begin,
            not_after=begin + timedelta(days=days),
            dns_names=tuple(asked.dns_names),
            uris=tuple(asked.uris),
            issuer_uri=self._uri,
            crl_url=f"{self._uri}/crl",
        )
