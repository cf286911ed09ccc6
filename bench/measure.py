"""Measuring in interleaved rounds: CPU time of one process, best and median, in microseconds.

Absolute numbers move with the machine; what counts is the ratio to S (one raw P-256 signature) and
V (one raw P-256 verification), taken in the same rounds by the same library. The best of many
rounds is what the code needs when nobody else disturbs it.
"""

import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

ROUNDS = 25
ROUND_SECONDS = 0.02  # of CPU for each act in each round

Meter = Callable[[int], float]
"""Does an act so often; the microseconds of CPU for one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """Microseconds of CPU for one act."""

    best: float
    median: float


def measure(acts: Mapping[str, Callable[[], object]], *, rounds: int = ROUNDS) -> dict[str, Figure]:
    """Every act in every round, so that a slow moment of the machine hits all of them."""
    return measure_all({name: meter(act) for name, act in acts.items()}, rounds=rounds)


def measure_all(meters: Mapping[str, Meter], *, rounds: int = ROUNDS) -> dict[str, Figure]:
    """As `measure`, for acts that may be another process's."""
    times: dict[str, list[float]] = {name: [] for name in meters}
    counts = {name: _count(once) for name, once in meters.items()}
    for _ in range(rounds):
        for name, once in meters.items():
            times[name].append(once(counts[name]))
    return {
        name: Figure(best=min(taken), median=statistics.median(taken))
        for name, taken in times.items()
    }


def meter(act: Callable[[], object]) -> Meter:
    """The meter of an act of this process."""

    def once(count: int) -> float:
        begun = time.process_time()
        for _ in range(count):
            act()
        return (time.process_time() - begun) / count * 1e6

    return once


def _count(once: Meter) -> int:
    once(1)
    return max(1, int(ROUND_SECONDS / max(once(1) / 1e6, 1e-6)))
