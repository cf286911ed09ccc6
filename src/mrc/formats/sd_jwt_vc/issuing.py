"""Making an SD-JWT VC (RFC 9901, 4; SD-JWT VC 2.2), sans I/O."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from hashlib import sha256

from mrc.formats import base64url, json_text
from mrc.formats.jose import jws, jwt
from mrc.formats.jose.jwk import encode_jwk
from mrc.formats.jose.x5c import encode_x5c
from mrc.formats.sd_jwt_vc.claims import ClaimTree, Disclosable
from mrc.formats.sd_jwt_vc.disclosure import DEFAULT_HASH, DOTS, SD, SD_ALG, digest
from mrc.formats.status_list.reference import StatusReference, encode_status
from mrc.kernel.keys import Algorithm, EcPublicKey
from mrc.kernel.ports import Entropy

TYPE = "dc+sd-jwt"
MEDIA_TYPE = f"application/{TYPE}"
ALWAYS_DISCLOSED = frozenset(
    {"iss", "nbf", "exp", "cnf", "vct", "vct#integrity", "aka_vcts", "status"}
)
"""SD-JWT VC 2.2.2.3: never selectively disclosable."""

_SALT_BYTES = 18
_SALT_CHARS = 24  # no padding; RFC 9901, 9.3 asks for 128 bits
_SALTS_AT_ONCE = 32  # a card has about thirty disclosable claims


@dataclass(frozen=True, slots=True, kw_only=True)
class SdJwtVcInput:
    """What goes into one credential. `issued_at` may be left out: it helps to link copies.

    `decoys` digests of nothing hide how many claims there are (RFC 9901, 4.2.5).
    """

    vct: str
    claims: "ClaimTree | EncodedClaims" = field(repr=False)
    holder_key: EcPublicKey | None
    status: StatusReference | None
    expires_at: datetime | None
    x5c: Sequence[bytes] = field(repr=False)
    issued_at: datetime | None = None
    not_before: datetime | None = None
    issuer: str | None = None
    vct_integrity: str | None = None
    decoys: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedSdJwt:
    """What will be signed, and the disclosures that go with it."""

    signing_input: bytes
    disclosures: tuple[str, ...] = field(repr=False)

    def finish(self, signature: bytes) -> str:
        """The SD-JWT with every disclosure, as the holder receives it."""
        return "~".join((jws.assemble(self.signing_input, signature), *self.disclosures, ""))


def prepare(source: SdJwtVcInput, *, algorithm: Algorithm, entropy: Entropy) -> PreparedSdJwt:
    """One credential ready to be signed. `ValueError` where the claims break the format's rules."""
    given = source.claims
    encoded = given if isinstance(given, EncodedClaims) else encode_claims(given)
    salts = _Salts(entropy)
    making = _Making(salts)
    claims = making.make_object(encoded.tree)
    if source.decoys:
        decoys = [digest(salts.take(), "sha256") for _ in range(source.decoys)]
        present = claims.get(SD, [])
        claims[SD] = sorted([*present, *decoys] if isinstance(present, list) else decoys)
    if making.disclosures or source.decoys:
        claims[SD_ALG] = DEFAULT_HASH
    payload = json_text.encode(_registered(source) | claims)
    protected = _protected(algorithm, tuple(source.x5c))
    return PreparedSdJwt(
        signing_input=f"{protected}.{base64url.encode(payload)}".encode("ascii"),
        disclosures=tuple(making.disclosures),
    )


@lru_cache(maxsize=64)
def _protected(algorithm: Algorithm, x5c: tuple[bytes, ...]) -> str:
    """The encoded header; an issuer's is the same for every credential."""
    header: dict[str, object] = {"alg": algorithm.value, "typ": TYPE}
    if x5c:
        header["x5c"] = encode_x5c(x5c)
    return base64url.encode(json_text.encode(header))


def _registered(source: SdJwtVcInput) -> dict[str, object]:
    times = {"iat": source.issued_at, "nbf": source.not_before, "exp": source.expires_at}
    optional: dict[str, object | None] = {
        "iss": source.issuer,
        "vct": source.vct,
        "vct#integrity": source.vct_integrity,
        **{name: None if at is None else jwt.encode_time(at) for name, at in times.items()},
        "cnf": None if source.holder_key is None else {"jwk": encode_jwk(source.holder_key)},
        "status": None if source.status is None else encode_status(source.status),
    }
    return {name: value for name, value in optional.items() if value is not None}


@dataclass(frozen=True, slots=True)
class _Tail:
    """A disclosure but for its salt, in base64url, to stand behind a head of whole groups."""

    text: str


@dataclass(frozen=True, slots=True)
class EncodedClaims:
    """A claim tree whose values are encoded once for all copies of a batch."""

    tree: Mapping[str, object] = field(repr=False)


def encode_claims(claims: ClaimTree) -> EncodedClaims:
    """Encode what does not differ between copies. `ValueError` for names that are not allowed."""
    taken = claims.keys() & (ALWAYS_DISCLOSED | {"iat", SD_ALG})
    if taken:
        raise ValueError(f"claims that the credential sets itself: {sorted(taken)}")
    return EncodedClaims(_encode_object(claims))


def _encode_object(node: Mapping[str, object]) -> dict[str, object]:
    if SD in node or DOTS in node:
        raise ValueError("a claim may not be named _sd or ...")
    return {
        name: _encode_hidden(json_text.encode(name) + b",", value.value)
        if isinstance(value, Disclosable)
        else _encode_plain(value)
        for name, value in node.items()
    }


def _encode_plain(node: object) -> object:
    match node:
        case Mapping():
            return _encode_object(node)
        case list() | tuple():
            return [
                _encode_hidden(b"", element.value)
                if isinstance(element, Disclosable)
                else _encode_plain(element)
                for element in node
            ]
    return node


def _encode_hidden(name: bytes, value: object) -> object:
    """A tail where the value is the same in every copy; else it waits for its own salts."""
    encoded = _encode_plain(value)
    if _holds_disclosable(encoded):
        return Disclosable(encoded)
    return _Tail(base64url.encode(name + json_text.encode(encoded) + b"]"))


def _holds_disclosable(node: object) -> bool:
    match node:
        case _Tail() | Disclosable():
            return True
        case dict():
            return any(map(_holds_disclosable, node.values()))
        case list():
            return any(map(_holds_disclosable, node))
    return False


class _Salts:
    """Salts from few requests to the source of randomness, which is what costs."""

    def __init__(self, entropy: Entropy) -> None:
        self._entropy = entropy
        self._ready: list[str] = []

    def take(self) -> str:
        if not self._ready:
            text = base64url.encode(self._entropy.token(_SALT_BYTES * _SALTS_AT_ONCE))
            self._ready = [text[at : at + _SALT_CHARS] for at in range(0, len(text), _SALT_CHARS)]
        return self._ready.pop()


class _Making:
    """Turns encoded claims into the payload, collecting disclosures on the way."""

    def __init__(self, salts: _Salts) -> None:
        self._salts = salts
        self.disclosures: list[str] = []

    def make_object(self, node: Mapping[str, object]) -> dict[str, object]:
        claims: dict[str, object] = {}
        tails: list[str] = []
        for name, value in node.items():
            if isinstance(value, _Tail):
                tails.append(value.text)
            elif isinstance(value, Disclosable):
                tails.append(self._tail(json_text.encode(name) + b",", value))
            else:
                claims[name] = self._plain(value)
        if tails:
            claims[SD] = sorted(self._disclose(tails))  # the order must not tell which is which
        return claims

    def _plain(self, node: object) -> object:
        if isinstance(node, dict):
            return self.make_object(node)
        return [self._element(element) for element in node] if isinstance(node, list) else node

    def _element(self, element: object) -> object:
        if isinstance(element, Disclosable):
            element = _Tail(self._tail(b"", element))
        if isinstance(element, _Tail):
            return {DOTS: self._disclose([element.text])[0]}
        return self._plain(element)

    def _tail(self, name: bytes, hidden: Disclosable) -> str:
        value = json_text.encode(self._plain(hidden.value))
        return base64url.encode(name + value + b"]")

    def _disclose(self, tails: list[str]) -> list[str]:
        """The digests of one level. Heads and digests are each encoded in one go.

        A head is 30 bytes, so that 40 characters stand for it alone; a digest of 32 bytes with a
        zero byte behind it starts with its own 43 characters.
        """
        heads = "".join([f'["{self._salts.take()}",  ' for _ in tails]).encode("ascii")
        start = base64url.encode(heads)
        texts = [start[40 * n : 40 * n + 40] + tail for n, tail in enumerate(tails)]
        self.disclosures += texts
        hashes = [sha256(text.encode("ascii")).digest() for text in texts]
        digests = base64url.encode(b"\0".join([*hashes, b""]))
        return [digests[at : at + 43] for at in range(0, len(digests), 44)]
