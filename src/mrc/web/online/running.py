"""The life of a sign-in: started, asked on this phone or another, read once, ended. No words."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from mrc.kernel.errors import Rejected
from mrc.verifier.in_person.answers import Shortfall
from mrc.verifier.online.sign_ins import CODE_TIME, Device, End, SignIn, SignInId, Wish
from mrc.verifier.policy import Decision
from mrc.verifier.reasons import Reason
from mrc.verifier.requests import Asking
from mrc.verifier.transactions import Outcome, Stage
from mrc.web.online.parts import OnlineParts

_ID_BYTES = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What the card said, for the one page that shows it."""

    values: Mapping[str, object] = field(default_factory=dict, repr=False)


class Running:
    def __init__(self, parts: OnlineParts) -> None:
        self._parts = parts

    async def start(self, wish: Wish, browser: bytes) -> SignIn:
        sign_in = SignIn(
            id=SignInId(secrets.token_urlsafe(_ID_BYTES)),
            browser=browser,
            wish=wish,
            opened_at=self._parts.clock.now(),
        )
        await self._parts.sign_ins.add(sign_in)
        return sign_in

    async def ask(self, sign_in: SignIn, device: Device) -> SignIn:
        """A fresh request. On this phone the answer comes back with a code of its own."""
        now = self._parts.clock.now()
        same = device is Device.HERE
        verifier = self._parts.verifier if same else self._parts.landing_verifier
        asking = Asking(
            purpose=sign_in.wish.purpose,
            return_uri=f"{self._parts.origin}/returned/{sign_in.id}" if same else None,
            number_match=not same,
        )
        asked = await verifier.ask(asking, now=now)
        changed = replace(
            sign_in,
            device=device,
            transaction=asked.id,
            link=asked.link,
            closes_at=now + CODE_TIME,
            codes=sign_in.codes + 1,
        )
        await self._parts.sign_ins.change(changed)
        return changed

    async def stage(self, sign_in: SignIn) -> Stage:
        """Where it stands; reads nothing that is told only once."""
        now = self._parts.clock.now()
        if sign_in.transaction is None or sign_in.closes_at is None:
            return Stage.EXPIRED
        try:
            stage = await self._parts.verifier.stage(sign_in.transaction, now=now)
        except Rejected:
            return Stage.EXPIRED
        late = stage is Stage.OPEN and now >= sign_in.closes_at
        return Stage.EXPIRED if late else stage

    async def read(self, sign_in: SignIn, *, response_code: str | None) -> tuple[SignIn, Told]:
        """The end of a sign-in, with what the card said for the one call that brought it.

        Raises `Rejected` where the answer came on this phone and the code is not the one that
        the holder brought back.
        """
        if sign_in.end is not None or sign_in.transaction is None:
            return sign_in, Told()
        outcome = await self._parts.verifier.outcome(
            sign_in.transaction, response_code=response_code, now=self._parts.clock.now()
        )
        if outcome is None:
            return sign_in, Told()
        values = next((card.values for card in outcome.cards if card.values), {})
        end, reason = _end(sign_in.wish, outcome, values)
        ended = replace(sign_in, end=end, reason=reason)
        if not await self._parts.sign_ins.finish(ended):
            return ended, Told()
        return ended, Told(values=values if end is End.DONE else {})

    async def stop(self, sign_in: SignIn) -> None:
        await self._parts.sign_ins.finish(replace(sign_in, end=End.STOPPED))

    async def find(self, sign_in: str) -> SignIn | None:
        return await self._parts.sign_ins.find(SignInId(sign_in))

    def now(self) -> datetime:
        return self._parts.clock.now()


def _end(wish: Wish, outcome: Outcome, values: Mapping[str, object]) -> tuple[End, str | None]:
    """A website has nobody who could ask further: only a plain yes signs in."""
    verdict = outcome.verdict
    if verdict is None:
        return End.DECLINED, None
    if verdict.decision is not Decision.VALID:
        return End.NOT_GOOD, next(iter(verdict.reasons), Reason.NOT_REACHED.value)
    if wish is Wish.AGE and values.get("age_over_19") is not True:
        return End.TOO_YOUNG, Shortfall.UNDER_AGE.value
    return End.DONE, None
