"""Certificate revocation lists (RFC 5280, 5): whole lists of one issuer, no deltas, no indirection."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType

from asn1crypto import crl

from mrc.formats.x509.algorithms import decode_signature_algorithm
from mrc.formats.x509.certificate import Name, read_name
from mrc.kernel.errors import Malformed
from mrc.kernel.keys import Algorithm

MAX_LIST = 4 * 1024 * 1024  # bytes; an issuer's signers are few
_KNOWN = {"authority_key_identifier", "crl_number", "issuer_alt_name"}


@dataclass(frozen=True, slots=True, kw_only=True)
class RevocationList:
    """What a list says; nothing of it is trusted before its signature is checked."""

    der: bytes
    to_be_signed: bytes
    signature: bytes
    signature_algorithm: Algorithm | None
    issuer: Name
    this_update: datetime
    next_update: datetime | None
    revoked: Mapping[int, datetime]


def decode_revocation_list(der: bytes) -> RevocationList:
    """Raises `Malformed`, also for a list with a critical extension that we do not process."""
    if len(der) > MAX_LIST:
        raise Malformed("revocation list", f"more than {MAX_LIST} bytes")
    try:
        return _read(der, crl.CertificateList.load(der, strict=True))
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError, IndexError) as error:
        raise Malformed("revocation list", str(error)[:80]) from error
    except RecursionError as error:
        raise Malformed("revocation list", "nested too deeply") from error


def _read(der: bytes, parsed: crl.CertificateList) -> RevocationList:
    body = parsed["tbs_cert_list"]
    if parsed["signature_algorithm"].dump() != body["signature"].dump():
        raise Malformed(
            "revocation list", "the two signature algorithms differ (RFC 5280, 5.1.1.2)"
        )
    for extension in body["crl_extensions"] or ():
        if extension["critical"].native and extension["extn_id"].native not in _KNOWN:
            raise Malformed("revocation list", "an unknown critical extension")
    revoked: dict[int, datetime] = {}
    for entry in body["revoked_certificates"] or ():
        for extension in entry["crl_entry_extensions"] or ():
            if extension["critical"].native:
                raise Malformed("revocation list", "a critical extension of an entry")
        revoked[entry["user_certificate"].native] = entry["revocation_date"].native.astimezone(UTC)
    next_update = body["next_update"].native
    return RevocationList(
        der=der,
        to_be_signed=body.dump(),
        signature=parsed["signature"].native,
        signature_algorithm=decode_signature_algorithm(body["signature"]),
        issuer=read_name(body["issuer"]),
        this_update=body["this_update"].native.astimezone(UTC),
        next_update=next_update.astimezone(UTC) if next_update else None,
        revoked=MappingProxyType(revoked),
    )
