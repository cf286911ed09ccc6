"""Acts that need two people: one asks, another one decides, and then the act is done at once.

Which acts need it is a policy, data. That the two differ is decided by the database.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import assert_never

from mrc.authority.counter import Counter
from mrc.authority.staff.reasons import StaffReason
from mrc.authority.staff.records import (
    ALWAYS_TWO,
    Approval,
    ApprovalId,
    ApprovalState,
    Deed,
    DelicateAct,
    StaffAct,
    StaffMember,
)
from mrc.authority.staff.store import StaffStore
from mrc.formats import base64url
from mrc.issuer.cards import Order
from mrc.issuer.records import HolderReference, MobileCard
from mrc.kernel.errors import Forbidden
from mrc.kernel.ports import Entropy
from mrc.registry.people import RegistrantId

SHOWN_FOR = timedelta(days=7)
LONGEST_REASON = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalPolicy:
    """The acts that a second person must approve."""

    needed: frozenset[DelicateAct] = frozenset(DelicateAct)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a member wants done to whose cards, and why; `about` as in `Approval`."""

    act: DelicateAct
    registrant: RegistrantId
    reason: str
    about: str | None = field(default=None, repr=False)


class Approvals:
    """The use cases. Each raises `Forbidden` with a reason that a screen has words for."""

    def __init__(
        self, store: StaffStore, counter: Counter, policy: ApprovalPolicy, entropy: Entropy
    ) -> None:
        self._store = store
        self._counter = counter
        self._policy = policy
        self._entropy = entropy

    async def ask(self, wish: Wish, *, by: StaffMember, now: datetime) -> Approval | None:
        """The request that now waits; None where the policy let the act be done at once."""
        if not wish.reason.strip() or len(wish.reason) > LONGEST_REASON:
            raise Forbidden(StaffReason.REASON_MISSING)
        approval = Approval(
            id=ApprovalId(base64url.encode(self._entropy.token(12))),
            act=wish.act,
            registrant=wish.registrant,
            office=by.office,
            reason=wish.reason.strip(),
            asked_by=by.id,
            asked_at=now,
            about=wish.about,
        )
        if wish.act not in self._policy.needed | ALWAYS_TWO:
            await self._act(approval, actor=by.id, now=now)
            return None
        if not await self._store.ask(approval, _deed(StaffAct.APPROVAL_ASKED, approval, by, now)):
            raise Forbidden(StaffReason.ALREADY_ASKED)
        return approval

    async def recent(self, office: str, *, now: datetime) -> list[Approval]:
        """What an office asked for and decided lately, and all that still waits there."""
        found = await self._store.approvals(since=now - SHOWN_FOR)
        return [each for each in found if each.office == office]

    async def waiting(self, office: str, *, now: datetime) -> int:
        shown = await self.recent(office, now=now)
        return sum(each.state is ApprovalState.WAITING for each in shown)

    async def decide(
        self, approval: ApprovalId, *, approve: bool, remark: str, by: StaffMember, now: datetime
    ) -> Approval:
        """Decide, and where the answer is yes do the act at once.

        The decision is written first: a crash between the two leaves it approved, and
        `carry_out` does the rest.
        """
        found = await self._get(approval, by)
        if found.asked_by == by.id:
            raise Forbidden(StaffReason.OWN_REQUEST)
        decided = replace(
            found,
            state=ApprovalState.APPROVED if approve else ApprovalState.REFUSED,
            decided_by=by.id,
            decided_at=now,
            remark=remark.strip()[:LONGEST_REASON],
        )
        kind = StaffAct.APPROVAL_GIVEN if approve else StaffAct.APPROVAL_REFUSED
        if not await self._store.decide(decided, _deed(kind, decided, by, now)):
            raise Forbidden(StaffReason.ALREADY_DECIDED)
        return await self.carry_out(approval, by=by, now=now) if approve else decided

    async def carry_out(self, approval: ApprovalId, *, by: StaffMember, now: datetime) -> Approval:
        """Do an approved act that is not reported done."""
        found = await self._get(approval, by)
        if found.state is not ApprovalState.APPROVED or found.decided_by is None:
            raise Forbidden(StaffReason.ALREADY_DECIDED)
        try:
            await self._act(found, actor=found.decided_by, now=now)
            settled = replace(found, state=ApprovalState.DONE)
        except Forbidden as error:
            settled = replace(found, state=ApprovalState.FAILED, remark=error.reason.value)
        await self._store.settle(settled)
        return settled

    async def _get(self, approval: ApprovalId, by: StaffMember) -> Approval:
        """A request of the member's own office."""
        found = await self._store.find_approval(approval)
        if found is None or found.office != by.office:
            raise Forbidden(StaffReason.ALREADY_DECIDED)
        return found

    async def _act(self, approval: Approval, *, actor: str, now: datetime) -> None:
        order = Order(
            holder=HolderReference(approval.registrant),
            actor=actor,
            reason=f"{approval.reason} (asked by {approval.asked_by})",
        )
        await self._do(approval.act)(order, now=now)

    def _do(self, act: DelicateAct) -> Callable[..., Awaitable[list[MobileCard]]]:
        match act:
            case DelicateAct.UNLOCK:
                return self._counter.unlock
            case DelicateAct.CANCEL:
                return self._counter.cancel
            case DelicateAct.FURTHER_CARD | DelicateAct.SIM_CHANGE:
                return _allow
            case _:
                assert_never(act)


async def _allow(_: Order, *, now: datetime) -> list[MobileCard]:
    """Nothing is done at once: the yes itself is what the desk asks for when it goes on."""
    return []


def _deed(kind: StaffAct, approval: Approval, by: StaffMember, now: datetime) -> Deed:
    reason = f"{approval.act.value}: {approval.remark or approval.reason}"
    return Deed(kind=kind, actor=by.id, subject=approval.registrant, reason=reason, at=now)
