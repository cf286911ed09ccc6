"""The ports to wherever staff records are kept, and to what was recorded about everybody.

Each method is one transaction; those that count, claim or decide do so by what the database
decides at once. A deed given along commits together with its change.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from mrc.authority.staff.audit import AuditEntry, AuditQuery
from mrc.authority.staff.records import (
    Approval,
    ApprovalId,
    Challenge,
    CustomerScreen,
    Deed,
    Enrolment,
    Passkey,
    Purpose,
    Session,
    SessionId,
    StaffId,
    StaffMember,
    StaffState,
    Visit,
    VisitId,
)
from mrc.authority.staff.statistics import DeskNumbers
from mrc.issuer.records import OfferId
from mrc.registry.people import RegistrantId


class MemberStore(Protocol):
    """Members, their passkeys and the links that enrol them."""

    async def add_member(self, member: StaffMember, link: Enrolment, deed: Deed) -> None: ...

    async def add_first(self, member: StaffMember, link: Enrolment, deed: Deed) -> bool:
        """As `add_member`; False where the office has an active supervisor."""

    async def find_member(self, member: StaffId) -> StaffMember | None: ...

    async def members(self) -> list[StaffMember]: ...

    async def set_state(self, member: StaffId, state: StaffState, deed: Deed) -> None:
        """Suspension ends the member's sessions, links and passkeys. Raises `Forbidden` with
        `LAST_SUPERVISOR` rather than leave an office with nobody who can invite."""

    async def add_link(self, link: Enrolment, deed: Deed) -> None:
        """A new link; older ones of the member end."""

    async def find_link(self, digest: bytes, *, now: datetime) -> StaffMember | None: ...

    async def enrol(self, digest: bytes, passkey: Passkey, deed: Deed) -> bool:
        """Spend the link, add the passkey, make the member active. False where it was spent.

        Raises `Forbidden` with `PASSKEY_KNOWN`.
        """

    async def passkeys_of(self, member: StaffId) -> list[Passkey]: ...

    async def find_passkey(self, passkey: bytes) -> Passkey | None: ...

    async def count_try(self, member: StaffId) -> StaffMember | None:
        """The member with one more try counted; None unless active with tries left."""

    async def release(self, member: StaffId, deed: Deed) -> None:
        """Take back the counted tries."""


class SessionStore(Protocol):
    """Challenges, sessions and customer screens."""

    async def add_challenge(self, challenge: Challenge, *, now: datetime) -> None:
        """Raises `Unavailable` where too many are open."""

    async def take_challenge(self, digest: bytes, purpose: Purpose, *, now: datetime) -> bool:
        """True once, for an unexpired challenge of that purpose."""

    async def start_session(self, session: Session, passkey: Passkey, deed: Deed) -> bool:
        """Write the passkey's new counter and the session, forget the tries.

        False where the passkey is gone or its counter moved on meanwhile: a cloned passkey.
        """

    async def find_session(self, digest: bytes) -> Session | None: ...

    async def touch_session(self, session: SessionId, *, now: datetime) -> None: ...

    async def set_counter(self, session: SessionId, counter: int) -> None: ...

    async def end_session(self, session: SessionId, deed: Deed) -> None:
        """Its visits and customer screens end with it."""

    async def add_screen(self, link_digest: bytes, screen: CustomerScreen) -> None:
        """A screen with a one-time link; older screens of the session end."""

    async def open_screen(
        self, link_digest: bytes, digest: bytes, *, now: datetime
    ) -> CustomerScreen | None:
        """Spend the link: from now on `digest` is the screen's secret."""

    async def find_screen(self, digest: bytes) -> CustomerScreen | None: ...

    async def set_screen_language(self, digest: bytes, language: str) -> None: ...

    async def screen_of(self, session: SessionId) -> CustomerScreen | None:
        """The session's opened screen."""


class VisitStore(Protocol):
    async def open_visit(self, visit: Visit, deed: Deed) -> None:
        """The session's earlier visits close."""

    async def find_visit(self, visit: VisitId) -> Visit | None: ...

    async def change_visit(self, visit: Visit, deed: Deed | None = None) -> None: ...

    async def mark_issued(self, visit: VisitId, offer: OfferId, *, at: datetime) -> None:
        """The card of that offer is on a phone: keep when, forget the code. Once; other screens
        that saw it too, or a newer offer of the visit, are left alone."""

    async def visits_of(self, officer: StaffId, *, since: datetime) -> list[Visit]:
        """The newest first."""

    async def open_visits_to(self, registrant: RegistrantId, *, since: datetime) -> list[Visit]: ...

    async def current_visit(self, session: SessionId) -> Visit | None:
        """The session's visit that is not closed."""


class ApprovalStore(Protocol):
    async def ask(self, approval: Approval, deed: Deed) -> bool:
        """False where the same act on the same person already waits."""

    async def find_approval(self, approval: ApprovalId) -> Approval | None: ...

    async def approvals(self, *, since: datetime) -> list[Approval]:
        """Those that wait or were asked since then, the newest first."""

    async def decide(self, decided: Approval, deed: Deed) -> bool:
        """Write a decision; False where it no longer waits or `decided_by` asked for it."""

    async def settle(self, settled: Approval) -> None:
        """Write whether an approved act was done."""

    async def spend(self, approval: ApprovalId, deed: Deed, *, at: datetime) -> bool:
        """A yes serves now, and never again; False where it has served, or was none."""


class OfficeStore(Protocol):
    async def counters(self, office: str) -> int | None: ...

    async def set_counters(self, office: str, counters: int, deed: Deed) -> None: ...


class StaffStore(MemberStore, SessionStore, VisitStore, ApprovalStore, OfficeStore, Protocol):
    """Everything about staff in one place."""

    async def record(self, deed: Deed) -> None:
        """Record a deed that changed nothing."""


class Reports(Protocol):
    """Reads what register, issuer and staff recorded."""

    async def search(self, query: AuditQuery) -> Sequence[AuditEntry]:
        """The newest first."""

    async def numbers(self, *, since: datetime, now: datetime) -> DeskNumbers:
        """Counts of people, exact: `statistics.safe_rows` decides what may be shown."""
