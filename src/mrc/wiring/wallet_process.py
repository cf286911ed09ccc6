"""The wallet in a process: every port to its implementation on this machine."""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path

from mrc.formats.x509.chain import ChainChecker
from mrc.infra.clock import SystemClock
from mrc.infra.http import HttpxClient
from mrc.infra.keys.software import (
    OpensslCipher,
    OpensslVerifier,
    Pbkdf2,
    SoftwareKeyMaker,
    SystemEntropy,
)
from mrc.infra.settings import Host, Settings
from mrc.infra.trust_store import TrustKind, TrustStore
from mrc.infra.wallet_host.storage import (
    FileDeviceSecret,
    FileKeyStore,
    FileRecordStore,
    WalletFile,
)
from mrc.infra.wallet_host.turn import WalletTurn
from mrc.kernel.ports import HttpClient
from mrc.protocols.openid4vp.request_object import AskerTrust
from mrc.protocols.wallet_provider.messages import Level
from mrc.wallet.asker_register import AskerRegister, FetchedRegister
from mrc.wallet.mobile_id import MobileId, WalletHost, WalletTrust
from mrc.wallet.provider_client import ProviderClient, ProviderParts
from mrc.wiring.ledger_files import askers_url, load_ledger_trust


def wallet_folder(settings: Settings, name: str) -> Path:
    return settings.home / "wallets" / name


def tls_roots(settings: Settings) -> list[Path]:
    """The certificate authorities that clients of this installation trust besides the system's."""
    known = [settings.home / "tls" / "root.pem", settings.extra_ca]
    return [path for path in known if path is not None and path.exists()]


def load_trust(settings: Settings) -> WalletTrust:
    """Issuers' and askers' roots from the folder of trusted roots.

    An asker's own certificate in that folder is trusted as it is, self-signed or not.
    """
    store = TrustStore(settings.home / "trust")
    askers = store.certificates(TrustKind.READER)
    return WalletTrust(
        issuers=ChainChecker(
            anchors=store.certificates(TrustKind.ISSUER), verifier=OpensslVerifier()
        ),
        askers=AskerTrust(anchors=askers, pinned=askers),
        reports=settings.url_of(Host.LOST),
    )


def load_register(settings: Settings, http: HttpClient) -> AskerRegister | None:
    """The register of askers on the ledger that this installation trusts, if it trusts one."""
    ledger = load_ledger_trust(settings)
    return None if ledger is None else FetchedRegister(http, askers_url(settings), ledger)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessWallet:
    """A wallet of this machine, open as a file: for acts done while its `turn` is taken."""

    mobile_id: MobileId
    keys: FileKeyStore
    records: FileRecordStore
    turn: WalletTurn


@contextlib.asynccontextmanager
async def process_wallet(settings: Settings, name: str) -> AsyncIterator[MobileId]:
    """The wallet `name` of this machine, nobody else's until the context ends.

    Raises `Unavailable` where the app or another command keeps it.
    """
    async with shared_wallet(settings, name) as wallet, wallet.turn.take():
        yield wallet.mobile_id


@contextlib.asynccontextmanager
async def shared_wallet(settings: Settings, name: str) -> AsyncIterator[ProcessWallet]:
    """The wallet `name` of this machine, closed when the context ends."""
    folder = wallet_folder(settings, name)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    device = FileDeviceSecret(folder / "device.key")
    file = WalletFile(folder / "wallet.sqlite3")
    turn = WalletTurn(folder / "wallet.lock")
    keys, records = FileKeyStore(file, device), FileRecordStore(file)
    with contextlib.closing(file), contextlib.closing(turn):
        async with HttpxClient(tls_roots(settings)) as http:
            host = WalletHost(
                keys=keys,
                records=records,
                device=device,
                key_maker=SoftwareKeyMaker(),
                cipher=OpensslCipher(),
                password_hash=Pbkdf2(),
                verifier=OpensslVerifier(),
                http=http,
                clock=SystemClock(),
                entropy=SystemEntropy(),
            )
            provider = ProviderClient(
                ProviderParts(
                    url=settings.url_of(Host.PROVIDER),
                    http=http,
                    keys=host.keys,
                    records=host.records,
                    clock=host.clock,
                    level=Level.SOFTWARE,
                )
            )
            trust = replace(load_trust(settings), register=load_register(settings, http))
            mobile_id = MobileId(host, trust, provider)
            yield ProcessWallet(mobile_id=mobile_id, keys=keys, records=records, turn=turn)
