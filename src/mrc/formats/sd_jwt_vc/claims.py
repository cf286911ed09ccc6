"""A claim tree: the claims of an SD-JWT before it is made, with what a holder may hide marked."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Disclosable:
    """A property's value or an array's element that the holder discloses or not (RFC 9901, 4.2).

    May stand anywhere in a tree, also inside another one (recursive disclosure).
    """

    value: object


ClaimTree = Mapping[str, object]
"""JSON values with `Disclosable` among them."""
