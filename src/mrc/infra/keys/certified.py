"""Certified keys: where a key is kept, and the file of the certificate that was issued for it.

The certificate's file is what commits: a key counts only once a certificate of it is stored.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from mrc.formats.x509.certificate import (
    Certificate,
    decode_certificate,
    decode_pem_bundle,
    encode_pem,
)
from mrc.infra.files import read_secret, write_atomic, write_secret
from mrc.infra.keys.software import SoftwareSigner
from mrc.kernel.errors import Malformed, Unavailable
from mrc.kernel.ports import InlineSigner


@dataclass(frozen=True, slots=True, kw_only=True)
class CertifiedKey:
    signer: InlineSigner = field(repr=False)
    certificate: Certificate


@dataclass(frozen=True, slots=True)
class CertificateFile:
    """One certificate, as PEM (``.pem``) or DER (``.der``)."""

    path: Path

    @property
    def name(self) -> str:
        return self.path.stem

    def find(self) -> Certificate | None:
        """Raises `Malformed` for a file that holds none."""
        if not self.path.exists():
            return None
        data = self.path.read_bytes()
        if self.path.suffix == ".der":
            return decode_certificate(data)
        found = decode_pem_bundle(data)
        if not found:
            raise Malformed("certificate", f"none in {self.path.name}")
        return found[0]

    def store(self, certificate: Certificate) -> None:
        pem = self.path.suffix == ".pem"
        write_atomic(self.path, encode_pem(certificate) if pem else certificate.der)


Issue = Callable[[InlineSigner], Certificate]
"""Issues the certificate of a new key; nothing is stored yet."""


class KeyPlace(Protocol):
    """Where private keys live."""

    def certify(self, file: CertificateFile, issue: Issue) -> CertifiedKey:
        """A new key and its certificate, stored in `file`. Where anything fails nothing is left,
        and what `file` said before stays good. Raises `Rejected` and `Unavailable`."""

    def find(self, file: CertificateFile) -> CertifiedKey | None:
        """The certificate of `file` and its key; None where there is no such pair.

        Raises `Rejected` where the key is there and is not the certificate's, and `Unavailable`.
        """


class FileKeys:
    """Software keys in files of mode 600 beside their certificates: for practice."""

    def certify(self, file: CertificateFile, issue: Issue) -> CertifiedKey:
        signer = SoftwareSigner.generate()
        certificate = issue(signer)
        write_secret(_key_file(file), signer.to_pem())
        file.store(certificate)
        return CertifiedKey(signer=signer, certificate=certificate)

    def find(self, file: CertificateFile) -> CertifiedKey | None:
        """None, too, for a key that is not the certificate's: a crash left it, nobody has it."""
        key, certificate = _key_file(file), file.find()
        if certificate is None or not key.exists():
            return None
        signer = SoftwareSigner.from_pem(read_secret(key))
        if signer.public_key != certificate.public_key:
            return None
        return CertifiedKey(signer=signer, certificate=certificate)


def _key_file(file: CertificateFile) -> Path:
    return file.path.with_suffix(".key")


def get_certified_key(place: KeyPlace, file: CertificateFile) -> CertifiedKey:
    """As `find`, which must succeed. Raises `Unavailable` where nothing is there."""
    found = place.find(file)
    if found is None:
        raise Unavailable(f"key {file.name}", "no certificate with the private key that fits it")
    return found
