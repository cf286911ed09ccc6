"""Numbers for the dashboard, and the rule that no published cell stands for few people."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

SMALLEST_CELL = 10  # people; fewer could be recognised


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskNumbers:
    """Counts by wire value: cards by state, cards by type, endings of offers, cards by day."""

    by_state: Mapping[str, int]
    by_type: Mapping[str, int]
    offers_by_end: Mapping[str, int]
    by_day: Mapping[str, int]


def safe_rows(rows: Sequence[tuple[str, int]]) -> list[tuple[str, int | None]]:
    """`rows` with every count under `SMALLEST_CELL` hidden (None).

    Where only one would be hidden it is told together with the next smallest: the total may be
    known from elsewhere, and the hidden number would be what is missing.
    """
    small = [place for place, (_, count) in enumerate(rows) if count < SMALLEST_CELL]
    others = [place for place in range(len(rows)) if place not in small]
    if len(small) == 1 and others:
        return _joined(rows, small[0], min(others, key=lambda place: rows[place][1]))
    return [(label, None if count < SMALLEST_CELL else count) for label, count in rows]


def _joined(
    rows: Sequence[tuple[str, int]], alone: int, partner: int
) -> list[tuple[str, int | None]]:
    first, second = sorted((alone, partner))
    label = f"{rows[first][0]} + {rows[second][0]}"
    joined: dict[int, tuple[str, int | None]] = dict(enumerate(rows))
    joined[first] = (label, rows[first][1] + rows[second][1])
    del joined[second]
    return list(joined.values())
