"""Acts: who did what to whose entry, why and when. Append-only, for ever.

An act is committed together with the state it made; neither can exist without the other. Acts name
the fields that changed, never their values: the register itself keeps the values.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from mrc.registry.people import RegistrantId


class ActKind(StrEnum):
    ENTERED = "entered"
    CORRECTED = "corrected"
    STAY_EXTENDED = "stay_extended"
    STAY_SHORTENED = "stay_shortened"
    STAY_ENDED = "stay_ended"
    STATUS_CHANGED = "status_changed"
    ADDRESS_CHANGED = "address_changed"
    NAME_CHANGED = "name_changed"
    NUMBER_CHANGED = "number_changed"
    PHONE_CHANGED = "phone_changed"
    PORTRAIT_CHANGED = "portrait_changed"
    DEPARTED = "departed"
    NATURALISED = "naturalised"
    DIED = "died"
    ELIGIBILITY_DECIDED = "eligibility_decided"
    UNLOCK_REFUSED = "unlock_refused"
    CARD_PRINTED = "card_printed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """`actor` is an officer's or a system's id, `reason` their words or a reference."""

    registrant: RegistrantId
    kind: ActKind
    actor: str
    reason: str
    at: datetime
    changed: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.actor or not self.reason:
            raise ValueError("an act needs somebody and a reason")


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedAct:
    """An act as the record holds it; `position` grows with every act of the register."""

    position: int
    act: Act
