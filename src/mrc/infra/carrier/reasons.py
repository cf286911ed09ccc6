"""Why the carrier's word about a line is not "yes", and the codes it may answer with."""

from enum import StrEnum


class LineReason(StrEnum):
    """Reasons of findings about a line; an officer can explain each."""

    NAME_DIFFERS = "name_differs"
    NAME_NEARLY_MATCHES = "name_nearly_matches"
    BIRTH_DATE_DIFFERS = "birth_date_differs"
    BIRTH_DATE_NOT_AVAILABLE = "birth_date_not_available"
    NAME_NOT_AVAILABLE = "name_not_available"
    NOT_A_SUBSCRIBER = "not_a_subscriber"
    DOCUMENT_DIFFERS = "document_differs"
    DOCUMENT_NEEDED = "document_needed"
    SIM_CHANGED_RECENTLY = "sim_changed_recently"
    OTHER_NUMBER_IN_PHONE = "other_number_in_phone"
    NOT_BY_MOBILE_NETWORK = "not_by_mobile_network"
    CARRIER_UNAVAILABLE = "carrier_unavailable"
    CARRIER_REFUSED = "carrier_refused"
    ANSWER_NOT_UNDERSTOOD = "answer_not_understood"


class CarrierCode(StrEnum):
    """Error codes of the CAMARA APIs that change what we do; every other one is `OTHER`."""

    UNAUTHENTICATED = "UNAUTHENTICATED"
    IDENTIFIER_NOT_FOUND = "IDENTIFIER_NOT_FOUND"
    NOT_FOUND = "NOT_FOUND"
    ID_DOCUMENT_REQUIRED = "KNOW_YOUR_CUSTOMER.ID_DOCUMENT_REQUIRED"
    ID_DOCUMENT_MISMATCH = "KNOW_YOUR_CUSTOMER.ID_DOCUMENT_MISMATCH"
    NOT_BY_MOBILE_NETWORK = "NUMBER_VERIFICATION.USER_NOT_AUTHENTICATED_BY_MOBILE_NETWORK"
    OTHER = "OTHER"
