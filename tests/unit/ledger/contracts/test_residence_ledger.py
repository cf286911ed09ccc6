"""The contract, on py-evm and on revm: who may change what, and what is refused."""

from collections.abc import Callable

import pytest

from mrc.infra.chain.contract import call_data
from mrc.ledger import statements
from mrc.ledger.statements import OrganisationId, PurposeId, StreamId
from tests.simulators.ledger_machine import EXECUTORS, START, Actor, Machine, reason

SEATS = [Actor(f"seat {number}") for number in range(1, 5)]
WRITER, OTHER = Actor("writer"), Actor("other")
ORG, STREAM = b"\x01" * 32, b"\x02" * 32
KEY, META, ROOT = b"\x03" * 32, b"\x04" * 32, b"\x05" * 32
DAY = 86_400
NONE = "0x" + "00" * 20


@pytest.fixture(params=EXECUTORS)
def machine(request: pytest.FixtureRequest) -> Machine:
    """Four seats of which three must agree."""
    return Machine(request.param, SEATS, 3)


def decide(machine: Machine, action: bytes) -> str:
    """Propose, approve and execute; why it failed, or nothing."""
    assert not reason(machine.send(SEATS[0], "propose", action, machine.time + DAY))
    number = machine.read("proposal_count")
    for seat in SEATS[1:3]:
        assert not reason(machine.send(seat, "approve", number))
    return reason(machine.send(SEATS[0], "execute", number, action))


def organisation(roles: int = 1, status: int = 1, **changes: object) -> bytes:
    values = {
        "name": ORG,
        "key": KEY,
        "meta": META,
        "roles": roles,
        "status": status,
        "since": START,
        "until": START + DAY,
        **changes,
    }
    return call_data("set_organisation", *values.values())


def open_stream(machine: Machine) -> None:
    assert not decide(machine, call_data("nominate_writer", STREAM, WRITER.address))
    assert not reason(machine.send(WRITER, "take_stream", STREAM))


def test_an_organisation_is_registered_and_changed(machine: Machine) -> None:
    assert not decide(machine, organisation())
    assert not decide(machine, organisation(roles=5, status=2))
    slots = statements.organisation_slots(OrganisationId(ORG))
    entry = statements.decode_organisation(*(machine.word(slot) for slot in slots))
    assert entry is not None
    assert (entry.key_hash, entry.metadata_hash, entry.revision) == (KEY, META, 2)
    assert sorted(entry.roles) == ["asker", "issuer"]
    assert entry.standing is statements.Standing.STOPPED


@pytest.mark.parametrize(
    ("action", "why"),
    [
        (organisation(name=bytes(32)), "empty"),
        (organisation(key=bytes(32)), "empty"),
        (organisation(roles=0), "roles"),
        (organisation(roles=32), "roles"),
        (organisation(status=0), "status"),
        (organisation(status=4), "status"),
        (organisation(until=START), "validity"),
        (organisation(until=2**64), "validity"),
        (call_data("set_credential_type", KEY, META, ORG, 1), "not an issuer"),
        (call_data("set_entitlement", ORG, KEY, META), "not an asker"),
        (call_data("nominate_writer", bytes(32), WRITER.address), "empty"),
        (call_data("nominate", 17, OTHER.address), "seat"),
        (call_data("nominate", 0, OTHER.address), "seat"),
        (call_data("nominate", 2, SEATS[0].address), "has a seat"),
        (call_data("set_threshold", 0), "threshold"),
        (call_data("set_threshold", 5), "threshold"),
        (call_data("vacate", 9), "empty seat"),
        (b"\x00" * 4, "reverted"),
    ],
)
def test_a_decision_that_makes_no_sense_changes_nothing(
    machine: Machine, action: bytes, why: str
) -> None:
    assert decide(machine, action) == why
    assert machine.read("proposals", machine.read("proposal_count"))[4] is False  # type: ignore[index]


def test_an_ended_organisation_stays_ended(machine: Machine) -> None:
    assert not decide(machine, organisation(status=3))
    assert decide(machine, organisation(status=1)) == "ended"


def test_an_ended_credential_type_stays_ended(machine: Machine) -> None:
    assert not decide(machine, organisation())
    assert not decide(machine, call_data("set_credential_type", KEY, META, ORG, 3))
    assert decide(machine, call_data("set_credential_type", KEY, META, ORG, 1)) == "ended"


def test_only_an_active_asker_gets_an_entitlement_and_it_can_be_taken(machine: Machine) -> None:
    slot = statements.entitlement_slot(OrganisationId(ORG), PurposeId(KEY))
    assert not decide(machine, organisation(roles=4))
    assert not decide(machine, call_data("set_entitlement", ORG, KEY, META))
    assert machine.word(slot).to_bytes(32) == META
    assert not decide(machine, organisation(roles=4, status=2))
    assert decide(machine, call_data("set_entitlement", ORG, KEY, ROOT)) == "not an asker"
    assert not decide(machine, call_data("set_entitlement", ORG, KEY, bytes(32)))
    assert machine.word(slot) == 0


GUARDED: list[tuple[str, tuple[object, ...]]] = [
    ("set_organisation", (ORG, KEY, META, 1, 1, START, START + 1)),
    ("set_credential_type", (KEY, META, ORG, 1)),
    ("set_entitlement", (ORG, KEY, META)),
    ("nominate_writer", (STREAM, WRITER.address)),
    ("nominate", (1, OTHER.address)),
    ("vacate", (1,)),
    ("set_threshold", (1,)),
    ("set_paused", (True,)),
]


@pytest.mark.parametrize(("function", "arguments"), GUARDED)
@pytest.mark.parametrize("sender", [SEATS[0], OTHER])
def test_nobody_changes_trust_alone(
    machine: Machine, function: str, arguments: tuple[object, ...], sender: Actor
) -> None:
    assert reason(machine.send(sender, function, *arguments)) == "council only"


def test_every_function_that_changes_something_is_accounted_for() -> None:
    """A new function must be added here, guarded or with a guard of its own."""
    from mrc.infra.chain.contract import abi

    own_guard = {"propose", "approve", "execute", "take_seat", "take_stream", "anchor"}
    writing = {
        entry["name"]
        for entry in abi()
        if entry["type"] == "function" and entry["stateMutability"] == "nonpayable"
    }
    assert writing == {name for name, _ in GUARDED} | own_guard | {"anchor_many"}
    payable = [entry for entry in abi() if entry.get("stateMutability") == "payable"]
    assert not payable


@pytest.mark.parametrize("function", ["propose", "approve", "execute"])
def test_who_has_no_seat_takes_no_part(machine: Machine, function: str) -> None:
    action = organisation()
    machine.send(SEATS[0], "propose", action, machine.time + DAY)
    arguments: dict[str, tuple[object, ...]] = {
        "propose": (action, machine.time + DAY),
        "approve": (1,),
        "execute": (1, action),
    }
    assert reason(machine.send(OTHER, function, *arguments[function])) == "no seat"


def test_too_few_approvals(machine: Machine) -> None:
    action = organisation()
    machine.send(SEATS[0], "propose", action, machine.time + DAY)
    machine.send(SEATS[1], "approve", 1)
    assert reason(machine.send(SEATS[0], "execute", 1, action)) == "too few approvals"


def test_one_seat_approves_once(machine: Machine) -> None:
    machine.send(SEATS[0], "propose", organisation(), machine.time + DAY)
    assert reason(machine.send(SEATS[0], "approve", 1)) == "approved before"


def test_another_action_than_the_approved_one_is_refused(machine: Machine) -> None:
    machine.send(SEATS[0], "propose", organisation(), machine.time + DAY)
    for seat in SEATS[1:3]:
        machine.send(seat, "approve", 1)
    assert reason(machine.send(SEATS[0], "execute", 1, organisation(roles=31))) == "other action"


def test_a_decision_is_carried_out_once(machine: Machine) -> None:
    assert not decide(machine, organisation())
    assert reason(machine.send(SEATS[0], "execute", 1, organisation())) == "executed"


def test_a_proposal_expires(machine: Machine) -> None:
    machine.send(SEATS[0], "propose", organisation(), machine.time + DAY)
    machine.time += DAY + 1
    assert reason(machine.send(SEATS[1], "approve", 1)) == "expired"


@pytest.mark.parametrize("ahead", [0, -1, 30 * DAY + 1])
def test_an_expiry_must_lie_ahead_and_not_too_far(machine: Machine, ahead: int) -> None:
    sent = machine.send(SEATS[0], "propose", organisation(), machine.time + ahead)
    assert reason(sent) == "expiry"


def test_an_unknown_proposal_is_refused(machine: Machine) -> None:
    assert reason(machine.send(SEATS[0], "approve", 1)) == "unknown proposal"


def test_a_seat_changes_hands_in_two_steps(machine: Machine) -> None:
    assert not decide(machine, call_data("nominate", 2, OTHER.address))
    assert machine.read("seat_of", SEATS[1].address) == 2
    assert not reason(machine.send(OTHER, "take_seat", 2))
    assert machine.read("seat_of", SEATS[1].address) == 0
    assert machine.read("seat_of", OTHER.address) == 2
    assert machine.read("occupied") == 4


def test_the_ledger_itself_takes_no_seat(machine: Machine) -> None:
    action = call_data("nominate", 5, machine.address)
    assert decide(machine, action) == "the ledger itself"


def test_an_action_cannot_approve_or_execute(machine: Machine) -> None:
    """The contract calls itself with the action: there it has no seat."""
    assert decide(machine, call_data("approve", 1)) == "no seat"
    assert decide(machine, call_data("execute", 1, organisation())) == "no seat"
    assert decide(machine, call_data("take_seat", 5)) == "not nominated"
    assert decide(machine, call_data("take_stream", STREAM)) == "not nominated"


def test_only_the_nominee_takes_a_seat_in_time(machine: Machine) -> None:
    assert not decide(machine, call_data("nominate", 5, OTHER.address))
    assert reason(machine.send(WRITER, "take_seat", 5)) == "not nominated"
    assert reason(machine.send(OTHER, "take_seat", 4)) == "not nominated"
    machine.time += 31 * DAY
    assert reason(machine.send(OTHER, "take_seat", 5)) == "expired"


def test_one_account_never_holds_two_seats(machine: Machine) -> None:
    for seat in (5, 6):
        assert not decide(machine, call_data("nominate", seat, OTHER.address))
    assert not reason(machine.send(OTHER, "take_seat", 5))
    assert reason(machine.send(OTHER, "take_seat", 6)) == "has a seat"


@pytest.mark.parametrize(
    "change",
    [
        lambda machine: decide(machine, call_data("vacate", 4)),
        lambda machine: decide(machine, call_data("set_threshold", 2)),
    ],
)
def test_a_changed_council_ends_open_proposals(
    machine: Machine, change: Callable[[Machine], str]
) -> None:
    machine.send(SEATS[0], "propose", organisation(), machine.time + DAY)
    assert not change(machine)
    assert reason(machine.send(SEATS[1], "approve", 1)) == "earlier epoch"


def test_a_council_never_shrinks_below_its_threshold(machine: Machine) -> None:
    assert not decide(machine, call_data("vacate", 4))
    assert decide(machine, call_data("vacate", 3)) == "threshold"


def test_a_vacated_seat_has_no_power_left(machine: Machine) -> None:
    assert not decide(machine, call_data("nominate", 4, OTHER.address))
    assert not decide(machine, call_data("vacate", 4))
    assert reason(machine.send(SEATS[3], "propose", organisation(), START + 9)) == "no seat"
    assert reason(machine.send(OTHER, "take_seat", 4)) == "not nominated"


def test_a_pause_stops_all_but_the_council(machine: Machine) -> None:
    open_stream(machine)
    assert not decide(machine, call_data("set_paused", True))
    assert decide(machine, organisation()) == "paused"
    assert reason(machine.send(WRITER, "anchor", STREAM, 1, ROOT)) == "paused"
    assert reason(machine.send(WRITER, "anchor_many", STREAM, 1, [ROOT])) == "paused"
    assert not decide(machine, call_data("nominate", 5, OTHER.address))
    assert not decide(machine, call_data("set_paused", False))
    assert not reason(machine.send(WRITER, "anchor", STREAM, 1, ROOT))


def test_ticks_follow_one_another(machine: Machine) -> None:
    open_stream(machine)
    assert not reason(machine.send(WRITER, "anchor", STREAM, 1, ROOT))
    for tick in (0, 1, 3):
        sent = machine.send(WRITER, "anchor", STREAM, tick, KEY)
        assert reason(sent) == "not the next tick"
    assert not reason(machine.send(WRITER, "anchor_many", STREAM, 2, [ROOT, KEY]))
    head = statements.decode_head(machine.word(statements.head_slot(StreamId(STREAM))))
    assert head is not None
    assert (head[0], int(head[1].timestamp())) == (3, START)
    assert machine.word(statements.anchor_slot(StreamId(STREAM), 3)).to_bytes(32) == KEY


def test_a_zero_root_is_refused(machine: Machine) -> None:
    open_stream(machine)
    assert reason(machine.send(WRITER, "anchor", STREAM, 1, bytes(32))) == "zero root"
    many = machine.send(WRITER, "anchor_many", STREAM, 1, [ROOT, bytes(32)])
    assert reason(many) == "zero root"
    assert reason(machine.send(WRITER, "anchor_many", STREAM, 1, [])) == "no root"
    assert machine.word(statements.anchor_slot(StreamId(STREAM), 1)) == 0


@pytest.mark.parametrize("sender", [OTHER, SEATS[0]])
def test_only_the_writer_anchors(machine: Machine, sender: Actor) -> None:
    open_stream(machine)
    assert reason(machine.send(sender, "anchor", STREAM, 1, ROOT)) == "not the writer"


def test_nobody_writes_a_stream_that_was_never_opened(machine: Machine) -> None:
    assert reason(machine.send(OTHER, "anchor", KEY, 1, ROOT)) == "not the writer"
    assert reason(machine.send(OTHER, "take_stream", KEY)) == "not nominated"


def test_a_rotated_writer_has_no_power_left(machine: Machine) -> None:
    open_stream(machine)
    assert not decide(machine, call_data("nominate_writer", STREAM, OTHER.address))
    assert not reason(machine.send(WRITER, "anchor", STREAM, 1, ROOT))
    assert not reason(machine.send(OTHER, "take_stream", STREAM))
    assert reason(machine.send(WRITER, "anchor", STREAM, 2, ROOT)) == "not the writer"
    assert not reason(machine.send(OTHER, "anchor", STREAM, 2, ROOT))


def test_a_closed_stream_has_no_writer(machine: Machine) -> None:
    open_stream(machine)
    assert not decide(machine, call_data("nominate_writer", STREAM, NONE))
    assert reason(machine.send(WRITER, "anchor", STREAM, 1, ROOT)) == "not the writer"


def test_both_machines_come_to_equal_results() -> None:
    """Outputs, logs and storage of one long story."""
    machines = [Machine(name, SEATS, 3) for name in EXECUTORS]
    story: list[tuple[Actor, str, tuple[object, ...]]] = [
        (SEATS[0], "propose", (organisation(), START + DAY)),
        (SEATS[1], "approve", (1,)),
        (OTHER, "approve", (1,)),
        (SEATS[2], "approve", (1,)),
        (SEATS[2], "execute", (1, organisation())),
        (SEATS[2], "execute", (1, organisation())),
        (SEATS[0], "anchor", (STREAM, 1, ROOT)),
    ]
    for sender, function, arguments in story:
        first, second = (machine.send(sender, function, *arguments) for machine in machines)
        assert (first.succeeded, first.output, first.logs) == (
            second.succeeded,
            second.output,
            second.logs,
        )
    for slot in (1, 2, 3, 4, 5, *statements.organisation_slots(OrganisationId(ORG))):
        assert machines[0].word(slot) == machines[1].word(slot)
