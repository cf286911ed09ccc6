"""Kills the authority at random moments of issuing, renewing, locking and replacing.

``python -m tests.campaigns.kills --kills 200 --seed 1`` starts real roles, lets wallets and the desk
work, kills the authority and sometimes others with it (SIGKILL), starts them again, lets everybody
go on, and counts every fault.
Prints one JSON object; exits with 1 where a fault was counted.
"""

import argparse
import asyncio
import contextlib
import json
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

from mrc.issuer.reasons import Reason
from mrc.kernel.errors import MrcError, Rejected
from mrc.wallet.holdings import Card, Format
from mrc.wallet.mobile_id import OpenWallet
from mrc.wallet.receiving import OfferedCard
from mrc.wiring.installation import AUTHORITY, CARRIER, PROVIDER, VERIFIER
from tests.campaigns.town import Observer, Refused, Town, phone, running_town

BATCH = 4
AT_ONCE = 2  # people at work when the authority dies
WITH_IT = 0.2  # how often each other role dies with the authority


@dataclass(kw_only=True)
class Attempt:
    """How far an issue came, as its holder and the desk know it."""

    phone: int
    stage: str = "offer"
    link: str | None = None
    tx_code: str | None = None
    offered: OfferedCard | None = None


@dataclass(kw_only=True)
class Holder:
    """A person with two phones, and what was acknowledged to them."""

    id: str
    phones: tuple[OpenWallet, OpenWallet]
    held: int | None = None
    locked: bool = False
    attempt: Attempt | None = None

    @property
    def other(self) -> int:
        return 0 if self.held is None else 1 - self.held

    def possible(self) -> list[str]:
        if self.held is None:
            return ["issue"]
        return ["unlock", "replace", "cancel"] if self.locked else list(_WEIGHTED)


OTHERS = (CARRIER, PROVIDER, VERIFIER)
_WEIGHTED = ("replace", "replace", "replace", "renew", "renew", "lock", "lock", "reissue", "cancel")


@dataclass(kw_only=True)
class Toll:
    """What happened, and every fault by name."""

    kills: int = 0
    killed: Counter[str] = field(default_factory=Counter)
    acts: Counter[str] = field(default_factory=Counter)
    killed_in: Counter[str] = field(default_factory=Counter)
    resumed: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    shown: Counter[str] = field(default_factory=Counter)
    copies_checked: int = 0
    seconds: float = 0.0

    def fault(self, what: str) -> None:
        self.faults.append(f"kill {self.kills}: {what}")

    def encode(self) -> dict[str, object]:
        return {
            "kills": self.kills,
            "faults": len(self.faults),
            "killed": dict(self.killed),
            "acts": dict(self.acts),
            "killed_in": dict(self.killed_in),
            "resumed": dict(self.resumed),
            "shown": dict(self.shown),
            "copies_checked": self.copies_checked,
            "seconds": round(self.seconds, 1),
            "what": self.faults,
        }


class Campaign:
    """`run` kills as often as asked. Every decision comes from the seed."""

    def __init__(self, town: Town, holders: list[Holder], seed: int) -> None:
        self.town = town
        self.holders = holders
        self.toll = Toll()
        self.observer = Observer(town.settings, town.http)
        self.chance = random.Random(seed)
        self._usual: dict[str, float] = {}

    async def run(self, kills: int) -> Toll:
        began = time.monotonic()
        for holder in self.holders:
            await self._act(holder, "issue")
            holder.attempt = None
        for number in range(1, kills + 1):
            await self._one_kill()
            self.toll.seconds = time.monotonic() - began
            if number % 10 == 0:
                print(f"{number} kills, {len(self.toll.faults)} faults", file=sys.stderr)
        return self.toll

    async def _one_kill(self) -> None:
        chosen = self.chance.sample(self.holders, AT_ONCE)
        acts = [self.chance.choice(holder.possible()) for holder in chosen]
        aimed_at = self._usual.get(self.chance.choice(acts), 0.5)
        working = [
            asyncio.create_task(self._act(holder, act))
            for holder, act in zip(chosen, acts, strict=True)
        ]
        await asyncio.sleep(self.chance.uniform(0.0, 1.1 * aimed_at))
        dead = [AUTHORITY, *(role for role in OTHERS if self.chance.random() < WITH_IT)]
        await asyncio.gather(*(self.town.kill(role) for role in dead))
        self.toll.kills += 1
        self.toll.killed.update(role.name for role in dead)
        ended = await asyncio.gather(*working, return_exceptions=True)
        await asyncio.gather(*(self.town.start(role) for role in dead))
        for holder, act, error in zip(chosen, acts, ended, strict=True):
            if error is not None and not isinstance(error, MrcError):
                self.toll.fault(f"{act} ended with {error!r}")
            await self._go_on(holder, act, done=error is None)
        await self._inspect(chosen)

    async def _act(self, holder: Holder, act: str) -> None:
        """One act; how long it takes, where nothing interrupts it, aims the kills to come."""
        began = time.monotonic()
        self.toll.acts[act] += 1
        await self._do(holder, act)
        self._usual[act] = time.monotonic() - began

    async def _do(self, holder: Holder, act: str) -> None:
        match act:
            case "issue" | "replace":
                await self._issue(holder, holder.other)
            case "reissue":
                await self._issue(holder, holder.held or 0)
            case "renew":
                await self._renew(holder)
            case _:
                await self.town.move(holder.id, act)
                _acknowledge(holder, act)

    async def _issue(self, holder: Holder, number: int) -> None:
        wallet = holder.phones[number]
        holder.attempt = attempt = Attempt(phone=number)
        attempt.link, attempt.tx_code = await self.town.offer(holder.id)
        attempt.stage = "look"
        attempt.offered = await wallet.receiving.look_at(attempt.link)
        attempt.stage = "token"
        pending = await wallet.receiving.redeem(attempt.offered, tx_code=attempt.tx_code)
        attempt.stage = "credentials"
        received = await wallet.receiving.collect(pending)
        attempt.stage = "notification"
        self._arrived(holder, number, await wallet.receiving.accept(received))

    def _arrived(self, holder: Holder, number: int, card: Card) -> None:
        self.observer.note(holder.id, number, card)
        counts = {format_: len(card.unused(format_)) for format_ in Format}
        if set(counts.values()) != {BATCH}:
            self.toll.fault(f"half a card: {counts}")
        holder.held, holder.locked = number, False

    async def _renew(self, holder: Holder) -> None:
        number = holder.held or 0
        card = await _newest(holder.phones[number])
        renewed = await holder.phones[number].renewing.renew(card.id)
        self._arrived(holder, number, renewed.card)

    async def _go_on(self, holder: Holder, act: str, *, done: bool) -> None:
        """The authority is up again: whoever was interrupted goes on, and must come to an end."""
        stage = act
        if holder.attempt is not None:
            stage = f"{act}: {'done' if done else holder.attempt.stage}"
        self.toll.killed_in[f"{stage}{'' if holder.attempt else ': done' if done else ''}"] += 1
        try:
            if holder.attempt is not None:
                await self._go_on_issuing(holder, holder.attempt, done=done)
            elif act == "renew" and not done:
                await self._go_on_renewing(holder)
            elif not done:
                await self._repeat(holder, act)
        except MrcError as error:
            self.toll.fault(f"stuck in {stage}: {error!r}")
        holder.attempt = None

    async def _go_on_issuing(self, holder: Holder, attempt: Attempt, *, done: bool) -> None:
        wallet = holder.phones[attempt.phone]
        waiting = [one for one in await wallet.pending.all() if one.renews is None]
        if len(waiting) > 1 or (done and waiting):
            self.toll.fault(f"{len(waiting)} cards on their way to one phone")
        if waiting:
            received = await wallet.receiving.collect(waiting[0])
            self._arrived(holder, attempt.phone, await wallet.receiving.accept(received))
            self.toll.resumed["same token and keys"] += 1
        elif not done and attempt.offered is not None:
            await self._same_code_or_new_offer(holder, attempt, attempt.offered)
        elif not done:
            await self._issue(holder, attempt.phone)
            self.toll.resumed["no code seen: new offer"] += 1
        if attempt.offered is not None:
            await self._code_is_spent(holder, attempt, attempt.offered)

    async def _same_code_or_new_offer(
        self, holder: Holder, attempt: Attempt, offered: OfferedCard
    ) -> None:
        """No token arrived: the code works still, or it is spent and nothing was issued by it."""
        wallet = holder.phones[attempt.phone]
        before = await self.town.desk("GET", f"/cards/{holder.id}")
        try:
            pending = await wallet.receiving.redeem(offered, tx_code=attempt.tx_code)
        except Rejected:
            if len(before) != (holder.held is not None):
                self.toll.fault("a card of which no phone has the token")
            await self._issue(holder, attempt.phone)
            self.toll.resumed["token lost: new offer"] += 1
            return
        received = await wallet.receiving.collect(pending)
        self._arrived(holder, attempt.phone, await wallet.receiving.accept(received))
        self.toll.resumed["same code"] += 1

    async def _code_is_spent(self, holder: Holder, attempt: Attempt, offered: OfferedCard) -> None:
        for wallet in holder.phones:
            with contextlib.suppress(Rejected):
                pending = await wallet.receiving.redeem(offered, tx_code=attempt.tx_code)
                self.toll.fault("a code was used twice")
                await wallet.receiving.abandon(pending)

    async def _go_on_renewing(self, holder: Holder) -> None:
        number = holder.held or 0
        wallet = holder.phones[number]
        waiting = sum(one.renews is not None for one in await wallet.pending.all())
        await wallet.look_after_cards()
        if left := len(await wallet.pending.all()):
            self.toll.fault(f"{left} renewals left over of {waiting}")
        if waiting:
            self._arrived(holder, number, await _newest(wallet))
            self.toll.resumed["renewal with the same token and keys"] += 1
        else:
            await self._renew(holder)
            self.toll.resumed["renewal begun again"] += 1

    async def _repeat(self, holder: Holder, act: str) -> None:
        """Nobody knows whether the act was done: doing it again is harmless or says that it was."""
        done_before = {"unlock": Reason.NOT_LOCKED, "cancel": Reason.NO_LIVE_CARD}
        try:
            await self.town.move(holder.id, act)
            self.toll.resumed[f"{act}: again"] += 1
        except Refused as error:
            if error.code != done_before.get(act):
                raise
            self.toll.resumed[f"{act}: was done"] += 1
        _acknowledge(holder, act)

    async def _inspect(self, touched: list[Holder]) -> None:
        for holder in self.holders:
            await self._desk_agrees(holder)
        accepted = await self.observer.accepted()
        self.toll.copies_checked += len(self.observer.copies)
        for holder in self.holders:
            expected = set() if holder.locked or holder.held is None else {holder.held}
            if accepted.get(holder.id, set()) != expected:
                found = accepted.get(holder.id)
                self.toll.fault(f"{holder.id}: accepted on {found}, acknowledged {expected}")
        for holder in touched:
            await self._show(holder)

    async def _desk_agrees(self, holder: Holder) -> None:
        live = await self.town.desk("GET", f"/cards/{holder.id}")
        states = [card["state"] for card in live]
        expected = [] if holder.held is None else ["locked" if holder.locked else "active"]
        if states != expected:
            self.toll.fault(f"{holder.id}: the desk says {states}, acknowledged {expected}")

    async def _show(self, holder: Holder) -> None:
        """Both phones, really shown to the verifier that hears of changes by push."""
        for number, wallet in enumerate(holder.phones):
            good = number == holder.held and not holder.locked
            format_ = self.chance.choice(list(Format))
            if good and len((await _newest(wallet)).unused(format_)) < 2:
                await self._renew(holder)
            decision = await self.town.show(wallet, format_)
            self.toll.shown[decision or "nothing to show"] += 1
            if decision != "valid" if good else decision not in ("not_valid", ""):
                said = "valid" if good else "not valid"
                self.toll.fault(f"{holder.id}, phone {number}: {decision!r}, not {said}")


def _acknowledge(holder: Holder, act: str) -> None:
    if act == "cancel":
        holder.held, holder.locked = None, False
    else:
        holder.locked = act == "lock"


async def _newest(wallet: OpenWallet) -> Card:
    return (await wallet.records.cards())[0]


@contextlib.asynccontextmanager
async def campaign(home: Path, *, people: int, seed: int) -> AsyncIterator[Campaign]:
    async with contextlib.AsyncExitStack() as stack:
        town = await stack.enter_async_context(
            running_town(home, people=people, batch_size=BATCH, status_list_size=20_000)
        )
        holders = []
        for person in town.people:
            names = (f"{person}-a", f"{person}-b")
            first, second = [await stack.enter_async_context(phone(town, n)) for n in names]
            holders.append(Holder(id=person, phones=(first, second)))
        yield Campaign(town, holders, seed)


async def run(kills: int, *, people: int, seed: int) -> Toll:
    with tempfile.TemporaryDirectory(prefix="mrc-kills-") as home:
        async with campaign(Path(home), people=people, seed=seed) as made:
            return await made.run(kills)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--people", type=int, default=6)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    toll = asyncio.run(run(chosen.kills, people=chosen.people, seed=chosen.seed))
    print(json.dumps(toll.encode(), ensure_ascii=False, indent=1))
    sys.exit(1 if toll.faults else 0)


if __name__ == "__main__":
    main()
