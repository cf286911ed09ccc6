"""What the catalogue knows about one claim."""

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """The kind of value, which fixes its form in mdoc and in SD-JWT VC."""

    TEXT = "text"
    INTEGER = "integer"
    BOOLEAN = "boolean"
    DATE = "date"
    """mdoc: full-date (tag 1004); SD-JWT VC: ``YYYY-MM-DD``."""
    TIME = "time"
    """mdoc: tdate (tag 0); SD-JWT VC: RFC 3339 in UTC without fractions."""
    IMAGE = "image"
    """JPEG bytes. mdoc: byte string; SD-JWT VC: data URI (SD-JWT VC, 2.2.2)."""
    DRIVING_PRIVILEGES = "driving_privileges"
    """ISO/IEC 18013-5, 7.2.4: a list of maps of text and dates, and of lists of such maps."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DisplayName:
    """A name to show, in Korean and in English."""

    ko: str
    en: str

    def in_language(self, language: str) -> str:
        """Korean for ``ko`` and its variants, English for every other language."""
        return self.ko if language.lower().split("-")[0] == "ko" else self.en


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One claim of a card.

    `key` is the project's own name for it, in stores and on screens; `namespace` and `element`
    its place in mdoc, `path` in SD-JWT VC. Where not `selective`, an SD-JWT VC shows it always;
    mdoc elements are always selective. `mandatory` claims are in every card of the type.
    """

    key: str
    namespace: str
    element: str
    path: tuple[str, ...]
    kind: Kind
    display: DisplayName
    mandatory: bool = False
    selective: bool = True

    @property
    def label_key(self) -> str:
        """The key of the claim's label in the catalogues of translated texts."""
        return f"claim.{self.key}"

    @property
    def mdoc_path(self) -> tuple[str, str]:
        """The path in an mdoc, as OpenID4VCI (C.2) and DCQL (7.2) write it."""
        return (self.namespace, self.element)
