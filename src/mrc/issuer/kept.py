"""Answers kept for a lost response, sealed under the access token that asked.

The store holds no copy in the clear: the key comes from the token, of which only the digest is
kept, so the answer can be read again by whoever asks with the same token and by no one else.
"""

import hmac

from mrc.kernel.errors import Malformed
from mrc.kernel.ports import Cipher, Entropy
from mrc.protocols.openid4vci.credential import (
    IssuedCredentials,
    decode_credential_response,
    encode_credential_response,
)

_IV = 12


async def seal(answer: IssuedCredentials, *, token: str, cipher: Cipher, entropy: Entropy) -> bytes:
    iv = entropy.token(_IV)
    return iv + await cipher.seal(_key(token), iv, encode_credential_response(answer), b"")


async def unseal(sealed: bytes, *, token: str, cipher: Cipher) -> IssuedCredentials:
    """Raises `Malformed` where the token is another."""
    plain = await cipher.open(_key(token), sealed[:_IV], sealed[_IV:], b"")
    answer = decode_credential_response(plain)
    if not isinstance(answer, IssuedCredentials):
        raise Malformed("kept answer", "no credentials")
    return answer


def _key(token: str) -> bytes:
    return hmac.digest(token.encode(), b"mrc kept credential response", "sha256")
