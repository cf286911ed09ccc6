"""Entries and acts as plain values for ``--json`` and terminals."""

from mrc.registry.acts import RecordedAct
from mrc.registry.people import Registrant
from mrc.registry.residence import OFFICES


def registrant_view(person: Registrant) -> dict[str, object]:
    """Everything that the register says about a person; dates are ISO 8601, absent is None."""
    residence = person.residence
    return {
        "id": person.id,
        "number": person.number.digits,
        "name": person.name.latin,
        "name_hangul": person.name.hangul or None,
        "birth_date": person.birth_date.isoformat(),
        "sex": person.sex.value,
        "nationality": person.nationality,
        "status": residence.status.text,
        "permitted_until": residence.permitted_until.isoformat()
        if residence.permitted_until
        else None,
        "registered_on": residence.registered_on.isoformat() if residence.registered_on else None,
        "office": OFFICES[residence.office].english,
        "ended_on": residence.end.on.isoformat() if residence.end else None,
        "end_reason": residence.end.reason.value if residence.end else None,
        "addresses": [
            {"text": item.text, "since": item.since.isoformat()} for item in person.addresses
        ],
        "phones": list(person.phones),
        "cards": [card.document_number for card in person.cards],
        "portrait": f"{person.portrait.width}x{person.portrait.height}"
        if person.portrait
        else None,
        "version": person.version,
    }


def act_view(item: RecordedAct) -> dict[str, object]:
    act = item.act
    return {
        "position": item.position,
        "at": act.at.isoformat(),
        "kind": act.kind.value,
        "actor": act.actor,
        "reason": act.reason,
        "changed": list(act.changed),
    }
