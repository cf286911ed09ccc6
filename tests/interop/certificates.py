"""Certificates of strangers, made by `cryptography` alone from the standards' profiles."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from mrc.formats import base64url

DOCUMENT_SIGNER = x509.ObjectIdentifier("1.0.18013.5.1.2")
READER = x509.ObjectIdentifier("1.0.18013.5.1.6")
TLS_SERVER = ExtendedKeyUsageOID.SERVER_AUTH


@dataclass(frozen=True, slots=True, kw_only=True)
class Stranger:
    """A key with its certificate; `root` signed it."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate
    root: x509.Certificate

    @property
    def pem(self) -> str:
        return _pem(self.certificate)

    @property
    def root_pem(self) -> str:
        return _pem(self.root)

    @property
    def key_pem(self) -> str:
        return self.key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ).decode()

    @property
    def jwk(self) -> dict[str, Any]:
        """The private key, as strangers' libraries take it."""
        numbers = self.key.private_numbers()
        named = {
            "d": numbers.private_value,
            "x": numbers.public_numbers.x,
            "y": numbers.public_numbers.y,
        }
        values = {name: base64url.encode(value.to_bytes(32)) for name, value in named.items()}
        return {"kty": "EC", "crv": "P-256", "alg": "ES256", **values}

    @property
    def public_jwk(self) -> str:
        return json.dumps({k: v for k, v in self.jwk.items() if k in ("kty", "crv", "x", "y")})


def make_stranger(
    name: str,
    *,
    usage: x509.ObjectIdentifier | None = None,
    dns_names: Sequence[str] = (),
) -> Stranger:
    """A root with one leaf below it, valid since an hour ago."""
    root_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    root_name, leaf_name = _name(f"{name} root"), _name(name)
    root = (
        _builder(root_name, root_name, root_key)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(key_usage(ca=True), critical=True)
        .add_extension(_identifier(root_key), critical=False)
        .sign(root_key, hashes.SHA256())
    )
    leaf = (
        _builder(leaf_name, root_name, key)
        .add_extension(key_usage(ca=False), critical=True)
        .add_extension(_identifier(key), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(root_key.public_key()),
            critical=False,
        )
    )
    if usage is not None:
        leaf = leaf.add_extension(x509.ExtendedKeyUsage([usage]), critical=usage != TLS_SERVER)
    if dns_names:
        names = [x509.DNSName(dns_name) for dns_name in dns_names]
        leaf = leaf.add_extension(x509.SubjectAlternativeName(names), critical=False)
    return Stranger(key=key, certificate=leaf.sign(root_key, hashes.SHA256()), root=root)


def make_self_signed(name: str) -> Stranger:
    """A reader's certificate that nobody else signed."""
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = (
        _builder(_name(name), _name(name), key)
        .add_extension(key_usage(ca=False), critical=True)
        .sign(key, hashes.SHA256())
    )
    return Stranger(key=key, certificate=certificate, root=certificate)


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey
) -> x509.CertificateBuilder:
    now = datetime.now(UTC).replace(microsecond=0)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=30))
    )


def _name(common: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "UT"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Strangers"),
            x509.NameAttribute(NameOID.COMMON_NAME, common),
        ]
    )


def key_usage(*, ca: bool) -> x509.KeyUsage:
    """An authority signs certificates and their revocation; anybody else signs data."""
    return x509.KeyUsage(
        digital_signature=not ca,
        key_cert_sign=ca,
        crl_sign=ca,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _identifier(key: ec.EllipticCurvePrivateKey) -> x509.SubjectKeyIdentifier:
    return x509.SubjectKeyIdentifier.from_public_key(key.public_key())


def _pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode()
