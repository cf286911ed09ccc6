"""Whose cards this verifier believes, and for which kinds of card.

A root counts only for the document types and `vct`s that its authority may issue: the driving
licence authority cannot make a residence card. The list comes from outside (ledger, trust lists,
an operator); here it is only asked.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from mrc.formats import base64url
from mrc.formats.x509.certificate import Certificate


@dataclass(frozen=True, slots=True, kw_only=True)
class Authority:
    """One issuing authority. `types` None: whatever it signs, for an operator who says so."""

    name: str
    anchors: tuple[Certificate, ...]
    types: frozenset[str] | None

    def may_issue(self, type_: str) -> bool:
        return self.types is None or type_ in self.types


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuerTrust:
    """Every authority that counts here."""

    authorities: Sequence[Authority]

    def anchors_for(self, type_: str) -> tuple[Certificate, ...]:
        """The roots below which a card of this doctype or `vct` may stand."""
        return tuple(
            anchor
            for authority in self.authorities
            if authority.may_issue(type_)
            for anchor in authority.anchors
        )

    @property
    def anchors(self) -> tuple[Certificate, ...]:
        return tuple(anchor for authority in self.authorities for anchor in authority.anchors)

    def get_authority(self, anchor: Certificate) -> Authority:
        """Whose root it is. `ValueError` for a root that stands in no authority."""
        for authority in self.authorities:
            if any(anchor.der == known.der for known in authority.anchors):
                return authority
        raise ValueError("a root of no authority")

    def key_identifiers_for(self, types: Sequence[str]) -> tuple[str, ...]:
        """The `aki` values that a query may name for cards of these types (DCQL, 6.1.1)."""
        found = {
            base64url.encode(anchor.subject_key_identifier)
            for type_ in types
            for anchor in self.anchors_for(type_)
            if anchor.subject_key_identifier is not None
        }
        return tuple(sorted(found))
