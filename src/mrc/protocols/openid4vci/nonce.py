"""The nonce endpoint's answer, OpenID4VCI 1.0 section 7.2. Nonces are minted by `oauth.nonces`."""

from mrc.formats import json_text
from mrc.protocols.oauth.members import required_text


def encode_nonce(c_nonce: str) -> bytes:
    return json_text.encode({"c_nonce": c_nonce})


def decode_nonce(data: bytes | str) -> str:
    """Raises `Malformed`."""
    return required_text(
        json_text.decode_object(data, "nonce response"), "c_nonce", "nonce response"
    )
