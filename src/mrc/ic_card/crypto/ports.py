"""The port to the symmetric ciphers of the chip protocols.

Device hosts without a compiled library use `pure.PureCiphers`; `infra/readers/fast_ciphers.py`
offers the same results on OpenSSL.
"""

from typing import Protocol


class SymmetricCiphers(Protocol):
    """AES (FIPS 197) and DES (FIPS 46-3) in the modes that ICAO Doc 9303-11 uses.

    No method pads: the input is a whole number of blocks, or `ValueError`. AES keys have 16, 24
    or 32 bytes; DES keys 8, 16 (two-key triple DES) or 24.
    """

    def encrypt_aes_cbc(self, key: bytes, iv: bytes, data: bytes) -> bytes: ...

    def decrypt_aes_cbc(self, key: bytes, iv: bytes, data: bytes) -> bytes: ...

    def aes_cmac(self, key: bytes, data: bytes) -> bytes:
        """The 16-byte CMAC of any data (NIST SP 800-38B, RFC 4493)."""

    def encrypt_des_cbc(self, key: bytes, iv: bytes, data: bytes) -> bytes: ...

    def decrypt_des_cbc(self, key: bytes, iv: bytes, data: bytes) -> bytes: ...
