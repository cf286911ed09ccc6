"""Imports: good lines go in, bad ones say what is wrong, a second run changes nothing."""

import hashlib
import json
from collections.abc import Iterable
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mrc.infra.database.engine import Database
from mrc.infra.keys.software import SystemEntropy
from mrc.infra.stores.registry import DatabaseRegistry
from mrc.kernel.errors import Malformed
from mrc.registry.acts import ActKind
from mrc.registry.entries import BadEntry, decode_entry
from mrc.registry.importing import (
    CheckedPortrait,
    Import,
    Line,
    LineResult,
    Result,
    import_lines,
)
from mrc.registry.line_formats import MAX_LINE, csv_lines, json_lines
from mrc.registry.numbers import CheckDigits
from mrc.registry.people import Portrait, RegistrantId
from mrc.registry.practice.people import CASES, practice_people

NOW = datetime(2026, 3, 1, 3, tzinfo=UTC)
GOOD: dict[str, object] = {
    "id": "P-9",
    "number": "000315-7123456",
    "family_name": "NGUYỄN",
    "given_name": "VĂN ÁNH",
    "birth_date": "2000-03-15",
    "sex": "M",
    "nationality": "VNM",
    "status": "D-2-2",
    "permitted_until": "2027-02-28",
    "registered_on": "2024-09-01",
    "office": "SEL",
    "address": "서울특별시 중구 세종대로 110",
    "address_since": "2024-09-01",
    "phones": "010-1234-5678",
    "portrait": "face.jpg",
}


class Pictures:
    """A source of portraits in memory: every name but ``no.jpg`` has one."""

    def get(self, name: str) -> CheckedPortrait:
        if name == "no.jpg":
            raise Malformed("portrait", "no such file")
        data = name.encode()
        portrait = Portrait(
            sha256=hashlib.sha256(data).digest(), width=480, height=600, size=len(data)
        )
        return CheckedPortrait(portrait=portrait, jpeg=data)


def order(database: Database) -> Import:
    return Import(
        store=DatabaseRegistry(database),
        portraits=Pictures(),
        entropy=SystemEntropy(),
        check_digits=CheckDigits.UNTIL_OCTOBER_2020,
        actor="officer-1",
        reason="first load",
        at=NOW,
    )


def jsonl(entries: Iterable[dict[str, object]]) -> list[bytes]:
    return [json.dumps(entry, ensure_ascii=False).encode() + b"\n" for entry in entries]


async def run(database: Database, lines: Iterable[Line]) -> list[LineResult]:
    return [result async for result in import_lines(order(database), lines)]


def wrong(results: list[LineResult]) -> list[tuple[int, list[str]]]:
    return [
        (item.line, [error.field for error in item.errors])
        for item in results
        if item.result is Result.REFUSED
    ]


async def test_a_second_run_changes_nothing(database: Database) -> None:
    lines = jsonl(p.fields for p in practice_people(seed=5, count=700, today=NOW.date()))
    first = await run(database, json_lines(lines))
    assert {item.result for item in first} == {Result.ENTERED}
    assert [item.line for item in first] == list(range(1, 701))
    second = await run(database, json_lines(lines))
    assert {item.result for item in second} == {Result.UNCHANGED}
    store = DatabaseRegistry(database)
    assert await store.count() == 700
    assert [a.act.kind for a in await store.acts_of(RegistrantId("P-CHILD"))] == [ActKind.ENTERED]


async def test_bad_lines_are_told_and_good_ones_go_in(database: Database) -> None:
    lines = [
        *jsonl([GOOD]),
        b"{not json}\n",
        b"\xff\xfe\n",
        b"\n",
        b'{"id": "a", "id": "b"}\n',
        b"[]\n",
        b"x" * (MAX_LINE + 1),
        *jsonl([GOOD | {"id": "P-10"}]),
        *jsonl([GOOD | {"id": "P-11", "number": "0003157999999", "portrait": "no.jpg"}]),
        *jsonl([GOOD | {"id": "P-12", "number": "0003157888888"}]),
    ]
    results = await run(database, json_lines(lines))
    assert wrong(results) == [
        (2, ["line"]),
        (3, ["line"]),
        (5, ["line"]),
        (6, ["line"]),
        (7, ["line"]),
        (8, ["number"]),
        (9, ["portrait"]),
    ]
    assert [item.line for item in results if item.result is Result.ENTERED] == [1, 10]
    assert await DatabaseRegistry(database).count() == 2


async def test_a_correction_is_an_act_that_names_its_fields(database: Database) -> None:
    await run(database, json_lines(jsonl([GOOD])))
    said = GOOD | {"address": "부산", "address_since": "2026-02-01", "family_name": "TRẦN"}
    del said["portrait"], said["phones"]
    assert [item.result for item in await run(database, json_lines(jsonl([said])))] == [
        Result.CORRECTED
    ]
    store = DatabaseRegistry(database)
    person = await store.find(RegistrantId("P-9"))
    assert person is not None
    assert person.name.family == "TRẦN"
    assert [address.text for address in person.addresses] == [GOOD["address"], "부산"]
    assert person.phones
    assert await store.find_portrait(person.id) == b"face.jpg"
    entered, corrected = [item.act for item in await store.acts_of(person.id)]
    assert (entered.kind, corrected.kind) == (ActKind.ENTERED, ActKind.CORRECTED)
    assert corrected.changed == ("name", "addresses")
    assert (corrected.actor, corrected.reason, corrected.at) == ("officer-1", "first load", NOW)


async def test_ids_that_clash_spoil_only_their_own_lines(database: Database) -> None:
    entries = [
        GOOD,
        GOOD | {"number": "0003157999999"},
        GOOD | {"id": "P-13", "number": "0003157888888"},
    ]
    assert wrong(await run(database, json_lines(jsonl(entries)))) == [(2, ["id"])]
    renamed = jsonl([GOOD | {"id": "P-99"}])
    assert wrong(await run(database, json_lines(renamed))) == [(1, ["id"])]


async def test_csv_and_json_say_the_same(database: Database) -> None:
    await run(database, json_lines(jsonl([GOOD])))
    rows = ["﻿" + ",".join(GOOD), ",".join(f'"{value}"' for value in GOOD.values())]
    lines = [row.encode() + b"\r\n" for row in rows]
    assert [item.result for item in await run(database, csv_lines(lines))] == [Result.UNCHANGED]


async def test_a_stray_quote_costs_one_csv_line(database: Database) -> None:
    header = ",".join(GOOD).encode()
    good = ",".join(str(value) for value in GOOD.values()).encode()
    results = await run(database, csv_lines([header, b'"' + good, good + b",x", good]))
    assert wrong(results) == [(2, ["line"]), (3, ["line"])]
    assert results[-1].result is Result.ENTERED


@pytest.mark.parametrize("header", [b"", b"id,id", b"id,nmae", b"\xff"])
def test_a_header_that_is_none_is_refused(header: bytes) -> None:
    with pytest.raises(Malformed):
        list(csv_lines([header, b"x"]))


FORGERIES: list[tuple[dict[str, object], str]] = [
    ({"number": "0003158123456"}, "number"),
    ({"number": "0003167123456"}, "number"),
    ({"number": 315}, "number"),
    ({"number": None}, "number"),
    ({"number": "0003157123456", "registered_on": "2019-01-01"}, "number"),
    ({"birth_date": "2000-3-15"}, "birth_date"),
    ({"birth_date": "20000315"}, "birth_date"),
    ({"birth_date": "2001-02-29"}, "birth_date"),
    ({"sex": "X"}, "sex"),
    ({"sex": "m"}, "sex"),
    ({"nationality": "VN"}, "nationality"),
    ({"nationality": "KOR"}, "nationality"),
    ({"nationality": "vnm"}, "nationality"),
    ({"status": "D-11"}, "status"),
    ({"status": "D2"}, "status"),
    ({"permitted_until": None}, "permitted_until"),
    ({"permitted_until": "forever"}, "permitted_until"),
    ({"office": "XXX"}, "office"),
    ({"family_name": "阮", "given_name": ""}, "family_name"),
    ({"given_name": "A" * 150}, "family_name"),
    ({"family_name_hangul": "Kim"}, "family_name_hangul"),
    ({"phones": "1234"}, "phones"),
    ({"phones": "010-1;010-1234-5678"}, "phones"),
    ({"phones": {"a": 1}}, "phones"),
    ({"address_since": None}, "address_since"),
    ({"address": "a" * 301}, "address"),
    ({"addresses": [{"text": "a"}]}, "addresses"),
    ({"ended_on": "2026-01-01"}, "end_reason"),
    ({"ended_on": "2020-01-01", "end_reason": "death"}, "ended_on"),
    ({"ended_on": "2026-01-01", "end_reason": "boredom"}, "end_reason"),
    ({"card_number": "A1"}, "card_issued_on"),
    ({"card_number": "A-1", "card_issued_on": "2024-09-01"}, "card_number"),
    ({"id": "../x"}, "id"),
    ({"id": "x" * 41}, "id"),
    ({"nmae": "x"}, "nmae"),
]


@pytest.mark.parametrize(("change", "field"), FORGERIES, ids=[str(f[0])[:40] for f in FORGERIES])
def test_a_wrong_field_is_named(change: dict[str, object], field: str) -> None:
    with pytest.raises(BadEntry) as refused:
        decode_entry(
            GOOD | change,
            fresh_id=RegistrantId("x"),
            check_digits=CheckDigits.UNTIL_OCTOBER_2020,
        )
    assert field in [error.field for error in refused.value.errors]
    for error in refused.value.errors:
        assert error.reason
        assert "NGUYỄN" not in error.reason


def test_every_mistake_of_a_line_is_told() -> None:
    with pytest.raises(BadEntry) as refused:
        decode_entry({}, fresh_id=RegistrantId("x"), check_digits=CheckDigits.NEVER)
    assert [error.field for error in refused.value.errors] == [
        "number", "birth_date", "sex", "nationality", "family_name", "status", "office",
    ]  # fmt: skip


def test_decomposed_text_is_composed_at_the_door() -> None:
    entry = decode_entry(
        GOOD | {"family_name": "NGUYE\u0302\u0303N"},
        fresh_id=RegistrantId("x"),
        check_digits=CheckDigits.NEVER,
    )
    assert entry.registrant.name.family == "NGUYỄN"


VALUES = st.recursive(
    st.none() | st.text(max_size=20) | st.integers() | st.booleans(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=5,
)


@given(st.dictionaries(st.sampled_from([*GOOD, "addresses", "cards", "ended_on"]), VALUES))
def test_any_fields_decode_or_are_refused(change: dict[str, object]) -> None:
    try:
        decode_entry(GOOD | change, fresh_id=RegistrantId("x"), check_digits=CheckDigits.NEVER)
    except BadEntry as refused:
        if not refused.errors:
            raise ValueError("refused without a reason") from refused


@given(st.lists(st.binary(max_size=80), max_size=5))
def test_any_bytes_are_lines(lines: list[bytes]) -> None:
    assert all(line.number >= 1 for line in json_lines(lines))
    assert all(line.number >= 2 for line in csv_lines([b"id,number", *lines]))


def test_practice_people_are_the_same_for_a_seed_and_others_for_another() -> None:
    def made(seed: int) -> list[dict[str, object]]:
        people = practice_people(seed=seed, count=60, today=date(2026, 3, 1))
        return [person.fields for person in people]

    assert made(1) == made(1)
    assert made(1)[len(CASES) :] != made(2)[len(CASES) :]
    assert [fields["id"] for fields in made(1)[: len(CASES)]] == [case.id for case in CASES]


def test_practice_names_include_long_ones_and_single_ones() -> None:
    people = list(practice_people(seed=1, count=2000, today=date(2026, 3, 1)))
    lengths = [len(f"{p.fields['family_name']} {p.fields['given_name']}") for p in people]
    assert sum(length >= 100 for length in lengths) >= 5
    assert any(p.fields["family_name"] == "" for p in people)
    nationalities = [p.fields["nationality"] for p in people]
    assert 0.25 < nationalities.count("CHN") / 2000 < 0.45
