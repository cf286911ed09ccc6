"""A visit: one person at one counter, from opening the record to the card on the phone.

The officer's decisions are recorded where they are made. The code of an open offer is kept sealed:
who reads the database can show it to nobody.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from mrc.authority.counter import Counter, Officer
from mrc.authority.desk import Assessment, Desk, IssueOrder
from mrc.authority.staff.reasons import StaffReason
from mrc.authority.staff.records import (
    Approval,
    ApprovalState,
    Deed,
    DelicateAct,
    PersonCheck,
    SessionId,
    StaffAct,
    StaffId,
    Visit,
    VisitId,
)
from mrc.authority.staff.signing_in import SignedIn
from mrc.authority.staff.store import StaffStore
from mrc.formats import base64url
from mrc.issuer.cards import Order
from mrc.issuer.records import HolderReference, MobileCard, OfferState
from mrc.kernel.errors import Forbidden, Malformed, Rejected
from mrc.kernel.ports import Cipher, Entropy
from mrc.registry.people import Registrant, RegistrantId
from mrc.registry.phones import PhoneNumber
from mrc.registry.store import RegistryStore

LONGEST_VISIT = timedelta(hours=10)
MEANWHILE = timedelta(minutes=15)
"""Another officer who opened the same record within this time is probably still at it."""
ACCEPTED_FOR = timedelta(minutes=30)
"""How long a second person's yes to a changed SIM is good."""
ASKED_WITHIN = timedelta(days=1)
"""A request that a supervisor left longer is asked again."""
_STORED = (OfferState.ISSUED, OfferState.ACCEPTED)


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitParts:
    """`key` (32 bytes) seals the codes of open offers; all processes of the desk share it."""

    store: StaffStore
    desk: Desk
    counter: Counter
    registry: RegistryStore
    entropy: Entropy
    cipher: Cipher
    key: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenRecord:
    """A visit and the entry it is about."""

    visit: Visit
    person: Registrant


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """`link` only while the code may still be scanned."""

    visit: Visit
    state: OfferState
    link: str | None = field(repr=False)
    seconds_left: int


class Visits:
    """The use cases of one visit. Only the officer who opened it may go on with it."""

    def __init__(self, parts: VisitParts) -> None:
        self._parts = parts

    async def open(self, registrant: RegistrantId, who: SignedIn, *, now: datetime) -> Visit:
        """Open a record: that alone is an act. Raises `Forbidden` for an unknown person."""
        if await self._parts.registry.find(registrant) is None:
            raise Forbidden(StaffReason.VISIT_UNKNOWN)
        visit = Visit(
            id=VisitId(base64url.encode(self._parts.entropy.token(15))),
            registrant=registrant,
            officer=who.member.id,
            session=who.session.id,
            office=who.member.office,
            opened_at=now,
        )
        await self._parts.store.open_visit(
            visit, _deed(StaffAct.RECORD_OPENED, visit, "record opened", now)
        )
        return visit

    async def get(self, visit: VisitId, who: SignedIn, *, now: datetime) -> OpenRecord:
        """Raises `Forbidden` where it is not this officer's visit of this session."""
        found = await self._parts.store.find_visit(visit)
        mine = found is not None and (found.officer, found.session) == (
            who.member.id,
            who.session.id,
        )
        if found is None or not mine or now - found.opened_at > LONGEST_VISIT:
            raise Forbidden(StaffReason.VISIT_UNKNOWN)
        person = await self._parts.registry.find(found.registrant)
        if person is None:
            raise Forbidden(StaffReason.VISIT_UNKNOWN)
        return OpenRecord(visit=found, person=person)

    async def others_at_it(self, visit: Visit, *, now: datetime) -> list[Visit]:
        """Visits of other officers who have the same record open."""
        since = now - MEANWHILE
        found = await self._parts.store.open_visits_to(visit.registrant, since=since)
        return [each for each in found if each.officer != visit.officer]

    async def today(self, officer: StaffId, *, since: datetime) -> list[Visit]:
        return await self._parts.store.visits_of(officer, since=since)

    async def reveal_number(self, record: OpenRecord, *, now: datetime) -> str:
        """The whole registration number; that somebody saw it is recorded first."""
        deed = _deed(StaffAct.NUMBER_REVEALED, record.visit, "shown for 10 seconds", now)
        await self._parts.store.record(deed)
        digits = record.person.number.digits
        return f"{digits[:6]}-{digits[6:]}"

    async def assess(self, record: OpenRecord, who: SignedIn, *, now: datetime) -> Assessment:
        accepted = await self.accepted_sim_change(record, who, now=now)
        return await self._parts.desk.assess(_order(record.visit, who, accepted), now=now)

    async def accepted_sim_change(
        self, record: OpenRecord, who: SignedIn, *, now: datetime
    ) -> Approval | None:
        """A second person's yes to this officer's request, for this person's chosen number, that
        is no older than `ACCEPTED_FOR` and has not served yet."""
        for each in await self._sim_changes(record, who, since=now - ASKED_WITHIN):
            decided = each.decided_at
            fresh = decided is not None and now - decided < ACCEPTED_FOR
            if each.state is ApprovalState.DONE and each.spent_at is None and fresh:
                return each
        return None

    async def sim_change_waits(self, record: OpenRecord, who: SignedIn, *, now: datetime) -> bool:
        """Whether a supervisor still has to decide about this number."""
        asked = await self._sim_changes(record, who, since=now)
        return any(each.state is ApprovalState.WAITING for each in asked)

    async def _sim_changes(
        self, record: OpenRecord, who: SignedIn, *, since: datetime
    ) -> list[Approval]:
        number = chosen_number(record)
        return [
            each
            for each in await self._parts.store.approvals(since=since)
            if each.act is DelicateAct.SIM_CHANGE
            and (each.registrant, each.about) == (record.person.id, number)
            and each.asked_by == who.member.id
        ]

    async def choose(
        self, record: OpenRecord, *, phone: PhoneNumber | None, replacement_agreed: bool
    ) -> Visit:
        """Which of the person's numbers, and whether another phone's card may end."""
        chosen = replace(record.visit, phone=phone, replacement_agreed=replacement_agreed)
        await self._parts.store.change_visit(chosen)
        return chosen

    async def check_person(self, record: OpenRecord, check: PersonCheck, *, now: datetime) -> Visit:
        checked = replace(record.visit, person_check=check)
        await self._parts.store.change_visit(
            checked, _deed(StaffAct.PERSON_CHECKED, checked, f"by eye: {check.value}", now)
        )
        return checked

    async def offer(self, record: OpenRecord, who: SignedIn, *, now: datetime) -> Visit:
        """A new code; an older one that nobody used ends. Raises `Forbidden`."""
        visit = record.visit
        if visit.person_check is not PersonCheck.SAME:
            raise Forbidden(StaffReason.PERSON_NOT_CHECKED)
        if visit.offer is not None:
            await self._parts.counter.withdraw(visit.offer)
        accepted = await self._spend_sim_change(record, who, now)
        issued = await self._parts.desk.offer(_order(visit, who, accepted), now=now)
        offered = replace(
            visit,
            offer=issued.offer.id,
            sealed_link=await self._seal(visit.id, issued.offer.link),
            code_sent=issued.code_sent,
            offer_expires_at=issued.offer.expires_at,
            issued_at=None,
        )
        await self._parts.store.change_visit(
            offered, _deed(StaffAct.OFFER_MADE, offered, "counter QR", now)
        )
        return offered

    async def _spend_sim_change(
        self, record: OpenRecord, who: SignedIn, now: datetime
    ) -> Approval | None:
        """The yes to a changed SIM, if one is needed and is there; it serves this one code.

        It is spent before the code is made: whatever fails afterwards, nobody makes two with it.
        """
        accepted = await self.accepted_sim_change(record, who, now=now)
        if accepted is None:
            return None
        order = _order(record.visit, who, accepted)
        assessment = await self._parts.desk.assess(order, now=now)
        if not assessment.eligible or not assessment.sim_changed:
            return None
        deed = _deed(StaffAct.SIM_CHANGE_PASSED, record.visit, accepted.reason, now)
        spent = await self._parts.store.spend(accepted.id, deed, at=now)
        return accepted if spent else None

    async def withdraw(self, record: OpenRecord, *, now: datetime) -> bool:
        """End the open code; False where a phone was faster."""
        if record.visit.offer is None:
            return False
        ended = await self._parts.counter.withdraw(record.visit.offer)
        deed = _deed(StaffAct.OFFER_WITHDRAWN, record.visit, "by the officer", now)
        await self._parts.store.change_visit(replace(record.visit, sealed_link=None), deed)
        return ended

    async def progress(self, visit: Visit, *, now: datetime) -> Progress | None:
        """How far the visit's code has come; None where none was made."""
        expires_at = visit.offer_expires_at
        if visit.offer is None or expires_at is None:
            return None
        try:
            state = await self._parts.counter.progress(visit.offer, now=now)
        except Rejected:
            state = OfferState.WITHDRAWN
        if state in _STORED and visit.issued_at is None:
            await self._parts.store.mark_issued(visit.id, visit.offer, at=now)
            visit = replace(visit, issued_at=now, sealed_link=None)
        link = None
        if state is OfferState.OFFERED and visit.sealed_link is not None:
            link = await self._unseal(visit.id, visit.sealed_link)
        left = max(0, int((expires_at - now).total_seconds()))
        return Progress(visit=visit, state=state, link=link, seconds_left=left)

    async def lock(
        self, record: OpenRecord, recognised: str, *, now: datetime
    ) -> tuple[Visit, list[MobileCard]]:
        """A loss: lock every card now. Raises `Forbidden` where there is none."""
        if not recognised.strip():
            raise Forbidden(StaffReason.REASON_MISSING)
        order = Order(
            holder=HolderReference(record.person.id),
            actor=record.visit.officer,
            reason=f"loss reported; recognised by {recognised.strip()[:200]}",
        )
        moved = await self._parts.counter.lock(order, now=now)
        locked = replace(record.visit, locked_at=now)
        await self._parts.store.change_visit(locked)
        return locked, moved

    async def live_cards(self, record: OpenRecord) -> list[MobileCard]:
        return await self._parts.counter.live_cards(HolderReference(record.person.id))

    async def note_receipt(self, visit: Visit, kind: str, *, now: datetime) -> None:
        await self._parts.store.record(_deed(StaffAct.RECEIPT_MADE, visit, kind, now))

    async def at_counter(self, session: SessionId) -> Visit | None:
        """The visit that a counter's customer screen is about."""
        return await self._parts.store.current_visit(session)

    async def _seal(self, visit: VisitId, link: str) -> bytes:
        iv = self._parts.entropy.token(12)
        sealed = await self._parts.cipher.seal(self._parts.key, iv, link.encode(), visit.encode())
        return iv + sealed

    async def _unseal(self, visit: VisitId, sealed: bytes) -> str | None:
        try:
            plain = await self._parts.cipher.open(
                self._parts.key, sealed[:12], sealed[12:], visit.encode()
            )
        except Malformed:
            return None
        return plain.decode()


def chosen_number(record: OpenRecord) -> PhoneNumber | None:
    """The number that a card is issued for: the chosen one, else the person's first."""
    phones = record.person.phones
    return record.visit.phone or (phones[0] if phones else None)


def _order(visit: Visit, who: SignedIn, accepted: Approval | None) -> IssueOrder:
    officer = Officer(id=who.member.id, office=visit.office, session=visit.session)
    return IssueOrder(
        registrant=visit.registrant,
        officer=officer,
        phone=visit.phone,
        replacement_agreed=visit.replacement_agreed,
        accepted_sim_change=None if accepted is None else accepted.id,
    )


def _deed(kind: StaffAct, visit: Visit, reason: str, now: datetime) -> Deed:
    return Deed(kind=kind, actor=visit.officer, subject=visit.registrant, reason=reason, at=now)
