"""How the wallet learns that a card was locked or cancelled: it reads the status list itself.

Token Status List, section 8. One entry is asked for one card: all copies stand and fall together.
A list that cannot be had or believed changes nothing. A cancelled card's copies are erased with
their keys: it can never be shown again, also not by whoever finds the phone.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from mrc.formats.status_list import jwt_token
from mrc.formats.status_list.bits import Status
from mrc.formats.status_list.reference import StatusReference
from mrc.formats.x509.chain import ChainChecker
from mrc.formats.x509.profiles import Purpose
from mrc.kernel.errors import Malformed, MrcError, Rejected, Unavailable
from mrc.kernel.keys import Algorithm
from mrc.kernel.ports import Clock, HttpClient, HttpRequest
from mrc.wallet.holdings import Card, CardState
from mrc.wallet.ports import KeyStore
from mrc.wallet.reasons import Reason
from mrc.wallet.records import CardRecords
from mrc.wallet.server_time import ServerTime

STATES = {
    Status.VALID: CardState.USABLE,
    Status.CANCELLED: CardState.CANCELLED,
    Status.LOCKED: CardState.LOCKED,
    Status.RENEWAL_NEEDED: CardState.RENEWAL_NEEDED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class StandingParts:
    http: HttpClient
    keys: KeyStore
    records: CardRecords
    trust: ChainChecker
    clock: Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A card whose state became another: what a notice tells the holder (UX W-24)."""

    card: Card
    before: CardState


class Standing:
    """Brings the cards' states up to date."""

    def __init__(self, parts: StandingParts) -> None:
        self._parts = parts
        self._time = ServerTime(parts.clock)

    async def refresh(self) -> Sequence[Change]:
        """Ask about every card that is not cancelled. Cards nothing was learnt of stay as they are."""
        changes = []
        for card in await self._parts.records.cards():
            if card.state is CardState.CANCELLED:
                continue
            try:
                state = await self._state_of(card)
            except MrcError:
                continue
            if state is not card.state:
                changes.append(Change(card=await self._become(card, state), before=card.state))
        return changes

    async def _state_of(self, card: Card) -> CardState:
        reference = next((copy.status for copy in card.copies if copy.status is not None), None)
        if reference is None:
            return card.state
        value = await self._value_of(reference)
        if value not in set(Status):
            raise Malformed("status", f"value {value} has no meaning here")
        return STATES[Status(value)]

    async def _value_of(self, reference: StatusReference) -> int:
        answer = await self._parts.http.send(
            HttpRequest(method="GET", url=reference.uri, headers={"accept": jwt_token.MEDIA_TYPE})
        )
        if answer.status != 200:
            raise Unavailable("status list", f"status {answer.status}")
        token = jwt_token.decode_jwt(answer.body.decode("ascii", "replace"))
        if token.x5c is None:
            raise Rejected(Reason.CARD_NOT_TRUSTED, "HAIP 6.1", "a status list without x5c")
        self._time.heard(reference.uri, answer.headers)
        at = self._time.at(reference.uri)  # a phone that is late would call every list too new
        chain = self._parts.trust.check(token.x5c, expected_purpose=Purpose.STATUS_SIGNER, at=at)
        trusted = jwt_token.check_jwt(
            token,
            key=chain.leaf_key,
            expected_algorithms=(Algorithm.ES256,),
            expected_uri=reference.uri,
            at=at,
            verifier=self._parts.trust.verifier,
        )
        return trusted.get(reference)

    async def _become(self, card: Card, state: CardState) -> Card:
        changed = replace(card, state=state, state_at=self._parts.clock.now())
        if state is CardState.CANCELLED:
            await self._parts.records.erase_copies(changed)
            await self._parts.keys.forget([copy.key_id for copy in card.copies])
            return replace(changed, copies=())
        await self._parts.records.put_state(changed)
        return changed
