"""The authority's register of plastic cards over HTTP: `PlasticCardRegister`."""

from collections.abc import Sequence

from mrc.formats import json_text
from mrc.kernel.errors import Malformed, Unavailable
from mrc.kernel.ports import HttpClient, HttpRequest
from mrc.protocols.dcql.members import as_filled_string, as_object, get_member
from mrc.verifier.in_person.plastic import PlasticCard, PlasticReason, RegisterEntry
from mrc.verifier.reasons import Reason

_REASONS = {
    "in_force": None,
    "not_found": PlasticReason.NOT_FOUND.value,
    "ended": Reason.STATUS_CANCELLED.value,
    "stay_ended": PlasticReason.STAY_ENDED.value,
}
_WHAT = "register of plastic cards"


class HttpPlasticRegister:
    def __init__(self, http: HttpClient, *, url: str, token: str) -> None:
        self._http = http
        self._url = url
        self._token = token

    async def look_up(self, card: PlasticCard, claims: Sequence[str]) -> RegisterEntry:
        """Raises `Unavailable`, and `Malformed` where `card` has no registration number."""
        question = {
            "number": card.number,
            "issued_on": card.issued_on.isoformat(),
            "claims": list(claims),
        }
        headers = {
            "authorization": f"Bearer {self._token}",
            "content-type": "application/json",
        }
        answer = await self._http.send(
            HttpRequest(
                method="POST",
                url=self._url,
                headers=headers,
                body=json_text.encode(question),
            )
        )
        if answer.status == 400:
            raise Malformed("number", "not a registration number")
        if answer.status != 200:
            raise Unavailable(_WHAT, f"HTTP {answer.status}")
        return _entry(answer.body)


def _entry(body: bytes) -> RegisterEntry:
    try:
        source = json_text.decode_object(body, _WHAT)
        state = as_filled_string(get_member(source, "state", _WHAT), "state")
        values = as_object(get_member(source, "values", _WHAT), "values")
    except Malformed as error:
        raise Unavailable(_WHAT, error.what) from error
    if state not in _REASONS:
        raise Unavailable(_WHAT, "a state that is not known")
    return RegisterEntry(reason=_REASONS[state], values=values)
