"""Making certificates and revocation lists: what is to be signed, then the signature.

The bytes to be signed come out and the signature goes in, so that servers sign inline and others
await; `issue` and `issue_now` do both steps. The extensions follow the purpose's profile.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from asn1crypto import algos, core, crl
from asn1crypto import x509 as asn1

from mrc.formats.x509.algorithms import (
    der_signature,
    encode_public_key,
    encode_signature_algorithm,
)
from mrc.formats.x509.certificate import Certificate, decode_certificate
from mrc.formats.x509.profiles import PROFILES, Profile, Purpose
from mrc.formats.x509.revocation import RevocationList, decode_revocation_list
from mrc.kernel.keys import Algorithm, EcPublicKey
from mrc.kernel.ports import InlineSigner, Signer

_UTC_TIME_ENDS = 2050  # RFC 5280, 4.1.2.5


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateRequest:
    """What the certificate shall say.

    `subject` by asn1crypto's attribute names (``country_name``, ``common_name``, …). `issuer_uri`
    becomes the issuerAltName that ISO/IEC 18013-5 Annex B asks for.
    """

    purpose: Purpose
    subject: Mapping[str, str]
    public_key: EcPublicKey
    serial: int
    not_before: datetime
    not_after: datetime
    dns_names: Sequence[str] = ()
    uris: Sequence[str] = ()
    issuer_uri: str | None = None
    crl_url: str | None = None

    def __post_init__(self) -> None:
        if not self.not_before < self.not_after:
            raise ValueError("a certificate that ends before it begins")
        if not 0 < self.serial < 1 << 159:
            raise ValueError("a serial number is positive and of 20 octets at most (RFC 5280)")


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedCertificate:
    """A certificate but for its signature."""

    to_be_signed: bytes
    algorithm: Algorithm

    def finish(self, signature: bytes) -> Certificate:
        """The certificate with `signature` (r||s) over `to_be_signed`, read back."""
        return decode_certificate(_signed(self.to_be_signed, self.algorithm, signature))


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedRevocationList:
    """A revocation list but for its signature."""

    to_be_signed: bytes
    algorithm: Algorithm

    def finish(self, signature: bytes) -> RevocationList:
        return decode_revocation_list(_signed(self.to_be_signed, self.algorithm, signature))


def prepare_root(request: CertificateRequest, *, algorithm: Algorithm) -> PreparedCertificate:
    """A self-signed certificate: the request's own key will sign it with `algorithm`."""
    name = asn1.Name.build(dict(request.subject))
    return _prepare(request, name, _key_identifier(request.public_key), algorithm)


def prepare_leaf(
    request: CertificateRequest, *, issuer: Certificate, algorithm: Algorithm
) -> PreparedCertificate:
    """A certificate that `issuer`'s key will sign with `algorithm`.

    Raises `ValueError` where the certificate would outlive its issuer or the issuer is no CA.
    """
    if not issuer.is_ca or issuer.subject_key_identifier is None:
        raise ValueError("the issuer is not a CA with a key identifier")
    if request.not_after > issuer.not_after or request.not_before < issuer.not_before:
        raise ValueError("a certificate must lie within its issuer's validity")
    name = asn1.Name.load(issuer.subject.der)
    return _prepare(request, name, issuer.subject_key_identifier, algorithm)


async def issue_root(request: CertificateRequest, signer: Signer) -> Certificate:
    prepared = prepare_root(request, algorithm=signer.algorithm)
    return prepared.finish(await signer.sign(prepared.to_be_signed))


async def issue_leaf(
    request: CertificateRequest, *, issuer: Certificate, signer: Signer
) -> Certificate:
    prepared = prepare_leaf(request, issuer=issuer, algorithm=signer.algorithm)
    return prepared.finish(await signer.sign(prepared.to_be_signed))


def issue_root_now(request: CertificateRequest, signer: InlineSigner) -> Certificate:
    prepared = prepare_root(request, algorithm=signer.algorithm)
    return prepared.finish(signer.sign_now(prepared.to_be_signed))


def issue_leaf_now(
    request: CertificateRequest, *, issuer: Certificate, signer: InlineSigner
) -> Certificate:
    prepared = prepare_leaf(request, issuer=issuer, algorithm=signer.algorithm)
    return prepared.finish(signer.sign_now(prepared.to_be_signed))


def prepare_revocation_list(
    *,
    issuer: Certificate,
    number: int,
    this_update: datetime,
    next_update: datetime,
    revoked: Mapping[int, datetime],
    algorithm: Algorithm,
) -> PreparedRevocationList:
    """A CRL of `issuer` (RFC 5280, 5): `revoked` maps serial numbers to when they ended."""
    entries = [
        {"user_certificate": serial, "revocation_date": _time(at)} for serial, at in revoked.items()
    ]
    extensions = [
        _extension(
            "authority_key_identifier",
            asn1.AuthorityKeyIdentifier({"key_identifier": issuer.subject_key_identifier}),
        ),
        _extension("crl_number", core.Integer(number)),
    ]
    body = crl.TbsCertList(
        {
            "version": "v2",
            "signature": encode_signature_algorithm(algorithm),
            "issuer": asn1.Name.load(issuer.subject.der),
            "this_update": _time(this_update),
            "next_update": _time(next_update),
            "revoked_certificates": entries or None,
            "crl_extensions": extensions,
        }
    )
    return PreparedRevocationList(to_be_signed=body.dump(), algorithm=algorithm)


def _prepare(
    request: CertificateRequest, issuer: asn1.Name, issuer_key: bytes, algorithm: Algorithm
) -> PreparedCertificate:
    body = asn1.TbsCertificate(
        {
            "version": "v3",
            "serial_number": request.serial,
            "signature": encode_signature_algorithm(algorithm),
            "issuer": issuer,
            "validity": {
                "not_before": _time(request.not_before),
                "not_after": _time(request.not_after),
            },
            "subject": asn1.Name.build(dict(request.subject)),
            "subject_public_key_info": encode_public_key(request.public_key),
            "extensions": _extensions(request, issuer_key),
        }
    )
    return PreparedCertificate(to_be_signed=body.dump(), algorithm=algorithm)


def _extensions(request: CertificateRequest, issuer_key: bytes) -> list[dict[str, object]]:
    profile = PROFILES[request.purpose]
    own = _key_identifier(request.public_key)
    found = [
        _extension("key_identifier", core.OctetString(own)),
        _extension(
            "authority_key_identifier", asn1.AuthorityKeyIdentifier({"key_identifier": issuer_key})
        ),
        _extension("key_usage", asn1.KeyUsage(set(profile.issued_usage)), critical=True),
        *_constraints(profile),
    ]
    alternative = [asn1.GeneralName("dns_name", name) for name in request.dns_names]
    alternative += [_uri(uri) for uri in request.uris]
    if alternative:
        found.append(_extension("subject_alt_name", asn1.GeneralNames(alternative)))
    if request.issuer_uri:
        found.append(_extension("issuer_alt_name", asn1.GeneralNames([_uri(request.issuer_uri)])))
    if request.crl_url:
        place = asn1.DistributionPointName("full_name", asn1.GeneralNames([_uri(request.crl_url)]))
        points = asn1.CRLDistributionPoints([{"distribution_point": place}])
        found.append(_extension("crl_distribution_points", points))
    return found


def _constraints(profile: Profile) -> list[dict[str, object]]:
    if profile.is_ca:
        basic = asn1.BasicConstraints({"ca": True, "path_len_constraint": profile.path_length})
        return [_extension("basic_constraints", basic, critical=True)]
    if profile.extended_key_usage:
        usage = asn1.ExtKeyUsageSyntax([profile.extended_key_usage[0]])
        return [_extension("extended_key_usage", usage, critical=True)]
    return []


def _extension(name: str, value: core.Asn1Value, critical: bool = False) -> dict[str, object]:
    return {
        "extn_id": name,
        "critical": critical,
        "extn_value": core.ParsableOctetString(value.dump()),
    }


def _uri(uri: str) -> asn1.GeneralName:
    return asn1.GeneralName("uniform_resource_identifier", uri)


def _key_identifier(key: EcPublicKey) -> bytes:
    """RFC 5280, 4.2.1.2, method 1: SHA-1 names the key and protects nothing."""
    return hashlib.sha1(key.uncompressed, usedforsecurity=False).digest()


def _time(at: datetime) -> asn1.Time:
    if at.utcoffset() is None:
        raise ValueError("a time without a zone")
    kind = "utc_time" if at.year < _UTC_TIME_ENDS else "general_time"
    return asn1.Time(name=kind, value=at.replace(microsecond=0))


def _signed(body: bytes, algorithm: Algorithm, signature: bytes) -> bytes:
    """SIGNED (RFC 5280, 4.1): the body spliced in as it was signed."""
    identifier: algos.SignedDigestAlgorithm = encode_signature_algorithm(algorithm)
    value = core.OctetBitString(der_signature(signature, algorithm))
    content = body + identifier.dump() + value.dump()
    der: bytes = core.Sequence(contents=content).dump()
    return der
