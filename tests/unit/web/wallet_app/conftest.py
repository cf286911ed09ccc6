"""One phone with the holder's app, a real issuer and a real verifier, all in this process."""

import asyncio
import re
import shutil
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import httpx2
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
from mrc.wallet.mobile_id import MobileId, WalletHost
from mrc.web.wallet_app.app import make_app
from mrc.web.wallet_app.host import HostKind, WalletApp
from mrc.web.wallet_app.phone_check import PhoneCheck
from mrc.wiring.wallet_process import load_trust
from tests.simulators.holder_world import HolderWorld, Network, holder_world

PIN = "493817"
WRONG = "493816"
ORIGIN = "https://wallet.localhost:8443"


class QuickHash(Pbkdf2):
    """The real derivation with few rounds: these tests unlock hundreds of times."""

    async def derive(self, password: bytes, salt: bytes, iterations: int) -> bytes:
        return await super().derive(password, salt, min(iterations, 100))


@dataclass(kw_only=True)
class ShiftedClock:
    """The system's time, moved by `by`."""

    by: timedelta = timedelta()

    def now(self) -> datetime:
        return SystemClock().now() + self.by


class Page:
    """An answer as a person meets it: its text, its hidden fields."""

    def __init__(self, answer: httpx2.Response) -> None:
        self.status = answer.status_code
        self.html = answer.text
        self.url = answer.url
        self.headers = answer.headers

    @property
    def path(self) -> str:
        return str(self.url.path)

    @property
    def words(self) -> str:
        bare = re.sub(r"<(script|style).*?</\1>|<[^>]+>", " ", self.html, flags=re.S)
        return re.sub(r"\s+", " ", bare)

    def hidden(self, name: str) -> list[str]:
        return re.findall(rf'name="{name}" value="([^"]*)"', self.html)

    def action(self, start: str) -> str:
        found = re.search(rf'action="({re.escape(start)}[^"]*)"', self.html)
        assert found is not None, self.words
        return found[1].replace("&amp;", "&")


class Holder:
    """A person with a phone: opens pages and sends forms, following redirects."""

    def __init__(self, folder: Path, world: HolderWorld, kind: HostKind = HostKind.PROCESS) -> None:
        self.world = world
        self.folder = folder
        self.network: Network = world.network()
        self.clock = ShiftedClock()
        self.file = WalletFile(folder / "wallet.sqlite3")
        device = FileDeviceSecret(folder / "device.key")
        records = FileRecordStore(self.file)
        keys = FileKeyStore(self.file, device)
        host = WalletHost(
            keys=keys,
            records=records,
            device=device,
            key_maker=SoftwareKeyMaker(),
            cipher=OpensslCipher(),
            password_hash=QuickHash(),
            verifier=OpensslVerifier(),
            http=self.network,
            clock=self.clock,
            entropy=SystemEntropy(),
        )
        check = PhoneCheck(keys=keys, records=records, verifier=OpensslVerifier())
        self.mobile_id = MobileId(host, load_trust(world.settings), None)
        self.app = app = make_app(
            WalletApp(
                mobile_id=self.mobile_id,
                preferences=records,
                clock=self.clock,
                kind=kind,
                check=check,
            )
        )
        transport = httpx2.ASGITransport(app=app, raise_app_exceptions=False)
        self.client = httpx2.AsyncClient(
            transport=transport,
            base_url=ORIGIN,
            follow_redirects=True,
            headers={"accept-language": "en"},
        )

    async def file_names(self) -> list[str]:
        """The names of every record of the wallet."""
        return list(await FileRecordStore(self.file).names(""))

    def file_bytes(self) -> bytes:
        """Everything of the wallet that is on disk."""
        return b"".join(path.read_bytes() for path in self.folder.iterdir())

    async def open(self, path: str) -> Page:
        return Page(await self.client.get(path))

    async def send(self, path: str, **form: str | list[str]) -> Page:
        return Page(await self.client.post(path, data=form))

    async def onboard(self) -> Page:
        await self.send("/app/start/terms")
        await self.send("/app/start/pin", pin=PIN)
        return await self.send("/app/start/pin", pin=PIN)

    async def unlock(self, pin: str = PIN) -> Page:
        return await self.send("/app/unlock?next=/app/", pin=pin)

    async def get_card(self) -> Page:
        """The whole way from the office's code to the accepted card."""
        offer = await self.world.offer()
        page = await self.send("/app/add/scan", code=offer.link)
        (flow,) = page.hidden("flow")
        page = await self.send("/app/add/offer", flow=flow, tx_code=offer.tx_code or "")
        (flow,) = page.hidden("flow")
        return await self.send("/app/add/read", flow=flow, answer="accept")

    async def scan(self, link: str) -> Page:
        return await self.send("/app/scan", code=link)

    async def agree(self, page: Page) -> Page:
        """Tick nothing more, press share: the PIN pad comes."""
        return await self.send(
            "/app/share",
            flow=page.hidden("flow")[0],
            share=page.hidden("share"),
            answer="share",
        )

    async def confirm(self, page: Page, pin: str = PIN) -> Page:
        return await self.send(page.action("/app/share/confirm"), pin=pin)


@pytest.fixture(scope="session")
def made_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Keys and tables, made once: each test works on a copy."""

    async def make(home: Path) -> None:
        async with holder_world(home):
            pass

    home = tmp_path_factory.mktemp("holder") / "home"
    asyncio.run(make(home))
    return home


@pytest.fixture
async def world(tmp_path: Path, made_home: Path) -> AsyncIterator[HolderWorld]:
    shutil.copytree(made_home, tmp_path / "home")
    async with holder_world(tmp_path / "home") as made:
        yield made


@pytest.fixture
def holder(world: HolderWorld, tmp_path: Path) -> Iterator[Holder]:
    folder = tmp_path / "phone"
    folder.mkdir()
    made = Holder(folder, world)
    yield made
    made.file.close()


@pytest.fixture
async def carrier(holder: Holder) -> Holder:
    """A holder with a card."""
    await holder.onboard()
    done = await holder.get_card()
    assert "The card is on your phone." in done.words
    return holder
