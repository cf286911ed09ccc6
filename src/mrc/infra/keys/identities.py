"""Keys with certificates: each role's own below its folder, made once.

The keys are in files (software, for practice: they announce themselves when made) or in a token. A
crash between making a key and storing its certificate is repaired by making the pair anew: nobody
has seen a certificate that is not stored.
"""

import secrets
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from mrc.formats.x509.certificate import Certificate
from mrc.formats.x509.issuing import CertificateRequest, issue_leaf_now, issue_root_now
from mrc.formats.x509.profiles import Purpose
from mrc.infra.keys.certified import (
    CertificateFile,
    CertifiedKey,
    FileKeys,
    Issue,
    KeyPlace,
)
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

    def __init__(
        self,
        folder: Path,
        *,
        organization: str,
        uri: str,
        at: datetime,
        place: KeyPlace | None = None,
    ) -> None:
        """`place` None: software keys in files beside their certificates."""
        self._folder = folder
        self._organization = organization
        self._uri = uri
        self._at = at
        self._place = place or FileKeys()

    def root(self, name: str, purpose: Purpose, common_name: str) -> Identity:
        """The role's own root, made at the first call."""
        file = self._file(name)
        found = self._place.find(file)
        if found is None:
            asked = IdentityRequest(name=name, purpose=purpose, common_name=common_name)
            found = self._certify(
                file,
                lambda signer: issue_root_now(self._request(asked, signer, days=ROOT_DAYS), signer),
            )
        return Identity(signer=found.signer, certificate=found.certificate, root=found.certificate)

    def leaf(self, request: IdentityRequest, *, issuer: Identity) -> Identity:
        """A certified key under `issuer`, made at the first call and when it has run out."""
        file = self._file(request.name)
        found = self._place.find(file)
        if found is None or found.certificate.not_after <= self._at:
            found = self._certify(
                file,
                lambda signer: issue_leaf_now(
                    self._request(request, signer, days=LEAF_DAYS),
                    issuer=issuer.certificate,
                    signer=issuer.signer,
                ),
            )
        return Identity(signer=found.signer, certificate=found.certificate, root=issuer.certificate)

    def _file(self, name: str) -> CertificateFile:
        return CertificateFile(self._folder / f"{name}.der")

    def _certify(self, file: CertificateFile, issue: Issue) -> CertifiedKey:
        made = self._place.certify(file, issue)
        if isinstance(made.signer, SoftwareSigner):
            text = f"{file.name}: a software key was made, for practice only"
            warnings.warn(text, stacklevel=3)
        return made

    def _request(
        self, asked: IdentityRequest, signer: InlineSigner, *, days: int
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
