"""Why an SD-JWT VC or its key binding was rejected."""

from enum import StrEnum


class Reason(StrEnum):
    HASH_ALGORITHM = "sd_jwt_hash_algorithm_not_understood"
    DIGEST_TWICE = "sd_jwt_digest_twice"
    DISCLOSURE_TWICE = "sd_jwt_disclosure_twice"
    DISCLOSURE_NOT_REFERENCED = "sd_jwt_disclosure_not_referenced"
    DISCLOSURE_ARITY = "sd_jwt_disclosure_arity"
    CLAIM_NAME_RESERVED = "sd_jwt_claim_name_reserved"
    CLAIM_NAME_TWICE = "sd_jwt_claim_name_twice"
    NOT_DISCLOSABLE = "sd_jwt_vc_claim_must_not_be_disclosable"
    VCT_NOT_EXPECTED = "sd_jwt_vc_vct_not_expected"
    NO_ISSUER_KEY = "sd_jwt_vc_issuer_key_not_found"
    KEY_BINDING_MISSING = "key_binding_missing"
    KEY_BINDING_NOT_WANTED = "key_binding_not_wanted"
    HOLDER_KEY_MISSING = "key_binding_holder_key_missing"
    HOLDER_KEY_DIFFERS = "key_binding_holder_key_differs"
    KEY_BINDING_TOO_OLD = "key_binding_too_old"
    KEY_BINDING_IN_FUTURE = "key_binding_in_future"
    NONCE_DIFFERS = "key_binding_nonce_differs"
    AUDIENCE_DIFFERS = "key_binding_audience_differs"
    SD_HASH_DIFFERS = "key_binding_sd_hash_differs"
    TYPE_METADATA_INTEGRITY = "type_metadata_integrity"
    TYPE_METADATA_VCT = "type_metadata_vct_differs"
    TYPE_METADATA_CLAIM = "type_metadata_claim_rule"
    NOT_REACHED = "not_reached"
