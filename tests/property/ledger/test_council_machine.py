"""The contract against a model, on both executors at once: any story, the same end.

Every step is predicted by a plain Python model, sent to py-evm and to revm, and all three must
agree: who succeeds, with which logs, and what stands in storage afterwards.
"""

from dataclasses import dataclass, field

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from mrc.infra.chain.contract import call_data
from mrc.ledger import statements
from mrc.ledger.statements import StreamId
from tests.simulators.ledger_machine import EXECUTORS, START, Actor, Machine

ACTORS = [Actor(f"actor {number}") for number in range(5)]
STREAMS = [b"\x01" * 32, b"\x02" * 32]
ROOTS = [bytes(32), b"\x0a" * 32, b"\x0b" * 32]
LIFETIME = 1_000
NOMINATION = 30 * 86_400
NOBODY = "0x" + "00" * 20
actors = st.sampled_from(ACTORS)
streams = st.sampled_from(STREAMS)


@dataclass
class Proposal:
    action: tuple[object, ...]
    expires: int
    epoch: int
    approvals: set[int]
    executed: bool = False


@dataclass
class Model:
    """What the contract should hold."""

    threshold: int
    seats: dict[int, Actor]
    epoch: int = 0
    paused: bool = False
    nominees: dict[int, tuple[Actor, int]] = field(default_factory=dict)
    proposals: list[Proposal] = field(default_factory=list)
    writers: dict[bytes, Actor] = field(default_factory=dict)
    writer_nominees: dict[bytes, Actor] = field(default_factory=dict)
    anchors: dict[bytes, list[bytes]] = field(default_factory=dict)

    def seat_of(self, actor: Actor) -> int | None:
        return next((number for number, holder in self.seats.items() if holder is actor), None)

    def carry_out(self, action: tuple[object, ...], now: int) -> bool:
        """Apply a council action; whether the contract should allow it."""
        name, *values = action
        match name, values:
            case "set_paused", [bool(paused)]:
                self.paused = paused
            case "set_threshold", [int(threshold)]:
                if not 1 <= threshold <= len(self.seats):
                    return False
                self.threshold, self.epoch = threshold, self.epoch + 1
            case "nominate", [int(seat), Actor() as nominee]:
                if self.seat_of(nominee) is not None:
                    return False
                self.nominees[seat] = (nominee, now + NOMINATION)
            case "vacate", [int(seat)]:
                if seat not in self.seats or len(self.seats) <= self.threshold:
                    return False
                del self.seats[seat]
                self.nominees.pop(seat, None)
                self.epoch += 1
            case "nominate_writer", [bytes(stream), writer]:
                if self.paused:
                    return False
                self.writer_nominees.pop(stream, None)
                if isinstance(writer, Actor):
                    self.writer_nominees[stream] = writer
                else:
                    self.writers.pop(stream, None)
        return True


ACTIONS = st.one_of(
    st.tuples(st.just("set_paused"), st.booleans()),
    st.tuples(st.just("set_threshold"), st.integers(0, 4)),
    st.tuples(st.just("nominate"), st.integers(1, 4), actors),
    st.tuples(st.just("vacate"), st.integers(1, 4)),
    st.tuples(st.just("nominate_writer"), streams, st.one_of(actors, st.none())),
)


def encode(action: tuple[object, ...]) -> bytes:
    name, *values = action
    words = [value.address if isinstance(value, Actor) else value for value in values]
    return call_data(str(name), *(NOBODY if word is None else word for word in words))


class CouncilMachine(RuleBasedStateMachine):
    @initialize(threshold=st.integers(1, 3))
    def begin(self, threshold: int) -> None:
        self.machines = [Machine(name, ACTORS[:3], threshold) for name in EXECUTORS]
        self.model = Model(
            threshold=threshold, seats={place + 1: ACTORS[place] for place in range(3)}
        )
        self.now = START

    def send(self, expected: bool, sender: Actor, function: str, *arguments: object) -> None:
        """The step on both machines; they agree with each other and with the model."""
        first, second = (machine.send(sender, function, *arguments) for machine in self.machines)
        assert (first.succeeded, first.output, first.logs) == (
            second.succeeded,
            second.output,
            second.logs,
        )
        assert first.succeeded is expected, (function, arguments, first.output)

    @rule(seconds=st.sampled_from([1, LIFETIME, NOMINATION]))
    def pass_time(self, seconds: int) -> None:
        self.now += seconds
        for machine in self.machines:
            machine.time = self.now

    @rule(actor=actors, action=ACTIONS)
    def propose(self, actor: Actor, action: tuple[object, ...]) -> None:
        seat, expires = self.model.seat_of(actor), self.now + LIFETIME
        if seat is not None:
            self.model.proposals.append(Proposal(action, expires, self.model.epoch, {seat}))
        self.send(seat is not None, actor, "propose", encode(action), expires)

    @rule(actor=actors, back=st.integers(0, 2))
    def approve(self, actor: Actor, back: int) -> None:
        number = len(self.model.proposals) - back
        seat, proposal = self.model.seat_of(actor), self.find_open(number)
        expected = seat is not None and proposal is not None and seat not in proposal.approvals
        if expected and proposal is not None and seat is not None:
            proposal.approvals.add(seat)
        self.send(expected, actor, "approve", max(number, 0))

    @rule(actor=actors, back=st.integers(0, 2), other=st.booleans())
    def execute(self, actor: Actor, back: int, other: bool) -> None:
        number = len(self.model.proposals) - back
        proposal = self.find_open(number)
        action = self.model.proposals[number - 1].action if number > 0 else ("set_paused", True)
        data = encode(action) + (b"\x00" if other else b"")
        expected = (
            self.model.seat_of(actor) is not None
            and proposal is not None
            and not other
            and len(proposal.approvals) >= self.model.threshold
        )
        if expected and proposal is not None:
            expected = proposal.executed = self.model.carry_out(action, self.now)
        self.send(expected, actor, "execute", max(number, 0), data)

    @rule(action=ACTIONS)
    def decide(self, action: tuple[object, ...]) -> None:
        """The whole council at once, so that stories get somewhere."""
        seats = list(self.model.seats.values())
        self.propose(seats[0], action)
        for seat in seats[1 : self.model.threshold]:
            self.approve(seat, 0)
        self.execute(seats[0], 0, other=False)

    @rule(actor=actors, seat=st.integers(1, 4))
    def take_seat(self, actor: Actor, seat: int) -> None:
        nominee, until = self.model.nominees.get(seat, (None, 0))
        expected = nominee is actor and self.now <= until and self.model.seat_of(actor) is None
        if expected:
            self.model.seats[seat] = actor
            del self.model.nominees[seat]
            self.model.epoch += 1
        self.send(expected, actor, "take_seat", seat)

    @rule(actor=actors, stream=streams)
    def take_stream(self, actor: Actor, stream: bytes) -> None:
        expected = not self.model.paused and self.model.writer_nominees.get(stream) is actor
        if expected:
            self.model.writers[stream] = self.model.writer_nominees.pop(stream)
        self.send(expected, actor, "take_stream", stream)

    @rule(actor=actors, stream=streams, root=st.sampled_from(ROOTS), skip=st.integers(-1, 1))
    def anchor(self, actor: Actor, stream: bytes, root: bytes, skip: int) -> None:
        held = self.model.anchors.setdefault(stream, [])
        expected = self.may_write(actor, stream) and skip == 0 and any(root)
        tick = max(0, len(held) + 1 + skip)
        if expected:
            held.append(root)
        self.send(expected, actor, "anchor", stream, tick, root)

    @rule(stream=streams, roots=st.lists(st.sampled_from(ROOTS), max_size=3))
    def anchor_many(self, stream: bytes, roots: list[bytes]) -> None:
        actor = self.model.writers.get(stream, ACTORS[0])
        held = self.model.anchors.setdefault(stream, [])
        expected = self.may_write(actor, stream) and bool(roots) and all(map(any, roots))
        first = len(held) + 1
        if expected:
            held.extend(roots)
        self.send(expected, actor, "anchor_many", stream, first, roots)

    @invariant()
    def storage_is_what_the_model_says(self) -> None:
        for machine in getattr(self, "machines", []):
            assert machine.read("threshold") == self.model.threshold
            assert machine.read("occupied") == len(self.model.seats)
            assert machine.read("epoch") == self.model.epoch
            assert machine.read("paused") is self.model.paused
            for stream, roots in self.model.anchors.items():
                name = StreamId(stream)
                assert machine.word(statements.head_slot(name)) >> 64 == len(roots)
                for tick, root in enumerate(roots[-2:], len(roots) - len(roots[-2:]) + 1):
                    word = machine.word(statements.anchor_slot(name, tick))
                    assert word.to_bytes(32) == root

    def may_write(self, actor: Actor, stream: bytes) -> bool:
        return not self.model.paused and self.model.writers.get(stream) is actor

    def find_open(self, number: int) -> Proposal | None:
        if not 0 < number <= len(self.model.proposals):
            return None
        proposal = self.model.proposals[number - 1]
        alive = proposal.epoch == self.model.epoch and self.now <= proposal.expires
        return proposal if alive and not proposal.executed else None


TestCouncil = CouncilMachine.TestCase
TestCouncil.settings = settings(
    max_examples=15,
    stateful_step_count=25,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
