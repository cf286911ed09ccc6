"""Whom a role trusts: roots by kind, each one file that an operator can read, add and remove.

``KIND/NAME.pem`` holds one certificate, ``KIND/NAME.jwk`` one public key (for wallet providers that
publish a key and no certificate). Files are read when a role starts and when they changed.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from mrc.formats import json_text
from mrc.formats.jose.jwk import decode_jwk
from mrc.formats.x509.certificate import Certificate, decode_pem_bundle
from mrc.infra.files import write_atomic
from mrc.kernel.errors import Malformed
from mrc.kernel.keys import PublicKey

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,62}\Z")


class TrustKind(StrEnum):
    """What a root is trusted for."""

    ISSUER = "issuer"
    READER = "reader"
    WALLET_PROVIDER = "wallet-provider"
    CSCA = "csca"
    DEVICE_ROOT = "device-root"
    """Of makers of phones; the name begins with ``android-`` or ``apple-``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustEntry:
    """One trusted root: a certificate, or a bare public key."""

    kind: TrustKind
    name: str
    certificate: Certificate | None
    key: PublicKey


class TrustStore:
    """The folder of trusted roots."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def add(self, kind: TrustKind, name: str, data: bytes) -> TrustEntry:
        """Trust the certificate (PEM) or key (JWK) in `data`; the same name is replaced.

        Raises `Malformed` where `data` is neither or the name is not usable.
        """
        if not _NAME.match(name):
            raise Malformed("trust entry name", "lower-case letters, digits and hyphens, up to 63")
        entry = _decode(kind, name, data)
        suffix, other = ("pem", "jwk") if entry.certificate else ("jwk", "pem")
        write_atomic(self._folder / kind.value / f"{name}.{suffix}", data)
        (self._folder / kind.value / f"{name}.{other}").unlink(missing_ok=True)
        return entry

    def remove(self, kind: TrustKind, name: str) -> bool:
        """End the trust; False where there was none of that name."""
        paths = [self._folder / kind.value / f"{name}.{suffix}" for suffix in ("pem", "jwk")]
        found = [path for path in paths if path.exists()]
        for path in found:
            path.unlink()
        return bool(found)

    def entries(self, kind: TrustKind) -> Sequence[TrustEntry]:
        """Every root of `kind`, by name. Raises `Malformed` for a file that does not decode."""
        folder = self._folder / kind.value
        paths = sorted(p for p in folder.glob("*") if p.suffix in (".pem", ".jwk"))
        return [_decode(kind, path.stem, path.read_bytes()) for path in paths]

    def certificates(self, kind: TrustKind) -> Sequence[Certificate]:
        return [entry.certificate for entry in self.entries(kind) if entry.certificate]

    def version(self) -> Mapping[str, int]:
        """Changes whenever a file of the store does."""
        return {
            f"{path.parent.name}/{path.name}": path.stat().st_mtime_ns
            for path in sorted(self._folder.glob("*/*"))
        }


def _decode(kind: TrustKind, name: str, data: bytes) -> TrustEntry:
    if b"-----BEGIN CERTIFICATE-----" in data:
        found = decode_pem_bundle(data)
        if len(found) != 1:
            raise Malformed("trusted root", "expected exactly one certificate")
        if found[0].public_key is None:
            raise Malformed("trusted root", "a key of a kind that is not supported")
        return TrustEntry(kind=kind, name=name, certificate=found[0], key=found[0].public_key)
    members = json_text.decode_object(data, "trusted root (PEM certificate or JWK)")
    return TrustEntry(kind=kind, name=name, certificate=None, key=decode_jwk(members))
