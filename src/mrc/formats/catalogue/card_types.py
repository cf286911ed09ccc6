"""The card types and their identifiers.

Identifiers are configuration: `Catalogue.with_identifiers` replaces them, because two spellings of
the photo id document type are in use. `STANDARD` is what the architecture names.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from types import MappingProxyType

from mrc.formats.catalogue.claim import Claim, DisplayName
from mrc.formats.catalogue.tables import (
    DRIVING_LICENCE_CLAIMS,
    RESIDENCE_CLAIMS,
    RESIDENT_REGISTRATION_CLAIMS,
)


class CardType(StrEnum):
    """The kinds of mobile card, by the name that stores and addresses use."""

    RESIDENCE = "residence"
    PERMANENT = "permanent"
    OVERSEAS_KOREAN = "overseas_korean"
    DRIVING_LICENCE = "driving_licence"
    RESIDENT_REGISTRATION = "resident_registration"


@dataclass(frozen=True, slots=True, kw_only=True)
class CardDefinition:
    """One card type: its identifiers in both formats, its claims and its name."""

    card_type: CardType
    doctype: str
    vct: str
    display: DisplayName
    claims: tuple[Claim, ...]

    @property
    def namespaces(self) -> tuple[str, ...]:
        """The mdoc namespaces, in the order of the table."""
        return tuple(dict.fromkeys(claim.namespace for claim in self.claims))

    @property
    def label_key(self) -> str:
        return f"card_type.{self.card_type.value}"

    def get_claim(self, key: str) -> Claim:
        """The claim `key`; `ValueError` where the type has none."""
        for claim in self.claims:
            if claim.key == key:
                return claim
        raise ValueError(f"{self.card_type.value} has no claim {key}")

    def find_element(self, namespace: str, element: str) -> Claim | None:
        for claim in self.claims:
            if claim.namespace == namespace and claim.element == element:
                return claim
        return None

    def find_path(self, path: tuple[str, ...]) -> Claim | None:
        for claim in self.claims:
            if claim.path == path:
                return claim
        return None


class Catalogue:
    """Card definitions, found by card type, document type or `vct`."""

    def __init__(self, definitions: tuple[CardDefinition, ...]) -> None:
        self._by_type = MappingProxyType({item.card_type: item for item in definitions})
        self._by_doctype = {item.doctype: item for item in definitions}
        self._by_vct = {item.vct: item for item in definitions}
        if not len(definitions) == len(self._by_type) == len(self._by_doctype) == len(self._by_vct):
            raise ValueError("two card types share an identifier")

    @property
    def definitions(self) -> Mapping[CardType, CardDefinition]:
        return self._by_type

    def get(self, card_type: CardType) -> CardDefinition:
        return self._by_type[card_type]

    def find_doctype(self, doctype: str) -> CardDefinition | None:
        return self._by_doctype.get(doctype)

    def find_vct(self, vct: str) -> CardDefinition | None:
        return self._by_vct.get(vct)

    def with_identifiers(
        self, card_type: CardType, *, doctype: str | None = None, vct: str | None = None
    ) -> "Catalogue":
        """The same catalogue with other identifiers for `card_type`."""
        old = self.get(card_type)
        new = replace(old, doctype=doctype or old.doctype, vct=vct or old.vct)
        return Catalogue(tuple(new if item is old else item for item in self._by_type.values()))


STANDARD = Catalogue(
    (
        CardDefinition(
            card_type=CardType.RESIDENCE,
            doctype="kr.go.moj.residence.1",
            vct="urn:kr:moj:residence:1",
            display=DisplayName(ko="모바일 외국인등록증", en="Mobile residence card"),
            claims=RESIDENCE_CLAIMS,
        ),
        CardDefinition(
            card_type=CardType.PERMANENT,
            doctype="kr.go.moj.permanent.1",
            vct="urn:kr:moj:permanent:1",
            display=DisplayName(ko="모바일 영주증", en="Mobile permanent resident card"),
            claims=RESIDENCE_CLAIMS,
        ),
        CardDefinition(
            card_type=CardType.OVERSEAS_KOREAN,
            doctype="kr.go.moj.overseas-korean.1",
            vct="urn:kr:moj:overseas-korean:1",
            display=DisplayName(
                ko="모바일 국내거소신고증", en="Mobile overseas Korean residence card"
            ),
            claims=RESIDENCE_CLAIMS,
        ),
        CardDefinition(
            card_type=CardType.DRIVING_LICENCE,
            doctype="org.iso.18013.5.1.mDL",
            vct="urn:kr:police:mdl:1",
            display=DisplayName(ko="모바일 운전면허증", en="Mobile driver's licence"),
            claims=DRIVING_LICENCE_CLAIMS,
        ),
        CardDefinition(
            card_type=CardType.RESIDENT_REGISTRATION,
            doctype="org.iso.23220.photoid.1",
            vct="urn:kr:mois:resident:1",
            display=DisplayName(ko="모바일 주민등록증", en="Mobile resident registration card"),
            claims=RESIDENT_REGISTRATION_CLAIMS,
        ),
    )
)
