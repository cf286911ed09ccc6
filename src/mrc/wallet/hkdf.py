"""HKDF with SHA-256 (RFC 5869), from the standard library's HMAC."""

import hashlib
import hmac


def derive(secret: bytes, *, salt: bytes, info: bytes, size: int = 32) -> bytes:
    """`size` bytes (at most 8160) of key material from `secret`."""
    key = hmac.digest(salt, secret, hashlib.sha256)
    block, output = b"", b""
    for counter in range(1, -(-size // 32) + 1):
        block = hmac.digest(key, block + info + bytes([counter]), hashlib.sha256)
        output += block
    return output[:size]
