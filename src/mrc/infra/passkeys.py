"""Passkeys on the `webauthn` library: W3C Web Authentication Level 3, 7.1 and 7.2.

Only ES256, EdDSA and RS256 keys, user verification always required, resident keys, no attestation
asked for (an office decides who enrols, not a maker of authenticators).
"""

from collections.abc import Sequence

from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers.cose import COSEAlgorithmIdentifier
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from mrc.authority.staff.passkeys import Answer
from mrc.authority.staff.reasons import StaffReason
from mrc.authority.staff.records import Passkey, StaffMember
from mrc.formats import base64url, json_text
from mrc.kernel.errors import Malformed, Rejected

TIMEOUT_MS = 120_000  # a person looks for their key
_ALGORITHMS = [
    COSEAlgorithmIdentifier.ECDSA_SHA_256,
    COSEAlgorithmIdentifier.EDDSA,
    COSEAlgorithmIdentifier.RSASSA_PKCS1_v1_5_SHA_256,
]
_REQUIRED = UserVerificationRequirement.REQUIRED


class WebAuthnPasskeys:
    """`Passkeys` for one relying party: the host name `rp_id`, at exactly `origin`."""

    def __init__(self, *, rp_id: str, rp_name: str, origin: str) -> None:
        self._rp_id = rp_id
        self._rp_name = rp_name
        self._origin = origin

    def enrolment_options(
        self, member: StaffMember, known: Sequence[Passkey], challenge: bytes
    ) -> str:
        options = generate_registration_options(
            rp_id=self._rp_id,
            rp_name=self._rp_name,
            user_name=member.name,
            user_display_name=member.name,
            user_id=member.id.encode(),
            challenge=challenge,
            timeout=TIMEOUT_MS,
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.REQUIRED, user_verification=_REQUIRED
            ),
            exclude_credentials=[PublicKeyCredentialDescriptor(id=each.id) for each in known],
            supported_pub_key_algs=_ALGORITHMS,
        )
        return options_to_json(options)

    def sign_in_options(self, challenge: bytes) -> str:
        options = generate_authentication_options(
            rp_id=self._rp_id,
            challenge=challenge,
            timeout=TIMEOUT_MS,
            user_verification=_REQUIRED,
        )
        return options_to_json(options)

    def challenge_of(self, answer: Answer) -> bytes:
        response = answer.get("response")
        data = response.get("clientDataJSON") if isinstance(response, dict) else None
        said = json_text.decode(_decoded(data))
        if not isinstance(said, dict):
            raise Malformed("client data", "not an object")
        return _decoded(said.get("challenge"))

    def credential_of(self, answer: Answer) -> bytes:
        return _decoded(answer.get("rawId"))

    def check_enrolment(self, answer: Answer, *, expected_challenge: bytes) -> tuple[bytes, int]:
        try:
            checked = verify_registration_response(
                credential=dict(answer),
                expected_challenge=expected_challenge,
                expected_rp_id=self._rp_id,
                expected_origin=self._origin,
                require_user_verification=True,
                supported_pub_key_algs=_ALGORITHMS,
            )
        except (WebAuthnException, ValueError, KeyError, TypeError) as error:
            raise Rejected(StaffReason.PASSKEY_REFUSED, "WebAuthn 7.1") from error
        return checked.credential_public_key, checked.sign_count

    def check_sign_in(self, answer: Answer, passkey: Passkey, *, expected_challenge: bytes) -> int:
        try:
            checked = verify_authentication_response(
                credential=dict(answer),
                expected_challenge=expected_challenge,
                expected_rp_id=self._rp_id,
                expected_origin=self._origin,
                credential_public_key=passkey.public_key,
                credential_current_sign_count=passkey.sign_count,
                require_user_verification=True,
            )
        except (WebAuthnException, ValueError, KeyError, TypeError) as error:
            raise Rejected(StaffReason.PASSKEY_REFUSED, "WebAuthn 7.2") from error
        return checked.new_sign_count


def _decoded(text: object) -> bytes:
    if not isinstance(text, str):
        raise Malformed("passkey", "a member is missing")
    return base64url.decode(text)
