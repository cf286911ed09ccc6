"""A decoded certificate: RFC 5280, the fields and extensions that our checks read.

`asn1crypto` decodes lazily and with its own exceptions; here everything that will be read is read
at once and any failure is `Malformed`. The signed bytes are kept as they came.
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from types import MappingProxyType

from asn1crypto import pem
from asn1crypto import x509 as asn1

from mrc.formats.x509.algorithms import decode_public_key, decode_signature_algorithm
from mrc.kernel.errors import Malformed
from mrc.kernel.keys import Algorithm, PublicKey

MAX_CERTIFICATE = 16 * 1024  # bytes; ours are about 600
DECODED = 512  # certificates kept decoded; the same few issuers come again and again

SUBJECT_KEY_IDENTIFIER = "2.5.29.14"
KEY_USAGE = "2.5.29.15"
SUBJECT_ALT_NAME = "2.5.29.17"
ISSUER_ALT_NAME = "2.5.29.18"
BASIC_CONSTRAINTS = "2.5.29.19"
CRL_DISTRIBUTION_POINTS = "2.5.29.31"
AUTHORITY_KEY_IDENTIFIER = "2.5.29.35"
EXTENDED_KEY_USAGE = "2.5.29.37"


@dataclass(frozen=True, slots=True)
class Name:
    """A distinguished name. `key` compares as RFC 5280, 7.1 says; attributes by asn1crypto's names."""

    key: str
    attributes: tuple[tuple[str, str], ...]
    der: bytes

    def get(self, attribute: str) -> str | None:
        """The first value of, for example, ``common_name`` or ``country_name``."""
        return next((value for name, value in self.attributes if name == attribute), None)

    @property
    def text(self) -> str:
        return ", ".join(f"{name}={value}" for name, value in self.attributes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Extension:
    critical: bool
    value: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """What a certificate says. Nothing of it is trusted before `chain.check_chain`."""

    der: bytes
    to_be_signed: bytes
    signature: bytes
    signature_algorithm: Algorithm | None
    serial: int
    issuer: Name
    subject: Name
    not_before: datetime
    not_after: datetime
    public_key: PublicKey | None
    extensions: Mapping[str, Extension]
    is_ca: bool
    path_length: int | None
    key_usage: frozenset[str] | None
    extended_key_usage: frozenset[str] | None
    subject_key_identifier: bytes | None
    authority_key_identifier: bytes | None
    dns_names: tuple[str, ...]
    uris: tuple[str, ...]
    crl_urls: tuple[str, ...]

    @property
    def fingerprint(self) -> bytes:
        """SHA-256 of the DER, as `x509_hash` and `x5t#S256` use it."""
        return hashlib.sha256(self.der).digest()

    @property
    def self_issued(self) -> bool:
        return self.issuer.key == self.subject.key


def decode_certificate(der: bytes) -> Certificate:
    """Raises `Malformed`. Does not check anything that the certificate says."""
    if len(der) > MAX_CERTIFICATE:
        raise Malformed("certificate", f"more than {MAX_CERTIFICATE} bytes")
    return _decode(bytes(der))


@lru_cache(maxsize=DECODED)
def _decode(der: bytes) -> Certificate:
    try:
        return _read(der, asn1.Certificate.load(der, strict=True))
    # asn1crypto lets these through for input that does not fit its structures.
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError, IndexError) as error:
        raise Malformed("certificate", str(error)[:80]) from error
    except RecursionError as error:
        raise Malformed("certificate", "nested too deeply") from error


def _read(der: bytes, parsed: asn1.Certificate) -> Certificate:
    tbs = parsed["tbs_certificate"]
    basic = parsed.basic_constraints_value
    usage, extended = parsed.key_usage_value, parsed.extended_key_usage_value
    alternative = parsed.subject_alt_name_value
    ski, aki = parsed.key_identifier_value, parsed.authority_key_identifier_value
    identifier = aki["key_identifier"].native if aki is not None else None
    if parsed["signature_algorithm"].dump() != tbs["signature"].dump():
        raise Malformed("certificate", "the two signature algorithms differ (RFC 5280, 4.1.1.2)")
    return Certificate(
        der=der,
        to_be_signed=tbs.dump(),
        signature=parsed["signature_value"].native,
        signature_algorithm=decode_signature_algorithm(tbs["signature"]),
        serial=tbs["serial_number"].native,
        issuer=read_name(tbs["issuer"]),
        subject=read_name(tbs["subject"]),
        not_before=tbs["validity"]["not_before"].native.astimezone(UTC),
        not_after=tbs["validity"]["not_after"].native.astimezone(UTC),
        public_key=decode_public_key(tbs["subject_public_key_info"]),
        extensions=MappingProxyType(_extensions(tbs)),
        is_ca=bool(basic is not None and basic["ca"].native),
        path_length=basic["path_len_constraint"].native if basic is not None else None,
        key_usage=frozenset(usage.native) if usage is not None else None,
        extended_key_usage=None if extended is None else frozenset(use.dotted for use in extended),
        subject_key_identifier=ski.native if ski is not None else None,
        authority_key_identifier=identifier,
        dns_names=tuple(_general(alternative, "dns_name")),
        uris=tuple(_general(alternative, "uniform_resource_identifier")),
        crl_urls=tuple(_crl_urls(parsed)),
    )


def read_name(name: asn1.Name) -> Name:
    attributes = tuple(
        (pair["type"].native, str(pair["value"].native)) for rdn in name.chosen for pair in rdn
    )
    return Name(name.hashable, attributes, name.dump())


def _extensions(tbs: asn1.TbsCertificate) -> dict[str, Extension]:
    found: dict[str, Extension] = {}
    for extension in tbs["extensions"]:
        identifier = extension["extn_id"].dotted
        if identifier in found:
            raise Malformed("certificate", "an extension is given twice (RFC 5280, 4.2)")
        value = extension["extn_value"].contents
        found[identifier] = Extension(critical=extension["critical"].native, value=value)
    return found


def _general(names: asn1.GeneralNames | None, kind: str) -> Iterator[str]:
    for name in names or ():
        if name.name == kind:
            yield str(name.native)


def _crl_urls(parsed: asn1.Certificate) -> Iterator[str]:
    for point in parsed.crl_distribution_points_value or ():
        place = point["distribution_point"]
        if place.native is not None and place.name == "full_name":
            yield from _general(place.chosen, "uniform_resource_identifier")


def decode_pem_bundle(text: bytes) -> list[Certificate]:
    """Every certificate of a PEM file, in order. Raises `Malformed`."""
    try:
        blocks = list(pem.unarmor(text, multiple=True))
    except (ValueError, TypeError) as error:
        raise Malformed("PEM bundle", str(error)[:80]) from error
    return [decode_certificate(der) for kind, _, der in blocks if kind == "CERTIFICATE"]


def encode_pem(certificate: Certificate) -> bytes:
    text: bytes = pem.armor("CERTIFICATE", certificate.der)
    return text
