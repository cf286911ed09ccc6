"""Makers of phones: roots of their own and the evidence that phones would send.

Every field of the evidence can be changed, so that a test forges one thing and leaves the rest
true. The keys and signatures are real; the makers are invented.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache
from itertools import count

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

from mrc.formats import base64url, cbor, json_text
from mrc.formats.x509.certificate import Certificate, decode_certificate
from mrc.infra.keys.software import SoftwareSigner
from mrc.kernel.keys import Curve, EcPublicKey
from tests.simulators.pki import BEGIN, END

ANDROID_OID = "1.3.6.1.4.1.11129.2.1.17"
APPLE_OID = "1.2.840.113635.100.8.2"
PACKAGE = "kr.example.mobileid"
SIGNER_DIGEST = bytes(range(32))
APP_ID = "TEAM123456.kr.example.mobileid"
ORIGIN = "https://phone.example"
RP_ID = "phone.example"

PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
_COSE_CURVES = {Curve.P256: 1, Curve.P384: 2}
_CURVES = {ec.SECP256R1: Curve.P256, ec.SECP384R1: Curve.P384}
_SERIALS = count(1000)


@dataclass(frozen=True, kw_only=True)
class Maker:
    """One level of a maker's chain: `chain` is its certificate and those above it."""

    name: str
    key: PrivateKey
    chain: tuple[bytes, ...]

    @property
    def certificate(self) -> Certificate:
        return decode_certificate(self.chain[0])


@dataclass(frozen=True, kw_only=True)
class Cert:
    """What a test may change about one certificate."""

    ca: bool = True
    path_length: int | None = None
    extensions: Mapping[str, bytes] = field(default_factory=dict)
    not_before: datetime = BEGIN
    not_after: datetime = END
    hash: hashes.SHA256 | hashes.SHA384 = field(default_factory=hashes.SHA256)
    serial: int | None = None


def ec_key(curve: ec.EllipticCurve | None = None) -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(curve or ec.SECP256R1())


@cache
def rsa_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def public(key: ec.EllipticCurvePrivateKey) -> EcPublicKey:
    point = key.public_key().public_bytes(
        serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
    )
    return EcPublicKey.from_uncompressed(_CURVES[type(key.curve)], point)


def signer_of(key: ec.EllipticCurvePrivateKey) -> SoftwareSigner:
    return SoftwareSigner(key)


def issue(issuer: Maker | None, name: str, key: PrivateKey, cert: Cert) -> Maker:
    """A certificate for `key` under `issuer`; None makes a root."""
    above = issuer or Maker(name=name, key=key, chain=())
    usage = x509.KeyUsage(
        digital_signature=not cert.ca,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=cert.ca,
        crl_sign=cert.ca,
        encipher_only=False,
        decipher_only=False,
    )
    builder = (
        x509.CertificateBuilder()
        .subject_name(_name(name))
        .issuer_name(_name(above.name))
        .public_key(key.public_key())
        .serial_number(cert.serial or next(_SERIALS))
        .not_valid_before(cert.not_before)
        .not_valid_after(cert.not_after)
        .add_extension(usage, critical=True)
    )
    if cert.ca:
        builder = builder.add_extension(x509.BasicConstraints(True, cert.path_length), True)
    for oid, value in cert.extensions.items():
        unrecognized = x509.UnrecognizedExtension(x509.ObjectIdentifier(oid), value)
        builder = builder.add_extension(unrecognized, False)
    made = builder.sign(above.key, cert.hash).public_bytes(serialization.Encoding.DER)
    return Maker(name=name, key=key, chain=(made, *above.chain))


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


@cache
def android_maker() -> Maker:
    """RSA root, RSA-signed P-384 intermediate, P-256 batch key signed with SHA-256 by P-384."""
    root = issue(None, "Android root", rsa_key(), Cert())
    middle = issue(root, "Android middle", ec_key(ec.SECP384R1()), Cert())
    return issue(middle, "Android batch", ec_key(), Cert(path_length=0))


@cache
def apple_maker() -> Maker:
    root = issue(None, "Apple root", ec_key(ec.SECP384R1()), Cert(hash=hashes.SHA384()))
    return issue(root, "Apple CA 1", ec_key(ec.SECP384R1()), Cert(hash=hashes.SHA384()))


def root_of(maker: Maker) -> Certificate:
    return decode_certificate(maker.chain[-1])


# --- Android -------------------------------------------------------------------------------------


def tlv(tag: int, content: bytes, tag_class: int = 0, constructed: bool = False) -> bytes:
    first = tag_class << 6 | (0x20 if constructed else 0)
    head = bytes((first | tag,)) if tag < 31 else bytes((first | 31, *_base128(tag)))
    size = len(content)
    if size < 128:
        return head + bytes((size,)) + content
    length = size.to_bytes((size.bit_length() + 7) // 8)
    return head + bytes((0x80 | len(length),)) + length + content


def _base128(number: int) -> list[int]:
    digits = [number & 127]
    while number := number >> 7:
        digits.insert(0, 0x80 | number & 127)
    return digits


def sequence(*items: bytes) -> bytes:
    return tlv(16, b"".join(items), constructed=True)


def set_of(*items: bytes) -> bytes:
    return tlv(17, b"".join(items), constructed=True)


def integer(value: int) -> bytes:
    return tlv(2, value.to_bytes(2, signed=True).removeprefix(b"\0") or b"\0")


def enumerated(value: int) -> bytes:
    return tlv(10, bytes((value,)))


def octets(value: bytes) -> bytes:
    return tlv(4, value)


def explicit(tag: int, inner: bytes) -> bytes:
    return tlv(tag, inner, tag_class=2, constructed=True)


@dataclass(frozen=True, kw_only=True)
class Description:
    """What an honest phone says of a signing key; None leaves a field out."""

    challenge: bytes
    attestation_level: int = 1
    key_level: int = 1
    purposes: tuple[int, ...] | None = (2,)
    origin: int | None = 0
    locked: bytes = b"\xff"
    boot_state: int = 0
    has_root_of_trust: bool = True
    packages: tuple[str, ...] = (PACKAGE,)
    digests: tuple[bytes, ...] = (SIGNER_DIGEST,)
    has_application_id: bool = True
    in_software: bool = False
    """Puts what hardware should enforce into the list that the system fills."""
    extra: tuple[bytes, ...] = ()

    def encode(self) -> bytes:
        enforced = self._enforced()
        application = explicit(709, octets(self._application_id()))
        software = [application] if self.has_application_id else []
        if self.in_software:
            software, enforced = [*enforced, *software], []
        return sequence(
            integer(300),
            enumerated(self.attestation_level),
            integer(300),
            enumerated(self.key_level),
            octets(self.challenge),
            octets(b""),
            sequence(*software),
            sequence(*enforced, *self.extra),
        )

    def _enforced(self) -> list[bytes]:
        found = []
        if self.purposes is not None:
            found.append(explicit(1, set_of(*map(integer, self.purposes))))
        found.append(explicit(503, tlv(5, b"")))
        if self.origin is not None:
            found.append(explicit(702, integer(self.origin)))
        if self.has_root_of_trust:
            state = enumerated(self.boot_state)
            root = sequence(octets(bytes(32)), tlv(1, self.locked), state, octets(bytes(32)))
            found.append(explicit(704, root))
        return found

    def _application_id(self) -> bytes:
        packages = [sequence(octets(name.encode()), integer(7)) for name in self.packages]
        return sequence(set_of(*packages), set_of(*map(octets, self.digests)))


def android_chain(
    key: ec.EllipticCurvePrivateKey,
    description: Description,
    maker: Maker | None = None,
    **changes: object,
) -> list[bytes]:
    cert = replace(
        Cert(ca=False, extensions={ANDROID_OID: description.encode()}),
        **changes,  # type: ignore[arg-type]
    )
    return list(issue(maker or android_maker(), "Android Keystore Key", key, cert).chain)


# --- authenticator data, Apple, passkeys ---------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class AuthData:
    rp_id: str
    key: EcPublicKey
    flags: int = 0x45
    counter: int = 0
    aaguid: bytes = bytes(16)
    credential_id: bytes = b"credential"
    algorithm: int = -7
    tail: bytes = b""

    def encode(self) -> bytes:
        curve = _COSE_CURVES[self.key.curve]
        cose = {1: 2, 3: self.algorithm, -1: curve, -2: self.key.x, -3: self.key.y}
        return (
            hashlib.sha256(self.rp_id.encode()).digest()
            + bytes((self.flags,))
            + self.counter.to_bytes(4)
            + self.aaguid
            + len(self.credential_id).to_bytes(2)
            + self.credential_id
            + cbor.encode(cose)
            + self.tail
        )


def key_id_of(key: ec.EllipticCurvePrivateKey) -> bytes:
    return hashlib.sha256(public(key).uncompressed).digest()


def apple_data(key: ec.EllipticCurvePrivateKey, **changes: object) -> AuthData:
    honest = AuthData(
        rp_id=APP_ID,
        key=public(key),
        flags=0x40,
        aaguid=b"appattest".ljust(16, b"\0"),
        credential_id=key_id_of(key),
    )
    return replace(honest, **changes)  # type: ignore[arg-type]


def app_attest(
    key: ec.EllipticCurvePrivateKey,
    challenge: bytes,
    data: AuthData | None = None,
    maker: Maker | None = None,
    nonce_extension: bytes | None = None,
    **changes: object,
) -> bytes:
    auth_data = (data or apple_data(key)).encode()
    nonce = hashlib.sha256(auth_data + hashlib.sha256(challenge).digest()).digest()
    extension = nonce_extension or sequence(explicit(1, octets(nonce)))
    cert = replace(
        Cert(ca=False, extensions={APPLE_OID: extension}),
        **changes,  # type: ignore[arg-type]
    )
    chain = issue(maker or apple_maker(), "credential", key, cert).chain
    statement = {"x5c": list(chain[:2]), "receipt": b"receipt"}
    return attestation_object(auth_data, "apple-appattest", statement)


def attestation_object(
    auth_data: bytes, fmt: str = "none", statement: Mapping[str, object] | None = None
) -> bytes:
    return cbor.encode({"fmt": fmt, "attStmt": dict(statement or {}), "authData": auth_data})


def client_data(challenge: bytes, **changes: object) -> bytes:
    members: dict[str, object] = {
        "type": "webauthn.create",
        "challenge": base64url.encode(challenge),
        "origin": ORIGIN,
        "crossOrigin": False,
    }
    return json_text.encode(members | changes)
