"""Active Authentication (ICAO Doc 9303-11, 6.1): checking the chip's answer to a challenge.

ECDSA (plain r||s; DER is accepted, because some cards return it) and RSA with ISO/IEC 9796-2
scheme 1. It proves possession of the key of DG15 at most: the challenge has 8 bytes, no PIN and
no session is in it. Issuance never rests on it.
"""

import hashlib

from mrc.ic_card import der
from mrc.ic_card.apdu import CommandApdu, Ins
from mrc.ic_card.lds.public_keys import ChipKey
from mrc.ic_card.lds.security_infos import ECDSA_PLAIN_SHA256
from mrc.kernel.curves import ecdsa_holds
from mrc.kernel.errors import Malformed
from mrc.kernel.keys import RsaPublicKey

CHALLENGE_BYTES = 8
_PLAIN_ECDSA = "0.4.0.127.0.7.1.1.4.1."
_HASHES = {"1": "sha1", "2": "sha224", "3": "sha256", "4": "sha384", "5": "sha512"}
_TRAILERS = {0x33CC: "sha1", 0x34CC: "sha256", 0x35CC: "sha512", 0x36CC: "sha384", 0x38CC: "sha224"}


def command(challenge: bytes, key: ChipKey | RsaPublicKey) -> CommandApdu:
    """INTERNAL AUTHENTICATE; extended length where the signature needs it."""
    large = isinstance(key, RsaPublicKey) and key.modulus.bit_length() > 1848
    return CommandApdu(0, Ins.INTERNAL_AUTHENTICATE, 0, 0, challenge, 65536 if large else 256)


def holds(
    key: ChipKey | RsaPublicKey,
    challenge: bytes,
    response: bytes,
    *,
    signature_algorithm: str = ECDSA_PLAIN_SHA256,
) -> bool:
    """Whether `response` answers `challenge` under DG15's `key`.

    `signature_algorithm` is DG14's; RSA names its hash in the trailer instead.
    """
    if isinstance(key, RsaPublicKey):
        return _rsa_holds(key, challenge, response)
    name = _HASHES.get(signature_algorithm.removeprefix(_PLAIN_ECDSA))
    if name is None:
        raise Malformed("ActiveAuthenticationInfo", f"algorithm {signature_algorithm}")
    digest = hashlib.new(name, challenge).digest()
    return ecdsa_holds(key.curve, key.point, digest, _plain(key, response))


def _plain(key: ChipKey, signature: bytes) -> bytes:
    size = key.curve.order_bytes
    if len(signature) == 2 * size:
        return signature
    try:
        r, s = (der.expect_integer(item) for item in der.children(signature, der.SEQUENCE))
        return r.to_bytes(size) + s.to_bytes(size)
    except (Malformed, ValueError, OverflowError):
        return b""


def _rsa_holds(key: RsaPublicKey, challenge: bytes, response: bytes) -> bool:
    size = (key.modulus.bit_length() + 7) // 8
    number = int.from_bytes(response)
    if len(response) != size or number >= key.modulus:
        return False
    return recovered_holds(pow(number, key.exponent, key.modulus).to_bytes(size), challenge)


def recovered_holds(block: bytes, challenge: bytes) -> bool:
    """ISO/IEC 9796-2 scheme 1: 6A || M1 || H(M1 || RND.IFD) || trailer."""
    if block[-1] == 0xBC:
        name, body = "sha1", block[1:-1]
    else:
        name, body = _TRAILERS.get(int.from_bytes(block[-2:]), ""), block[1:-2]
    if block[0] != 0x6A or not name:
        return False
    size = hashlib.new(name).digest_size
    digest = hashlib.new(name, body[:-size] + challenge).digest()
    return len(body) > size and digest == body[-size:]
