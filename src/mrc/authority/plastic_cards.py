"""The register's word about a plastic card, for those who check cards.

By registration number and date of issue, which both stand on the card: whoever has not seen it
learns nothing, not even that there is such a number. The values are those of the mobile card
(`card_claims`), so that both cards say the same.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from mrc.formats.catalogue.ages import seoul_date
from mrc.kernel.errors import Malformed
from mrc.registry.card_claims import card_claims
from mrc.registry.eligibility import EligibilityRules, card_type_for
from mrc.registry.numbers import decode_number
from mrc.registry.people import PlasticCard, Registrant
from mrc.registry.store import RegistryStore

MAX_CLAIMS = 20  # a purpose has eight


class PlasticState(StrEnum):
    """The wire values of what the register found."""

    IN_FORCE = "in_force"
    NOT_FOUND = "not_found"
    """No such number, or another date of issue: which of the two is not told."""
    ENDED = "ended"
    """The card was handed back, replaced, or its holder's registration has ended."""
    STAY_ENDED = "stay_ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlasticQuestion:
    number: str = field(repr=False)
    issued_on: date = field(repr=False)
    claims: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlasticFound:
    """`values` only of a card in force, and only those that were asked for."""

    state: PlasticState
    values: Mapping[str, object] = field(default_factory=dict, repr=False)


class PlasticCards:
    def __init__(self, store: RegistryStore, rules: EligibilityRules) -> None:
        self._store = store
        self._rules = rules

    async def look_up(self, question: PlasticQuestion, *, now: datetime) -> PlasticFound:
        """Raises `Malformed` for what is no registration number."""
        if len(question.claims) > MAX_CLAIMS:
            raise Malformed("claims", f"more than {MAX_CLAIMS}")
        number = decode_number(question.number)
        found = (await self._store.find_by_numbers([number])).get(number.digits)
        card = None if found is None else _card_of(found, question.issued_on)
        if found is None or card is None:
            return PlasticFound(state=PlasticState.NOT_FOUND)
        today = seoul_date(now)
        state = _state(found, card, today)
        if state is not PlasticState.IN_FORCE:
            return PlasticFound(state=state)
        return PlasticFound(state=state, values=await self._values(found, card, question, today))

    async def _values(
        self, registrant: Registrant, card: PlasticCard, question: PlasticQuestion, today: date
    ) -> Mapping[str, object]:
        values = card_claims(
            registrant,
            card_type_for(registrant.residence.status.code, self._rules),
            portrait=await self._store.find_portrait(registrant.id) or b"",
            document_number=card.document_number,
            issued_on=today,
            rules=self._rules,
        )
        return {key: values[key] for key in question.claims if values.get(key) not in (None, b"")}


def _card_of(registrant: Registrant, issued_on: date) -> PlasticCard | None:
    return next((card for card in registrant.cards if card.issued_on == issued_on), None)


def _state(registrant: Registrant, card: PlasticCard, today: date) -> PlasticState:
    residence = registrant.residence
    if card.ended_on is not None or residence.end is not None:
        return PlasticState.ENDED
    if residence.permitted_until is not None and residence.permitted_until < today:
        return PlasticState.STAY_ENDED
    return PlasticState.IN_FORCE
