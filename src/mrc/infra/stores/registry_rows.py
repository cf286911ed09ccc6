"""Between the register's values and its rows; no row leaves `infra`."""

from datetime import date

from mrc.infra.database.engine import Row
from mrc.registry.acts import Act, ActKind, RecordedAct
from mrc.registry.countries import Nationality
from mrc.registry.names import PersonName, search_key
from mrc.registry.numbers import RegistrationNumber, Sex
from mrc.registry.people import Address, PlasticCard, Portrait, Registrant, RegistrantId
from mrc.registry.phones import PhoneNumber
from mrc.registry.residence import End, EndReason, Residence, decode_status


def registrant_to_row(person: Registrant) -> Row:
    residence, portrait = person.residence, person.portrait
    return {
        "id": person.id,
        "number": person.number.digits,
        "family_name": person.name.family,
        "given_name": person.name.given,
        "family_name_hangul": person.name.family_hangul,
        "given_name_hangul": person.name.given_hangul,
        "search_key": _search_key(person.name),
        "birth_date": person.birth_date,
        "sex": person.sex.value,
        "nationality": person.nationality,
        "status": residence.status.text,
        "permitted_until": residence.permitted_until,
        "registered_on": residence.registered_on,
        "office": residence.office,
        "ended_on": residence.end.on if residence.end else None,
        "end_reason": residence.end.reason.value if residence.end else None,
        "portrait": portrait.sha256 if portrait else None,
        "portrait_width": portrait.width if portrait else None,
        "portrait_height": portrait.height if portrait else None,
        "portrait_size": portrait.size if portrait else None,
        "addresses": [[item.since.isoformat(), item.text] for item in person.addresses],
        "phones": list(person.phones),
        "cards": [
            [card.document_number, card.issued_on.isoformat(), _iso(card.ended_on)]
            for card in person.cards
        ],
        "version": person.version,
    }


def registrant_from_row(row: Row) -> Registrant:
    return Registrant(
        id=RegistrantId(row["id"]),
        number=RegistrationNumber(row["number"]),
        name=PersonName(
            family=row["family_name"],
            given=row["given_name"],
            family_hangul=row["family_name_hangul"],
            given_hangul=row["given_name_hangul"],
        ),
        birth_date=row["birth_date"],
        sex=Sex(row["sex"]),
        nationality=Nationality(row["nationality"]),
        residence=_residence(row),
        portrait=_portrait(row),
        addresses=tuple(
            Address(since=date.fromisoformat(since), text=text) for since, text in row["addresses"]
        ),
        phones=tuple(PhoneNumber(number) for number in row["phones"]),
        cards=tuple(
            PlasticCard(
                document_number=number,
                issued_on=date.fromisoformat(issued_on),
                ended_on=date.fromisoformat(ended_on) if ended_on else None,
            )
            for number, issued_on, ended_on in row["cards"]
        ),
        version=row["version"],
    )


def act_to_row(act: Act) -> Row:
    return {
        "registrant": act.registrant,
        "kind": act.kind.value,
        "actor": act.actor,
        "reason": act.reason,
        "at": act.at,
        "changed": list(act.changed),
    }


def act_from_row(row: Row) -> RecordedAct:
    act = Act(
        registrant=RegistrantId(row["registrant"]),
        kind=ActKind(row["kind"]),
        actor=row["actor"],
        reason=row["reason"],
        at=row["at"],
        changed=tuple(row["changed"]),
    )
    return RecordedAct(position=row["position"], act=act)


def _search_key(name: PersonName) -> str:
    """Every part after a space, so that a search finds the start of any part of a name."""
    parts = (name.latin, name.family_hangul + name.given_hangul, name.given_hangul)
    return " " + search_key(" ".join(parts))


def _residence(row: Row) -> Residence:
    ended_on = row["ended_on"]
    return Residence(
        status=decode_status(row["status"]),
        permitted_until=row["permitted_until"],
        registered_on=row["registered_on"],
        office=row["office"],
        end=End(on=ended_on, reason=EndReason(row["end_reason"])) if ended_on else None,
    )


def _portrait(row: Row) -> Portrait | None:
    if row["portrait"] is None:
        return None
    return Portrait(
        sha256=bytes(row["portrait"]),
        width=row["portrait_width"],
        height=row["portrait_height"],
        size=row["portrait_size"],
    )


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None
