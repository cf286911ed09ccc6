"""What a certificate must say to serve a purpose: one table.

ISO/IEC 18013-5:2021, Annex B (IACA, document signer, mdoc reader) and Annex C (VICAL signer);
ICAO Doc 9303-12 (CSCA, LDS document signer); RFC 5280 (TLS server). No standard gives an extended
key usage to issuers of SD-JWT VCs, status lists and wallet attestations (the status list draft's
identifier is not assigned yet): our certificates carry one of our own arc under 2.25 (ITU-T
X.667), and a certificate of another issuer may carry none, but never one of another purpose.
"""

from dataclasses import dataclass, field
from enum import StrEnum

OUR_ARC = "2.25.29036363229923406089486258666108218071"


class Purpose(StrEnum):
    IACA_ROOT = "iaca_root"
    DOCUMENT_SIGNER = "document_signer"
    SD_JWT_ISSUER = "sd_jwt_issuer"
    STATUS_SIGNER = "status_signer"
    READER_CA = "reader_ca"
    READER = "reader"
    VICAL_SIGNER = "vical_signer"
    TLS_CA = "tls_ca"
    TLS_SERVER = "tls_server"
    CSCA = "csca"
    LDS_DOCUMENT_SIGNER = "lds_document_signer"
    WALLET_PROVIDER_CA = "wallet_provider_ca"
    WALLET_PROVIDER = "wallet_provider"


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """`key_usage`: one of these must be there. `extended_key_usage`: the first is the one we issue.

    `path_length` is the one we issue. `may_lack_extended` lets a leaf without the extension pass.
    """

    is_ca: bool = False
    key_usage: tuple[str, ...] = ("digital_signature",)
    extended_key_usage: tuple[str, ...] = ()
    may_lack_extended: bool = False
    path_length: int | None = None
    same_country: bool = False
    clause: str = "RFC 5280 6.1"
    issued_usage: frozenset[str] = field(default=frozenset({"digital_signature"}))


def _ca(path_length: int | None, clause: str = "RFC 5280 6.1") -> Profile:
    return Profile(
        is_ca=True,
        key_usage=("key_cert_sign",),
        path_length=path_length,
        clause=clause,
        issued_usage=frozenset({"key_cert_sign", "crl_sign"}),
    )


def _ours(number: int) -> Profile:
    return Profile(
        extended_key_usage=(f"{OUR_ARC}.{number}",), may_lack_extended=True, same_country=True
    )


PROFILES: dict[Purpose, Profile] = {
    Purpose.IACA_ROOT: _ca(0, "18013-5 B.1.2"),
    Purpose.DOCUMENT_SIGNER: Profile(
        extended_key_usage=("1.0.18013.5.1.2", "1.0.23220.4.1.2"),
        same_country=True,
        clause="18013-5 B.1.4",
    ),
    Purpose.SD_JWT_ISSUER: _ours(1),
    Purpose.STATUS_SIGNER: _ours(2),
    Purpose.READER_CA: _ca(0),
    Purpose.READER: Profile(extended_key_usage=("1.0.18013.5.1.6",), clause="18013-5 B.1.7"),
    Purpose.VICAL_SIGNER: Profile(
        key_usage=("digital_signature", "non_repudiation"),
        extended_key_usage=("1.0.18013.5.1.8",),
        clause="18013-5 C.1.7",
    ),
    Purpose.TLS_CA: _ca(0),
    Purpose.TLS_SERVER: Profile(extended_key_usage=("1.3.6.1.5.5.7.3.1",)),
    Purpose.CSCA: _ca(0, "9303-12 7.1"),
    Purpose.LDS_DOCUMENT_SIGNER: Profile(same_country=True, clause="9303-12 7.1"),
    Purpose.WALLET_PROVIDER_CA: _ca(0),
    Purpose.WALLET_PROVIDER: Profile(extended_key_usage=(f"{OUR_ARC}.3",), may_lack_extended=True),
}
