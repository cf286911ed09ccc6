"""The folder of a CSCA and its document signer: software keys, for practice and for tests.

In production the CSCA is offline and the document signer's key is in a token (PKCS#11); then only
the certificates and lists of this folder exist.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from mrc.formats.x509.certificate import Certificate, decode_pem_bundle, encode_pem
from mrc.formats.x509.issuing import (
    CertificateRequest,
    issue_leaf_now,
    issue_root_now,
    prepare_revocation_list,
)
from mrc.formats.x509.profiles import Purpose
from mrc.formats.x509.revocation import RevocationList, decode_revocation_list
from mrc.ic_card.master_list import prepare_master_list
from mrc.ic_card.passive_authentication import PRACTICE_UNIT
from mrc.ic_card.personalisation.building import DocumentSigner
from mrc.infra.files import read_secret, write_atomic, write_secret
from mrc.infra.keys.software import SoftwareSigner
from mrc.kernel.errors import Malformed, Unavailable
from mrc.kernel.ports import Entropy

_CSCA_YEARS, _SIGNER_YEARS, _CRL_DAYS = 15, 11, 90
_SERIAL_BYTES = 16
_COUNTRY = "KR"


@dataclass(frozen=True, slots=True)
class CscaFolder:
    """`csca.pem`, `csca.key`, `ds.pem`, `ds.key`, `revoked.json`, `csca.crl`, `master-list.ml`."""

    path: Path

    def create(self, *, practice: bool, entropy: Entropy, at: datetime) -> Certificate:
        """The root. Raises `Unavailable` where one stands already: it is never replaced."""
        if (self.path / "csca.pem").exists():
            raise Unavailable("CSCA folder", "there is a CSCA already")
        signer = SoftwareSigner.generate()
        subject = {"country_name": _COUNTRY, "organization_name": "Ministry of Justice"}
        if practice:
            subject["organizational_unit_name"] = PRACTICE_UNIT
        certificate = issue_root_now(
            CertificateRequest(
                purpose=Purpose.CSCA,
                subject={**subject, "common_name": "CSCA residence card"},
                public_key=signer.public_key,
                serial=_serial(entropy),
                not_before=at,
                not_after=at + timedelta(days=365 * _CSCA_YEARS),
            ),
            signer,
        )
        self._keep("csca", certificate, signer)
        return certificate

    def create_document_signer(self, *, entropy: Entropy, at: datetime) -> Certificate:
        """A new document signer; the folder uses it from now on. Old cards keep the old one."""
        root = self.root()
        signer = SoftwareSigner.generate()
        number = _serial(entropy)
        certificate = issue_leaf_now(
            CertificateRequest(
                purpose=Purpose.LDS_DOCUMENT_SIGNER,
                subject={"country_name": _COUNTRY, "common_name": f"DS {number:x}"[:20]},
                public_key=signer.public_key,
                serial=number,
                not_before=at,
                not_after=min(at + timedelta(days=365 * _SIGNER_YEARS), root.not_after),
            ),
            issuer=root,
            signer=self._signer("csca"),
        )
        self._keep("ds", certificate, signer)
        return certificate

    def root(self) -> Certificate:
        return self._certificate("csca")

    def document_signer(self) -> DocumentSigner:
        return DocumentSigner(signer=self._signer("ds"), certificate=self._certificate("ds"))

    def revoke(self, serial: int, *, at: datetime) -> RevocationList:
        """Add a certificate to the list and publish it."""
        revoked = {**self._revoked(), f"{serial:x}": at.isoformat()}
        write_atomic(self.path / "revoked.json", json.dumps(revoked).encode())
        return self.publish_crl(at=at)

    def publish_crl(self, *, at: datetime) -> RevocationList:
        revoked = {
            int(serial, 16): datetime.fromisoformat(when)
            for serial, when in self._revoked().items()
        }
        signer = self._signer("csca")
        prepared = prepare_revocation_list(
            issuer=self.root(),
            number=int(at.timestamp()),
            this_update=at,
            next_update=at + timedelta(days=_CRL_DAYS),
            revoked=revoked,
            algorithm=signer.algorithm,
        )
        crl = prepared.finish(signer.sign_now(prepared.to_be_signed))
        write_atomic(self.path / "csca.crl", crl.der)
        return crl

    def publish_master_list(self, others: Sequence[Certificate] = ()) -> bytes:
        """Our root and `others`, signed by the document signer's key."""
        signer = self._signer("ds")
        prepared = prepare_master_list(
            [self.root(), *others], signer_chain=[self._certificate("ds"), self.root()]
        )
        data = prepared.finish(signer.sign_now(prepared.to_be_signed))
        write_atomic(self.path / "master-list.ml", data)
        return data

    def crls(self) -> list[RevocationList]:
        path = self.path / "csca.crl"
        return [decode_revocation_list(path.read_bytes())] if path.exists() else []

    def _revoked(self) -> dict[str, str]:
        path = self.path / "revoked.json"
        revoked: dict[str, str] = json.loads(path.read_bytes()) if path.exists() else {}
        return revoked

    def _keep(self, name: str, certificate: Certificate, signer: SoftwareSigner) -> None:
        write_secret(self.path / f"{name}.key", signer.to_pem())
        write_atomic(self.path / f"{name}.pem", encode_pem(certificate))

    def _certificate(self, name: str) -> Certificate:
        return read_certificates(self.path / f"{name}.pem")[0]

    def _signer(self, name: str) -> SoftwareSigner:
        try:
            return SoftwareSigner.from_pem(read_secret(self.path / f"{name}.key"))
        except OSError as error:
            raise Unavailable(f"key {name}", str(error)) from error


def _serial(entropy: Entropy) -> int:
    return int.from_bytes(entropy.token(_SERIAL_BYTES)) | 1


def read_certificates(path: Path) -> list[Certificate]:
    """Certificates from a PEM bundle. Raises `Unavailable` and `Malformed`."""
    try:
        found = decode_pem_bundle(path.read_bytes())
    except OSError as error:
        raise Unavailable("certificates", str(error)) from error
    if not found:
        raise Malformed("certificates", f"none in {path.name}")
    return found
