"""Error answers of the credential, deferred and notification endpoints (OpenID4VCI 1.0)."""

from collections.abc import Mapping
from enum import StrEnum

from mrc.kernel.errors import Malformed, Rejected
from mrc.protocols.oauth.errors import ascii_description
from mrc.protocols.oauth.members import optional_text, required_text


class CredentialErrorCode(StrEnum):
    """Sections 8.3.1.2, 9.3 and 11.3."""

    INVALID_CREDENTIAL_REQUEST = "invalid_credential_request"
    UNKNOWN_CREDENTIAL_CONFIGURATION = "unknown_credential_configuration"
    UNKNOWN_CREDENTIAL_IDENTIFIER = "unknown_credential_identifier"
    INVALID_PROOF = "invalid_proof"
    INVALID_NONCE = "invalid_nonce"
    INVALID_ENCRYPTION_PARAMETERS = "invalid_encryption_parameters"
    CREDENTIAL_REQUEST_DENIED = "credential_request_denied"
    INVALID_TRANSACTION_ID = "invalid_transaction_id"
    INVALID_NOTIFICATION_ID = "invalid_notification_id"
    INVALID_NOTIFICATION_REQUEST = "invalid_notification_request"


class CredentialError(Rejected):
    """A refusal with its wire code. `cause` is the check's own reason, for logs and tests only."""

    def __init__(
        self,
        code: CredentialErrorCode,
        description: str = "",
        *,
        clause: str = "OpenID4VCI 8.3.1.2",
        cause: StrEnum | None = None,
    ) -> None:
        super().__init__(code, clause, ascii_description(description))
        self.code = code
        self.cause = cause


def encode_credential_error(error: CredentialError) -> dict[str, object]:
    body: dict[str, object] = {"error": error.code.value}
    return body | ({"error_description": error.detail} if error.detail else {})


def decode_credential_error(body: Mapping[str, object]) -> CredentialError:
    """The error that an issuer answered. Raises `Malformed` where none of section 8.3.1.2 is."""
    name = required_text(body, "error", "credential error answer")
    try:
        code = CredentialErrorCode(name)
    except ValueError as error:
        raise Malformed("credential error answer", "an unknown error code") from error
    description = optional_text(body, "error_description", "credential error answer")
    return CredentialError(code, description or "")
