"""The authority dies at every transaction boundary, just before and just after the commit.

One life of a card is told again and again; each time the process dies at another commit and a new
one takes over the same database. Whoever was interrupted asks again, as wallets and desks do.
"""

from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from enum import Enum
from itertools import count
from typing import TypeVar

import pytest

from mrc.formats import base64url
from mrc.formats.mdoc.issuer_signed import decode_issuer_signed
from mrc.formats.mdoc.mso import decode_mso
from mrc.formats.sd_jwt_vc import sd_jwt
from mrc.formats.status_list.bits import Status
from mrc.formats.status_list.reference import StatusReference, decode_status
from mrc.infra.database.engine import Database, Transaction
from mrc.infra.keys.software import SoftwareSigner
from mrc.issuer.cards import Order
from mrc.issuer.offers import MadeOffer
from mrc.issuer.records import HolderReference, PublishedToken, StatusListId
from mrc.kernel.errors import Forbidden
from mrc.protocols.oauth.errors import OAuthError, OAuthErrorCode
from mrc.protocols.openid4vci.credential import IssuedCredentials, NotificationEvent
from tests.simulators.issuing import MDOC, SD_JWT, Phone, World, make_world
from tests.simulators.status_reading import read_status

BATCH = 3
T = TypeVar("T")


class Side(Enum):
    BEFORE = "before the commit"
    AFTER = "after the commit"


class Died(Exception):
    """The process is gone; its caller hears nothing."""


@dataclass(kw_only=True)
class DyingDatabase:
    """A real database under a process that dies once, at its `dies_at`-th write transaction."""

    inner: Database
    dies_at: int | None = None
    side: Side = Side.BEFORE
    commits: int = 0

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        here = self.commits == self.dies_at
        self.commits += 1
        async with self.inner.transaction() as tx:
            yield tx
            if here and self.side is Side.BEFORE:
                raise Died
        if here:
            raise Died

    def reading(self) -> AbstractAsyncContextManager[Transaction]:
        return self.inner.reading()


@dataclass(kw_only=True)
class Life:
    """One person's cards on three phones, one after the other."""

    database: DyingDatabase
    holder: HolderReference
    world: World
    copies: dict[str, list[StatusReference]] = field(default_factory=dict)
    deaths: int = 0
    spent: list[tuple[Phone, MadeOffer]] = field(default_factory=list)

    async def tell(self) -> int:
        """The number of commits that the life took, before it is looked back on."""
        first = await self.issue("first")
        await self.move("lock")
        assert await self.seen("first") == {Status.LOCKED}
        await self.move("unlock")
        assert await self.seen("first") == {Status.VALID}
        self.world.now += timedelta(seconds=1)
        first.world = self.world
        await self.again(first.refresh)
        await self.collect(first, "first")
        await self.issue("second")
        assert await self.seen("first") == {Status.CANCELLED}
        await self.move("cancel")
        await self.issue("third")
        assert await self.seen("second") == {Status.CANCELLED}
        assert await self.seen("third") == {Status.VALID}
        commits = self.database.commits
        live = await self.world.issuer.cards.live(self.holder)
        assert len(live) == 1
        for phone, offer in self.spent:
            assert await self.is_refused(phone, offer)
            assert await self.is_refused(Phone(world=self.world), offer)
        return commits

    async def again(self, step: Callable[[], Awaitable[T]]) -> T:
        """The step; where the process died in it, the step once more with a new process."""
        try:
            return await step()
        except Died:
            self.restart()
            return await step()

    def restart(self) -> None:
        self.deaths += 1
        self.world = self.world.again()

    async def issue(self, name: str) -> Phone:
        phone = Phone(world=self.world)
        offer = await self.again(lambda: self.world.offer(holder=self.holder))
        try:
            await phone.redeem(offer)
        except Died:
            self.restart()
            phone.world = self.world
            offer = await self.redeem_again(phone, offer)
        self.spent.append((phone, offer))
        await self.collect(phone, name)
        return phone

    async def redeem_again(self, phone: Phone, offer: MadeOffer) -> MadeOffer:
        """The code still works, or it is spent, nothing was issued by it, and a new one does."""
        before = await self.world.issuer.cards.live(self.holder)
        if self.database.side is Side.BEFORE or not await self.is_refused(phone, offer):
            await phone.redeem(offer)
            return offer
        assert await self.world.issuer.cards.live(self.holder) == before
        offer = await self.world.offer(holder=self.holder)
        await phone.redeem(offer)
        return offer

    async def collect(self, phone: Phone, name: str) -> None:
        """Both formats with the same keys after a death, each with its notification."""
        for configuration_id in (MDOC, SD_JWT):
            keys = [SoftwareSigner.generate() for _ in range(BATCH)]

            async def ask(
                name: str = configuration_id, keys: list[SoftwareSigner] = keys
            ) -> IssuedCredentials:
                phone.world = self.world
                return await phone.collect(await phone.request(name, keys))

            issued = await self.again(ask)
            assert len(issued.credentials) == BATCH
            found = [status_of(text, configuration_id) for text in issued.credentials]
            self.copies.setdefault(name, []).extend(found)

            async def notify(notification_id: str = issued.notification_id or "") -> None:
                phone.world = self.world
                await phone.notify(notification_id, NotificationEvent.ACCEPTED)

            await self.again(notify)

    async def move(self, act: str) -> None:
        """Asked again after a death: done now, or the answer says that it was done."""
        order = Order(holder=self.holder, actor="officer-1", reason=act)
        died = self.deaths
        try:
            await self.again(
                lambda: getattr(self.world.issuer.cards, act)(order, now=self.world.now)
            )
        except Forbidden:
            if self.deaths == died or self.database.side is Side.BEFORE:
                raise

    async def seen(self, name: str) -> set[int]:
        """What the lists say about every copy of a phone."""
        seen = set()
        for reference in self.copies[name]:
            list_id = StatusListId(reference.uri.rpartition("/")[2])

            async def ask(name: StatusListId = list_id) -> PublishedToken | None:
                return await self.world.issuer.status.token(name, now=self.world.now)

            token = await self.again(ask)
            assert token is not None
            seen.add(read_status(token, reference, at=self.world.now))
        return seen

    async def is_refused(self, phone: Phone, offer: MadeOffer) -> bool:
        phone.world = self.world
        with pytest.raises(OAuthError) as caught:
            await phone.redeem(offer)
        return caught.value.code is OAuthErrorCode.INVALID_GRANT


def status_of(credential: str, configuration_id: str) -> StatusReference:
    if configuration_id == MDOC:
        payload = decode_issuer_signed(base64url.decode(credential)).issuer_auth.payload
        assert payload is not None
        found = decode_status(decode_mso(payload).status)
    else:
        found = decode_status(sd_jwt.decode(credential).payload["status"])
    assert found is not None
    return found


_numbers = count()


async def one_life(database: Database, dies_at: int | None, side: Side) -> tuple[int, int]:
    """(commits, deaths) of one life with a death at a given commit."""
    dying = DyingDatabase(inner=database, dies_at=dies_at, side=side)
    number, world = next(_numbers), make_world(dying, batch_size=BATCH)
    world.now += timedelta(minutes=number)  # lists that all lives share are dated by the clock
    life = Life(database=dying, holder=HolderReference(f"person-{number}"), world=world)
    return await life.tell(), life.deaths


async def test_no_death_at_any_commit_leaves_half_a_card_or_loses_a_lock(
    database: Database,
) -> None:
    commits, deaths = await one_life(database, None, Side.BEFORE)
    assert deaths == 0
    tally: Counter[Side] = Counter()
    for side in Side:
        for dies_at in range(commits):
            _, deaths = await one_life(database, dies_at, side)
            tally[side] += deaths
    assert commits > 25
    assert min(tally.values()) > 25
