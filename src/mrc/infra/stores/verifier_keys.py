"""Keys for single answers, shared by server processes: sealed with AES-256-GCM under one secret.

The sealed key lives in the row of its question and is deleted when the answer is claimed; the
secret is a file of the server and never stands beside it.
"""

from cryptography.hazmat.primitives.asymmetric import ec

from mrc.infra.keys.software import SoftwareKeyAgreement
from mrc.kernel.errors import Malformed, Unavailable
from mrc.kernel.ports import Cipher, Entropy
from mrc.verifier.ports import FreshKey

SECRET_BYTES = 32
_IV_BYTES = 12
_SCALAR_BYTES = 32
_CONTEXT = b"mrc verifier response key 1"


class SealedResponseKeys:
    """A `ResponseKeys` on P-256."""

    def __init__(self, secret: bytes, *, entropy: Entropy, cipher: Cipher) -> None:
        if len(secret) != SECRET_BYTES:
            raise ValueError(f"the sealing secret has {SECRET_BYTES} bytes")
        self._secret = secret
        self._entropy = entropy
        self._cipher = cipher

    def __repr__(self) -> str:
        return "SealedResponseKeys()"

    async def make(self) -> FreshKey:
        private = ec.generate_private_key(ec.SECP256R1())
        scalar = private.private_numbers().private_value.to_bytes(_SCALAR_BYTES)
        iv = self._entropy.token(_IV_BYTES)
        sealed = iv + await self._cipher.seal(self._secret, iv, scalar, _CONTEXT)
        return FreshKey(public_key=SoftwareKeyAgreement(private).public_key, sealed=sealed)

    async def open(self, sealed: bytes) -> SoftwareKeyAgreement:
        iv, content = sealed[:_IV_BYTES], sealed[_IV_BYTES:]
        try:
            scalar = await self._cipher.open(self._secret, iv, content, _CONTEXT)
        except Malformed as error:
            raise Unavailable("response key", "sealed under another secret") from error
        private = ec.derive_private_key(int.from_bytes(scalar), ec.SECP256R1())
        return SoftwareKeyAgreement(private)
