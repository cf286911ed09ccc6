"""Small values that a browser carries for us, signed so that it cannot change them.

HMAC-SHA-256 (RFC 2104) over JSON, with a word that says what the value is for, so that a value
made for one place is nothing in another. Signed, not sealed: nothing secret goes in.
"""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field

from mrc.formats import base64url, json_text
from mrc.kernel.errors import Malformed

MIN_SECRET = 32  # bytes


@dataclass(frozen=True, slots=True)
class SignedTexts:
    secret: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.secret) < MIN_SECRET:
            raise ValueError(f"a secret has at least {MIN_SECRET} bytes")

    def sign(self, use: str, members: Mapping[str, object]) -> str:
        """`members` as text that may stand in a cookie or an address."""
        body = json_text.encode(dict(members))
        return f"{base64url.encode(body)}.{base64url.encode(self._tag(use, body))}"

    def read(self, use: str, text: str) -> Mapping[str, object] | None:
        """The members of a text that `sign` made for `use`; None for anything else."""
        body, _, tag = text.partition(".")
        try:
            content, given = base64url.decode(body), base64url.decode(tag)
            if not hmac.compare_digest(self._tag(use, content), given):
                return None
            return json_text.decode_object(content, use)
        except Malformed:
            return None

    def _tag(self, use: str, body: bytes) -> bytes:
        return hmac.new(self.secret, use.encode() + b"\0" + body, hashlib.sha256).digest()
