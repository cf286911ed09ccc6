"""A card on its way always arrives, or makes room: tokens that ran out, renewals that died."""

import contextlib
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from mrc.infra.clock import SystemClock
from mrc.infra.keys.software import (
    OpensslCipher,
    OpensslVerifier,
    Pbkdf2,
    SoftwareKeyMaker,
    SystemEntropy,
)
from mrc.infra.wallet_host.storage import (
    FileDeviceSecret,
    FileKeyStore,
    FileRecordStore,
    WalletFile,
)
from mrc.issuer.cards import Order
from mrc.kernel.errors import Unavailable
from mrc.wallet.holdings import Card, Format
from mrc.wallet.mobile_id import MobileId, OpenWallet, WalletHost
from mrc.wallet.pending import PendingCard
from mrc.wiring.wallet_process import load_trust
from tests.simulators.holder_world import HOLDER, HolderWorld, Network, holder_world

CREDENTIALS = "/credential"


class QuickHash(Pbkdf2):
    """The real derivation with few rounds."""

    async def derive(self, password: bytes, salt: bytes, iterations: int) -> bytes:
        return await super().derive(password, salt, min(iterations, 100))


@dataclass(kw_only=True)
class Phone:
    world: HolderWorld
    network: Network
    keys: FileKeyStore
    wallet: OpenWallet

    async def redeem(self) -> PendingCard:
        offer = await self.world.offer()
        offered = await self.wallet.receiving.look_at(offer.link)
        return await self.wallet.receiving.redeem(offered, tx_code=offer.tx_code)

    async def take(self, pending: PendingCard) -> Card:
        return await self.wallet.receiving.accept(await self.wallet.receiving.collect(pending))

    async def renewal_that_dies(self, card: Card) -> None:
        self.network.lost.add(CREDENTIALS)
        with pytest.raises(Unavailable):
            await self.wallet.renewing.renew(card.id)
        self.network.lost.clear()

    async def tokens_run_out(self) -> None:
        await self.world.issuer.purge(now=SystemClock().now() + timedelta(hours=1))

    async def renewals(self) -> list[PendingCard]:
        return [one for one in await self.wallet.pending.all() if one.renews is not None]


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[WalletFile]:
    with contextlib.closing(WalletFile(tmp_path / "wallet.sqlite3")) as file:
        yield file


@pytest.fixture
async def phone(tmp_path: Path, folder: WalletFile) -> AsyncIterator[Phone]:
    async with holder_world(tmp_path / "home") as world:
        network, device = world.network(), FileDeviceSecret(tmp_path / "device.key")
        keys = FileKeyStore(folder, device)
        host = WalletHost(
            keys=keys,
            records=FileRecordStore(folder),
            device=device,
            key_maker=SoftwareKeyMaker(),
            cipher=OpensslCipher(),
            password_hash=QuickHash(),
            verifier=OpensslVerifier(),
            http=network,
            clock=SystemClock(),
            entropy=SystemEntropy(),
        )
        wallet = await MobileId(host, load_trust(world.settings), None).activate("493817")
        yield Phone(world=world, network=network, keys=keys, wallet=wallet)


def whole(card: Card) -> bool:
    return {len(card.unused(format_)) for format_ in Format} == {8}


async def test_a_card_is_collected_after_its_token_ran_out(phone: Phone) -> None:
    pending = await phone.redeem()
    await phone.tokens_run_out()
    assert whole(await phone.take(pending))
    assert await phone.wallet.pending.all() == []


async def test_a_card_whose_answer_was_lost_is_collected_after_its_token_ran_out(
    phone: Phone,
) -> None:
    pending = await phone.redeem()
    phone.network.lost.add(CREDENTIALS)
    with pytest.raises(Unavailable):
        await phone.wallet.receiving.collect(pending)
    phone.network.lost.clear()
    await phone.tokens_run_out()
    assert whole(await phone.take(pending))
    assert len(await phone.world.issuer.cards.live(HOLDER)) == 1


async def test_a_card_collected_late_is_renewed_later(phone: Phone) -> None:
    pending = await phone.redeem()
    await phone.tokens_run_out()
    card = await phone.take(pending)
    await phone.tokens_run_out()
    assert whole((await phone.wallet.renewing.renew(card.id)).card)


async def test_a_renewal_that_died_is_finished_after_its_token_ran_out(phone: Phone) -> None:
    card = await phone.take(await phone.redeem())
    await phone.renewal_that_dies(card)
    await phone.tokens_run_out()
    upkeep = await phone.wallet.look_after_cards()
    assert [whole(renewed.card) for renewed in upkeep.renewed] == [True]
    assert await phone.renewals() == []


async def test_while_the_office_does_not_answer_renewals_do_not_pile_up(phone: Phone) -> None:
    card = await phone.take(await phone.redeem())
    for copy in card.unused(Format.MSO_MDOC)[:7]:
        await phone.wallet.records.put_copy(card.id, copy.used(SystemClock().now()))
    phone.network.lost.add(CREDENTIALS)
    for _ in range(3):
        await phone.wallet.look_after_cards()
    assert len(await phone.renewals()) == 1


async def test_a_renewal_that_is_refused_makes_room_for_a_later_one(phone: Phone) -> None:
    card = await phone.take(await phone.redeem())
    await phone.renewal_that_dies(card)
    await phone.tokens_run_out()
    order = Order(holder=HOLDER, actor="officer-1", reason="loss_report")
    await phone.world.issuer.cards.lock(order, now=SystemClock().now())
    await phone.wallet.look_after_cards()
    assert await phone.renewals() == []
    await phone.world.issuer.cards.unlock(order, now=SystemClock().now())
    await phone.wallet.look_after_cards()
    assert whole((await phone.wallet.renewing.renew(card.id)).card)


async def test_the_keys_of_a_refused_renewal_are_forgotten(phone: Phone) -> None:
    card = await phone.take(await phone.redeem())
    before = len(await phone.keys.known())
    await phone.renewal_that_dies(card)
    order = Order(holder=HOLDER, actor="officer-1", reason="left the country")
    await phone.world.issuer.cards.cancel(order, now=SystemClock().now())
    await phone.wallet.look_after_cards()
    assert len(await phone.keys.known()) < before
