"""Another country's authority, with RSA keys and the `cryptography` library's certificates."""

import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

from mrc.ic_card import tlv
from mrc.ic_card.lds.sod import decode_sod
from tests.interop.certificates import key_usage

LDS_SECURITY_OBJECT = "2.23.136.1.1.1"
_FROM, _UNTIL = datetime(2026, 1, 1, tzinfo=UTC), datetime(2041, 1, 1, tzinfo=UTC)


def _name(common: str) -> x509.Name:
    country = x509.NameAttribute(NameOID.COUNTRY_NAME, "DE")
    return x509.Name([country, x509.NameAttribute(NameOID.COMMON_NAME, common)])


@dataclass(frozen=True, slots=True, kw_only=True)
class Authority:
    """A CSCA and one document signer, in files."""

    csca: Path
    signer: Path
    key: Path


def make_authority(folder: Path) -> Authority:
    folder.mkdir(parents=True)
    root_key = rsa.generate_private_key(public_exponent=65537, key_size=3072)
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    root = _certificate("CSCA abroad", root_key.public_key(), root_key, ca=True)
    signer = _certificate("DS abroad 1", key.public_key(), root_key, ca=False)
    made = Authority(
        csca=folder / "csca.pem", signer=folder / "signer.der", key=folder / "signer.pk8"
    )
    made.csca.write_bytes(root.public_bytes(serialization.Encoding.PEM))
    made.signer.write_bytes(signer.public_bytes(serialization.Encoding.DER))
    made.key.write_bytes(
        key.private_bytes(
            serialization.Encoding.DER,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return made


def sign_again(made: Authority, folder: Path, scratch: Path) -> None:
    """The same EF.SOD with OpenSSL's CMS and RSASSA-PSS in place of JMRTD's and PKCS #1 v1.5."""
    content, signed = scratch / "content.der", scratch / "signed.der"
    content.write_bytes(decode_sod((folder / "011D.bin").read_bytes()).signed.content)
    subprocess.run(
        [
            *("openssl", "cms", "-sign", "-binary", "-nodetach", "-nosmimecap"),
            *("-econtent_type", LDS_SECURITY_OBJECT, "-md", "sha256"),
            *("-signer", made.signer, "-inkey", made.key, "-keyform", "DER"),
            *("-keyopt", "rsa_padding_mode:pss", "-keyopt", "rsa_pss_saltlen:32"),
            *("-in", content, "-outform", "DER", "-out", signed),
        ],
        check=True,
        timeout=60,
    )
    (folder / "011D.bin").write_bytes(tlv.encode(0x77, signed.read_bytes()))


PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


def make_chip_key(path: Path, key: PrivateKey | None = None) -> Path:
    """A chip's key into `path`, of the emulator's curve if none is given; the public half's file."""
    key = key or ec.generate_private_key(ec.BrainpoolP256R1())
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.DER,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    public = path.with_suffix(".spki")
    public.write_bytes(
        key.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
    )
    return public


def _certificate(
    common: str,
    public_key: rsa.RSAPublicKey,
    issuer_key: rsa.RSAPrivateKey,
    *,
    ca: bool,
) -> x509.Certificate:
    authority_key = x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key())
    builder = (
        x509.CertificateBuilder()
        .subject_name(_name(common))
        .issuer_name(_name("CSCA abroad"))
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(_FROM)
        .not_valid_after(_UNTIL)
        .add_extension(key_usage(ca=ca), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
        .add_extension(authority_key, critical=False)
    )
    if ca:
        limits = x509.BasicConstraints(ca=True, path_length=0)
        builder = builder.add_extension(limits, critical=True)
    return builder.sign(issuer_key, hashes.SHA256())
