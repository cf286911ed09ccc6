"""Why an mdoc was refused. Reasons of its certificates are `formats.x509.reasons`."""

from enum import StrEnum


class Reason(StrEnum):
    MALFORMED = "malformed"
    """A part that is decoded only after a check did not decode."""
    RESPONSE_STATUS = "response_status"
    DOCUMENT_MISSING = "document_missing"
    X5CHAIN_MISSING = "x5chain_missing"
    ISSUER_SIGNATURE = "issuer_signature"
    ISSUER_NOT_AUTHENTIC = "issuer_not_authentic"
    """Not checked: what would be checked is whatever the sender wrote."""
    NAMESPACE_UNKNOWN = "namespace_not_in_mso"
    DIGEST_UNKNOWN = "digest_id_not_in_mso"
    DIGEST_MISMATCH = "digest_mismatch"
    ELEMENT_TWICE = "element_given_twice"
    DOC_TYPE = "doc_type_differs"
    SIGNED_OUTSIDE_CERTIFICATE = "signed_outside_certificate_validity"
    NOT_YET_VALID = "not_yet_valid"
    EXPIRED = "expired"
    DEVICE_AUTH_MISSING = "device_auth_missing"
    DEVICE_SIGNATURE = "device_signature"
    DEVICE_MAC = "device_mac"
    DEVICE_MAC_UNEXPECTED = "device_mac_unexpected"
    """A MAC where no key agreement was part of the exchange."""
    DEVICE_ELEMENT = "device_element_not_authorized"
    ELEMENT_NOT_HELD = "element_not_held"
