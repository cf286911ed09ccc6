"""Random histories of mobile cards on several server processes, watched by a verifier all the time.

``python -m tests.campaigns.histories --people 1000 --histories 10000`` starts a PostgreSQL server and
three issuing processes on it. Each history is a few acts for one person; histories of the same
person meet in different processes at the same moment. A fourth process, a verifier that knows
only status lists, asks about every copy ever issued, again and again while they work: at most one
phone per person and card type may be accepted. At the end the record of acts must explain each
answer. Prints one JSON object; exits with 1 where a fault was counted.
"""

import argparse
import asyncio
import json
import multiprocessing
import random
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from multiprocessing.connection import Connection
from typing import Any

import sqlalchemy as sa

from mrc.formats import base64url
from mrc.formats.catalogue.card_types import CardType
from mrc.formats.mdoc.issuer_signed import decode_issuer_signed
from mrc.formats.mdoc.mso import decode_mso
from mrc.formats.sd_jwt_vc import sd_jwt
from mrc.formats.status_list.bits import Status
from mrc.formats.status_list.reference import StatusReference, decode_status
from mrc.infra.database.engine import Database, open_database
from mrc.infra.database.issuer_tables import card_events, cards
from mrc.infra.database.upgrade import upgrade
from mrc.infra.keys.software import OpensslVerifier
from mrc.infra.status_client import StatusListClient
from mrc.issuer.cards import CardAct, Order
from mrc.issuer.configuration import StatusPolicy
from mrc.issuer.records import HolderReference
from mrc.kernel.errors import Forbidden
from mrc.protocols.oauth.dpop import thumbprint_of
from mrc.protocols.oauth.errors import OAuthError, OAuthErrorCode
from mrc.protocols.openid4vci.errors import CredentialError, CredentialErrorCode
from mrc.web.issuer_api.app import make_app
from tests import postgres_server
from tests.simulators.asgi_client import AsgiClient
from tests.simulators.issuing import Phone, World, make_world
from tests.simulators.pki import NOW, practice_pki

PROCESSES = 3
TASKS = 4  # histories at the same time in one process
BLOCK = 12  # people whose histories are mixed with each other
BATCH = 2
TYPES = (CardType.RESIDENCE, CardType.PERMANENT)
ACTS = ("issue", "issue", "issue", "renew", "renew", "lock", "unlock", "unlock", "due", "cancel")
REFUSALS = (OAuthErrorCode.INVALID_GRANT, OAuthErrorCode.INVALID_TOKEN)


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What shall happen; the same seed plans the same acts."""

    people: int = 40
    histories: int = 100
    longest: int = 4
    seed: int = 1
    list_size: int = 4000

    def schedule(self) -> list[tuple[int, int]]:
        """(history, person) in the order of starting: block by block, mixed within each."""
        chance = random.Random(self.seed)
        every = [(number, number % self.people) for number in range(self.histories)]
        every.sort(key=lambda one: (one[1] // BLOCK, chance.random()))
        return every


@dataclass(frozen=True, kw_only=True)
class Copy:
    """A copy that reached a phone."""

    person: str
    card_type: str
    phone: str
    uri: str
    idx: int


class Clock:
    """The practice time plus what has really passed since the campaign began."""

    def __init__(self, began: float) -> None:
        self._began = began

    def now(self) -> datetime:
        return NOW + timedelta(seconds=time.monotonic() - self._began)


@dataclass(kw_only=True)
class LiveWorld(World):
    """A world whose time passes."""

    clock: Clock

    def __getattribute__(self, name: str) -> Any:
        if name == "now":
            return object.__getattribute__(self, "clock").now()
        return object.__getattribute__(self, name)


def live_world(database: Database, plan: Plan, clock: Clock) -> LiveWorld:
    policy = StatusPolicy(list_size=plan.list_size, decoys=64, reserve=8)
    made = make_world(database, batch_size=BATCH, status=policy)
    return LiveWorld(database=database, issuer=made.issuer, source=made.source, clock=clock)


class Server:
    """One server process: runs its histories, says every copy that reached a phone."""

    def __init__(self, world: World, plan: Plan, number: int, told: Connection) -> None:
        self._world = world
        self._plan = plan
        self._told = told
        self._mine = [one for one in plan.schedule() if one[0] % PROCESSES == number]
        self._phones: dict[int, list[Phone]] = {}
        self.done: Counter[str] = Counter()
        self.faults: list[str] = []

    async def run(self) -> None:
        histories = iter(self._mine)
        await asyncio.gather(*[self._take(histories) for _ in range(TASKS)])
        self._told.send({"done": dict(self.done), "faults": self.faults})

    async def _take(self, histories: Iterator[tuple[int, int]]) -> None:
        for number, person in histories:
            chance = random.Random(self._plan.seed * 1_000_003 + number)
            for _ in range(chance.randint(1, self._plan.longest)):
                await self._act(chance.choice(ACTS), person, chance)

    async def _act(self, act: str, person: int, chance: random.Random) -> None:
        try:
            await self._do(act, person, chance)
            self.done[act] += 1
        except Forbidden:
            self.done[f"{act} refused"] += 1
        except OAuthError as error:
            self._refused(act, error, error.code in REFUSALS)
        except CredentialError as error:
            denied = error.code is CredentialErrorCode.CREDENTIAL_REQUEST_DENIED
            self._refused(act, error, denied)
        except Exception as error:  # noqa: BLE001 - each is a fault to be counted
            self.faults.append(f"{act}: {error!r} from {error.__cause__!r}")

    def _refused(self, act: str, error: OAuthError | CredentialError, expected: bool) -> None:
        self.done[f"{act} refused ({error.cause})"] += 1
        if not expected:
            self.faults.append(f"{act}: {error!r} {error.cause!r}")

    async def _do(self, act: str, person: int, chance: random.Random) -> None:
        cards = self._world.issuer.cards
        order = Order(
            holder=holder_of(person),
            actor="officer",
            reason=act,
            card_type=chance.choice((None, *TYPES)),
        )
        match act:
            case "issue":
                await self._issue(person, chance.choice(TYPES))
            case "renew":
                if known := self._phones.get(person):
                    await self._renew(person, chance.choice(known))
            case "lock":
                await cards.lock(order, now=self._world.now)
            case "unlock":
                await cards.unlock(order, now=self._world.now)
            case "due":
                await cards.require_renewal(order, now=self._world.now)
            case "cancel":
                await cards.cancel(order, now=self._world.now)

    async def _issue(self, person: int, card_type: CardType) -> None:
        phone = Phone(world=self._world)
        await phone.redeem(await self._world.offer(holder=holder_of(person), card_type=card_type))
        self._phones.setdefault(person, []).append(phone)
        await self._collect(person, phone, card_type)

    async def _renew(self, person: int, phone: Phone) -> None:
        await phone.refresh()
        assert phone.token is not None
        types = [one for one in TYPES if (phone.token.scope or "").startswith(one.value)]
        await self._collect(person, phone, types[0])

    async def _collect(self, person: int, phone: Phone, card_type: CardType) -> None:
        for kind in ("mdoc", "sd_jwt"):
            keys = [type(phone.dpop_key).generate() for _ in range(BATCH)]
            issued = await phone.collect(await phone.request(f"{card_type.value}_{kind}", keys))
            for credential in issued.credentials:
                status = _status_of(credential, mdoc=kind == "mdoc")
                self._told.send(
                    Copy(
                        person=holder_of(person),
                        card_type=card_type.value,
                        phone=thumbprint_of(phone.dpop_key.public_key),
                        uri=status.uri,
                        idx=status.idx,
                    )
                )


def holder_of(person: int) -> HolderReference:
    return HolderReference(f"person-{person}")


def _status_of(credential: str, *, mdoc: bool) -> StatusReference:
    if mdoc:
        payload = decode_issuer_signed(base64url.decode(credential)).issuer_auth.payload
        assert payload is not None
        found = decode_status(decode_mso(payload).status)
    else:
        found = decode_status(sd_jwt.decode(credential).payload["status"])
    assert found is not None
    return found


def serve(url: str, plan: Plan, number: int, began: float, told: Connection) -> None:
    async def work() -> None:
        async with open_database(url) as database:
            await Server(live_world(database, plan, Clock(began)), plan, number, told).run()

    asyncio.run(work())


@dataclass(kw_only=True)
class Toll:
    """What the watcher saw."""

    histories: int
    people: int
    copies: int = 0
    looks: int = 0
    answers: int = 0
    lists: int = 0
    acts: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    accepted_at_the_end: int = 0
    seconds: float = 0.0

    def encode(self) -> dict[str, object]:
        members = vars(self) | {"faults": len(self.faults), "what": self.faults[:20]}
        return members | {
            "acts": dict(sorted(self.acts.items())),
            "seconds": round(self.seconds, 1),
        }


Phones = dict[tuple[str, str], set[str]]


class Watcher:
    """An independent verifier. Its only knowledge: the copies, the roots, the lists over HTTP."""

    def __init__(self, lists: AsgiClient, clock: Clock, toll: Toll) -> None:
        self._http = lists
        self._clock = clock
        self.toll = toll
        self.copies: list[Copy] = []

    async def look(self) -> Phones:
        """Who is accepted now: lists fetched after the copies were known, nothing kept."""
        lists = StatusListClient(self._http, verifier=OpensslVerifier())
        anchors = [practice_pki().iaca.certificate]
        known, found = list(self.copies), {}
        for uri in {copy.uri for copy in known}:
            found[uri] = await lists.get_list(uri, anchors=anchors, at=self._clock.now())
        phones: Phones = {}
        for copy in known:
            if found[copy.uri].statuses.get(copy.idx) == Status.VALID:
                phones.setdefault((copy.person, copy.card_type), set()).add(copy.phone)
        self.toll.looks += 1
        self.toll.answers += len(known)
        self.toll.lists = len(found)
        for who, accepted in phones.items():
            if len(accepted) > 1:
                self.toll.faults.append(f"{who}: {len(accepted)} phones accepted")
        return phones

    async def watch(self, pipes: Sequence[Connection]) -> None:
        """Look again and again until every server has said that it is done."""
        working = set(range(len(pipes)))
        while working:
            for number in list(working):
                if self._hear(pipes[number]):
                    working.discard(number)
            await self.look()
            await asyncio.sleep(0.05)

    def _hear(self, pipe: Connection) -> bool:
        while pipe.poll():
            said = pipe.recv()
            if isinstance(said, Copy):
                self.copies.append(said)
                continue
            self.toll.acts.update(said["done"])
            self.toll.faults += said["faults"]
            return True
        return False

    async def explain(self, database: Database, phones: Phones) -> None:
        """The record of acts, replayed, says the same as the verifier about every phone."""
        async with database.reading() as tx:
            rows = await tx.fetch_all(_RECORD)
        states: dict[tuple[str, str, str], str] = {}
        for row in rows:
            who = (row["holder"], row["card_type"], row["phone"])
            states[who] = _after(states.get(who, ""), CardAct(row["act"]))
        for copy in self.copies:
            who = (copy.person, copy.card_type, copy.phone)
            if who not in states:
                self.toll.faults.append(f"{who}: no act explains the copy")
        for (person, card_type, phone), state in states.items():
            accepted = phone in phones.get((person, card_type), set())
            if state == "active" and not accepted or state in ("locked", "ended") and accepted:
                self.toll.faults.append(f"{person}, {card_type}: {state}, accepted: {accepted}")


_RECORD = (
    sa.select(cards.c.holder, cards.c.card_type, cards.c.phone, card_events.c.act)
    .join(cards, cards.c.id == card_events.c.card)
    .order_by(card_events.c.position)
)
_STATES = {
    CardAct.ISSUED: "active",
    CardAct.LOCKED: "locked",
    CardAct.CANCELLED: "ended",
    CardAct.REPLACED: "ended",
}


def _after(state: str, act: CardAct) -> str:
    """`due`: some copies are stale, others may be new; the verifier's word on them is not judged."""
    if state == "ended":
        return "ended"
    if act is CardAct.UNLOCKED:
        return "due"  # whether it was due before the lock is not in the state kept here
    if act is CardAct.RENEWAL_NEEDED:
        return "locked" if state == "locked" else "due"
    if act is CardAct.RENEWED:
        return "active"
    return _STATES[act]


async def _watched(url: str, plan: Plan, began: float, pipes: Sequence[Connection]) -> Toll:
    toll = Toll(histories=plan.histories, people=plan.people)
    clock = Clock(began)
    async with open_database(url) as database:
        world = live_world(database, plan, clock)
        client = AsgiClient(make_app(world.issuer, clock=clock))
        watcher = Watcher(client, clock, toll)
        await watcher.watch(pipes)
        phones = await watcher.look()
        await watcher.explain(database, phones)
        toll.copies = len(watcher.copies)
        toll.accepted_at_the_end = len(phones)
    toll.seconds = time.monotonic() - began
    return toll


def run(url: str, plan: Plan) -> Toll:
    """The whole campaign on a migrated, empty PostgreSQL database."""
    practice_pki()  # before the processes part: they share the issuer's keys
    began = time.monotonic()
    context = multiprocessing.get_context("fork")
    pipes, processes = [], []
    for number in range(PROCESSES):
        reading, writing = context.Pipe(duplex=False)
        process = context.Process(target=serve, args=(url, plan, number, began, writing))
        process.start()
        writing.close()
        pipes.append(reading)
        processes.append(process)
    try:
        return asyncio.run(_watched(url, plan, began, pipes))
    finally:
        for process in processes:
            process.terminate()
            process.join()


@contextmanager
def own_postgresql() -> Iterator[str]:
    """A server of this campaign alone, with a migrated database."""
    with postgres_server.own_server("campaign") as url:
        upgrade(url)
        yield url


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=1000)
    parser.add_argument("--histories", type=int, default=10_000)
    parser.add_argument("--longest", type=int, default=4)
    parser.add_argument("--list-size", type=int, default=4000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--database", help="a migrated, empty database; else a server of its own")
    chosen = vars(parser.parse_args())
    given = chosen.pop("database")
    with own_postgresql() if given is None else nullcontext(given) as url:
        toll = run(url, Plan(**chosen))
    print(json.dumps(toll.encode(), ensure_ascii=False, indent=1))
    sys.exit(1 if toll.faults else 0)


if __name__ == "__main__":
    main()
