"""Signatures of SODs by others: RSASSA-PSS with its parameters in every allowed form (RFC 4055)."""

from datetime import UTC, datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from mrc.formats.x509.certificate import decode_certificate
from mrc.ic_card import cms
from mrc.ic_card.passive_authentication import check_signature
from mrc.ic_card.reasons import Reason
from mrc.kernel.errors import Malformed, Rejected
from tests.simulators.ic_card_world import VERIFIER

KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
NULL, NONE = "0500", ""
PSS = "1.2.840.113549.1.1.10"
LDS = "2.23.136.1.1.1"


def tagged(tag: str, *parts: str) -> str:
    whole = "".join(parts)
    return f"{tag}{len(whole) // 2:02x}{whole}"


def parameters(null: str, *, digest: str = "0609608648016503040201", salt: str = "20") -> bytes:
    hash_algorithm = tagged("30", digest, null)
    mask = tagged("30", "06092a864886f70d010108", hash_algorithm)
    fields = (tagged("a0", hash_algorithm), tagged("a1", mask), tagged("a2", "0201" + salt))
    return bytes.fromhex(tagged("30", *fields))


def certificate():
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "DS abroad")])
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(KEY.public_key())
        .serial_number(1)
        .not_valid_before(datetime(2026, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2041, 1, 1, tzinfo=UTC))
    )
    made = builder.sign(KEY, hashes.SHA256())
    return decode_certificate(made.public_bytes(serialization.Encoding.DER))


SIGNER = certificate()


def signed(encoded: bytes, *, salt: int = 32, digest: str = "sha256") -> cms.SignedData:
    content = b"content"
    prepared = cms.prepare_signed_data(content, content_type=LDS, certificates=[SIGNER.der])
    scheme = padding.PSS(padding.MGF1(hashes.SHA256()), salt)
    return cms.SignedData(
        content_type=LDS,
        content=content,
        certificates=(SIGNER.der,),
        signer=cms.SignerInfo(
            signed_attributes=prepared.to_be_signed,
            digest_algorithm=digest,
            signature_algorithm=PSS,
            signature_parameters=encoded,
            signature=KEY.sign(prepared.to_be_signed, scheme, hashes.SHA256()),
        ),
    )


@pytest.mark.parametrize("null", [NULL, NONE], ids=["null", "absent"])
def test_the_hashes_parameters_may_be_null_or_absent(null):
    check_signature(signed(parameters(null)), SIGNER, verifier=VERIFIER)


@pytest.mark.parametrize("null", [NULL, NONE], ids=["null", "absent"])
def test_a_salt_of_another_length_than_said_is_no_signature(null):
    with pytest.raises(Rejected) as caught:
        check_signature(signed(parameters(null), salt=20), SIGNER, verifier=VERIFIER)
    assert caught.value.reason == Reason.SOD_SIGNATURE


@pytest.mark.parametrize(
    "encoded",
    [
        parameters(NULL, salt="14"),
        parameters(NULL, digest="06052b0e03021a"),  # SHA-1
        bytes.fromhex("3000"),  # the defaults: SHA-1 again
    ],
    ids=["short salt", "sha1", "defaults"],
)
def test_other_parameters_are_not_supported(encoded):
    with pytest.raises(Rejected) as caught:
        check_signature(signed(encoded), SIGNER, verifier=VERIFIER)
    assert caught.value.reason == Reason.UNSUPPORTED_ALGORITHM


@pytest.mark.parametrize("encoded", [b"", NULL.encode(), b"\x30\x05\xa0", parameters(NULL) + b"x"])
def test_what_is_no_parameters_is_refused(encoded):
    with pytest.raises(Malformed):
        check_signature(signed(encoded), SIGNER, verifier=VERIFIER)
