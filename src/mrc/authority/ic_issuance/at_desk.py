"""A chip card made at the counter: order, blank, data, the holder's PIN, test read, register.

The making itself is `ic_card.personalisation.make_card`, as for the command line. It runs on while
pages come and go; each step is written down, sealed, together with the officer's act, so that a
killed process or another officer goes on where it stopped. One reader serves one card at a time.
"""

import asyncio
import hashlib
import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Final

from mrc.authority.ic_issuance.desk_parts import (
    AFTER,
    Blank,
    DeskCardParts,
    DeskView,
    Lack,
    MadeHere,
    Making,
    Phase,
    find_trouble,
)
from mrc.authority.ic_issuance.holder_pad import HolderPad
from mrc.authority.ic_issuance.ordering import CardWish, draw_up
from mrc.authority.ic_issuance.plastic import MadeCard
from mrc.authority.staff.card_jobs import CardJob, CardJobId, CardJobState, Trouble
from mrc.authority.staff.reasons import StaffReason
from mrc.authority.staff.records import (
    ApprovalId,
    ApprovalState,
    Deed,
    DelicateAct,
    SessionId,
    StaffAct,
)
from mrc.authority.staff.signing_in import SignedIn
from mrc.authority.staff.visits import OpenRecord
from mrc.formats import base64url
from mrc.formats.catalogue.ages import seoul_date
from mrc.ic_card.mrz import last_day
from mrc.ic_card.personalisation.job import Job, Step, decode_job, encode_job
from mrc.ic_card.personalisation.making import CardRecord, PinRule, make_card
from mrc.ic_card.personalisation.order import encode_order
from mrc.kernel.errors import Forbidden, MrcError
from mrc.registry.people import RegistrantId

APPROVED_FOR: Final = timedelta(days=1)
"""How long a second person's yes to a further card is good."""
_NUMBER, _CAN = re.compile(r"[A-Z][A-Z0-9]{8}"), re.compile(r"[0-9]{6}")
_IV_BYTES: Final = 12


_DEEDS: Final = {
    Step.KEYS_MADE: StaffAct.IC_KEYS_MADE,
    Step.SIGNED: StaffAct.IC_SIGNED,
    Step.LOCKING: StaffAct.IC_LOCKED,
    Step.ACTIVE: StaffAct.IC_ACTIVATED,
}


class DeskCards:
    """The use cases of FD-8. Each raises `Forbidden` with a reason that a screen has words for."""

    def __init__(self, parts: DeskCardParts) -> None:
        self._parts = parts
        self._making: Making | None = None
        self._made: dict[RegistrantId, MadeHere] = {}

    def lacks(self) -> Sequence[Lack]:
        return self._parts.office.lacks()

    def next_blank(self) -> Blank | None:
        return self._parts.office.next_blank()

    async def view(self, record: OpenRecord) -> DeskView:
        making = self._making
        mine = making is not None and making.running and making.registrant == record.person.id
        made = self._made.get(record.person.id)
        return DeskView(
            making=making if mine else None,
            job=await self._parts.jobs.find_open_job(record.person.id),
            made=made if made and made.at >= record.visit.opened_at else None,
        )

    async def is_further(self, registrant: RegistrantId) -> bool:
        """Whether the person has, or had, a chip card: then two people must agree to one more."""
        return bool(await self._parts.cards.of(registrant))

    async def approval_for(self, registrant: RegistrantId) -> ApprovalId | None:
        """A second person's yes of the last day to a further card of this person."""
        since = self._parts.clock.now() - APPROVED_FOR
        for each in await self._parts.store.approvals(since=since):
            if (each.act, each.registrant) == (DelicateAct.FURTHER_CARD, registrant) and (
                each.state is ApprovalState.DONE
                and each.decided_at is not None
                and each.decided_at >= since
            ):
                return each.id
        return None

    def made_for(self, registrant: RegistrantId) -> MadeHere | None:
        """The card that was last finished for this person in this process."""
        return self._made.get(registrant)

    def at_counter(self, session: SessionId) -> Making | None:
        """What a counter's customer screen has to do with."""
        making = self._making
        return making if making and making.running and making.session == session else None

    async def start(self, record: OpenRecord, who: SignedIn, blank: Blank) -> None:
        """Order a card for this person and begin it. Raises `Malformed` where the register lacks
        what a card must say."""
        await self._check_ready(who)
        if not (_NUMBER.fullmatch(blank.document_number) and _CAN.fullmatch(blank.can)):
            raise Forbidden(StaffReason.BLANK_MISREAD)
        if await self._parts.cards.find(blank.document_number) is not None:
            raise Forbidden(StaffReason.BLANK_USED)
        approval = None
        further = await self.is_further(record.person.id)
        if further:
            approval = await self.approval_for(record.person.id)
            if approval is None:
                raise Forbidden(StaffReason.SECOND_PERSON_NEEDED)
        job_id = CardJobId(base64url.encode(self._parts.entropy.token(15)))
        jpeg = await self._parts.registry.find_portrait(record.person.id)
        now = self._parts.clock.now()
        wish = CardWish(
            order_id=job_id,
            document_number=blank.document_number,
            can=blank.can,
            issued=seoul_date(now),
            face=None if jpeg is None else self._parts.office.face(jpeg),
            reissue=further,
        )
        job = Job(order=draw_up(record.person, wish))
        kept = CardJob(
            id=job_id,
            registrant=record.person.id,
            officer=who.member.id,
            office=who.member.office,
            document_number=blank.document_number,
            approval=approval,
            state=CardJobState.OPEN,
            step=job.step.value,
            trouble=None,
            sealed=await self._seal(job_id, job),
            started_at=now,
            changed_at=now,
        )
        digest = hashlib.sha256(encode_order(job.order)).hexdigest()
        deed = self._deed(StaffAct.IC_ORDERED, kept, f"order sha-256 {digest}")
        if not await self._parts.jobs.add_job(kept, deed):
            raise Forbidden(StaffReason.CARD_BEGUN)
        self._run(kept, job, who)

    async def go_on(self, record: OpenRecord, who: SignedIn) -> None:
        """Take up an open job where it was left: this process's, a killed one's, a colleague's."""
        kept = await self._open_job(record)
        await self._check_ready(who)
        job = await self._unseal(kept)
        resumed = replace(
            kept,
            officer=who.member.id,
            trouble=None,
            changed_at=self._parts.clock.now(),
        )
        deed = self._deed(StaffAct.IC_RESUMED, resumed, f"at step {job.step.name.lower()}")
        await self._parts.jobs.change_job(resumed, deed)
        self._run(resumed, job, who)

    async def stop(self, record: OpenRecord) -> None:
        """Let the card go; the job stays open."""
        making = self._making
        if making is not None and making.registrant == record.person.id and making.task:
            making.task.cancel()
            with suppress(asyncio.CancelledError):
                await making.task

    async def give_up(self, record: OpenRecord, who: SignedIn) -> None:
        """End an open job. A card that is locked already must be destroyed."""
        await self.stop(record)
        kept = await self._open_job(record)
        over = replace(
            kept,
            officer=who.member.id,
            state=CardJobState.GIVEN_UP,
            sealed=b"",
            changed_at=self._parts.clock.now(),
        )
        await self._parts.jobs.change_job(over, self._deed(StaffAct.IC_GIVEN_UP, over, ""))

    async def close(self) -> None:
        """Stop what is running; its job stays open."""
        if self._making is not None and self._making.task is not None:
            self._making.task.cancel()
            with suppress(asyncio.CancelledError):
                await self._making.task

    async def _check_ready(self, who: SignedIn) -> None:
        if self.lacks():
            raise Forbidden(StaffReason.READER_NOT_READY)
        if await self._parts.store.screen_of(who.session.id) is None:
            raise Forbidden(StaffReason.NO_HOLDER_PAD)
        if self._making is not None and self._making.running:
            raise Forbidden(StaffReason.READER_BUSY)

    async def _open_job(self, record: OpenRecord) -> CardJob:
        kept = await self._parts.jobs.find_open_job(record.person.id)
        if kept is None:
            raise Forbidden(StaffReason.NO_OPEN_CARD)
        return kept

    def _run(self, kept: CardJob, job: Job, who: SignedIn) -> None:
        if self._making is not None and self._making.running:
            raise Forbidden(StaffReason.READER_BUSY)
        keeper = _Keeper(self, kept)

        async def chosen() -> None:
            deed = self._deed(StaffAct.IC_PIN_SET, keeper.kept, "typed by the holder")
            await self._parts.store.record(deed)

        pad = HolderPad(chosen=chosen)
        making = Making(job=kept.id, registrant=kept.registrant, session=who.session.id, pad=pad)
        self._enter(making, AFTER[job.step])
        self._made.pop(kept.registrant, None)
        self._making = making
        making.task = asyncio.create_task(self._make(making, keeper, job))
        making.task.add_done_callback(_tell_of_mistake)

    async def _make(self, making: Making, keeper: "_Keeper", job: Job) -> None:
        try:
            office = self._parts.office.office(_Phased(making, self), keeper)
            making.connection = self._parts.office.connect(making.job)
            record = await make_card(
                making.connection,
                job,
                office,
                at=self._parts.clock.now(),
                listener=lambda step: self._enter(making, max(making.phase, AFTER[step])),
            )
            await self._finish(keeper, record, job)
        except MrcError as error:
            early = making.connection is None
            await keeper.stopped(find_trouble(error, making.phase, office=early))
        except asyncio.CancelledError:
            await keeper.stopped(Trouble.STOPPED)
            raise
        finally:
            if making.connection is not None:
                self._parts.office.release(making.connection)

    async def _finish(self, keeper: "_Keeper", record: CardRecord, job: Job) -> None:
        """Into the register, and only then is the job over."""
        kept, now, order = keeper.kept, self._parts.clock.now(), job.order
        made = MadeCard(
            document_number=record.document_number,
            serial=record.serial,
            sod_hash=record.sod_hash,
            dg1_hash=record.dg1_hash,
            chip_key=record.chip_key,
            issuance_key=record.issuance_key,
            document_signer=record.document_signer,
            issued_on=order.issued,
            expires_on=last_day(order.zone.expiry_date),
        )
        await self._parts.register.register(made, kept.registrant, actor=kept.officer, now=now)
        over = replace(keeper.kept, state=CardJobState.MADE, sealed=b"", changed_at=now)
        text = f"{len(record.findings)} checks passed"
        await self._parts.jobs.change_job(over, self._deed(StaffAct.IC_REGISTERED, over, text))
        self._made[kept.registrant] = MadeHere(
            document_number=record.document_number, checks=len(record.findings), at=now
        )

    def _enter(self, making: Making, phase: Phase) -> None:
        if making.since is None or phase is not making.phase:
            making.phase, making.since = phase, self._parts.clock.now()

    def _deed(self, kind: StaffAct, job: CardJob, text: str) -> Deed:
        reason = f"card {job.document_number}" + (f": {text}" if text else "")
        return Deed(
            kind=kind,
            actor=job.officer,
            subject=job.registrant,
            reason=reason,
            at=self._parts.clock.now(),
        )

    async def _seal(self, job_id: CardJobId, job: Job) -> bytes:
        iv = self._parts.entropy.token(_IV_BYTES)
        data, name = encode_job(job), job_id.encode()
        return iv + await self._parts.cipher.seal(self._parts.key, iv, data, name)

    async def _unseal(self, kept: CardJob) -> Job:
        iv, sealed = kept.sealed[:_IV_BYTES], kept.sealed[_IV_BYTES:]
        data = await self._parts.cipher.open(self._parts.key, iv, sealed, kept.id.encode())
        return decode_job(data)


def _tell_of_mistake(task: "asyncio.Task[None]") -> None:
    """A mistake of ours ends the making; the page says that it was interrupted, the log why."""
    error = None if task.cancelled() else task.exception()
    if error is not None:
        what = {"message": "making a card failed", "exception": error, "task": task}
        task.get_loop().call_exception_handler(what)


class _Phased:
    """The pad, and the step bar that follows it."""

    def __init__(self, making: Making, desk: DeskCards) -> None:
        self._making = making
        self._desk = desk

    async def choose(self, rule: PinRule) -> str:
        self._desk._enter(self._making, Phase.PIN)
        return await self._making.pad.choose(rule)

    async def enter(self, tries_left: int | None) -> str:
        return await self._making.pad.enter(tries_left)

    async def hand_out(self, puk: str) -> None:
        await self._making.pad.hand_out(puk)


class _Keeper:
    """A `JobStore`: the job sealed, its step and the officer's act, in one transaction."""

    def __init__(self, desk: DeskCards, kept: CardJob) -> None:
        self._desk = desk
        self.kept = kept

    async def save(self, job: Job) -> None:
        forward = job.step.value > self.kept.step
        self.kept = replace(
            self.kept,
            step=max(job.step.value, self.kept.step),
            sealed=await self._desk._seal(self.kept.id, job),
            changed_at=self._desk._parts.clock.now(),
        )
        kind = _DEEDS.get(job.step) if forward else None
        deed = None if kind is None else self._desk._deed(kind, self.kept, "")
        await self._desk._parts.jobs.change_job(self.kept, deed)

    async def stopped(self, trouble: Trouble) -> None:
        self.kept = replace(self.kept, trouble=trouble, changed_at=self._desk._parts.clock.now())
        deed = self._desk._deed(StaffAct.IC_STOPPED, self.kept, trouble.value)
        await self._desk._parts.jobs.change_job(self.kept, deed)
