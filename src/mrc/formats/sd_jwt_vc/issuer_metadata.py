"""JWT VC Issuer Metadata (SD-JWT VC, section 3): an issuer's keys at a well-known address.

HAIP knows only certificates; this is for issuers of other profiles, where policy admits them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from mrc.formats import json_text
from mrc.formats.jose.jwk import decode_jwk, is_private
from mrc.kernel.errors import Malformed
from mrc.kernel.keys import PublicKey

WELL_KNOWN = "/.well-known/jwt-vc-issuer"
MAX_KEYS = 50

_WHAT = "JWT VC issuer metadata"


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuerMetadata:
    """Exactly one of `keys` (with their ``kid``) and `jwks_uri`."""

    issuer: str
    keys: tuple[tuple[str | None, PublicKey], ...] | None
    jwks_uri: str | None


def metadata_url(issuer: str) -> str:
    """Where to look: the well-known path stands between host and path (section 3).

    Raises `Malformed` unless `issuer` is an https URL without query and fragment.
    """
    try:
        parts = urlsplit(issuer)
    except ValueError as error:
        raise Malformed("issuer", "not a URL") from error
    if parts.scheme != "https" or not parts.netloc or "?" in issuer or "#" in issuer:
        raise Malformed("issuer", "expected an https URL without query and fragment")
    return f"https://{parts.netloc}{WELL_KNOWN}{parts.path.rstrip('/')}"


def decode_issuer_metadata(data: bytes, *, expected_issuer: str) -> IssuerMetadata:
    """Raises `Malformed`, also for the metadata of another issuer (section 3.3)."""
    document = json_text.decode_object(data, _WHAT)
    if document.get("issuer") != expected_issuer:
        raise Malformed(_WHAT, "of another issuer")
    jwks, jwks_uri = document.get("jwks"), document.get("jwks_uri")
    if (jwks is None) == (jwks_uri is None) or not isinstance(jwks_uri, str | None):
        raise Malformed(_WHAT, "expected either jwks or jwks_uri")
    keys = None if jwks is None else decode_key_set(jwks)
    return IssuerMetadata(issuer=expected_issuer, keys=keys, jwks_uri=jwks_uri)


def decode_key_set(jwks: object) -> tuple[tuple[str | None, PublicKey], ...]:
    """The keys of a JWK Set with their ``kid``; keys of unknown kinds are left out (RFC 7517, 5).

    Raises `Malformed` for what is no set, and for a set that publishes a private key.
    """
    entries = jwks.get("keys") if isinstance(jwks, Mapping) else None
    if not isinstance(entries, list) or len(entries) > MAX_KEYS:
        raise Malformed("JWK Set", f"expected at most {MAX_KEYS} keys")
    found: list[tuple[str | None, PublicKey]] = []
    for entry in entries:
        if not isinstance(entry, Mapping):
            raise Malformed("JWK Set", "a key is not an object")
        if is_private(entry):
            raise Malformed("JWK Set", "a private key is published")
        key = _find_key(entry)
        if key is not None:
            kid = entry.get("kid")
            found.append((kid if isinstance(kid, str) else None, key))
    return tuple(found)


def _find_key(entry: Mapping[str, object]) -> PublicKey | None:
    """The signing key; None for another use and for a kind that we do not know."""
    if entry.get("use", "sig") != "sig":
        return None
    try:
        return decode_jwk(entry)
    except Malformed:
        return None
