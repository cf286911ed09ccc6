"""The port to WebAuthn: what is asked of the browser, and what its answer proves."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from mrc.authority.staff.records import Passkey, StaffMember

Answer = Mapping[str, object]
"""The browser's answer: `PublicKeyCredential.toJSON()`."""


class Passkeys(Protocol):
    """User verification (PIN, finger, face) is required in both ceremonies."""

    def enrolment_options(
        self, member: StaffMember, known: Sequence[Passkey], challenge: bytes
    ) -> str:
        """`PublicKeyCredentialCreationOptions` as JSON."""

    def sign_in_options(self, challenge: bytes) -> str:
        """`PublicKeyCredentialRequestOptions` as JSON; the passkey tells who it is."""

    def challenge_of(self, answer: Answer) -> bytes:
        """The challenge the browser says it answers; nothing is proved yet. Raises `Malformed`."""

    def credential_of(self, answer: Answer) -> bytes:
        """The passkey's id; nothing is proved yet. Raises `Malformed`."""

    def check_enrolment(self, answer: Answer, *, expected_challenge: bytes) -> tuple[bytes, int]:
        """The new passkey's public key and counter. Raises `Rejected`."""

    def check_sign_in(self, answer: Answer, passkey: Passkey, *, expected_challenge: bytes) -> int:
        """The new counter, greater than the old one unless both are zero. Raises `Rejected`."""
