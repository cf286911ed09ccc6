"""The authority's adapter against the sandbox: whatever goes wrong is never a pass."""

from datetime import timedelta
from typing import Any

import pytest

from mrc.formats import json_text
from mrc.infra.carrier.carrier import LinePolicy
from mrc.kernel.errors import Unavailable
from mrc.kernel.findings import Outcome
from mrc.registry.names import PersonName
from tests.simulators.carrier_world import NOW, NUMBER, CarrierWorld, make_registrant

KYC, TOKEN = "/kyc-match/v0.4/match", "/oauth2/token"
SIM = "/sim-swap/v2/check"


@pytest.fixture
async def world() -> CarrierWorld:
    made = CarrierWorld()
    await made.put()
    return made


async def outcome(world: CarrierWorld) -> tuple[Outcome, str | None]:
    found = await world.carrier.in_own_name(NUMBER, make_registrant(), at=NOW)
    return found.outcome, found.reason


async def test_own_line_passes(world: CarrierWorld) -> None:
    assert await outcome(world) == (Outcome.PASSED, None)


LINES: list[tuple[dict[str, Any], Outcome, str | None]] = [
    ({"birth_date": "2000-03-16"}, Outcome.FAILED, "birth_date_differs"),
    ({"birth_date": None}, Outcome.UNDETERMINED, "birth_date_not_available"),
    ({"name": "TRAN THI BINH"}, Outcome.FAILED, "name_differs"),
    ({"name": "NGUYEN VAN ANG"}, Outcome.UNDETERMINED, "name_nearly_matches"),
    ({"name": None, "family_name": None}, Outcome.UNDETERMINED, "name_not_available"),
    ({"name": None}, Outcome.PASSED, None),
    ({"sim_changed_at": "2026-02-28T12:00:00+09:00"}, Outcome.UNDETERMINED, "sim_changed_recently"),
    ({"sim_changed_at": None}, Outcome.PASSED, None),
    ({"document_required": True}, Outcome.UNDETERMINED, "document_needed"),
]


@pytest.mark.parametrize(("line", "expected", "reason"), LINES)
async def test_what_the_carrier_has_on_file(
    world: CarrierWorld, line: dict[str, Any], expected: Outcome, reason: str | None
) -> None:
    await world.put(**line)
    assert await outcome(world) == (expected, reason)


@pytest.mark.parametrize(
    "on_file",
    ["NGUYEN VAN ANH", "Van Anh Nguyen", "nguyenvananh", "NGUYỄN VĂN ÁNH", "응우옌 반 안"],
)
async def test_a_carrier_that_compares_letters_is_asked_in_the_forms_it_may_have(
    world: CarrierWorld, on_file: str
) -> None:
    name = PersonName(
        family="NGUYỄN", given="VĂN ÁNH", family_hangul="응우옌", given_hangul="반 안"
    )
    await world.put(name=on_file, comparison="exact")
    found = await world.carrier.in_own_name(NUMBER, make_registrant(name), at=NOW)
    assert found.outcome is Outcome.PASSED


async def test_a_wrong_birth_date_ends_the_questions(world: CarrierWorld) -> None:
    await world.put(name="SOMEBODY ELSE", birth_date="1980-01-01")
    await outcome(world)
    assert world.http.count(KYC) == 1


async def test_a_strangers_line_is_asked_about_at_most_six_times(world: CarrierWorld) -> None:
    await world.put(name="SOMEBODY ELSE")
    assert (await outcome(world))[0] is Outcome.FAILED
    assert 1 < world.http.count(KYC) <= 6


async def test_the_document_is_sent_only_where_it_is_demanded(world: CarrierWorld) -> None:
    person = make_registrant(card="F123456789")
    assert (await world.carrier.in_own_name(NUMBER, person, at=NOW)).outcome is Outcome.PASSED
    assert b"idDocument" not in world.http.asked[KYC][-1].body
    await world.put(document_required=True)
    assert (await world.carrier.in_own_name(NUMBER, person, at=NOW)).outcome is Outcome.PASSED
    other = make_registrant(card="F999999999")
    found = await world.carrier.in_own_name(NUMBER, other, at=NOW)
    assert (found.outcome, found.reason) == (Outcome.FAILED, "document_differs")


async def test_an_unknown_line_is_undetermined() -> None:
    assert await outcome(CarrierWorld()) == (Outcome.UNDETERMINED, "not_a_subscriber")


FAULTS: list[tuple[dict[str, Any], str]] = [
    ({"outage": True}, "carrier_unavailable"),
    ({"outage": True, "apis": ["token"]}, "carrier_unavailable"),
    ({"outage": True, "apis": ["sim-swap"]}, "carrier_unavailable"),
    ({"refusal": {"status": 429, "code": "QUOTA_EXCEEDED"}}, "carrier_unavailable"),
    (
        {"refusal": {"status": 403, "code": "PERMISSION_DENIED"}, "apis": ["kyc-match"]},
        "carrier_refused",
    ),
    ({"answer": "<html>", "apis": ["kyc-match"]}, "answer_not_understood"),
    ({"answer": "[]", "apis": ["kyc-match"]}, "answer_not_understood"),
    ({"answer": "{}", "apis": ["kyc-match"]}, "answer_not_understood"),
    (
        {"answer": '{"nameMatch":true,"birthdateMatch":true}', "apis": ["kyc-match"]},
        "answer_not_understood",
    ),
    (
        {"answer": '{"nameMatch":"false","nameMatch":"true"}', "apis": ["kyc-match"]},
        "answer_not_understood",
    ),
    (
        {
            "answer": '{"nameMatch":"true","birthdateMatch":"true","nameMatchScore":120}',
            "apis": ["kyc-match"],
        },
        "answer_not_understood",
    ),
    ({"answer": '{"swapped":"no"}', "apis": ["sim-swap"]}, "answer_not_understood"),
    ({"answer": '{"access_token":"x"}', "apis": ["token"]}, "answer_not_understood"),
    ({"not_available": ["name", "familyName"]}, "name_not_available"),
    ({"not_available": ["birthdate"]}, "birth_date_not_available"),
]


@pytest.mark.parametrize(("faults", "reason"), FAULTS)
async def test_a_fault_is_undetermined_with_its_reason(
    world: CarrierWorld, faults: dict[str, Any], reason: str
) -> None:
    await world.script(**faults)
    assert await outcome(world) == (Outcome.UNDETERMINED, reason)


async def test_a_delay_beyond_the_time_limit_is_undetermined() -> None:
    world = CarrierWorld(seconds=0.05)
    await world.put()
    await world.script(delay_seconds=5)
    assert await outcome(world) == (Outcome.UNDETERMINED, "carrier_unavailable")


async def test_all_questions_together_have_a_time_limit() -> None:
    world = CarrierWorld(policy=LinePolicy(decide_seconds=0.2))
    await world.put(name="SOMEBODY ELSE")
    await world.script(delay_seconds=0.1)
    assert await outcome(world) == (Outcome.UNDETERMINED, "carrier_unavailable")


async def test_a_token_is_asked_for_once_and_again_before_it_ends(world: CarrierWorld) -> None:
    await outcome(world)
    await outcome(world)
    assert world.http.count(TOKEN) == 2  # one for each scope
    world.later(seconds=290)
    assert await outcome(world) == (Outcome.PASSED, None)
    assert world.http.count(TOKEN) == 4


async def test_a_token_that_the_carrier_forgot_is_replaced_once(world: CarrierWorld) -> None:
    await outcome(world)
    await world.script(refusal={"status": 401, "code": "UNAUTHENTICATED"}, apis=["kyc-match"])
    assert await outcome(world) == (Outcome.UNDETERMINED, "carrier_unavailable")
    assert world.http.count(KYC) == 3
    await world.script()
    assert await outcome(world) == (Outcome.PASSED, None)


async def test_a_token_that_ends_at_once_is_never_kept(world: CarrierWorld) -> None:
    await world.script(token_seconds=0)
    assert (await outcome(world))[0] is Outcome.UNDETERMINED


async def test_a_revoked_client_key_ends_the_answers_and_the_tokens(world: CarrierWorld) -> None:
    await outcome(world)
    world.clients.keys.clear()
    assert await outcome(world) == (Outcome.UNDETERMINED, "carrier_unavailable")


@pytest.mark.parametrize("minutes", [-5, 5])
async def test_clocks_five_minutes_apart_are_undetermined(minutes: int) -> None:
    world = CarrierWorld(our_clock_ahead=timedelta(minutes=minutes))
    await world.put()
    assert await outcome(world) == (Outcome.UNDETERMINED, "carrier_unavailable")


async def test_the_code_arrives_at_the_line(world: CarrierWorld) -> None:
    await world.carrier.send_code(NUMBER, "314159")
    sent = (await world.control("GET", "outbox"))["messages"]
    assert [message["phone"] for message in sent] == [NUMBER]
    assert "314159" in sent[0]["text"]


@pytest.mark.parametrize(
    "faults",
    [
        {"outage": True},
        {"refusal": {"status": 403, "code": "PERMISSION_DENIED"}, "apis": ["sms"]},
        {"answer": "x"},
    ],
)
async def test_a_code_that_was_not_sent_is_unavailable(
    world: CarrierWorld, faults: dict[str, Any]
) -> None:
    await world.script(**faults)
    with pytest.raises(Unavailable):
        await world.carrier.send_code(NUMBER, "314159")
    assert world.http.count("/sms/v1/messages") <= 1


async def test_before_a_renewal_every_sim_change_since_the_last_check_counts(
    world: CarrierWorld,
) -> None:
    await world.put(sim_changed_at="2026-02-01T00:00:00+09:00")
    person, checked = make_registrant(), NOW - timedelta(days=14)
    ask = world.carrier.still_own_number
    assert (await ask(NUMBER, person, checked_at=checked, at=NOW)).outcome is Outcome.PASSED
    longer = await ask(NUMBER, person, checked_at=NOW - timedelta(days=40), at=NOW)
    assert longer.reason == "sim_changed_recently"
    assert json_text.decode_object(world.http.asked[SIM][-1].body)["maxAge"] == 960


async def test_a_number_given_to_somebody_else_fails_before_a_renewal(world: CarrierWorld) -> None:
    await world.put(name="SOMEBODY ELSE", birth_date="1990-09-09")
    checked = NOW - timedelta(days=14)
    found = await world.carrier.still_own_number(
        NUMBER, make_registrant(), checked_at=checked, at=NOW
    )
    assert found.outcome is Outcome.FAILED


async def test_number_verification_needs_the_networks_own_word(world: CarrierWorld) -> None:
    token = (await world.control("POST", "operator-tokens", {"phone": NUMBER}))["operator_token"]
    assert (await world.carrier.number_in_phone(NUMBER, token)).outcome is Outcome.PASSED
    spent = await world.carrier.number_in_phone(NUMBER, token)
    assert (spent.outcome, spent.reason) == (Outcome.UNDETERMINED, "carrier_unavailable")


async def test_another_sim_in_the_phone_fails(world: CarrierWorld) -> None:
    other = {"phone": "010-0000-0002"}
    token = (await world.control("POST", "operator-tokens", other))["operator_token"]
    found = await world.carrier.number_in_phone(NUMBER, token)
    assert (found.outcome, found.reason) == (Outcome.FAILED, "other_number_in_phone")


async def test_no_error_repeats_a_name_or_a_number(world: CarrierWorld) -> None:
    await world.script(refusal={"status": 400, "code": "NGUYEN says no"}, apis=["kyc-match"])
    found = await world.carrier.in_own_name(NUMBER, make_registrant(), at=NOW)
    assert found.outcome is Outcome.UNDETERMINED
    assert "NGUYEN" not in repr(found)
    assert NUMBER not in repr(found)
