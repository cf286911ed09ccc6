"""Encrypted credential requests and responses, OpenID4VCI 1.0 section 10.

A JWE in compact form, media type `application/jwt`; ECDH-ES with A128GCM or A256GCM. Errors are
never encrypted (8.3.1.2).
"""

from collections.abc import Mapping
from dataclasses import dataclass

from mrc.formats.jose import jwe
from mrc.kernel.errors import Malformed, Rejected
from mrc.kernel.ports import Cipher, KeyAgreement
from mrc.protocols.openid4vci.credential import ResponseEncryptionRequest
from mrc.protocols.openid4vci.metadata import RequestEncryption
from mrc.protocols.openid4vci.reasons import Reason

MEDIA_TYPE = "application/jwt"
MAX_REQUEST_BYTES = 1 << 20  # plaintext of a request: 100 proofs with attestations are 300 kB


@dataclass(frozen=True, slots=True, kw_only=True)
class DecryptionKeys:
    """The issuer's keys for requests, by `kid`."""

    keys: Mapping[str, KeyAgreement]
    cipher: Cipher


async def decrypt_request(body: bytes, decryption: DecryptionKeys) -> bytes:
    """The plaintext of an encrypted request. Raises `Malformed` or `Rejected`.

    `kid` must name a key of the metadata (12.2.4 gives each one), so no key is tried in turn.
    """
    try:
        message = jwe.decode(body.decode("ascii"))
    except UnicodeDecodeError as error:
        raise Malformed("encrypted credential request", "not ASCII") from error
    kid = message.kid
    if kid is None or kid not in decryption.keys:
        raise Rejected(Reason.ENCRYPTION_KEY_UNKNOWN, "OpenID4VCI 10")
    return await jwe.decrypt(
        message, decryption.keys[kid], decryption.cipher, limit=MAX_REQUEST_BYTES
    )


async def encrypt_request(
    plaintext: bytes, offered: RequestEncryption, *, sender: jwe.Sender
) -> bytes:
    """The request encrypted to the issuer's first usable key. Raises `Rejected` without one."""
    usable = [enc for enc in jwe.Encryption if enc.value in offered.enc_values_supported]
    if not offered.keys or not usable:
        raise Rejected(Reason.ENCRYPTION_KEY_UNUSABLE, "OpenID4VCI 12.2.4")
    kid, key = next(iter(offered.keys.items()))
    text = await jwe.encrypt(
        plaintext, recipient=key, kid=kid, encryption=usable[-1], sender=sender
    )
    return text.encode("ascii")


async def encrypt_response(
    plaintext: bytes, wanted: ResponseEncryptionRequest, *, sender: jwe.Sender
) -> bytes:
    """The response as the request wanted it."""
    text = await jwe.encrypt(
        plaintext,
        recipient=wanted.key,
        kid=wanted.kid,
        encryption=wanted.encryption,
        sender=sender,
        compress=wanted.compress,
    )
    return text.encode("ascii")


async def decrypt_response(body: bytes, *, key: KeyAgreement, cipher: Cipher) -> bytes:
    """The wallet's side. Raises `Malformed` or `Rejected`."""
    try:
        message = jwe.decode(body.decode("ascii"))
    except UnicodeDecodeError as error:
        raise Malformed("encrypted credential response", "not ASCII") from error
    return await jwe.decrypt(message, key, cipher)
