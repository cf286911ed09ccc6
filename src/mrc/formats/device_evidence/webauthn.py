"""A passkey registration: somebody verified themselves to an authenticator for this challenge.

W3C Web Authentication Level 3, 7.1. The attestation statement is not judged: platform passkeys
come without one. So nothing here is signed, and a program that composes a registration is not told
from a browser; what is proven is worth what the level "passkey" is given, and no more.
"""

import hashlib
from dataclasses import dataclass

from mrc.formats import base64url, json_text
from mrc.formats.device_evidence.authenticator_data import (
    AuthenticatorData,
    Flags,
    decode_attestation_object,
)
from mrc.formats.device_evidence.reasons import Reason
from mrc.kernel.errors import Malformed, Rejected
from mrc.kernel.keys import Curve, EcPublicKey

CLAUSE = "WebAuthn 7.1"
ES256 = -7


@dataclass(frozen=True, slots=True, kw_only=True)
class RelyingParty:
    """The id that passkeys are made for, and the origins from which that may be asked."""

    rp_id: str
    origins: frozenset[str]


def check_passkey_registration(
    client_data_json: bytes,
    attestation_object: bytes,
    *,
    relying_party: RelyingParty,
    expected_challenge: bytes,
) -> None:
    """Raise `Malformed` or `Rejected` unless this is a new passkey for us and this challenge."""
    _check_client_data(client_data_json, relying_party, expected_challenge)
    data = decode_attestation_object(attestation_object).data
    if data.rp_id_hash != hashlib.sha256(relying_party.rp_id.encode()).digest():
        raise Rejected(Reason.APP, CLAUSE, "the hash of another relying party's id")
    _check_flags(data.flags)
    _check_credential(data)


def _check_client_data(encoded: bytes, party: RelyingParty, expected_challenge: bytes) -> None:
    said = json_text.decode_object(encoded, "client data")
    if said.get("type") != "webauthn.create":
        raise Rejected(Reason.CEREMONY, CLAUSE)
    challenge = said.get("challenge")
    if not isinstance(challenge, str):
        raise Malformed("client data", "challenge is missing")
    if base64url.decode(challenge) != expected_challenge:
        raise Rejected(Reason.CHALLENGE, CLAUSE)
    origin = said.get("origin")
    if not isinstance(origin, str) or origin not in party.origins:
        raise Rejected(Reason.ORIGIN, CLAUSE)
    if said.get("crossOrigin", False) is not False or "topOrigin" in said:
        raise Rejected(Reason.ORIGIN, CLAUSE, "asked from inside another site")


def _check_flags(flags: Flags) -> None:
    if Flags.USER_PRESENT not in flags or Flags.USER_VERIFIED not in flags:
        raise Rejected(Reason.USER_NOT_VERIFIED, CLAUSE)
    if Flags.BACKED_UP in flags and Flags.BACKUP_ELIGIBLE not in flags:
        raise Rejected(Reason.FLAGS, CLAUSE, "backed up and not eligible for it")


def _check_credential(data: AuthenticatorData) -> None:
    key = data.credential_key
    on_curve = isinstance(key, EcPublicKey) and key.curve is Curve.P256
    if data.credential_algorithm != ES256 or not on_curve:
        raise Rejected(Reason.ALGORITHM, CLAUSE, "expected ES256")
