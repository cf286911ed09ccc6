"""Why a status list token or an index was rejected."""

from enum import StrEnum


class Reason(StrEnum):
    SUBJECT_DIFFERS = "status_subject_differs"
    EXPIRED = "status_token_expired"
    ISSUED_IN_FUTURE = "status_token_issued_in_future"
    TYPE_NOT_EXPECTED = "status_token_type_not_expected"
    NO_SIGNER = "status_token_names_no_signer"
    INDEX_OUT_OF_RANGE = "status_index_out_of_range"
