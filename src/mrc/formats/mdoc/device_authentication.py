"""What the device key signs or MACs (ISO/IEC 18013-5:2021, 9.1.3)."""

import hashlib
import hmac

from mrc.formats import cbor
from mrc.formats.mdoc.session_transcript import SessionTranscript

_HEAD = b"\x84" + cbor.encode("DeviceAuthentication")
EMPTY_NAME_SPACES = cbor.Embedded(b"\xa0")


def device_authentication_bytes(
    session_transcript: SessionTranscript, doc_type: str, name_spaces: cbor.Embedded
) -> bytes:
    """DeviceAuthenticationBytes, the detached payload. `name_spaces` as received (9.1.3.4)."""
    body = b"".join((_HEAD, session_transcript.data, cbor.encode(doc_type), name_spaces.encoded))
    return cbor.Embedded(body).encoded


def e_mac_key(shared_secret: bytes, session_transcript: SessionTranscript) -> bytes:
    """EMacKey (9.1.3.5): HKDF-SHA-256 (RFC 5869), one block of 32 bytes."""
    salt = hashlib.sha256(session_transcript.tagged).digest()
    extracted = hmac.digest(salt, shared_secret, hashlib.sha256)
    return hmac.digest(extracted, b"EMacKey\x01", hashlib.sha256)
