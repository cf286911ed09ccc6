"""What time it is where a proof is judged: a phone's clock may be wrong, and its holder cannot know.

Every answer of a web server says its time (`Date`, RFC 9110, 6.6.1). What the wallet signs for a
server is dated by that server's clock, so that a phone some minutes off is not refused for it.
Proofs to that same server are dated so, and the status list or request that it serves is judged so.
Everything else is judged by the phone's own clock. A server that says something far off is not believed: more than `MOST` is no drift.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

from mrc.kernel.ports import Clock

MOST = timedelta(minutes=10)
HEADER = "date"


class ServerTime:
    """Offsets by origin, for as long as this object lives."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._ahead: dict[str, timedelta] = {}

    def heard(self, url: str, headers: Mapping[str, str]) -> None:
        """Note what the server at `url` says; an answer without a readable time changes nothing."""
        said = _date(headers.get(HEADER, ""))
        if said is None:
            return
        ahead = said - self._clock.now()
        if abs(ahead) <= MOST:
            self._ahead[_origin(url)] = ahead
        else:
            self._ahead.pop(_origin(url), None)

    def at(self, url: str) -> datetime:
        """The time at that server; the phone's own where nothing was heard of it."""
        return self._clock.now() + self._ahead.get(_origin(url), timedelta())


def _date(text: str) -> datetime | None:
    """An HTTP date, in GMT and to the second."""
    try:
        said = parsedate_to_datetime(text)
    except ValueError:
        return None
    return None if said.utcoffset() is None else said.astimezone(UTC)


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
