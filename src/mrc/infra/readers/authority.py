"""The folder of a CSCA and its document signer: certificates, lists, and where the keys are.

A key is in a file (software, for practice) or in a token (PKCS#11); a folder whose keys are in
tokens holds their addresses and no secret. In production the CSCA's token is kept offline.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from mrc.formats.x509.certificate import Certificate, decode_pem_bundle
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
from mrc.infra.files import write_atomic
from mrc.infra.keys.certified import (
    CertificateFile,
    CertifiedKey,
    FileKeys,
    KeyPlace,
    get_certified_key,
)
from mrc.infra.keys.token_keys import Tokens, find_in_token
from mrc.kernel.errors import Malformed, Unavailable
from mrc.kernel.ports import Entropy, InlineSigner

_CSCA_YEARS, _SIGNER_YEARS, _CRL_DAYS = 15, 11, 90
_SERIAL_BYTES = 16
_COUNTRY = "KR"


_FILES: KeyPlace = FileKeys()


@dataclass(frozen=True, slots=True)
class CscaFolder:
    """`csca.pem`, `ds.pem` and their keys (``.key``, or a token's address in ``.pkcs11``),
    `revoked.json`, `csca.crl`, `master-list.ml`. `tokens` are asked for keys that are in one."""

    path: Path
    tokens: Tokens = field(default_factory=Tokens)

    def create(
        self, *, practice: bool, entropy: Entropy, at: datetime, place: KeyPlace = _FILES
    ) -> Certificate:
        """The root, its key in `place`.

        Raises `Unavailable` where one stands already, it is never replaced, and as `place` does.
        """
        if (self.path / "csca.pem").exists():
            raise Unavailable("CSCA folder", "there is a CSCA already")
        subject = {"country_name": _COUNTRY, "organization_name": "Ministry of Justice"}
        if practice:
            subject["organizational_unit_name"] = PRACTICE_UNIT

        def issue(signer: InlineSigner) -> Certificate:
            request = CertificateRequest(
                purpose=Purpose.CSCA,
                subject={**subject, "common_name": "CSCA residence card"},
                public_key=signer.public_key,
                serial=_serial(entropy),
                not_before=at,
                not_after=at + timedelta(days=365 * _CSCA_YEARS),
            )
            return issue_root_now(request, signer)

        return place.certify(self._file("csca"), issue).certificate

    def create_document_signer(
        self, *, entropy: Entropy, at: datetime, place: KeyPlace = _FILES
    ) -> Certificate:
        """A new document signer, its key in `place`; the folder uses it from now on.

        Old cards keep the old one. Raises as `place` does, and what stood before stays good.
        """
        root = self._certified("csca")  # before a key is made
        number = _serial(entropy)

        def issue(signer: InlineSigner) -> Certificate:
            request = CertificateRequest(
                purpose=Purpose.LDS_DOCUMENT_SIGNER,
                subject={"country_name": _COUNTRY, "common_name": f"DS {number:x}"[:20]},
                public_key=signer.public_key,
                serial=number,
                not_before=at,
                not_after=min(at + timedelta(days=365 * _SIGNER_YEARS), root.certificate.not_after),
            )
            return issue_leaf_now(request, issuer=root.certificate, signer=root.signer)

        return place.certify(self._file("ds"), issue).certificate

    def root(self) -> Certificate:
        return self._certificate("csca")

    def document_signer(self) -> DocumentSigner:
        """The key that signs SODs. Raises `Unavailable`, and `Rejected` where a token's key is not
        the certificate's."""
        found = self._certified("ds")
        return DocumentSigner(signer=found.signer, certificate=found.certificate)

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
        signer = self._certified("csca").signer
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
        ds = self._certified("ds")
        prepared = prepare_master_list(
            [self.root(), *others], signer_chain=[ds.certificate, self.root()]
        )
        data = prepared.finish(ds.signer.sign_now(prepared.to_be_signed))
        write_atomic(self.path / "master-list.ml", data)
        return data

    def crls(self) -> list[RevocationList]:
        path = self.path / "csca.crl"
        return [decode_revocation_list(path.read_bytes())] if path.exists() else []

    def _revoked(self) -> dict[str, str]:
        path = self.path / "revoked.json"
        revoked: dict[str, str] = json.loads(path.read_bytes()) if path.exists() else {}
        return revoked

    def _file(self, name: str) -> CertificateFile:
        return CertificateFile(self.path / f"{name}.pem")

    def _certificate(self, name: str) -> Certificate:
        return read_certificates(self._file(name).path)[0]

    def _certified(self, name: str) -> CertifiedKey:
        file = self._file(name)
        return find_in_token(file, self.tokens) or get_certified_key(_FILES, file)


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
