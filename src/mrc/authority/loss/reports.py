"""Taking a report and locking: the one way that every channel ends in.

The report is written before the cards move, and marked when they have moved: a process killed in
between leaves a report that the next tick carries out. Each card moves once for each report, by a
claim in the transaction that moves it, so neither a repeated report nor a repeated tick locks
again what its holder unlocked in person meanwhile.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from mrc.authority.counter import Counter
from mrc.authority.loss.records import Channel, LossReport, Target
from mrc.authority.loss.store import LossStore
from mrc.formats.catalogue.ages import SEOUL
from mrc.issuer.cards import Order
from mrc.issuer.reasons import Reason
from mrc.issuer.records import OneTimeUse
from mrc.kernel.errors import Forbidden
from mrc.kernel.ports import Entropy
from mrc.protocols.card_loss.messages import LockReceipt, rounded_up

PUBLISHED_WITHIN = timedelta(seconds=2)  # report → refused at a subscribed verifier
RESUME_AFTER = timedelta(seconds=30)  # a report this old whose process is not dead would be slow
_REFERENCE_ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
_CLAIM_LIFE = timedelta(days=365)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewReport:
    """`once` names the event behind the report where the channel may repeat it."""

    channel: Channel
    actor: str
    reason: str
    targets: Sequence[Target]
    once: bytes | None = field(default=None, repr=False)


class LossReports:
    """Takes reports. Whether the reporter may report was decided before."""

    def __init__(self, store: LossStore, counter: Counter, entropy: Entropy) -> None:
        self._store = store
        self._counter = counter
        self._entropy = entropy

    async def take(self, new: NewReport, *, now: datetime) -> LockReceipt:
        """Lock at once and durably; the same report again gets the same receipt."""
        report = await self._store.add_report(
            LossReport(
                reference=self._reference(now),
                channel=new.channel,
                actor=new.actor,
                reason=new.reason,
                targets=tuple(new.targets),
                received_at=now,
                once=new.once,
            )
        )
        if report.refused_from is not None:
            return LockReceipt(reference=report.reference, refused_from=report.refused_from)
        return await self._carry_out(report, now)

    async def resume(self, *, now: datetime) -> int:
        """Carry out what a killed process left; how many reports."""
        left = await self._store.unfinished(before=now - RESUME_AFTER)
        for report in left:
            await self._carry_out(report, now)
        return len(left)

    async def _carry_out(self, report: LossReport, now: datetime) -> LockReceipt:
        for target in report.targets:
            await self._lock(report, target, now)
        refused_from = rounded_up(now + PUBLISHED_WITHIN)
        await self._store.finish_report(report.reference, refused_from)
        return LockReceipt(reference=report.reference, refused_from=refused_from)

    async def _lock(self, report: LossReport, target: Target, now: datetime) -> None:
        text = f"loss {report.reference} {target.holder} {target.card or ''}"
        once = OneTimeUse(
            digest=hashlib.sha256(text.encode()).digest(), expires_at=now + _CLAIM_LIFE
        )
        order = Order(
            holder=target.holder,
            actor=report.actor,
            reason=f"{report.channel.value} {report.reference}: {report.reason}",
            card=target.card,
            once=once,
            channel=report.channel.value,
        )
        try:
            await self._counter.lock(order, now=now)
        except Forbidden as error:
            if error.reason is not Reason.NO_LIVE_CARD:
                raise  # cancelled or replaced meanwhile: nothing is left to misuse

    def _reference(self, now: datetime) -> str:
        """Ten characters that can be read out on the telephone, after the day."""
        size = len(_REFERENCE_ALPHABET)
        drawn = int.from_bytes(self._entropy.token(16))
        text = "".join(_REFERENCE_ALPHABET[drawn // size**place % size] for place in range(8))
        return f"L{now.astimezone(SEOUL):%y%m%d}-{text[:4]}-{text[4:]}"
