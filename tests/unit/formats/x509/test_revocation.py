"""Revocation lists that our issuing code would not make, built with `cryptography`."""

from datetime import timedelta

import pytest
from asn1crypto import algos, crl
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from mrc.formats.x509.revocation import decode_revocation_list
from mrc.kernel.errors import Malformed
from tests.simulators.pki import NOW

KEY = ec.generate_private_key(ec.SECP256R1())
NAME = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Practice CA")])
UNKNOWN = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.3.6.1.4.1.99999.1"), b"\x05\x00")


def make_list(
    *,
    of_list: tuple[tuple[x509.ExtensionType, bool], ...] = (),
    of_entry: tuple[tuple[x509.ExtensionType, bool], ...] = (),
) -> bytes:
    """One revoked serial number, 7, with the given extensions and whether each is critical."""
    entry = x509.RevokedCertificateBuilder().serial_number(7).revocation_date(NOW)
    for extension, critical in of_entry:
        entry = entry.add_extension(extension, critical)
    builder = x509.CertificateRevocationListBuilder(NAME, NOW, NOW + timedelta(days=1))
    for extension, critical in of_list:
        builder = builder.add_extension(extension, critical)
    signed = builder.add_revoked_certificate(entry.build()).sign(KEY, hashes.SHA256())
    return signed.public_bytes(Encoding.DER)


NUMBER = x509.CRLNumber(1)
REASON = x509.CRLReason(x509.ReasonFlags.key_compromise)
PARTIAL = x509.IssuingDistributionPoint(None, None, True, False, None, False, False)


@pytest.mark.parametrize(
    ("of_list", "of_entry"),
    [((), ()), (((NUMBER, True),), ()), (((UNKNOWN, False),), ()), ((), ((REASON, False),))],
)
def test_what_may_be_passed_over_is(
    of_list: tuple[tuple[x509.ExtensionType, bool], ...],
    of_entry: tuple[tuple[x509.ExtensionType, bool], ...],
) -> None:
    found = decode_revocation_list(make_list(of_list=of_list, of_entry=of_entry))
    assert dict(found.revoked) == {7: NOW}


@pytest.mark.parametrize("extension", [UNKNOWN, PARTIAL, x509.DeltaCRLIndicator(1)])
def test_a_list_that_means_more_than_we_read_is_refused(extension: x509.ExtensionType) -> None:
    with pytest.raises(Malformed, match="unknown critical extension"):
        decode_revocation_list(make_list(of_list=((extension, True),)))


@pytest.mark.parametrize("extension", [REASON, UNKNOWN])
def test_an_entry_that_means_more_than_we_read_is_refused(extension: x509.ExtensionType) -> None:
    with pytest.raises(Malformed, match="critical extension of an entry"):
        decode_revocation_list(make_list(of_entry=((extension, True),)))


def test_two_algorithms_in_one_list_are_refused() -> None:
    parsed = crl.CertificateList.load(make_list())
    parsed["signature_algorithm"] = algos.SignedDigestAlgorithm({"algorithm": "sha512_ecdsa"})
    with pytest.raises(Malformed, match="two signature algorithms differ"):
        decode_revocation_list(parsed.dump(force=True))
