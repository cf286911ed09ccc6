"""Ids that may be used once, forgotten when what carried them has run out (RFC 7519, 4.1.7)."""

from datetime import datetime

MOST_IDS = 100_000  # more live assertions than this is an attack: the oldest answer is refusal


class SeenIds:
    def __init__(self) -> None:
        self._until: dict[str, datetime] = {}

    def claim(self, id_: str, *, until: datetime, at: datetime) -> bool:
        """True the first time. False where the id is spent, or too many are."""
        if id_ in self._until and self._until[id_] > at:
            return False
        if len(self._until) >= MOST_IDS:
            self._until = {key: end for key, end in self._until.items() if end > at}
            if len(self._until) >= MOST_IDS:
                return False
        self._until[id_] = until
        return True
