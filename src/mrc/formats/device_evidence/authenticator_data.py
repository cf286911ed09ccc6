"""Authenticator data of W3C Web Authentication Level 3, 6.1, with an attested credential.

Apple's App Attest uses the same structure. Extensions are decoded and ignored.
"""

from dataclasses import dataclass
from enum import IntFlag

from mrc.formats import cbor
from mrc.formats.cose.cose_key import decode_key
from mrc.kernel.errors import Malformed
from mrc.kernel.keys import PublicKey

WHAT = "authenticator data"
MAX_CREDENTIAL_ID = 1023  # bytes; WebAuthn 7.1, step 25

_HEAD = 32 + 1 + 4  # hash of the relying party's id, flags, counter
_CREDENTIAL_HEAD = 16 + 2  # AAGUID, length of the credential id
_ALGORITHM = 3


class Flags(IntFlag):
    USER_PRESENT = 0x01
    USER_VERIFIED = 0x04
    BACKUP_ELIGIBLE = 0x08
    BACKED_UP = 0x10
    ATTESTED_CREDENTIAL = 0x40
    EXTENSIONS = 0x80


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthenticatorData:
    """`encoded` is what came, for hashing."""

    encoded: bytes
    rp_id_hash: bytes
    flags: Flags
    counter: int
    aaguid: bytes
    credential_id: bytes
    credential_key: PublicKey
    credential_algorithm: object


@dataclass(frozen=True, slots=True, kw_only=True)
class AttestationObject:
    """WebAuthn 6.5.4."""

    format: str
    statement: dict[object, object]
    data: AuthenticatorData


def decode_attestation_object(encoded: bytes) -> AttestationObject:
    """Raises `Malformed`."""
    what = "attestation object"
    members = cbor.decode_as(dict, encoded, what=what)
    return AttestationObject(
        format=cbor.member(str, members, "fmt", what),
        statement=cbor.member(dict, members, "attStmt", what),
        data=decode_authenticator_data(cbor.member(bytes, members, "authData", what)),
    )


def decode_authenticator_data(encoded: bytes) -> AuthenticatorData:
    """Raises `Malformed`, also where no credential is attested."""
    credential = encoded[_HEAD:]
    size = int.from_bytes(credential[16:_CREDENTIAL_HEAD])
    end = _CREDENTIAL_HEAD + size
    if len(credential) <= end or not 1 <= size <= MAX_CREDENTIAL_ID:
        raise Malformed(WHAT, "truncated, or a credential id of impossible length")
    flags = Flags(encoded[32])
    if Flags.ATTESTED_CREDENTIAL not in flags:
        raise Malformed(WHAT, "no attested credential")
    key = _key(credential[end:], Flags.EXTENSIONS in flags)
    return AuthenticatorData(
        encoded=encoded,
        rp_id_hash=encoded[:32],
        flags=flags,
        counter=int.from_bytes(encoded[33:_HEAD]),
        aaguid=credential[:16],
        credential_id=credential[_CREDENTIAL_HEAD:end],
        credential_key=decode_key(key),
        credential_algorithm=key.get(_ALGORITHM),
    )


def _key(rest: bytes, with_extensions: bool) -> dict[object, object]:
    """The COSE key, which extensions may follow: read together as the two items of an array."""
    if not with_extensions:
        return cbor.decode_as(dict, rest, what=WHAT)
    key, extensions = cbor.decode_as(list, b"\x82" + rest, what=WHAT)
    cbor.expect(dict, extensions, WHAT)
    return cbor.expect(dict, key, WHAT)
