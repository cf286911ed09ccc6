"""A phone with an open wallet over a real issuer and verifier, and a network that may lie."""

import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

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
from mrc.kernel.ports import HttpClient, HttpRequest, HttpResponse
from mrc.wallet.holdings import Card
from mrc.wallet.mobile_id import MobileId, OpenWallet, WalletHost, WalletTrust
from mrc.wallet.presenting import Shown
from mrc.wiring.wallet_process import load_trust
from tests.simulators.holder_world import HolderWorld, holder_world

PIN = "493817"
Change = Callable[[HttpRequest, HttpResponse], HttpResponse]


class QuickHash(Pbkdf2):
    """The real derivation with few rounds."""

    async def derive(self, password: bytes, salt: bytes, iterations: int) -> bytes:
        return await super().derive(password, salt, min(iterations, 100))


@dataclass(kw_only=True)
class LyingNetwork:
    """Passes requests on and may change their answers; remembers what was sent."""

    real: HttpClient
    change: Change | None = None
    sent: list[HttpRequest] = field(default_factory=list)

    async def send(self, request: HttpRequest) -> HttpResponse:
        self.sent.append(request)
        answer = await self.real.send(request)
        return answer if self.change is None else self.change(request, answer)


@dataclass(kw_only=True)
class WalletPhone:
    """One holder's phone."""

    world: HolderWorld
    network: LyingNetwork
    keys: FileKeyStore
    wallet: OpenWallet

    async def receive(self) -> Card:
        """Counter QR to accepted card."""
        offer = await self.world.offer()
        offered = await self.wallet.receiving.look_at(offer.link)
        pending = await self.wallet.receiving.redeem(offered, tx_code=offer.tx_code)
        return await self.wallet.receiving.accept(await self.wallet.receiving.collect(pending))

    async def answer(self, purpose: str = "age-19") -> Shown:
        asked = await self.world.ask(purpose)
        question = await self.wallet.asking.look_at(asked.link)
        proposal = await self.wallet.presenting.propose(question)
        return await self.wallet.presenting.answer(proposal, proposal.preferred())


@contextlib.asynccontextmanager
async def wallet_phone(
    folder: Path, *, trust: Callable[[WalletTrust], WalletTrust] = lambda known: known
) -> AsyncIterator[WalletPhone]:
    """A phone in a world of its own. `trust` may change whom its wallet believes."""
    async with holder_world(folder / "home") as world:
        with contextlib.closing(WalletFile(folder / "wallet.sqlite3")) as file:
            device = FileDeviceSecret(folder / "device.key")
            network = LyingNetwork(real=world.network())
            host = WalletHost(
                keys=FileKeyStore(file, device),
                records=FileRecordStore(file),
                device=device,
                key_maker=SoftwareKeyMaker(),
                cipher=OpensslCipher(),
                password_hash=QuickHash(),
                verifier=OpensslVerifier(),
                http=network,
                clock=SystemClock(),
                entropy=SystemEntropy(),
            )
            mobile_id = MobileId(host, trust(load_trust(world.settings)), None)
            wallet = await mobile_id.activate(PIN)
            yield WalletPhone(
                world=world, network=network, keys=FileKeyStore(file, device), wallet=wallet
            )


def with_body(answer: HttpResponse, body: bytes) -> HttpResponse:
    return replace(answer, body=body)
