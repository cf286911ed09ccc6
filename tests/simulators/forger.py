"""Certificates that our issuing code would not make, built with `cryptography`."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from mrc.formats.x509.certificate import Certificate, decode_certificate
from mrc.infra.keys.software import SoftwareSigner

DS_USAGE = "1.0.18013.5.1.2"


def new_key(curve: ec.EllipticCurve | None = None) -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(curve or ec.SECP256R1())


@dataclass(frozen=True, kw_only=True)
class Forgery:
    """What the certificate says; the defaults are a good document signer of the practice world."""

    name: str = "Practice DS"
    country: str | None = "KR"
    state: str | None = None
    key: ec.EllipticCurvePrivateKey = field(default_factory=new_key)
    ca: bool | None = None
    path_length: int | None = None
    usage: Sequence[str] | None = ("digital_signature",)
    extended: Sequence[str] | None = (DS_USAGE,)
    begin: dt.datetime = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    end: dt.datetime = dt.datetime(2031, 1, 1, tzinfo=dt.UTC)
    unknown_critical: str | None = None
    unknown_value: bytes = b"\x05\x00"
    digest: hashes.SHA256 | hashes.SHA512 = field(default_factory=hashes.SHA256)

    @property
    def x509_name(self) -> x509.Name:
        pairs = [(NameOID.COUNTRY_NAME, self.country), (NameOID.STATE_OR_PROVINCE_NAME, self.state)]
        pairs += [(NameOID.ORGANIZATION_NAME, "Practice"), (NameOID.COMMON_NAME, self.name)]
        return x509.Name([x509.NameAttribute(oid, value) for oid, value in pairs if value])

    @property
    def signer(self) -> SoftwareSigner:
        return SoftwareSigner.from_pem(
            self.key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )


USAGES = (
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
    "encipher_only",
    "decipher_only",
)


def forge(
    what: Forgery, *, signed_by: Forgery | None = None, issuer_name: x509.Name | None = None
) -> Certificate:
    """`what`, signed by `signed_by`'s key (its own where None)."""
    by = signed_by or what
    builder = (
        x509.CertificateBuilder()
        .subject_name(what.x509_name)
        .issuer_name(issuer_name or by.x509_name)
        .public_key(what.key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(what.begin)
        .not_valid_after(what.end)
    )
    if what.ca is not None:
        basic = x509.BasicConstraints(ca=what.ca, path_length=what.path_length)
        builder = builder.add_extension(basic, critical=True)
    if what.usage is not None:
        bits = {name: name in what.usage for name in USAGES}
        builder = builder.add_extension(x509.KeyUsage(**bits), critical=True)
    if what.extended is not None:
        usages = x509.ExtendedKeyUsage([x509.ObjectIdentifier(oid) for oid in what.extended])
        builder = builder.add_extension(usages, critical=True)
    if what.unknown_critical:
        unknown = x509.UnrecognizedExtension(
            x509.ObjectIdentifier(what.unknown_critical), what.unknown_value
        )
        builder = builder.add_extension(unknown, critical=True)
    made = builder.sign(by.key, what.digest)
    return decode_certificate(made.public_bytes(serialization.Encoding.DER))


def good_root(name: str = "Practice IACA", **changes: object) -> Forgery:
    settings: dict[str, object] = {
        "name": name,
        "ca": True,
        "path_length": 0,
        "usage": ("key_cert_sign", "crl_sign"),
        "extended": None,
    }
    return Forgery(**{**settings, **changes})  # type: ignore[arg-type]
