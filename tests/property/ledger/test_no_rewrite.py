"""Exhaustive: no sequence of calls lets a writer rewrite or skip a tick.

Every sequence of up to four calls out of an alphabet that holds every writing function of a
stream, by the writer, a nominee and a stranger, is run on revm from the same start. After each
call everything anchored before it stands unchanged, and ticks have no gap.
"""

import pyrevm
import pytest

from mrc.infra.chain.contract import call_data, creation_code
from mrc.ledger.headers import Address
from mrc.ledger.statements import StreamId, anchor_slot, head_slot

STREAM = StreamId(b"\x01" * 32)
COUNCIL, WRITER, NOMINEE, STRANGER = (Address(bytes([n]) * 20) for n in (1, 2, 3, 4))
A, B, ZERO = b"\x0a" * 32, b"\x0b" * 32, bytes(32)
DEPTH = 4
TICKS = range(10)  # four calls of two ticks each, and one that must stay empty


def text(address: Address) -> str:
    return "0x" + address.hex()


ALPHABET = [
    (WRITER, call_data("anchor", STREAM, 1, A)),
    (WRITER, call_data("anchor", STREAM, 1, B)),
    (WRITER, call_data("anchor", STREAM, 2, B)),
    (WRITER, call_data("anchor", STREAM, 0, B)),
    (WRITER, call_data("anchor", STREAM, 2**256 - 1, B)),
    (WRITER, call_data("anchor", STREAM, 1, ZERO)),
    (WRITER, call_data("anchor_many", STREAM, 1, [A, B])),
    (WRITER, call_data("anchor_many", STREAM, 2, [A, A])),
    (WRITER, call_data("anchor_many", STREAM, 1, [])),
    (NOMINEE, call_data("take_stream", STREAM)),
    (NOMINEE, call_data("anchor", STREAM, 1, B)),
    (NOMINEE, call_data("anchor", STREAM, 2, A)),
    (STRANGER, call_data("anchor", STREAM, 1, B)),
    (STRANGER, call_data("take_stream", STREAM)),
    (COUNCIL, call_data("anchor", STREAM, 1, B)),
]


class Ledger:
    """The contract with a writer in office and a nominee for the succession."""

    def __init__(self) -> None:
        self.evm = pyrevm.EVM(spec_id="LONDON")
        self.evm.set_block_env(pyrevm.BlockEnv(number=1, timestamp=1_780_000_000))
        code = creation_code([COUNCIL], 1)
        self.address = self.evm.deploy(text(COUNCIL), code, gas=6_000_000)
        self.decide(call_data("nominate_writer", STREAM, WRITER))
        assert self.call(WRITER, call_data("take_stream", STREAM))
        self.decide(call_data("nominate_writer", STREAM, NOMINEE))
        self.number = 0

    def decide(self, action: bytes) -> None:
        self.number = getattr(self, "number", 0) + 1
        assert self.call(COUNCIL, call_data("propose", action, 1_780_000_100))
        assert self.call(COUNCIL, call_data("execute", self.number, action))

    def call(self, sender: Address, data: bytes) -> bool:
        try:
            self.evm.message_call(text(sender), self.address, data, gas=2_000_000)
        except RuntimeError:
            return False
        return True

    def anchored(self) -> list[int]:
        return [self.evm.storage(self.address, anchor_slot(STREAM, tick)) for tick in TICKS]

    def head(self) -> int:
        return self.evm.storage(self.address, head_slot(STREAM)) >> 64


def explore(ledger: Ledger, depth: int, before: list[int]) -> int:
    """How many calls were made below this state."""
    count = 0
    for sender, data in ALPHABET:
        checkpoint = ledger.evm.snapshot()
        ledger.call(sender, data)
        after = ledger.anchored()
        for old, new in zip(before, after, strict=True):
            assert old in (0, new)
        filled = [tick for tick in TICKS if after[tick]]
        assert filled == list(range(1, ledger.head() + 1))
        count += 1
        if depth > 1 and after != before or depth > 1 and sender is NOMINEE:
            count += explore(ledger, depth - 1, after)
        ledger.evm.revert(checkpoint)
    return count


def test_no_writer_can_rewrite_a_tick() -> None:
    ledger = Ledger()
    count = explore(ledger, DEPTH, ledger.anchored())
    assert count > 300


@pytest.mark.parametrize("root", [A, B])
def test_the_alphabet_does_anchor(root: bytes) -> None:
    """The exploration would prove nothing if every call failed."""
    ledger = Ledger()
    assert ledger.call(WRITER, call_data("anchor", STREAM, 1, root))
    assert ledger.anchored()[1] == int.from_bytes(root)
