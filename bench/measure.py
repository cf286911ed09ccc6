"""Measuring in interleaved rounds: CPU time of one thread, best and median, in microseconds.

Absolute numbers move with the machine; what counts is the ratio to S (one raw P-256 signature) and
V (one raw P-256 verification), taken in the same rounds by the same library.
"""

import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

ROUNDS = 25
ROUND_SECONDS = 0.02  # of CPU for each act in each round


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """Microseconds of CPU for one act."""

    best: float
    median: float


def measure(acts: Mapping[str, Callable[[], object]], *, rounds: int = ROUNDS) -> dict[str, Figure]:
    """Every act in every round, so that a slow moment of the machine hits all of them."""
    times: dict[str, list[float]] = {name: [] for name in acts}
    counts = {name: _count(act) for name, act in acts.items()}
    for _ in range(rounds):
        for name, act in acts.items():
            times[name].append(_once(act, counts[name]))
    return {
        name: Figure(best=min(taken), median=statistics.median(taken))
        for name, taken in times.items()
    }


def _once(act: Callable[[], object], count: int) -> float:
    begun = time.process_time()
    for _ in range(count):
        act()
    return (time.process_time() - begun) / count * 1e6


def _count(act: Callable[[], object]) -> int:
    act()
    return max(1, int(ROUND_SECONDS / max(_once(act, 1) / 1e6, 1e-6)))
