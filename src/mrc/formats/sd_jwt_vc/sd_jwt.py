"""Decoding an SD-JWT (RFC 9901, 4 and 8.1) and processing its disclosures (7.1).

`decode` and `process` believe nobody: signatures are `verifying.py`'s matter.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from mrc.formats.jose import jwt
from mrc.formats.jose.jws import CompactJws, decode_compact
from mrc.formats.sd_jwt_vc.disclosure import (
    DOTS,
    SD,
    SD_ALG,
    Disclosure,
    decode_disclosure,
    digest,
    hash_name,
)
from mrc.formats.sd_jwt_vc.reasons import Reason
from mrc.kernel.errors import Malformed, Rejected

MAX_CHARS = 2**20
MAX_DISCLOSURES = 500
MAX_DEPTH = 32
"""Nesting of the processed claims: disclosures within disclosures could go on for ever."""

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SdJwt:
    """A decoded SD-JWT or SD-JWT+KB. `issuer_jwt`, `disclosures`, `kb_jwt` are texts as received."""

    issuer_jwt: str
    disclosures: tuple[str, ...] = field(repr=False)
    kb_jwt: str | None
    jws: CompactJws = field(repr=False)
    payload: Mapping[str, object] = field(repr=False)

    @property
    def without_key_binding(self) -> str:
        """``<JWT>~<D.1>~...~<D.n>~``: what ``sd_hash`` is taken over (4.3.1)."""
        return "~".join((self.issuer_jwt, *self.disclosures, ""))

    @property
    def text(self) -> str:
        return self.without_key_binding + (self.kb_jwt or "")


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessedSdJwt:
    """The claims with what was disclosed in place, and the disclosure behind each such place."""

    claims: Mapping[str, object] = field(repr=False)
    disclosed: Mapping[Path, Disclosure] = field(repr=False)


def decode(text: str) -> SdJwt:
    """Decode the compact form. Step 1 of 7.1, step 3 of 7.3. Raises `Malformed`."""
    if len(text) > MAX_CHARS:
        raise Malformed("SD-JWT", f"longer than {MAX_CHARS} characters")
    if "~" not in text:
        raise Malformed("SD-JWT", "a JWT without the tilde that ends the disclosures")
    issuer_jwt, *disclosures, kb_jwt = text.split("~")
    return _assemble(issuer_jwt, disclosures, kb_jwt or None)


def decode_json(document: Mapping[str, object]) -> SdJwt:
    """Decode the flattened JSON form (section 8.1). Raises `Malformed`."""
    header = document.get("header")
    parts = [document.get(name) for name in ("protected", "payload", "signature")]
    texts = [part for part in parts if isinstance(part, str)]
    if not isinstance(header, Mapping) or len(texts) != 3:
        raise Malformed("SD-JWT in JSON", "expected header, protected, payload and signature")
    disclosures, kb_jwt = header.get("disclosures", []), header.get("kb_jwt")
    if not isinstance(disclosures, list) or not isinstance(kb_jwt, str | None):
        raise Malformed("SD-JWT in JSON", "disclosures is not a list or kb_jwt not a text")
    if not all(isinstance(text, str) for text in disclosures):
        raise Malformed("SD-JWT in JSON", "a disclosure is not a text")
    return _assemble(".".join(texts), disclosures, kb_jwt)


def _assemble(issuer_jwt: str, disclosures: list[str], kb_jwt: str | None) -> SdJwt:
    if len(disclosures) > MAX_DISCLOSURES:
        raise Malformed("SD-JWT", f"more than {MAX_DISCLOSURES} disclosures")
    if not all(text.isascii() for text in disclosures):
        raise Malformed("SD-JWT", "a disclosure is not base64url")
    decoded = decode_compact(issuer_jwt)
    return SdJwt(
        issuer_jwt=issuer_jwt,
        disclosures=tuple(disclosures),
        kb_jwt=kb_jwt,
        jws=decoded,
        payload=jwt.decode_claims(decoded),
    )


def process(sd_jwt: SdJwt) -> ProcessedSdJwt:
    """Put every disclosure in its place. RFC 9901, 7.1 steps 2.5 and 3 to 5.

    Raises `Rejected` for a hash that is not understood (2.5), a disclosure of the wrong arity
    (3.3.2.1, 3.3.3.1), a reserved (3.3.2.2) or taken (3.3.2.3) claim name, a digest met twice (4)
    and a disclosure that no digest refers to (5).
    """
    name = hash_name(sd_jwt.payload)  # 2.5
    found = {digest(text, name): decode_disclosure(text) for text in sd_jwt.disclosures}  # 3.1
    if len(found) != len(sd_jwt.disclosures):
        raise Rejected(Reason.DISCLOSURE_TWICE, "RFC 9901 7.1", "step 4")
    run = _Processing(found)
    claims = run.read_object(sd_jwt.payload, ())
    claims.pop(SD_ALG, None)  # 3.6
    if len(run.disclosed) != len(found):  # 5
        raise Rejected(Reason.DISCLOSURE_NOT_REFERENCED, "RFC 9901 7.1", "step 5")
    return ProcessedSdJwt(claims=claims, disclosed=run.disclosed)


class _Processing:
    """Steps 3.2 to 3.5, which call each other through the whole tree."""

    def __init__(self, found: Mapping[str, Disclosure]) -> None:
        self._found = found
        self._met: set[str] = set()
        self.disclosed: dict[Path, Disclosure] = {}

    def read_object(self, node: Mapping[str, object], path: Path) -> dict[str, object]:
        claims = {
            name: value if type(value) is str else self._read(value, (*path, name))
            for name, value in node.items()
            if name != SD
        }
        digests = _digests(node)
        self._meet(digests)
        for text in digests:
            disclosure = self._found.get(text)  # 3.3.1
            if disclosure is not None:
                self._insert(claims, disclosure, path)
        return claims

    def _insert(self, claims: dict[str, object], disclosure: Disclosure, path: Path) -> None:
        name = disclosure.name
        if name is None:  # 3.3.2.1
            raise Rejected(Reason.DISCLOSURE_ARITY, "RFC 9901 7.1", "step 3.3.2.1")
        if name in (SD, DOTS):  # 3.3.2.2
            raise Rejected(Reason.CLAIM_NAME_RESERVED, "RFC 9901 7.1", "step 3.3.2.2")
        if name in claims:  # 3.3.2.3
            raise Rejected(Reason.CLAIM_NAME_TWICE, "RFC 9901 7.1", "step 3.3.2.3")
        self.disclosed[*path, name] = disclosure
        claims[name] = self._read(disclosure.value, (*path, name))  # 3.3.2.4, 3.3.2.5

    def _read(self, node: object, path: Path) -> object:
        if len(path) > MAX_DEPTH:
            raise Malformed("SD-JWT", f"claims nested deeper than {MAX_DEPTH}")
        if isinstance(node, dict):
            return self.read_object(node, path)
        return self._read_array(node, path) if isinstance(node, list) else node

    def _read_array(self, node: list[object], path: Path) -> list[object]:
        elements: list[object] = []
        for element in node:
            place = (*path, len(elements))
            if not (isinstance(element, dict) and element.keys() == {DOTS}):
                elements.append(self._read(element, place))
                continue
            text = _texts([element[DOTS]])
            self._meet(text)
            disclosure = self._found.get(text[0])  # 3.3.1
            if disclosure is None:  # 3.4
                continue
            if disclosure.name is not None:  # 3.3.3.1
                raise Rejected(Reason.DISCLOSURE_ARITY, "RFC 9901 7.1", "step 3.3.3.1")
            self.disclosed[place] = disclosure
            elements.append(self._read(disclosure.value, place))  # 3.3.3.2, 3.3.3.3
        return elements

    def _meet(self, digests: list[str]) -> None:
        expected = len(self._met) + len(digests)
        self._met.update(digests)
        if len(self._met) != expected:  # 4
            raise Rejected(Reason.DIGEST_TWICE, "RFC 9901 7.1", "step 4")


def _digests(node: Mapping[str, object]) -> list[str]:
    digests = node.get(SD, [])
    if DOTS in node:
        raise Malformed("SD-JWT", "a claim named ...")
    if not isinstance(digests, list):
        raise Malformed("SD-JWT", "_sd is not an array")
    return _texts(digests)


def _texts(values: list[object]) -> list[str]:
    texts = [value for value in values if isinstance(value, str)]
    if len(texts) != len(values):
        raise Malformed("SD-JWT", "a digest is not a text")
    return texts


def sd_hash(sd_jwt: SdJwt) -> str:
    """The value of ``sd_hash`` for this selection of disclosures (4.3.1)."""
    return digest(sd_jwt.without_key_binding, hash_name(sd_jwt.payload))


def with_disclosures(sd_jwt: SdJwt, disclosures: tuple[str, ...]) -> SdJwt:
    """The same SD-JWT with a choice of its disclosures and no key binding."""
    return SdJwt(
        issuer_jwt=sd_jwt.issuer_jwt,
        disclosures=disclosures,
        kb_jwt=None,
        jws=sd_jwt.jws,
        payload=sd_jwt.payload,
    )
