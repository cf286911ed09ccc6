"""Disclosures and their digests (RFC 9901, 4.2)."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

from mrc.formats import base64url, json_text
from mrc.formats.sd_jwt_vc.reasons import Reason
from mrc.kernel.errors import Malformed, Rejected

SD, SD_ALG, DOTS = "_sd", "_sd_alg", "..."
DEFAULT_HASH = "sha-256"
_HASHES = {"sha-256": "sha256", "sha-384": "sha384", "sha-512": "sha512"}
_MAKERS = {"sha256": hashlib.sha256, "sha384": hashlib.sha384, "sha512": hashlib.sha512}


@dataclass(frozen=True, slots=True)
class Disclosure:
    """One disclosure: `name` for an object property, None for an array element.

    `text` is what was hashed; another spelling of the same JSON has another digest.
    """

    text: str
    name: str | None
    value: object = field(repr=False)


def decode_disclosure(text: str) -> Disclosure:
    """Raises `Malformed`; `Rejected` where the array has neither two nor three elements."""
    parts = json_text.decode(base64url.decode(text))
    if not isinstance(parts, list):
        raise Malformed("disclosure", "expected a JSON array")
    if len(parts) not in (2, 3):
        raise Rejected(Reason.DISCLOSURE_ARITY, "RFC 9901 7.1", "expected two or three elements")
    salt, name, value = parts if len(parts) == 3 else (parts[0], None, parts[1])
    if not isinstance(salt, str) or not (
        name is None if len(parts) == 2 else isinstance(name, str)
    ):
        raise Malformed("disclosure", "salt and claim name must be texts")
    return Disclosure(text, name, value)


def hash_name(payload: Mapping[str, object]) -> str:
    """`hashlib`'s name for ``_sd_alg``. Step 2.5 of 7.1."""
    value = payload.get(SD_ALG, DEFAULT_HASH)
    if not isinstance(value, str) or value not in _HASHES:
        raise Rejected(Reason.HASH_ALGORITHM, "RFC 9901 7.1", "step 2.5")
    return _HASHES[value]


def digest(text: str, hash_name: str) -> str:
    """Over the ASCII of the encoded text, not over the JSON inside (4.2.3)."""
    return base64url.encode(_MAKERS[hash_name](text.encode("ascii")).digest())
