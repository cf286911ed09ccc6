"""What is known about staff: members, passkeys, sessions, visits, approvals, and what they did.

Secrets (links, cookies, challenges) are kept as digests only. A visit is one person at one
counter: every page about a person hangs on it, so no address ever names the person.
"""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NewType

from mrc.issuer.records import OfferId
from mrc.registry.people import RegistrantId
from mrc.registry.phones import PhoneNumber

StaffId = NewType("StaffId", str)
SessionId = NewType("SessionId", str)
VisitId = NewType("VisitId", str)
ApprovalId = NewType("ApprovalId", str)

MOST_TRIES = 5
"""Failed sign-ins in a row, after which a supervisor must release the member."""


class Role(StrEnum):
    OFFICER = "officer"
    SUPERVISOR = "supervisor"
    AUDITOR = "auditor"


class StaffState(StrEnum):
    """Invited: has a link, no passkey yet. Suspended: may do nothing until invited anew."""

    INVITED = "invited"
    ACTIVE = "active"
    SUSPENDED = "suspended"


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffMember:
    """`tries` counts failed sign-ins since the last good one."""

    id: StaffId
    name: str
    role: Role
    office: str
    state: StaffState
    tries: int
    created_at: datetime

    @property
    def locked(self) -> bool:
        return self.tries >= MOST_TRIES


@dataclass(frozen=True, slots=True, kw_only=True)
class Passkey:
    """`sign_count` is the authenticator's counter at the last sign-in (WebAuthn 6.1.1)."""

    id: bytes
    member: StaffId
    public_key: bytes
    sign_count: int
    added_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolment:
    """A one-time link by which a member registers a passkey."""

    digest: bytes = field(repr=False)
    member: StaffId
    expires_at: datetime


class Purpose(StrEnum):
    """What a WebAuthn challenge was made for; it serves nothing else."""

    ENROL = "enrol"
    SIGN_IN = "sign_in"


@dataclass(frozen=True, slots=True, kw_only=True)
class Challenge:
    digest: bytes = field(repr=False)
    purpose: Purpose
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A signed-in member at a counter. `id` may be told, the cookie behind `digest` may not."""

    id: SessionId
    digest: bytes = field(repr=False)
    member: StaffId
    counter: int | None
    started_at: datetime
    seen_at: datetime
    expires_at: datetime


class StaffAct(StrEnum):
    """What staff did that neither the register nor the issuer records by itself."""

    SIGNED_IN = "signed_in"
    SIGN_IN_FAILED = "sign_in_failed"
    SIGNED_OUT = "signed_out"
    INVITED = "invited"
    ENROLLED = "enrolled"
    SUSPENDED = "suspended"
    RELEASED = "released"
    RECORD_OPENED = "record_opened"
    NUMBER_REVEALED = "number_revealed"
    PERSON_CHECKED = "person_checked"
    OFFER_MADE = "offer_made"
    OFFER_WITHDRAWN = "offer_withdrawn"
    SIM_CHANGE_PASSED = "sim_change_passed"
    APPROVAL_ASKED = "approval_asked"
    APPROVAL_GIVEN = "approval_given"
    APPROVAL_REFUSED = "approval_refused"
    RECEIPT_MADE = "receipt_made"
    AUDIT_SEARCHED = "audit_searched"
    AUDIT_EXPORTED = "audit_exported"
    SETTINGS_CHANGED = "settings_changed"
    IC_ORDERED = "ic_ordered"
    IC_KEYS_MADE = "ic_keys_made"
    IC_SIGNED = "ic_signed"
    IC_PIN_SET = "ic_pin_set"
    IC_LOCKED = "ic_locked"
    IC_ACTIVATED = "ic_activated"
    IC_REGISTERED = "ic_registered"
    IC_STOPPED = "ic_stopped"
    IC_RESUMED = "ic_resumed"
    IC_GIVEN_UP = "ic_given_up"
    ASKER_REPORT_DECIDED = "asker_report_decided"
    ASKER_REPORTS_DELETED = "asker_reports_deleted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """Who did what to whom and why: append-only. `subject` is a registrant's or member's id, or
    the reference of a report about an asker."""

    kind: StaffAct
    actor: str
    subject: str | None
    reason: str
    at: datetime


class PersonCheck(StrEnum):
    """The officer's decision, by eye."""

    SAME = "same"
    UNSURE = "unsure"
    NOT_SAME = "not_same"


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One person at one counter. `sealed_link` is the open offer's QR code, encrypted."""

    id: VisitId
    registrant: RegistrantId
    officer: StaffId
    session: SessionId
    office: str
    opened_at: datetime
    closed_at: datetime | None = None
    person_check: PersonCheck | None = None
    phone: PhoneNumber | None = None
    replacement_agreed: bool = False
    offer: OfferId | None = None
    sealed_link: bytes | None = field(default=None, repr=False)
    code_sent: bool = False
    offer_expires_at: datetime | None = None
    issued_at: datetime | None = None
    locked_at: datetime | None = None


class DelicateAct(StrEnum):
    """Acts on cards that may need a second person. `FURTHER_CARD`: a chip card for somebody who
    has, or had, one. `SIM_CHANGE`: a code although the carrier reports a new SIM."""

    UNLOCK = "unlock"
    CANCEL = "cancel"
    FURTHER_CARD = "further_card"
    SIM_CHANGE = "sim_change"


ALWAYS_TWO = frozenset({DelicateAct.SIM_CHANGE})
"""Acts that no policy leaves to one person."""


class ApprovalState(StrEnum):
    """Approved: decided, the act itself not yet reported done (it may be carried out again)."""

    WAITING = "waiting"
    APPROVED = "approved"
    DONE = "done"
    REFUSED = "refused"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """A request of one member that another must decide.

    `about` narrows what is asked for (the phone number of a changed SIM). `spent_at`: a yes that
    serves once has served.
    """

    id: ApprovalId
    act: DelicateAct
    registrant: RegistrantId
    office: str
    reason: str
    asked_by: StaffId
    asked_at: datetime
    state: ApprovalState = ApprovalState.WAITING
    decided_by: StaffId | None = None
    decided_at: datetime | None = None
    remark: str = ""
    about: str | None = field(default=None, repr=False)
    spent_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerScreen:
    """The second display of a counter. It belongs to a session and shows nothing personal."""

    digest: bytes = field(repr=False)
    session: SessionId
    language: str | None
    expires_at: datetime


def digest_of(secret: str) -> bytes:
    """How a secret of high entropy is kept and found."""
    return hashlib.sha256(secret.encode()).digest()
