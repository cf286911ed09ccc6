"""A certificate authority for this machine only, so that practice runs over https.

Camera, service workers and passkeys need a secure origin. The root is limited by name constraints
to ``localhost``, its sub-names, loopback and the configured name: a leaked practice key cannot be
used to impersonate anything else.
"""

import contextlib
import fcntl
import ipaddress
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from mrc.infra.files import write_secret

ROOT_DAYS = 3650
SERVER_DAYS = 397  # browsers refuse server certificates that live longer than 398 days
RENEW_BEFORE = timedelta(days=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerTls:
    """Paths of the root (PEM, to be trusted by clients), the server chain and its key."""

    root: Path
    chain: Path
    key: Path


def prepare_tls(folder: Path, names: Sequence[str], *, at: datetime) -> ServerTls:
    """The server's certificate for `names`, made or renewed where needed. Idempotent.

    Roles start at the same time: one of them makes the files, the others wait for it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    files = ServerTls(
        root=folder / "root.pem", chain=folder / "server.pem", key=folder / "server.key"
    )
    with _alone(folder / "lock"):
        if not files.root.exists() or not (folder / "root.key").exists():
            _make_root(folder, names, at)
            files.chain.unlink(missing_ok=True)
        if not _still_good(files.chain, names, at) or not files.key.exists():
            _make_server(folder, files, names, at)
    return files


@contextlib.contextmanager
def _alone(path: Path) -> Iterator[None]:
    """One process at a time; the kernel ends the lock of a process that dies."""
    with path.open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _still_good(chain: Path, names: Sequence[str], at: datetime) -> bool:
    if not chain.exists():
        return False
    certificate = x509.load_pem_x509_certificate(chain.read_bytes())
    stated = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    known = set(stated.get_values_for_type(x509.DNSName))
    return certificate.not_valid_after_utc - RENEW_BEFORE > at and _dns_names(names) <= known


def _dns_names(names: Sequence[str]) -> set[str]:
    return {"localhost", *names}


def _subject(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _permitted(names: Sequence[str]) -> x509.NameConstraints:
    roots = sorted({"localhost", *(n for n in names if not n.endswith(".localhost"))})
    return x509.NameConstraints(
        permitted_subtrees=[
            *(x509.DNSName(name) for name in roots),
            x509.IPAddress(ipaddress.ip_network("127.0.0.0/8")),
        ],
        excluded_subtrees=None,
    )


def _make_root(folder: Path, names: Sequence[str], at: datetime) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = _subject("Practice root for this machine only")
    certificate = (
        x509.CertificateBuilder(issuer_name=name, subject_name=name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(at - timedelta(hours=1))
        .not_valid_after(at + timedelta(days=ROOT_DAYS))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_key_usage(signs_certificates=True), critical=True)
        .add_extension(_permitted(names), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    write_secret(folder / "root.key", _pem(key))
    (folder / "root.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))


def _make_server(folder: Path, files: ServerTls, names: Sequence[str], at: datetime) -> None:
    root = x509.load_pem_x509_certificate(files.root.read_bytes())
    root_key = serialization.load_pem_private_key((folder / "root.key").read_bytes(), None)
    if not isinstance(root_key, ec.EllipticCurvePrivateKey):
        raise ValueError("the practice root's key is not an elliptic curve key")
    key = ec.generate_private_key(ec.SECP256R1())
    alternatives: list[x509.GeneralName] = [x509.DNSName(n) for n in sorted(_dns_names(names))]
    alternatives.append(x509.IPAddress(ipaddress.ip_address("127.0.0.1")))
    certificate = (
        x509.CertificateBuilder(issuer_name=root.subject, subject_name=_subject("localhost"))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(at - timedelta(hours=1))
        .not_valid_after(at + timedelta(days=SERVER_DAYS))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage(signs_certificates=False), critical=True)
        .add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(root_key.public_key()),
            critical=False,
        )
        .sign(root_key, hashes.SHA256())
    )
    write_secret(files.key, _pem(key))
    files.chain.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))


def _key_usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
