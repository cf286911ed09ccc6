"""Whose cards this verifier believes, and for which kinds of card.

A root counts only for the document types and `vct`s that its authority may issue: the driving
licence authority cannot make a residence card. The list comes from outside (ledger, trust lists,
an operator); here it is only asked.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from mrc.formats import base64url
from mrc.formats.x509.certificate import Certificate
from mrc.formats.x509.chain import ChainChecker
from mrc.kernel.keys import PublicKey
from mrc.kernel.ports import SignatureVerifier


@dataclass(frozen=True, slots=True, kw_only=True)
class Authority:
    """One issuing authority. `types` None: whatever it signs, for an operator who says so.

    `keys` are those of an issuer of SD-JWT VCs that has no certificates.
    """

    name: str
    anchors: tuple[Certificate, ...]
    types: frozenset[str] | None
    keys: tuple[PublicKey, ...] = ()

    def may_issue(self, type_: str) -> bool:
        return self.types is None or type_ in self.types


class IssuerTrust:
    """Every authority that counts here. New roots need a new value."""

    def __init__(self, authorities: Sequence[Authority], *, verifier: SignatureVerifier) -> None:
        self.authorities = tuple(authorities)
        self.verifier = verifier

    @cached_property
    def checker(self) -> ChainChecker:
        """Chains below any root. What the root may issue is `get_authority`'s second question."""
        anchors = [anchor for authority in self.authorities for anchor in authority.anchors]
        return ChainChecker(anchors=anchors, verifier=self.verifier)

    def get_authority(self, anchor: Certificate) -> Authority:
        """Whose root it is. `ValueError` for a root that stands in no authority."""
        for authority in self.authorities:
            if any(anchor.der == known.der for known in authority.anchors):
                return authority
        raise ValueError("a root of no authority")

    @property
    def keys(self) -> tuple[PublicKey, ...]:
        return tuple(key for authority in self.authorities for key in authority.keys)

    def get_key_authority(self, key: PublicKey) -> Authority:
        """Whose key it is. `ValueError` for a key that stands in no authority."""
        for authority in self.authorities:
            if key in authority.keys:
                return authority
        raise ValueError("a key of no authority")

    def key_identifiers_for(self, type_: str) -> tuple[str, ...]:
        """The `aki` values that a query may name for cards of this type (DCQL, 6.1.1)."""
        found = {
            base64url.encode(anchor.subject_key_identifier)
            for authority in self.authorities
            if authority.may_issue(type_)
            for anchor in authority.anchors
            if anchor.subject_key_identifier is not None
        }
        return tuple(sorted(found))
