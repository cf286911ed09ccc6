"""The verifier's metadata in a request, and the choice of the key that encrypts the response.

OpenID4VP 1.0, 5.1 (`client_metadata`), 8.3, 11.1, B.2.2, B.3.4; HAIP 1.0, 5. Keys of kinds that
we do not use are skipped: a verifier may list several for wallets to choose from. Parameters that
OpenID4VP does not define are ignored (5.1).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from mrc.formats.jose.jwe import ALGORITHM, Encryption
from mrc.formats.jose.jwk import decode_ec_jwk, encode_jwk, thumbprint
from mrc.kernel.errors import Malformed, Rejected
from mrc.kernel.keys import Curve, EcPublicKey
from mrc.protocols.dcql.members import (
    JsonObject,
    as_array,
    as_filled_string,
    as_object,
    as_strings,
    get_member,
)
from mrc.protocols.dcql.query import CredentialFormat
from mrc.protocols.openid4vp.reasons import Reason

MAX_KEYS = 32
"""Keys of one request; real ones have one to four."""

ALGORITHMS_OF_FORMATS: Mapping[str, JsonObject] = {
    CredentialFormat.SD_JWT_VC: {
        "sd-jwt_alg_values": ["ES256", "ES384", "ES512"],
        "kb-jwt_alg_values": ["ES256", "ES384", "ES512"],
    },
    CredentialFormat.MSO_MDOC: {
        "issuerauth_alg_values": [-7, -9, -35, -51, -36, -52],
        "deviceauth_alg_values": [-7, -9, -35, -51, -36, -52],
    },
}
"""`vp_formats_supported` of this verifier; COSE names both generic and fully specified (B.2.2)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EncryptionKey:
    """A P-256 key to which a response may be encrypted with ECDH-ES."""

    kid: str
    key: EcPublicKey


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientMetadata:
    """What a verifier says about itself. `vp_formats_supported` None: it did not say."""

    encryption_keys: tuple[EncryptionKey, ...] = ()
    encryptions: tuple[str, ...] = (Encryption.A128GCM.value,)
    vp_formats_supported: Mapping[str, JsonObject] | None = field(
        default_factory=lambda: ALGORITHMS_OF_FORMATS
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class EncryptionChoice:
    """The key and the content encryption that a wallet chose for its response."""

    recipient: EncryptionKey
    encryption: Encryption

    @property
    def jwk_thumbprint(self) -> bytes:
        """The raw SHA-256 thumbprint that goes into the mdoc handover (B.2.6.1)."""
        return thumbprint(self.recipient.key)


def choose_encryption(metadata: ClientMetadata | None) -> EncryptionChoice:
    """The first usable key, and A256GCM where it is offered (HAIP 1.0, 5). Raises `Rejected`."""
    keys = () if metadata is None else metadata.encryption_keys
    offered = () if metadata is None else metadata.encryptions
    for encryption in (Encryption.A256GCM, Encryption.A128GCM):
        if keys and encryption.value in offered:
            return EncryptionChoice(recipient=keys[0], encryption=encryption)
    raise Rejected(Reason.NO_ENCRYPTION_KEY, "OpenID4VP 8.3", "no usable key or algorithm")


def encode_client_metadata(metadata: ClientMetadata) -> dict[str, object]:
    encoded: dict[str, object] = {}
    if metadata.encryption_keys:
        keys = [_encode_key(key) for key in metadata.encryption_keys]
        encoded["jwks"] = {"keys": keys}
        encoded["encrypted_response_enc_values_supported"] = list(metadata.encryptions)
    if metadata.vp_formats_supported is not None:
        encoded["vp_formats_supported"] = {
            name: dict(algorithms) for name, algorithms in metadata.vp_formats_supported.items()
        }
    return encoded


def _encode_key(key: EncryptionKey) -> dict[str, str]:
    return {**encode_jwk(key.key), "use": "enc", "alg": ALGORITHM, "kid": key.kid}


def decode_client_metadata(value: object) -> ClientMetadata:
    """Raises `Malformed`."""
    source = as_object(value, "client_metadata")
    encryptions: tuple[str, ...] = (Encryption.A128GCM.value,)
    name = "encrypted_response_enc_values_supported"
    if name in source:
        encryptions = as_strings(source[name], name, limit=MAX_KEYS)
    return ClientMetadata(
        encryption_keys=_decode_keys(source),
        encryptions=encryptions,
        vp_formats_supported=_decode_formats(source),
    )


def _decode_keys(source: JsonObject) -> tuple[EncryptionKey, ...]:
    if "jwks" not in source:
        return ()
    jwks = as_object(source["jwks"], "client_metadata.jwks")
    entries = [
        as_object(entry, "jwk")
        for entry in as_array(get_member(jwks, "keys", "jwks"), "jwks.keys", limit=MAX_KEYS)
    ]
    kids = [as_filled_string(get_member(entry, "kid", "jwk"), "jwk.kid") for entry in entries]
    if len(set(kids)) != len(kids):
        raise Malformed("client_metadata.jwks", "a kid stands twice")
    return tuple(
        EncryptionKey(kid=kid, key=decode_ec_jwk(entry))
        for kid, entry in zip(kids, entries, strict=True)
        if _is_usable(entry)
    )


def _is_usable(jwk: JsonObject) -> bool:
    """8.3: the JWK's `alg` must be there and is the one that will be used."""
    return (
        jwk.get("kty") == "EC"
        and jwk.get("crv") == Curve.P256.value
        and jwk.get("alg") == ALGORITHM
        and jwk.get("use", "enc") == "enc"
    )


def _decode_formats(source: JsonObject) -> Mapping[str, JsonObject] | None:
    if "vp_formats_supported" not in source:
        return None
    formats = as_object(source["vp_formats_supported"], "vp_formats_supported")
    return {
        name: as_object(value, f"vp_formats_supported.{name}") for name, value in formats.items()
    }
