"""SD-JWT VC Type Metadata (SD-JWT VC draft 18, sections 4 and 5): reading, extending, judging.

Rendering is left to screens: display properties stay in `document`. A path with an array index is
judged only where every disclosure is at hand, because positions are those of the array as issued.
"""

import base64
import hashlib
import hmac
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from mrc.formats import json_text
from mrc.formats.sd_jwt_vc.reasons import Reason
from mrc.formats.sd_jwt_vc.sd_jwt import Path, ProcessedSdJwt
from mrc.kernel.errors import Malformed, Rejected

MAX_EXTENDS = 8
"""Longest chain of types that extend each other; also what ends a circle (section 7.3)."""

_WHAT = "type metadata"
_STRONGEST = ("sha512", "sha384", "sha256")

RulePath = tuple[str | int | None, ...]


class Selective(StrEnum):
    """Whether an issuer makes a claim selectively disclosable (section 4.6.4)."""

    ALWAYS = "always"
    ALLOWED = "allowed"
    NEVER = "never"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimRule:
    """What the metadata demands of the claims at `path`; None stands for every array element."""

    path: RulePath
    mandatory: bool
    sd: Selective


@dataclass(frozen=True, slots=True, kw_only=True)
class TypeMetadata:
    vct: str
    extends: str | None
    extends_integrity: str | None
    rules: tuple[ClaimRule, ...]
    document: Mapping[str, object] = field(repr=False)


def integrity(document: bytes) -> str:
    """The value for ``vct#integrity`` (W3C SRI, 3.1): base64 with padding, not base64url."""
    return "sha256-" + base64.b64encode(hashlib.sha256(document).digest()).decode("ascii")


def check_integrity(document: bytes, *, expected: str) -> None:
    """Raise `Rejected` unless the bytes match the strongest hash in `expected` (W3C SRI, 3.3.5)."""
    tokens = [token.split("?")[0].partition("-") for token in expected.split()]
    for name in _STRONGEST:
        wanted = [value for algorithm, _, value in tokens if algorithm == name]
        if wanted:
            found = base64.b64encode(hashlib.new(name, document).digest()).decode("ascii")
            if not any(hmac.compare_digest(found.encode(), w.encode()) for w in wanted):
                raise Rejected(Reason.TYPE_METADATA_INTEGRITY, "SD-JWT VC 5")
            return
    raise Rejected(Reason.TYPE_METADATA_INTEGRITY, "SD-JWT VC 5", "no hash that is understood")


def decode_type_metadata(data: bytes) -> TypeMetadata:
    """Raises `Malformed`. Unknown properties are ignored."""
    document = json_text.decode_object(data, _WHAT)
    claims = document.get("claims", [])
    if not isinstance(claims, list):
        raise Malformed(_WHAT, "claims is not an array")
    vct = _find_text(document, "vct")
    if not vct:
        raise Malformed(_WHAT, "vct is missing")
    return TypeMetadata(
        vct=vct,
        extends=_find_text(document, "extends"),
        extends_integrity=_find_text(document, "extends#integrity"),
        rules=tuple(_decode_rule(claim) for claim in claims),
        document=document,
    )


def combine(chain: Sequence[TypeMetadata]) -> tuple[ClaimRule, ...]:
    """The rules of a type and those it extends, the type itself first (section 4.6.5).

    Raises `Rejected` where the chain does not fit together, is too long, or where an extending type
    turns ``always`` and ``never`` around; a looser value keeps the extended type's (4.6.5.1). Integrity of each document is `check_integrity`'s matter.
    """
    if not 1 <= len(chain) <= MAX_EXTENDS or chain[-1].extends is not None:
        raise Rejected(Reason.TYPE_METADATA_VCT, "SD-JWT VC 4.4", "the chain is not complete")
    for child, parent in zip(chain, chain[1:], strict=False):
        if child.extends != parent.vct:
            raise Rejected(Reason.TYPE_METADATA_VCT, "SD-JWT VC 4.4", "another type is extended")
    rules: dict[RulePath, ClaimRule] = {}
    for metadata in reversed(chain):
        for rule in metadata.rules:
            inherited = rules.get(rule.path)
            rules[rule.path] = rule if inherited is None else _override(inherited, rule)
    return tuple(rules.values())


def check_claims(processed: ProcessedSdJwt, *, rules: Sequence[ClaimRule], complete: bool) -> None:
    """Raise `Rejected` unless the claims keep the rules (section 4.6).

    `complete`: every disclosure is at hand, as a holder has it. Otherwise an absent claim proves
    nothing, and indices of arrays cannot be told.
    """
    for rule in rules:
        if not complete and any(isinstance(step, int) for step in rule.path):
            continue
        places = list(_select(processed.claims, rule.path))
        if rule.mandatory and complete and not places:
            raise _broken(rule, "a mandatory claim is absent")
        for place in places:
            disclosed = place in processed.disclosed
            if rule.sd is Selective.ALWAYS and not disclosed:
                raise _broken(rule, "a claim should be selectively disclosable")
            if rule.sd is Selective.NEVER and disclosed:
                raise _broken(rule, "a claim should not be selectively disclosable")


def _select(claims: Mapping[str, object], path: RulePath) -> Iterator[Path]:
    """The places that `path` selects (section 4.6.1.2)."""
    selected: list[tuple[Path, object]] = [((), claims)]
    for step in path:
        following: list[tuple[Path, object]] = []
        for place, node in selected:
            if not isinstance(node, Mapping if isinstance(step, str) else list):
                raise Rejected(
                    Reason.TYPE_METADATA_CLAIM, "SD-JWT VC 4.6.1", "path on no container"
                )
            following += [((*place, name), value) for name, value in _step(node, step)]
        selected = following
    return (place for place, _ in selected)


def _step(node: object, step: str | int | None) -> list[tuple[str | int, object]]:
    if isinstance(node, Mapping):
        return [(str(step), node[step])] if step in node else []
    if not isinstance(node, list):
        return []
    elements: list[tuple[str | int, object]] = list(enumerate(node))
    return elements if step is None else [pair for pair in elements if pair[0] == step]


def _override(parent: ClaimRule, child: ClaimRule) -> ClaimRule:
    if parent.sd is not Selective.ALLOWED and child.sd not in (parent.sd, Selective.ALLOWED):
        raise _broken(child, "an extending type changes sd")
    sd = parent.sd if child.sd is Selective.ALLOWED else child.sd
    return ClaimRule(path=child.path, mandatory=parent.mandatory or child.mandatory, sd=sd)


def _broken(rule: ClaimRule, detail: str) -> Rejected:
    names = ".".join("*" if step is None else str(step) for step in rule.path)
    return Rejected(Reason.TYPE_METADATA_CLAIM, "SD-JWT VC 4.6", f"{names}: {detail}")


def _decode_rule(claim: object) -> ClaimRule:
    if not isinstance(claim, dict):
        raise Malformed(_WHAT, "a claim is not an object")
    path, mandatory, sd = claim.get("path"), claim.get("mandatory", False), claim.get("sd")
    if not isinstance(path, list) or not path or not all(map(_is_step, path)):
        raise Malformed(_WHAT, "a path is not an array of texts, indices and nulls")
    if not isinstance(mandatory, bool):
        raise Malformed(_WHAT, "mandatory is not a boolean")
    if sd is not None and sd not in list(Selective):
        raise Malformed(_WHAT, "sd is none of always, allowed, never")
    selective = Selective.ALLOWED if sd is None else Selective(sd)
    return ClaimRule(path=tuple(path), mandatory=mandatory, sd=selective)


def _is_step(step: object) -> bool:
    if isinstance(step, int) and not isinstance(step, bool):
        return step >= 0
    return step is None or isinstance(step, str)


def _find_text(document: Mapping[str, object], name: str) -> str | None:
    value = document.get(name)
    if not isinstance(value, str | None):
        raise Malformed(_WHAT, f"{name} is not a text")
    return value
