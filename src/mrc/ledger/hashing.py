"""Keccak-256 and address recovery, by a compiled library where there is one.

The one accelerator module of this room: pycryptodome and libsecp256k1 (coincurve) where they are
installed, else the pure-Python forms with equal results (a test compares them).
"""

from mrc.ledger import keccak, recovery

try:
    from Crypto.Hash import keccak as _compiled_keccak
except ImportError:
    keccak256 = keccak.keccak256
else:

    def keccak256(data: bytes) -> bytes:
        """The 32-byte Keccak-256 hash of `data`."""
        digest: bytes = _compiled_keccak.new(digest_bits=256, data=data).digest()
        return digest


try:
    import coincurve as _coincurve
except ImportError:
    recover_address = recovery.recover_address
else:

    def recover_address(digest: bytes, signature: bytes) -> bytes | None:
        """The address whose key signed the 32-byte `digest`; None where no key can have."""
        if len(signature) != recovery.SIGNATURE_BYTES or len(digest) != 32 or signature[64] > 1:
            return None
        try:
            key = _coincurve.PublicKey.from_signature_and_message(signature, digest, hasher=None)
        except ValueError:
            return None
        uncompressed: bytes = key.format(compressed=False)
        return keccak256(uncompressed[1:])[-recovery.ADDRESS_BYTES :]
