"""Public-key recovery on secp256k1, in pure Python: whose key made this signature.

SEC 1, 4.1.6. Public inputs only. Ethereum's addresses are the last 20 bytes of the key's
Keccak-256 hash.
"""

from mrc.kernel.curves import SECP256K1, multiply_sum
from mrc.ledger.keccak import keccak256

SIGNATURE_BYTES = 65
ADDRESS_BYTES = 20


def recover_address(digest: bytes, signature: bytes) -> bytes | None:
    """The address whose key signed the 32-byte `digest`; None where no key can have.

    `signature` is r||s||v with v 0 or 1: the rare r beyond the group's order is refused.
    """
    curve = SECP256K1
    if len(signature) != SIGNATURE_BYTES or len(digest) != 32 or signature[64] > 1:
        return None
    r, s = int.from_bytes(signature[:32]), int.from_bytes(signature[32:64])
    if not (0 < r < curve.n and 0 < s < curve.n):
        return None
    square = (r * r * r + curve.b) % curve.p
    y = pow(square, (curve.p + 1) // 4, curve.p)
    if y * y % curve.p != square:
        return None
    if y & 1 != signature[64]:
        y = curve.p - y
    inverse = pow(r, -1, curve.n)
    u1 = -int.from_bytes(digest) * inverse % curve.n
    u2 = s * inverse % curve.n
    key = multiply_sum(curve, (u1, curve.generator), (u2, (r, y)))
    if key is None:
        return None
    return keccak256(key[0].to_bytes(32) + key[1].to_bytes(32))[-ADDRESS_BYTES:]
