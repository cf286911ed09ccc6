"""The session transcript: what binds a response to one exchange.

ISO/IEC 18013-5:2021, 9.1.5.1 (proximity); OpenID4VP 1.0, B.2.6 (redirect and Digital Credentials
API); ISO/IEC TS 18013-7, Annex C (``org-iso-mdoc``).
"""

import hashlib
from dataclasses import dataclass

from mrc.formats import cbor


@dataclass(frozen=True, slots=True)
class SessionTranscript:
    """The encoded array, spliced as it is into what is signed."""

    data: bytes

    @property
    def tagged(self) -> bytes:
        """SessionTranscriptBytes, the salt of every session key."""
        return cbor.Embedded(self.data).encoded


def openid4vp_redirect(
    *, client_id: str, nonce: str, jwk_thumbprint: bytes | None, response_uri: str
) -> SessionTranscript:
    """OpenID4VP 1.0, B.2.6.1.

    `client_id` with its prefix; `jwk_thumbprint` the raw RFC 7638 SHA-256 of the key that the
    response is encrypted to, None where it is not encrypted.
    """
    return _openid4vp("OpenID4VPHandover", [client_id, nonce, jwk_thumbprint, response_uri])


def openid4vp_dc_api(*, origin: str, nonce: str, jwk_thumbprint: bytes | None) -> SessionTranscript:
    """OpenID4VP 1.0, B.2.6.2. `origin` without the ``origin:`` prefix."""
    return _openid4vp("OpenID4VPDCAPIHandover", [origin, nonce, jwk_thumbprint])


def iso_dc_api(*, encryption_info: str, origin: str) -> SessionTranscript:
    """ISO/IEC TS 18013-7, C.5: `encryption_info` is the base64url text as sent."""
    return _openid4vp("dcapi", [encryption_info, origin])


def proximity(
    *, device_engagement: bytes, e_reader_key: bytes, handover: object
) -> SessionTranscript:
    """ISO/IEC 18013-5:2021, 9.1.5.1.

    DeviceEngagementBytes and EReaderKeyBytes are whole items (tag 24) as they were received.
    `handover` is None for QR, ``[Hs, Hr | None]`` for NFC.
    """
    parts = [cbor.Encoded(device_engagement), cbor.Encoded(e_reader_key), handover]
    return SessionTranscript(cbor.encode(parts))


def _openid4vp(name: str, info: list[object]) -> SessionTranscript:
    digest = hashlib.sha256(cbor.encode(info)).digest()
    return SessionTranscript(cbor.encode([None, None, [name, digest]]))
