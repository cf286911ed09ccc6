"""From one mapping of claim key to value to both formats, and back.

Values are Python's: text, `int`, `bool`, `date`, aware `datetime`, JPEG `bytes`, and for driving
privileges a sequence of mappings. Absent optional claims are simply not in the mapping.
"""

import base64
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import assert_never

from mrc.formats.catalogue.card_types import CardDefinition
from mrc.formats.catalogue.claim import Claim, Kind
from mrc.formats.sd_jwt_vc.claims import Disclosable
from mrc.kernel.errors import Malformed

_JPEG_URI = "data:image/jpeg;base64,"


def name_spaces(
    definition: CardDefinition, values: Mapping[str, object]
) -> dict[str, dict[str, object]]:
    """The elements by namespace, for an mdoc. `ValueError` where `values` do not fit the type."""
    spaces: dict[str, dict[str, object]] = {}
    for claim, value in _checked(definition, values):
        spaces.setdefault(claim.namespace, {})[claim.element] = value
    return spaces


def claim_tree(definition: CardDefinition, values: Mapping[str, object]) -> dict[str, object]:
    """The claims of an SD-JWT VC, selectively disclosable ones marked. `ValueError` as above."""
    tree: dict[str, object] = {}
    for claim, value in _checked(definition, values):
        json_value = _to_json(value)
        node = tree
        for step in claim.path[:-1]:
            inner = node.setdefault(step, {})
            if not isinstance(inner, dict):
                raise ValueError(f"claim {claim.key}: the path crosses another claim's")
            node = inner
        node[claim.path[-1]] = Disclosable(json_value) if claim.selective else json_value
    return tree


def read_name_spaces(
    definition: CardDefinition, disclosed: Mapping[str, Mapping[str, object]]
) -> dict[str, object]:
    """Disclosed mdoc elements by claim key; elements that the type lacks are left out.

    Raises `Malformed` where an element's value is not of its kind.
    """
    values: dict[str, object] = {}
    for claim in definition.claims:
        elements = disclosed.get(claim.namespace, {})
        if claim.element in elements:
            values[claim.key] = _expect(claim, elements[claim.element])
    return values


def read_claims(definition: CardDefinition, claims: Mapping[str, object]) -> dict[str, object]:
    """Disclosed SD-JWT VC claims by claim key, in Python's types. Raises `Malformed`."""
    values: dict[str, object] = {}
    for claim in definition.claims:
        node: object = claims
        for step in claim.path:
            node = node.get(step) if isinstance(node, Mapping) else None
        if node is not None:
            values[claim.key] = _expect(claim, _from_json(claim, node))
    return values


def _checked(
    definition: CardDefinition, values: Mapping[str, object]
) -> list[tuple[Claim, object]]:
    """The claims with their values, in the order of the table."""
    unknown = values.keys() - {claim.key for claim in definition.claims}
    missing = {claim.key for claim in definition.claims if claim.mandatory} - values.keys()
    if unknown or missing:
        raise ValueError(
            f"{definition.card_type.value}: unknown {sorted(unknown)}, missing {sorted(missing)}"
        )
    chosen = [(claim, values[claim.key]) for claim in definition.claims if claim.key in values]
    for claim, value in chosen:
        if not _is_of_kind(claim.kind, value):
            raise ValueError(f"claim {claim.key}: not a value of kind {claim.kind.value}")
    return chosen


def _expect(claim: Claim, value: object) -> object:
    if not _is_of_kind(claim.kind, value):
        raise Malformed(f"claim {claim.key}", f"not a value of kind {claim.kind.value}")
    return value


def _is_of_kind(kind: Kind, value: object) -> bool:
    match kind:
        case Kind.TEXT:
            return isinstance(value, str)
        case Kind.INTEGER:
            return isinstance(value, int) and not isinstance(value, bool)
        case Kind.BOOLEAN:
            return isinstance(value, bool)
        case Kind.DATE:
            return isinstance(value, date) and not isinstance(value, datetime)
        case Kind.TIME:
            return isinstance(value, datetime) and value.tzinfo is not None
        case Kind.IMAGE:
            return isinstance(value, bytes)
        case Kind.DRIVING_PRIVILEGES:
            return isinstance(value, Sequence) and all(
                isinstance(item, Mapping) and isinstance(item.get("vehicle_category_code"), str)
                for item in value
            )
    assert_never(kind)


def _to_json(value: object) -> object:
    match value:
        case datetime():
            return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        case date():
            return value.isoformat()
        case bytes():
            return _JPEG_URI + base64.b64encode(value).decode("ascii")
        case Mapping():
            return {str(name): _to_json(inner) for name, inner in value.items()}
        case list() | tuple():
            return [_to_json(inner) for inner in value]
    return value


def _from_json(claim: Claim, value: object) -> object:
    try:
        match claim.kind, value:
            case Kind.DATE, str():
                return _date(value)
            case Kind.TIME, str():
                return datetime.fromisoformat(value)
            case Kind.IMAGE, str() if value.startswith(_JPEG_URI):
                return base64.b64decode(value.removeprefix(_JPEG_URI), validate=True)
            case Kind.DRIVING_PRIVILEGES, list():
                return [_dated(item) for item in value]
    except ValueError as error:
        raise Malformed(f"claim {claim.key}", f"not a value of kind {claim.kind.value}") from error
    return value


def _date(text: str) -> date:
    """`YYYY-MM-DD` and none of ISO 8601's other spellings; `ValueError` otherwise."""
    found = date.fromisoformat(text)
    if found.isoformat() != text:
        raise ValueError("another spelling of a date")
    return found


def _dated(privilege: object) -> object:
    """A driving privilege with its two dates as dates."""
    if not isinstance(privilege, dict):
        return privilege
    dates = {
        name: _date(privilege[name])
        for name in ("issue_date", "expiry_date")
        if isinstance(privilege.get(name), str)
    }
    return privilege | dates
