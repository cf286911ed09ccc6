"""A card as its screens show it: the face, and every field with its mask.

Values come from the card's checked claims. Registration number, address and card number are
hidden until tapped (UX 10). Names stand as the passport writes them.
"""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from mrc.formats import base64url
from mrc.formats.catalogue.ages import seoul_date
from mrc.formats.catalogue.card_types import CardDefinition
from mrc.formats.catalogue.claim import Claim, Kind
from mrc.wallet.holdings import Card, CardState, Format
from mrc.web.design.dates import format_date, format_moment
from mrc.web.design.translator import Message, Translator
from mrc.web.wallet_app.labels import (
    AGE_KEYS,
    FACES,
    card_name,
    claim_label,
    find_definition,
    type_words,
)

MASKED = frozenset({"registration_number", "resident_address", "document_number"})
KOREAN = frozenset({"resident_address", "registering_office", "issuing_authority"})
NAME_KEYS = ("family_name_latin", "given_name_latin", "family_name_hangul", "given_name_hangul")
JPEG = "data:image/jpeg;base64,"
Row = Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class CardView:
    """`face` is what the macro `card_face` draws; `rows` and `ages` are for `data_list`."""

    id: str
    name: Message | str
    face: Mapping[str, object]
    rows: Sequence[Row]
    ages: Sequence[Row]
    ends_on: date | None
    usable_until: datetime
    usable: bool
    copies_left: int


def card_view(card: Card, _: Translator, *, at: datetime) -> CardView:
    values = card_values(card)
    definition = find_definition(card)
    claims = [] if definition is None else [c for c in definition.claims if c.key in values]
    hidden = (*AGE_KEYS, *NAME_KEYS) if "family_name_latin" in values else AGE_KEYS
    shown = [c for c in claims if c.key not in hidden and c.kind is not Kind.IMAGE]
    return CardView(
        id=card.id,
        name=card_name(card, _),
        face=_face(card, definition, values, _, at),
        rows=[data_row(c, values[c.key], _) for c in shown] or _raw_rows(card),
        ages=[data_row(c, values[c.key], _) for c in claims if c.key in AGE_KEYS],
        ends_on=card_ends_on(card),
        usable_until=card.valid_until,
        usable=_state(card, _, at) is None,
        copies_left=min((len(card.unused(format_)) for format_ in card.types), default=0),
    )


def card_values(card: Card) -> dict[str, object]:
    """The card's claims by catalogue key, as JSON says them; empty for an unknown type."""
    definition = find_definition(card)
    if definition is None:
        return {}
    return {
        claim.key: value
        for claim in definition.claims
        if (value := _value(card, claim)) is not None
    }


def card_ends_on(card: Card) -> date | None:
    """The day on which the stay or the card itself ends, whichever is first."""
    values = card_values(card)
    ends = [values.get(key) for key in ("permitted_until", "expiry_date")]
    found = [date.fromisoformat(end) for end in ends if isinstance(end, str)]
    return min(found, default=None)


def birth_date(card: Card) -> str | None:
    value = card_values(card).get("birth_date")
    return value if isinstance(value, str) else None


def data_row(claim: Claim, value: object, _: Translator) -> Row:
    """One line of a list of data: label, value in words, and a mask where it is hidden."""
    row: dict[str, object] = {
        "label": claim_label(claim, _),
        "value": value_words(claim, value, _),
    }
    if claim.kind is Kind.DATE:
        row["hint"] = value
    if claim.key in KOREAN:
        row["lang"] = "ko"
    if claim.key in MASKED:
        row["mask"] = _mask(claim.key, str(value))
    return row


def value_words(claim: Claim, value: object, _: Translator) -> Message | str:
    """A value as people read it. Pictures are named, not shown."""
    match claim.kind, value:
        case Kind.IMAGE, _picture:
            return _("your photo")
        case Kind.BOOLEAN, bool():
            return _("Yes") if value else _("No")
        case Kind.DATE, str():
            return format_date(date.fromisoformat(value), _.language)
        case Kind.TIME, str():
            return format_moment(datetime.fromisoformat(value), _.language)
        case Kind.DRIVING_PRIVILEGES, list():
            codes = (one.get("vehicle_category_code", "") for one in value if isinstance(one, dict))
            return ", ".join(codes)
    if claim.key == "sex":
        return {1: _("Male"), 2: _("Female")}.get(_whole(value), _("Not stated"))
    if claim.key == "card_type":
        return type_words(str(value), _)
    if claim.key == "registration_number":
        return _hyphenated(str(value))
    return str(value)


def portrait_uri(value: object) -> str | None:
    """The picture as a data URI: an mdoc holds base64url of the JPEG, an SD-JWT the URI."""
    if not isinstance(value, str):
        return None
    if value.startswith(JPEG):
        return value
    return JPEG + base64.b64encode(base64url.decode(value)).decode("ascii")


def _face(
    card: Card,
    definition: CardDefinition | None,
    values: Mapping[str, object],
    _: Translator,
    at: datetime,
) -> Mapping[str, object]:
    korean = "" if definition is None else definition.display.ko.removeprefix("모바일 ")
    latin = [values.get("family_name_latin"), values.get("given_name_latin")]
    hangul = [values.get("family_name_hangul"), values.get("given_name_hangul")]
    lines = [
        (claim_label(claim, _), values[claim.key])
        for claim in (() if definition is None else definition.claims)
        if claim.key in ("nationality", "status_of_stay", "permitted_until") and claim.key in values
    ]
    return {
        "kind": "residence" if definition is None else FACES[definition.card_type],
        "title": card_name(card, _),
        "title_korean": korean,
        "passport_name": ", ".join(str(part) for part in latin if part),
        "korean_name": " ".join(str(part) for part in hangul if part),
        "portrait": portrait_uri(values.get("portrait")),
        "lines": lines,
        "state": _state(card, _, at),
    }


def _state(card: Card, _: Translator, at: datetime) -> tuple[str, Message] | None:
    ends_on = card_ends_on(card)
    match card.state:
        case CardState.LOCKED:
            return ("locked", _("Locked"))
        case CardState.CANCELLED:
            return ("cancelled", _("Cancelled"))
    if card.valid_until < at or (ends_on is not None and ends_on < seoul_date(at)):
        return ("expired", _("Ended"))
    return None


def _value(card: Card, claim: Claim) -> object:
    """From the mdoc where there is one, else from the SD-JWT."""
    spaces = card.claims.get(Format.MSO_MDOC.value)
    if isinstance(spaces, Mapping):
        elements = spaces.get(claim.namespace)
        return elements.get(claim.element) if isinstance(elements, Mapping) else None
    node: object = card.claims.get(Format.SD_JWT_VC.value)
    for step in claim.path:
        node = node.get(step) if isinstance(node, Mapping) else None
    return node


def _raw_rows(card: Card) -> Sequence[Row]:
    """A card of a type we do not know: its claims as its issuer names them."""
    claims = next(iter(card.claims.values()), {})
    groups = claims.items() if isinstance(claims, Mapping) else ()
    rows: list[Row] = []
    for name, value in groups:
        inner = value.items() if isinstance(value, Mapping) else ((name, value),)
        rows += [{"label": str(key), "value": str(one)[:200]} for key, one in inner]
    return rows


def _mask(key: str, value: str) -> str:
    """The part that may be read over a shoulder: birth date and century of a number, else none."""
    if key == "registration_number" and len(value) == 13:
        return f"{value[:6]}-{value[6]}••••••"
    return "••••••••"


def _hyphenated(number: str) -> str:
    return f"{number[:6]}-{number[6:]}" if len(number) == 13 and number.isdigit() else number


def _whole(value: object) -> int:
    return value if isinstance(value, int) else 0
