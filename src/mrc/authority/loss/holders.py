"""What the holder does without any officer: lock with the wallet, register a code, lock with it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from mrc.authority.loss.codes import CodeKey, TryCounter
from mrc.authority.loss.records import Channel, LossReason, Target
from mrc.authority.loss.reports import LossReports, NewReport
from mrc.authority.loss.store import LossStore, RegisteredCode
from mrc.issuer.clients import Access, replayed
from mrc.issuer.records import MobileCardId
from mrc.issuer.store import IssuerStore
from mrc.kernel.errors import Forbidden
from mrc.protocols.card_loss.lock_code import LockCode
from mrc.protocols.card_loss.messages import LockReceipt


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeParts:
    """What every issuing authority has for losses."""

    store: LossStore
    reports: LossReports
    tries: TryCounter
    key: CodeKey


class HolderDoor:
    """A `HolderLoss` of the issuer's API: acts under the card's own DPoP-bound token."""

    def __init__(self, parts: CodeParts, issuer: IssuerStore) -> None:
        self._parts = parts
        self._issuer = issuer

    async def lock(self, access: Access, *, now: datetime) -> LockReceipt:
        """Raises `OAuthError` where the proof was used before, `Forbidden` without a card."""
        card = await self._card(access)
        report = NewReport(
            channel=Channel.WALLET,
            actor="holder",
            reason="locked in the wallet",
            targets=[Target(holder=access.grant.holder, card=card)],
        )
        return await self._parts.reports.take(report, now=now)

    async def register_code(self, access: Access, code: LockCode, *, now: datetime) -> None:
        card = await self._card(access)
        digest = await self._parts.key.digest(code)
        registered = RegisteredCode(card=card, holder=access.grant.holder, digest=digest, at=now)
        await self._parts.store.put_code(registered)

    async def update_waits(self, access: Access) -> bool:
        """Whether the wallet shall fetch newer data for this card."""
        card = await self._card(access)
        async with self._issuer.transaction() as tx:  # it holds the card: no read-only snapshot
            found = await tx.find_card(card)
        return found is not None and found.renewal_due

    async def _card(self, access: Access) -> MobileCardId:
        async with self._issuer.transaction() as tx:
            fresh = await tx.claim(access.uses)
        if not fresh:
            raise replayed()
        if access.grant.card is None:
            raise Forbidden(LossReason.NO_CARD)
        return access.grant.card


class OtherOffices(Protocol):
    """The other issuers that asked to be told."""

    async def tell(self, code: LockCode, *, now: datetime) -> int:
        """Tell all of them, durably; how many answered at once that they locked a card."""


class CodeDesk:
    """Locking with the code, for anybody who has it."""

    def __init__(self, parts: CodeParts, others: OtherOffices) -> None:
        self._parts = parts
        self._others = others

    async def lock(self, code: LockCode, *, address: str, now: datetime) -> LockReceipt:
        """Every card of the phone, here and at the other offices.

        Both tries are counted before anything is looked up. Raises `Forbidden` with
        `TOO_MANY_TRIES`, or with `CODE_UNKNOWN` for a wrong code, a code that was replaced and a
        code whose cards have ended: nobody can tell these apart.
        """
        await self._parts.tries.count_address(address, now=now)
        await self._parts.tries.count_code(code, now=now)
        targets = await self._parts.store.targets_of_code(await self._parts.key.digest(code))
        if targets:
            receipt = await self._parts.reports.take(_by_code(targets), now=now)
            await self._others.tell(code, now=now)
            return receipt
        if await self._others.tell(code, now=now):
            return await self._parts.reports.take(_by_code([]), now=now)
        raise Forbidden(LossReason.CODE_UNKNOWN)


def _by_code(targets: list[Target]) -> NewReport:
    return NewReport(
        channel=Channel.LOCK_CODE, actor="holder", reason="lost phone", targets=targets
    )
