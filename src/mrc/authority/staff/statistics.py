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

    Where only one would be hidden the next smallest goes with it: the total may be known from
    elsewhere, and the hidden number would be what is missing.
    """
    hidden = {index for index, (_, count) in enumerate(rows) if count < SMALLEST_CELL}
    if len(hidden) == 1:
        others = [index for index in range(len(rows)) if index not in hidden]
        if others:
            hidden.add(min(others, key=lambda index: rows[index][1]))
    return [(label, None if i in hidden else count) for i, (label, count) in enumerate(rows)]
