"""The register's store on both databases: state and act together, or neither."""

import asyncio
import io
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
import sqlalchemy as sa
from PIL import Image

from mrc.infra.database.engine import Database
from mrc.infra.database.registry_tables import portraits
from mrc.infra.portraits import check_portrait
from mrc.infra.stores.registry import DatabaseRegistry
from mrc.kernel.errors import Forbidden
from mrc.registry.acts import Act, ActKind
from mrc.registry.consequences import CardAction, CardPolicy, EventRecord, record_event
from mrc.registry.eligibility import EligibilityRules
from mrc.registry.entries import decode_entry
from mrc.registry.events import EventReason, PortraitChanged, RegistrationEnded, StayExtended
from mrc.registry.numbers import CheckDigits
from mrc.registry.people import Registrant, RegistrantId
from mrc.registry.practice.people import practice_people
from mrc.registry.residence import EndReason
from mrc.registry.store import Change, Conflict

NOW = datetime(2026, 3, 1, 3, tzinfo=UTC)


def jpeg(shade: int) -> bytes:
    file = io.BytesIO()
    Image.new("L", (300, 400), shade).save(file, "JPEG")
    return file.getvalue()


def act(person: Registrant, kind: ActKind = ActKind.ENTERED) -> Act:
    return Act(registrant=person.id, kind=kind, actor="officer-7", reason="visit", at=NOW)


def entering(person: Registrant, picture: bytes | None = None) -> Change:
    if picture is not None:
        person = replace(person, portrait=check_portrait(picture).portrait)
    return Change(registrant=person, act=act(person), new=True, jpeg=picture)


def people(count: int = 40) -> list[Registrant]:
    return [
        decode_entry(
            {name: value for name, value in item.fields.items() if name != "portrait"},
            fresh_id=RegistrantId("x"),
            check_digits=CheckDigits.UNTIL_OCTOBER_2020,
        ).registrant
        for item in practice_people(seed=11, count=count, today=date(2026, 3, 1))
    ]


@pytest.fixture
def store(database: Database) -> DatabaseRegistry:
    return DatabaseRegistry(database)


async def collected(source: AsyncIterator[Registrant]) -> list[Registrant]:
    return [person async for person in source]


async def test_everybody_comes_back_as_they_went(store: DatabaseRegistry) -> None:
    entered = people()
    await store.commit([entering(person) for person in entered])
    assert await store.count() == len(entered)
    assert await collected(store.registrants()) == sorted(entered, key=lambda person: person.id)
    found = await store.find_by_numbers([person.number for person in entered[:3]])
    assert found == {person.number.digits: person for person in entered[:3]}
    assert await store.find(entered[5].id) == entered[5]
    assert await store.find(RegistrantId("nobody")) is None


async def test_a_taken_number_or_id_enters_nobody(store: DatabaseRegistry) -> None:
    one, two, three = people(3)
    await store.commit([entering(one)])
    for twin in (replace(one, id=RegistrantId("other")), replace(two, id=one.id)):
        with pytest.raises(Forbidden) as refused:
            await store.commit([entering(three), entering(twin)])
        assert refused.value.reason is Conflict.ALREADY_REGISTERED
    assert await store.count() == 1
    assert len(await store.acts_of(one.id)) == 1


async def test_of_two_changes_on_one_version_the_second_is_refused(
    store: DatabaseRegistry,
) -> None:
    person = people(1)[0]
    await store.commit([entering(person)])
    first = replace(person, phones=(), version=2)
    second = replace(person, cards=(), version=2)
    await store.commit([Change(registrant=first, act=act(first, ActKind.PHONE_CHANGED))])
    with pytest.raises(Forbidden) as refused:
        await store.commit([Change(registrant=second, act=act(second, ActKind.CORRECTED))])
    assert refused.value.reason is Conflict.CHANGED_MEANWHILE
    assert await store.find(person.id) == first
    kinds = [item.act.kind for item in await store.acts_of(person.id)]
    assert kinds == [ActKind.ENTERED, ActKind.PHONE_CHANGED]


async def test_of_concurrent_changes_one_wins(store: DatabaseRegistry) -> None:
    person = people(1)[0]
    await store.commit([entering(person)])

    async def extend(day: int) -> bool:
        record = EventRecord(
            registrant=person.id,
            event=StayExtended(until=date(2040, 1, day)),
            actor="officer-7",
            reason="visit",
            at=NOW,
        )
        try:
            await record_event(record, store=store, policy=CardPolicy(), rules=EligibilityRules())
        except Forbidden:
            return False
        return True

    won = [
        day for day, done in enumerate(await asyncio.gather(*map(extend, range(1, 9))), 1) if done
    ]
    after = await store.find(person.id)
    acts = await store.acts_of(person.id)
    assert after is not None
    assert after.version == 1 + len(won) == len(acts)
    assert after.residence.permitted_until == date(2040, 1, won[-1])


async def test_an_event_for_nobody_is_refused(store: DatabaseRegistry) -> None:
    record = EventRecord(
        registrant=RegistrantId("nobody"),
        event=RegistrationEnded(on=date(2026, 3, 1), reason=EndReason.DEATH),
        actor="a",
        reason="r",
        at=NOW,
    )
    with pytest.raises(Forbidden) as refused:
        await record_event(record, store=store, policy=CardPolicy(), rules=EligibilityRules())
    assert refused.value.reason is EventReason.UNKNOWN_REGISTRANT


async def test_an_old_portrait_goes_when_nobody_has_it(
    store: DatabaseRegistry, database: Database
) -> None:
    one, two = people(2)
    await store.commit([entering(one, jpeg(10)), entering(two, jpeg(10))])
    for person, shade in ((one, 20), (two, 30)):
        picture = check_portrait(jpeg(shade))
        record = EventRecord(
            registrant=person.id,
            event=PortraitChanged(portrait=picture.portrait, jpeg=picture.jpeg),
            actor="officer-7",
            reason="new photo",
            at=NOW,
        )
        consequence = await record_event(
            record, store=store, policy=CardPolicy(), rules=EligibilityRules()
        )
        assert consequence.action is CardAction.UPDATE
        assert await store.find_portrait(person.id) == jpeg(shade)
    async with database.reading() as tx:
        rows = await tx.fetch_all(sa.select(portraits.c.sha256))
    kept = {bytes(row["sha256"]) for row in rows}
    assert kept == {check_portrait(jpeg(shade)).portrait.sha256 for shade in (20, 30)}


async def test_an_act_alone(store: DatabaseRegistry) -> None:
    person = people(1)[0]
    await store.commit([entering(person)])
    await store.append_act(act(person, ActKind.ELIGIBILITY_DECIDED))
    first, second = await store.acts_of(person.id)
    assert first.position < second.position
    assert second.act == act(person, ActKind.ELIGIBILITY_DECIDED)
    assert await store.find(person.id) == person


@pytest.mark.parametrize(
    "typed",
    [
        "nguyen",
        "THỊ",
        "thi anh",
        "응우옌",
        "티",
        "P-STUDENT",
        "{0.number.digits}",
        "{0.birth_date}",
    ],
)
async def test_a_search_finds_by_the_start_of_any_part(store: DatabaseRegistry, typed: str) -> None:
    person, *others = people(12)
    await store.commit([entering(person), *map(entering, others)])
    assert person in await store.search(typed.format(person), limit=10)


@pytest.mark.parametrize("typed", ["", "%", "_", "guyen", "\\", "' OR 1=1 --"])
async def test_a_search_for_nothing_finds_nobody(store: DatabaseRegistry, typed: str) -> None:
    await store.commit([entering(person) for person in people(5)])
    assert await store.search(typed, limit=10) == []


async def test_a_search_has_a_limit(store: DatabaseRegistry) -> None:
    await store.commit([entering(person) for person in people()])
    assert len(await store.search("a", limit=3)) == 3


async def test_a_portrait_without_its_file_is_our_mistake(store: DatabaseRegistry) -> None:
    person = replace(people(1)[0], portrait=check_portrait(jpeg(1)).portrait)
    with pytest.raises(ValueError, match="refused"):
        await store.commit([entering(person)])
    assert await store.count() == 0
