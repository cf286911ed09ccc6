"""Which requests a phone has read, and the number that the asking screen shows since then.

In memory and for a while: after a restart a screen says "waiting" a little longer, and shows no
number; the holder then has none to find, and a new code is made.
"""

from collections import OrderedDict
from dataclasses import dataclass, field, replace

from mrc.verifier.transactions import RequestId

MOST = 10_000  # requests remembered: minutes of work


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """`number` is that of the first phone. `contested`: a phone read it again, so that one of
    the two is perhaps not the phone of the person before the screen."""

    number: int | None
    contested: bool = False


@dataclass(slots=True, kw_only=True)
class Readings:
    """The first reading of a request decides its number: nobody gets it by trying again."""

    _first: OrderedDict[RequestId, Reading] = field(default_factory=OrderedDict)

    def note(self, request_id: RequestId, number: int | None) -> None:
        first = self._first.get(request_id)
        if first is not None:
            self._first[request_id] = replace(first, contested=True)
            return
        self._first[request_id] = Reading(number=number)
        if len(self._first) > MOST:
            self._first.popitem(last=False)

    def find(self, request_id: RequestId) -> Reading | None:
        return self._first.get(request_id)
