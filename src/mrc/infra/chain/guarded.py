"""The machine with a rein: it can be stopped while it runs, and has no precompile that cannot.

A thread that executes a contract holds the process's one interpreter, and gas is free here: the
time of a call is bounded by a question asked every few hundred steps. The precompiles beyond the
first four (big powers, pairings, BLAKE2) run for seconds in one step in pure Python. No contract
of the ledger calls them, so a call or transaction that does is refused.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from mrc.infra.chain.executor import IsLate, Overdue, Refused, never
from mrc.infra.chain.machine import LondonComputation, LondonState

_STEPS_BETWEEN = 512
_OFFERED = frozenset(number.to_bytes(20) for number in range(1, 5))


def _not_offered(_computation: object) -> object:
    raise Refused("a precompiled contract that this ledger does not offer")


class GuardedComputation(LondonComputation):
    """London's, stopped where its state says that it is late."""

    _precompiles = {
        address: run if address in _OFFERED else _not_offered
        for address, run in LondonComputation._precompiles.items()
    }

    def consume_gas(self, amount: int, reason: str) -> None:
        self.state.step()  # type: ignore[attr-defined]  # a `GuardedState`'s computation
        self._gas_meter.consume_gas(amount, reason)


class GuardedState(LondonState):
    """London's state, with a deadline while `bounded`."""

    computation_class = GuardedComputation
    _is_late: IsLate = staticmethod(never)
    _steps = 0

    @contextmanager
    def bounded(self, is_late: IsLate) -> Iterator[None]:
        """Raises `Overdue` out of whatever runs inside once `is_late` says so."""
        self._is_late, self._steps = is_late, 0
        try:
            yield
        finally:
            self._is_late = never

    def step(self) -> None:
        self._steps += 1
        if self._steps % _STEPS_BETWEEN == 0 and self._is_late():
            raise Overdue
