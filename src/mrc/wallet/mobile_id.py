"""Mobile ID: the wallet as its front ends see it, locked or open.

`MobileId` knows the host and is always there; `OpenWallet` exists only while the holder has
unlocked it and holds every use case. Nothing of a card can be reached without it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from mrc.formats.jose import jwe
from mrc.formats.x509.chain import ChainChecker
from mrc.kernel.errors import Rejected, Unavailable
from mrc.kernel.ports import (
    Cipher,
    Clock,
    Entropy,
    HttpClient,
    KeyMaker,
    PasswordHash,
    SignatureVerifier,
)
from mrc.protocols.openid4vp.request_object import AskerTrust
from mrc.wallet import vault
from mrc.wallet.asker_register import AskerRegister
from mrc.wallet.asking import Asking, AskingParts
from mrc.wallet.authorizing import Authorizing
from mrc.wallet.card_door import CardDoor
from mrc.wallet.checking import MdocChecker, SdJwtChecker
from mrc.wallet.delivery import Delivery
from mrc.wallet.holdings import Card, Format
from mrc.wallet.ic_card import IcCardParts, IcCardReceiving
from mrc.wallet.issuer_client import IssuerClient
from mrc.wallet.locking import Locking
from mrc.wallet.network import WalletNetwork
from mrc.wallet.pending import PendingCard, PendingRecords
from mrc.wallet.pin import TryCounter
from mrc.wallet.ports import DeviceSecret, KeyId, KeyStore, RecordStore
from mrc.wallet.presenting import Presenting, PresentingParts
from mrc.wallet.provider import WalletProvider
from mrc.wallet.provider_client import INSTANCE_RECORD
from mrc.wallet.receiving import Receiving, ReceivingParts
from mrc.wallet.records import CardRecords
from mrc.wallet.renewing import RENEWABLE, Renewed, Renewing, needs_renewal
from mrc.wallet.reporting import Reporting
from mrc.wallet.standing import Change, Standing, StandingParts
from mrc.wallet.unlocking import Unlocking
from mrc.wallet.updates import Updates


@dataclass(frozen=True, slots=True, kw_only=True)
class WalletHost:
    """Everything a host supplies."""

    keys: KeyStore
    records: RecordStore
    device: DeviceSecret
    key_maker: KeyMaker
    cipher: Cipher
    password_hash: PasswordHash
    verifier: SignatureVerifier
    http: HttpClient
    clock: Clock
    entropy: Entropy


@dataclass(frozen=True, slots=True, kw_only=True)
class WalletTrust:
    """Whom this wallet believes: card issuers' roots, askers' roots, and a ledger's register.

    `reports`: the address of the office that takes reports about askers, empty where none is known.
    """

    issuers: ChainChecker
    askers: AskerTrust
    register: AskerRegister | None = None
    reports: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Upkeep:
    """What the wallet found and did when it looked after its cards."""

    changes: Sequence[Change]
    renewed: Sequence[Renewed]
    not_renewed: Sequence[Card]


class OpenWallet:
    """The use cases of an unlocked wallet."""

    def __init__(
        self,
        opened: vault.OpenVault,
        host: WalletHost,
        trust: WalletTrust,
        provider: WalletProvider | None,
    ) -> None:
        self.vault = opened
        self.records = CardRecords(opened)
        self.pending = PendingRecords(opened)
        self._host = host
        self._sender = jwe.Sender(
            key_maker=host.key_maker, entropy=host.entropy, cipher=host.cipher
        )
        self._set_up_holding(trust, provider)
        self._set_up_showing(trust)
        self.reporting = Reporting(opened, host.http, host.entropy, office=trust.reports)

    def _set_up_holding(self, trust: WalletTrust, provider: WalletProvider | None) -> None:
        """What deals with issuers: cards received, renewed, locked, unlocked."""
        host = self._host
        self.standing = Standing(
            StandingParts(
                http=host.http,
                keys=host.keys,
                records=self.records,
                trust=trust.issuers,
                clock=host.clock,
            )
        )
        network = WalletNetwork(host.http, host.clock, host.entropy)
        parts = ReceivingParts(
            issuers=IssuerClient(network, self._sender),
            keys=host.keys,
            records=self.records,
            pending=self.pending,
            checkers={
                Format.MSO_MDOC: MdocChecker(trust.issuers),
                Format.SD_JWT_VC: SdJwtChecker(trust.issuers),
            },
            clock=host.clock,
            entropy=host.entropy,
            provider=provider,
        )
        self.receiving = Receiving(parts)
        self.ic_card = IcCardReceiving(
            IcCardParts(
                issuers=parts.issuers,
                keys=host.keys,
                receiving=self.receiving,
                entropy=host.entropy,
            )
        )
        self.authorizing = Authorizing(parts, self.receiving)
        self.renewing = Renewing(parts)
        door = CardDoor(parts, network)
        self.locking = Locking(parts, door, self.vault)
        self.unlocking = Unlocking(parts, self.receiving, self.standing, host.entropy)
        self._updates = Updates(door, self.vault)

    def _set_up_showing(self, trust: WalletTrust) -> None:
        """What deals with askers."""
        host, delivery = self._host, Delivery(self._host.http, self._host.clock)
        self.asking = Asking(
            AskingParts(
                delivery=delivery,
                trust=trust.askers,
                verifier=host.verifier,
                clock=host.clock,
                entropy=host.entropy,
                register=trust.register,
            )
        )
        self.presenting = Presenting(
            PresentingParts(
                delivery=delivery,
                keys=host.keys,
                records=self.records,
                sender=self._sender,
                clock=host.clock,
                entropy=host.entropy,
            )
        )

    async def look_after_cards(self) -> Upkeep:
        """Learn the cards' states, finish and begin renewals, register the lock code where it is
        not known yet, send reports that wait, sweep keys that nothing names."""
        changes = await self.standing.refresh()
        renewed: list[Renewed] = []
        failed: list[Card] = []
        for pending in await self.pending.all():
            if pending.renews is not None:
                await self._renew_into(renewed, failed, pending)
        at = self._host.clock.now()
        busy = {one.card.id for one in renewed}
        busy |= {one.renews for one in await self.pending.all() if one.renews is not None}
        for card in await self.records.cards():
            if card.id in busy or card.state not in RENEWABLE:
                continue
            if needs_renewal(card, at=at) or await self._updates.waits(card, at=at):
                await self._renew_into(renewed, failed, card)
        await self.locking.register_lock_code()
        await self.reporting.send_waiting()
        await self._sweep_keys()
        return Upkeep(changes=changes, renewed=renewed, not_renewed=failed)

    async def _renew_into(
        self, renewed: list[Renewed], failed: list[Card], what: Card | PendingCard
    ) -> None:
        """A renewal that fails leaves the old copies as they are and is tried again later.

        One that the office refused is forgotten, so that a later one starts anew.
        """
        try:
            if isinstance(what, PendingCard):
                renewed.append(await self.renewing.finish(what))
            else:
                renewed.append(await self.renewing.renew(what.id))
        except Rejected:
            if isinstance(what, Card):
                failed.append(what)
            else:
                await self.pending.remove(what)
        except Unavailable:
            if isinstance(what, Card):
                failed.append(what)

    async def _sweep_keys(self) -> None:
        """Forget keys that no record names: a crash between making and storing left them."""
        named = await self._named_keys()
        lost = [key for key in await self._host.keys.known() if key not in named]
        await self._host.keys.forget(lost)

    async def _named_keys(self) -> set[KeyId]:
        named = {copy.key_id for card in await self.records.cards() for copy in card.copies}
        tokens = [await self.pending.find_token(card.id) for card in await self.records.cards()]
        for pending in (*await self.pending.all(), *(token for token in tokens if token)):
            named.add(pending.token_key)
            named.update(key for batch in pending.batches for key in batch.key_ids)
        instance = await self._host.records.read(INSTANCE_RECORD)
        return named if instance is None else named | {KeyId(instance.decode())}


class MobileId:
    """The wallet app on one phone."""

    def __init__(
        self, host: WalletHost, trust: WalletTrust, provider: WalletProvider | None
    ) -> None:
        self._host = host
        self._trust = trust
        self._provider = provider
        self._vault = vault.VaultPorts(
            records=host.records,
            device=host.device,
            cipher=host.cipher,
            password_hash=host.password_hash,
            entropy=host.entropy,
        )

    async def is_activated(self) -> bool:
        return await vault.exists(self._vault)

    async def activate(self, pin: str) -> OpenWallet:
        """Set the PIN and open the empty wallet. Raises `Rejected` for a weak PIN."""
        return self._opened(await vault.create(self._vault, pin))

    async def unlock(self, pin: str) -> OpenWallet:
        """Raises `Rejected`: wrong PIN, paused, blocked or not activated."""
        return self._opened(await vault.unlock(self._vault, pin, at=self._host.clock.now()))

    async def tries(self) -> TryCounter:
        return await vault.tries(self._vault)

    async def erase(self) -> None:
        """Delete every record and key: the wallet is as new."""
        await self._host.keys.forget(await self._host.keys.known())
        await vault.destroy(self._vault)

    def _opened(self, opened: vault.OpenVault) -> OpenWallet:
        return OpenWallet(opened, self._host, self._trust, self._provider)
