"""Decoding and making certificates, with `cryptography` as the oracle."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from asn1crypto import keys
from asn1crypto import x509 as asn1
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from mrc.formats.x509.algorithms import decode_public_key
from mrc.formats.x509.certificate import decode_certificate, decode_pem_bundle, encode_pem
from mrc.formats.x509.chain import check_signed_by
from mrc.formats.x509.issuing import CertificateRequest, prepare_leaf, prepare_revocation_list
from mrc.formats.x509.profiles import PROFILES, Purpose
from mrc.formats.x509.revocation import decode_revocation_list
from mrc.infra.keys.software import OpensslVerifier, SoftwareSigner
from mrc.kernel.errors import Malformed
from mrc.kernel.keys import Algorithm, Curve, EcPublicKey, RsaPublicKey
from mrc.kernel.pure_verifier import PureVerifier
from tests.simulators.pki import BEGIN, END, NOW, make_leaf, make_root, practice_pki

VECTORS = Path(__file__).parents[3] / "vectors"
PKI = practice_pki()
RSA_KEY = rsa.generate_private_key(65537, 2048)


@pytest.mark.parametrize("curve", [Curve.P256, Curve.P384, Curve.P521])
@pytest.mark.parametrize("purpose", list(Purpose))
def test_what_we_make_reads_the_same_elsewhere(purpose: Purpose, curve: Curve) -> None:
    root = make_root(Purpose.IACA_ROOT, "루트", curve=curve)
    made = make_leaf(purpose, "잎", issuer=root, dns_names=("a.localhost",), uris=("https://b/",))
    ours = made.certificate
    other = x509.load_der_x509_certificate(ours.der)
    other.verify_directly_issued_by(x509.load_der_x509_certificate(root.der))
    assert other.serial_number == ours.serial
    assert other.not_valid_before_utc == ours.not_before == BEGIN
    assert other.not_valid_after_utc == ours.not_after == END
    assert ours.subject.get("common_name") == "잎"
    assert ours.dns_names == ("a.localhost",)
    assert ours.uris == ("https://b/",)
    assert ours.authority_key_identifier == root.certificate.subject_key_identifier
    assert isinstance(ours.public_key, EcPublicKey)
    spki = other.public_key().public_bytes(
        serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
    )
    assert ours.public_key.uncompressed == spki
    assert ours.is_ca is PROFILES[purpose].is_ca
    for extension in other.extensions:
        assert ours.extensions[extension.oid.dotted_string].critical is extension.critical


def test_pem_bundles_keep_their_order() -> None:
    certificates = [PKI.iaca.certificate, PKI.reader.certificate]
    text = b"".join(encode_pem(certificate) for certificate in certificates)
    assert decode_pem_bundle(text) == certificates


@pytest.mark.parametrize("text", [b"", b"-----BEGIN CERTIFICATE-----\nAAAA\n"])
def test_what_is_no_bundle_is_malformed(text: bytes) -> None:
    with pytest.raises(Malformed):
        decode_pem_bundle(text)


@pytest.mark.parametrize(
    "der",
    [
        b"",
        b"\x30\x00",
        PKI.iaca.der[:-1],
        PKI.iaca.der + b"\x00",
        bytes(20_000),
        b"\x30\x80" * 5000,
    ],
)
def test_what_is_no_certificate_is_malformed(der: bytes) -> None:
    with pytest.raises(Malformed):
        decode_certificate(der)


def test_a_point_off_the_curve_is_malformed() -> None:
    key = PKI.iaca.signer.public_key
    forged = PKI.iaca.der.replace(key.y, key.y[:-1] + bytes((key.y[-1] ^ 1,)))
    with pytest.raises(Malformed, match="not on"):
        decode_certificate(forged)


def test_two_different_signature_algorithms_are_malformed() -> None:
    head, _, tail = PKI.iaca.der.rpartition(bytes.fromhex("2a8648ce3d040302"))
    with pytest.raises(Malformed, match="algorithms differ"):
        decode_certificate(head + bytes.fromhex("2a8648ce3d040303") + tail)


@pytest.mark.parametrize(
    "name", ["cose-wg/x509-examples/ca.der", "cose-wg/x509-examples/alice.der"]
)
def test_published_certificates_decode(name: str) -> None:
    der = (VECTORS / name).read_bytes()
    certificate = decode_certificate(der)
    assert certificate.signature_algorithm is Algorithm.ES256
    other = x509.load_der_x509_certificate(der)
    assert certificate.fingerprint == other.fingerprint(hashes.SHA256())


def request(**changes: object) -> CertificateRequest:
    settings: dict[str, object] = {
        "purpose": Purpose.DOCUMENT_SIGNER,
        "subject": {"common_name": "X"},
        "public_key": SoftwareSigner.generate().public_key,
        "serial": 1,
        "not_before": BEGIN,
        "not_after": END,
    }
    return CertificateRequest(**{**settings, **changes})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "changes",
    [{"serial": 0}, {"serial": -1}, {"serial": 1 << 160}, {"not_after": BEGIN}],
)
def test_half_made_requests_are_refused(changes: dict[str, object]) -> None:
    with pytest.raises(ValueError):
        request(**changes)


def test_no_leaf_outlives_its_issuer_or_hangs_from_a_leaf() -> None:
    with pytest.raises(ValueError, match="within"):
        prepare_leaf(
            request(not_after=datetime(2099, 1, 1, tzinfo=UTC)),
            issuer=PKI.iaca.certificate,
            algorithm=Algorithm.ES256,
        )
    with pytest.raises(ValueError, match="not a CA"):
        prepare_leaf(request(), issuer=PKI.reader.certificate, algorithm=Algorithm.ES256)


def test_a_revocation_list_reads_the_same_elsewhere() -> None:
    prepared = prepare_revocation_list(
        issuer=PKI.iaca.certificate,
        number=7,
        this_update=NOW,
        next_update=NOW + timedelta(days=7),
        revoked={5: NOW, 9: NOW},
        algorithm=Algorithm.ES256,
    )
    made = prepared.finish(PKI.iaca.signer.sign_now(prepared.to_be_signed))
    other = x509.load_der_x509_crl(made.der)
    issuer_key = x509.load_der_x509_certificate(PKI.iaca.der).public_key()
    assert other.is_signature_valid(issuer_key)  # type: ignore[arg-type]
    assert {entry.serial_number for entry in other} == set(made.revoked) == {5, 9}
    assert other.next_update_utc == made.next_update


def test_an_empty_revocation_list_is_a_list() -> None:
    prepared = prepare_revocation_list(
        issuer=PKI.iaca.certificate,
        number=8,
        this_update=NOW,
        next_update=NOW + timedelta(days=7),
        revoked={},
        algorithm=Algorithm.ES256,
    )
    made = prepared.finish(PKI.iaca.signer.sign_now(prepared.to_be_signed))
    assert not made.revoked
    assert len(x509.load_der_x509_crl(made.der)) == 0
    with pytest.raises(Malformed):
        decode_revocation_list(made.der[:-1])


@pytest.mark.parametrize(
    ("salt", "digest", "algorithm"),
    [
        (32, hashes.SHA256(), Algorithm.PS256),
        (20, hashes.SHA256(), None),
        (32, hashes.SHA512(), None),
        (None, hashes.SHA256(), Algorithm.RS256),
        (None, hashes.SHA512(), None),
    ],
)
def test_rsa_roots_of_others_decode(
    salt: int | None, digest: hashes.SHA256 | hashes.SHA512, algorithm: Algorithm | None
) -> None:
    scheme = padding.PSS(padding.MGF1(digest), salt) if salt else None
    certificate = decode_certificate(self_signed(RSA_KEY, digest, scheme))
    assert certificate.signature_algorithm is algorithm
    assert isinstance(certificate.public_key, RsaPublicKey)
    if algorithm is not None:
        for verifier in (OpensslVerifier(), PureVerifier()):
            check_signed_by(certificate, certificate, verifier=verifier, clause="RFC 5280")


def self_signed(
    key: rsa.RSAPrivateKey,
    digest: hashes.SHA256 | hashes.SHA512,
    scheme: padding.PSS | None = None,
) -> bytes:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "CSCA")])
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(BEGIN)
        .not_valid_after(END)
    )
    made = builder.sign(key, digest, rsa_padding=scheme)
    return made.public_bytes(serialization.Encoding.DER)


def test_a_key_with_explicit_parameters_is_one_of_a_known_curve() -> None:
    """Passports write the curve out (ICAO Doc 9303-12, 7.1)."""
    domain = Curve.BRAINPOOL_P256R1.parameters
    key = SoftwareSigner.generate(Curve.BRAINPOOL_P256R1).public_key

    def info(order: int) -> keys.PublicKeyInfo:
        parameters = {
            "version": 1,
            "field_id": {"field_type": "prime_field", "parameters": domain.p},
            "curve": {"a": domain.a.to_bytes(32), "b": domain.b.to_bytes(32)},
            "base": b"\x04" + domain.gx.to_bytes(32) + domain.gy.to_bytes(32),
            "order": order,
            "cofactor": 1,
        }
        chosen = keys.ECDomainParameters("specified", keys.SpecifiedECDomain(parameters))
        algorithm = {"algorithm": "ec", "parameters": chosen}
        made = keys.PublicKeyInfo({"algorithm": algorithm, "public_key": key.uncompressed})
        return keys.PublicKeyInfo.load(made.dump())

    assert decode_public_key(info(domain.n)) == key
    assert decode_public_key(info(domain.n - 2)) is None


@pytest.mark.parametrize("name", ["key_usage", "subject_alt_name", "1.3.6.1.4.1.99999.1"])
def test_an_extension_given_twice_is_refused(name: str) -> None:
    made = make_leaf(Purpose.READER, "잎", issuer=PKI.reader_ca, dns_names=("a.localhost",))
    parsed = asn1.Certificate.load(made.certificate.der)
    extensions = parsed["tbs_certificate"]["extensions"]
    twice = [one for one in extensions if one["extn_id"].native == name] or [
        asn1.Extension({"extn_id": name, "critical": False, "extn_value": b"\x05\x00"})
    ] * 2
    parsed["tbs_certificate"]["extensions"] = [*extensions, *twice]
    with pytest.raises(Malformed, match="given twice"):
        decode_certificate(parsed.dump(force=True))
