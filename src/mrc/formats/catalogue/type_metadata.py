"""SD-JWT VC Type Metadata of a card type (SD-JWT VC, section 4), from the one table."""

from mrc.formats import json_text
from mrc.formats.catalogue.card_types import CardDefinition
from mrc.formats.catalogue.claim import Claim, DisplayName

_LOCALES = (("ko-KR", "ko"), ("en-US", "en"))


def encode_type_metadata(definition: CardDefinition) -> bytes:
    """The document to publish; the same bytes for the same table, so its hash can be signed."""
    document: dict[str, object] = {
        "vct": definition.vct,
        "name": definition.display.en,
        "display": _display(definition.display, "name"),
        "claims": [_claim(claim) for claim in definition.claims],
    }
    return json_text.encode(document)


def _claim(claim: Claim) -> dict[str, object]:
    return {
        "path": list(claim.path),
        "display": _display(claim.display, "label"),
        "mandatory": claim.mandatory,
        "sd": "always" if claim.selective else "never",
    }


def _display(names: DisplayName, member: str) -> list[dict[str, str]]:
    return [
        {"locale": locale, member: names.in_language(language)} for locale, language in _LOCALES
    ]
