"""From disclosed claims to what the asker gets: only what was asked for, in JSON's types."""

import base64
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime

from mrc.formats import base64url
from mrc.formats.catalogue.card_types import CardDefinition, Catalogue
from mrc.formats.catalogue.values import read_claims, read_name_spaces
from mrc.protocols.dcql.claims_path import ConcretePath, SelectedClaim
from mrc.protocols.dcql.query import CredentialFormat

_JPEG = b"\xff\xd8\xff"


def claims_tree(selected: Sequence[SelectedClaim]) -> dict[str, object]:
    """The selected claims where they stand in the card; of an array only the selected elements."""
    tree = _tree([(claim.path, claim.value) for claim in selected])
    return tree if isinstance(tree, dict) else {}


def _tree(entries: Sequence[tuple[ConcretePath, object]]) -> object:
    for path, value in entries:
        if not path:  # the whole of it was asked for, so a part of it adds nothing
            return value
    groups: dict[str | int, list[tuple[ConcretePath, object]]] = {}
    for path, value in entries:
        groups.setdefault(path[0], []).append((path[1:], value))
    if all(isinstance(step, int) for step in groups) and groups:
        return [_tree(groups[step]) for step in sorted(groups, key=int)]
    return {str(step): _tree(below) for step, below in groups.items()}


def find_definition(catalogue: Catalogue, format_: str, type_: str) -> CardDefinition | None:
    if format_ == CredentialFormat.MSO_MDOC:
        return catalogue.find_doctype(type_)
    return catalogue.find_vct(type_)


def catalogue_values(
    definition: CardDefinition, format_: str, tree: Mapping[str, object]
) -> dict[str, object]:
    """The claims by the catalogue's keys. Raises `Malformed` where one is not of its kind."""
    if format_ == CredentialFormat.MSO_MDOC:
        spaces = {name: space for name, space in tree.items() if isinstance(space, Mapping)}
        return read_name_spaces(definition, spaces)
    return read_claims(definition, tree)


def json_form(value: object) -> object:
    """A claim's value as JSON: dates as ISO 8601, pictures as data URIs, bytes as base64url."""
    match value:
        case bytes() if value.startswith(_JPEG):
            return "data:image/jpeg;base64," + base64.b64encode(value).decode("ascii")
        case bytes():
            return base64url.encode(value)
        case datetime():
            return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
        case date():
            return value.isoformat()
        case Mapping():
            return {str(name): json_form(inner) for name, inner in value.items()}
        case list() | tuple():
            return [json_form(inner) for inner in value]
        case None | str() | bool() | int() | float():
            return value
    return str(value)
