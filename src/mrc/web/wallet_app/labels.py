"""The words for kinds of data and for cards, in one place, by the keys of the catalogue."""

from collections.abc import Mapping

from mrc.formats.catalogue.ages import AGE_THRESHOLDS
from mrc.formats.catalogue.card_types import STANDARD, CardDefinition, CardType
from mrc.formats.catalogue.claim import Claim
from mrc.wallet.holdings import Card, Format
from mrc.wallet.receiving import OfferedCard
from mrc.web.design.languages import Language
from mrc.web.design.translator import Message, Translator

FACES: Mapping[CardType, str] = {
    CardType.RESIDENCE: "residence",
    CardType.PERMANENT: "permanent",
    CardType.OVERSEAS_KOREAN: "overseas",
    CardType.DRIVING_LICENCE: "licence",
    CardType.RESIDENT_REGISTRATION: "resident",
}


def find_definition(card: Card) -> CardDefinition | None:
    """The catalogue's entry of a card; None for a card of a type we do not know."""
    doctype = card.types.get(Format.MSO_MDOC)
    vct = card.types.get(Format.SD_JWT_VC)
    found = STANDARD.find_doctype(doctype) if doctype else None
    return found or (STANDARD.find_vct(vct) if vct else None)


def card_name(card: Card, _: Translator) -> Message | str:
    """The card's name in the reader's language; the issuer's own name for an unknown type."""
    definition = find_definition(card)
    return card.display_name if definition is None else _type_name(definition.card_type, _)


def offered_name(offered: OfferedCard, _: Translator) -> Message | str:
    """As `card_name`, of a card that is only offered yet."""
    for configuration in offered.configurations.values():
        found = STANDARD.find_doctype(configuration.doctype or "")
        found = found or STANDARD.find_vct(configuration.vct or "")
        if found is not None:
            return _type_name(found.card_type, _)
    return offered.display_name


def office_name(offered: OfferedCard, language: Language) -> str:
    """The issuer's name in the reader's language where it has one, else in English, else its first."""
    names = {
        str(display.get("locale", "")).split("-")[0]: str(display.get("name", ""))
        for display in offered.issuer.metadata.display
    }
    first = next(iter(names.values()), offered.offer.credential_issuer)
    return names.get(language.value.split("-")[0]) or names.get("en") or first


def type_words(value: str, _: Translator) -> Message | str:
    """A card type as its claim names it; a value we do not know stands as it is."""
    known = {card_type.value: card_type for card_type in CardType}
    return _type_name(known[value], _) if value in known else value


def _type_name(card_type: CardType, _: Translator) -> Message:
    names = {
        CardType.RESIDENCE: _("Residence card"),
        CardType.PERMANENT: _("Permanent resident card"),
        CardType.OVERSEAS_KOREAN: _("Overseas Korean residence card"),
        CardType.DRIVING_LICENCE: _("Driver's licence"),
        CardType.RESIDENT_REGISTRATION: _("Resident registration card"),
    }
    return names[card_type]


def claim_label(claim: Claim, _: Translator) -> Message | str:
    """The label of a claim; the catalogue's Korean or English where screens have no own word."""
    if claim.key.startswith("age_over_"):
        return _("{n} or over", n=claim.key.removeprefix("age_over_"))
    own = _labels(_).get(claim.key)
    return own if own is not None else claim.display.in_language(_.language.value)


def _labels(_: Translator) -> Mapping[str, Message]:
    return {
        "family_name_latin": _("Family name"),
        "given_name_latin": _("Given names"),
        "family_name_hangul": _("Family name (Hangul)"),
        "given_name_hangul": _("Given names (Hangul)"),
        "birth_date": _("Birth date"),
        "sex": _("Sex"),
        "nationality": _("Nationality"),
        "portrait": _("Photo"),
        "issue_date": _("Issue date"),
        "expiry_date": _("Card ends"),
        "document_number": _("Card number"),
        "issuing_authority": _("Issued by"),
        "issuing_country": _("Issuing country"),
        "resident_address": _("Address"),
        "age_birth_year": _("Birth year"),
        "registration_number": _("Registration number"),
        "card_type": _("Card type"),
        "status_of_stay": _("Stay status"),
        "permitted_until": _("Stay ends"),
        "registering_office": _("Immigration office"),
        "work_permission": _("Work permission"),
        "driving_privileges": _("May drive"),
        "administrative_number": _("Administrative number"),
        "birth_place": _("Birth place"),
    }


AGE_KEYS = tuple(f"age_over_{years}" for years in AGE_THRESHOLDS)


def kind_words(kind: str, _: Translator) -> str:
    """A kind of data as the history names it (its path with dots), in the reader's words."""
    for definition in STANDARD.definitions.values():
        for claim in definition.claims:
            if kind in (".".join(claim.mdoc_path), ".".join(claim.path)):
                return str(claim_label(claim, _))
    return kind.rpartition(".")[2]
