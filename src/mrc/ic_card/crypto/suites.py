"""Cipher suites of ICAO Doc 9303-11: key derivation (9.7.1), padding, MAC and encryption (9.8).

The last arc of a protocol's OID names the suite.
"""

import hashlib
from dataclasses import dataclass, field
from enum import IntEnum

from mrc.ic_card.crypto.ports import SymmetricCiphers
from mrc.kernel.errors import Malformed

MAC_BYTES = 8


class CipherSuite(IntEnum):
    """Value: the last arc of the PACE or Chip Authentication OID."""

    TRIPLE_DES = 1
    AES_128 = 2
    AES_192 = 3
    AES_256 = 4

    @property
    def block_bytes(self) -> int:
        return 8 if self is CipherSuite.TRIPLE_DES else 16

    @property
    def key_bytes(self) -> int:
        return {1: 16, 2: 16, 3: 24, 4: 32}[self.value]


class KeyUse(IntEnum):
    """The 32-bit counter of the key derivation function (9.7.1)."""

    ENCRYPTION = 1
    MAC = 2
    PASSWORD = 3


def derive_key(suite: CipherSuite, secret: bytes, use: KeyUse) -> bytes:
    """KDF(secret, use): SHA-1 for 16-byte keys, SHA-256 for longer ones (9.7.1)."""
    name = "sha1" if suite.key_bytes == 16 else "sha256"
    digest = hashlib.new(name, secret + use.to_bytes(4)).digest()[: suite.key_bytes]
    return adjust_parity(digest) if suite is CipherSuite.TRIPLE_DES else digest


def adjust_parity(key: bytes) -> bytes:
    """Each byte with odd parity in its lowest bit (DES convention)."""
    return bytes((byte & 0xFE) | (1 - (byte >> 1).bit_count() % 2) for byte in key)


def pad(data: bytes, block: int) -> bytes:
    """ISO/IEC 9797-1, padding method 2."""
    return data + b"\x80" + bytes(-(len(data) + 1) % block)


def unpad(data: bytes) -> bytes:
    """Undo padding method 2."""
    stripped = data.rstrip(b"\x00")
    if not stripped.endswith(b"\x80"):
        raise Malformed("padding", "method 2 expected")
    return stripped[:-1]


def retail_mac(ciphers: SymmetricCiphers, key: bytes, padded: bytes) -> bytes:
    """ISO/IEC 9797-1 MAC algorithm 3 with DES over data already padded."""
    chain = ciphers.encrypt_des_cbc(key[:8], bytes(8), padded)[-8:]
    opened = ciphers.decrypt_des_cbc(key[8:16], bytes(8), chain)
    return ciphers.encrypt_des_cbc(key[:8], bytes(8), opened)


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionKeys:
    """KSenc and KSmac of one suite. Hidden in `repr`."""

    suite: CipherSuite
    encryption: bytes = field(repr=False)
    mac: bytes = field(repr=False)

    @classmethod
    def derive(cls, suite: CipherSuite, secret: bytes) -> "SessionKeys":
        """From the x coordinate of the shared point, or from BAC's key seed."""
        return cls(
            suite=suite,
            encryption=derive_key(suite, secret, KeyUse.ENCRYPTION),
            mac=derive_key(suite, secret, KeyUse.MAC),
        )


def compute_mac(ciphers: SymmetricCiphers, keys: SessionKeys, data: bytes) -> bytes:
    """Eight bytes: retail MAC over the padded data, or CMAC over the data as it is, cut short."""
    if keys.suite is CipherSuite.TRIPLE_DES:
        return retail_mac(ciphers, keys.mac, pad(data, 8))
    return ciphers.aes_cmac(keys.mac, data)[:MAC_BYTES]


def compute_padded_mac(ciphers: SymmetricCiphers, keys: SessionKeys, padded: bytes) -> bytes:
    """The same over whole blocks; secure messaging pads for CMAC too (9.8.6.1)."""
    if keys.suite is CipherSuite.TRIPLE_DES:
        return retail_mac(ciphers, keys.mac, padded)
    return ciphers.aes_cmac(keys.mac, padded)[:MAC_BYTES]


def encrypt(
    ciphers: SymmetricCiphers, suite: CipherSuite, key: bytes, iv: bytes, data: bytes
) -> bytes:
    if suite is CipherSuite.TRIPLE_DES:
        return ciphers.encrypt_des_cbc(key, iv, data)
    return ciphers.encrypt_aes_cbc(key, iv, data)


def decrypt(
    ciphers: SymmetricCiphers, suite: CipherSuite, key: bytes, iv: bytes, data: bytes
) -> bytes:
    if suite is CipherSuite.TRIPLE_DES:
        return ciphers.decrypt_des_cbc(key, iv, data)
    return ciphers.decrypt_aes_cbc(key, iv, data)
