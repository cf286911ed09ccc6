"""Why a certificate or a chain was refused."""

from enum import StrEnum


class Reason(StrEnum):
    CHAIN_EMPTY = "chain_empty"
    CHAIN_TOO_LONG = "chain_too_long"
    ISSUER_UNKNOWN = "issuer_unknown"
    """No anchor bears the issuer's name."""
    ISSUER_SIGNATURE = "issuer_signature"
    """The certificate names an issuer whose key did not sign it."""
    NOT_YET_VALID = "certificate_not_yet_valid"
    EXPIRED = "certificate_expired"
    NOT_A_CA = "issuer_is_not_a_ca"
    IS_A_CA = "leaf_is_a_ca"
    PATH_LENGTH = "path_length"
    KEY_USAGE = "key_usage"
    EXTENDED_KEY_USAGE = "extended_key_usage"
    CRITICAL_EXTENSION = "critical_extension_unknown"
    COUNTRY = "country_differs_from_anchor"
    ALGORITHM = "signature_algorithm"
    REVOKED = "certificate_revoked"
