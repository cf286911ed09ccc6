"""Who is on the staff: the first supervisor, invitations, suspension, release, office settings."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from mrc.authority.staff.reasons import StaffReason
from mrc.authority.staff.records import (
    Deed,
    Enrolment,
    Role,
    StaffAct,
    StaffId,
    StaffMember,
    StaffState,
    digest_of,
)
from mrc.authority.staff.store import StaffStore
from mrc.formats import base64url
from mrc.kernel.errors import Forbidden, Malformed
from mrc.kernel.ports import Entropy

LINK_LIFE = timedelta(hours=24)
LONGEST_NAME = 80
MOST_COUNTERS = 60
DEFAULT_COUNTERS = 6
OPERATOR = StaffId("operator")
"""Who acts at the command line of the server."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitation:
    """`link` is told once; only its digest is kept."""

    member: StaffMember
    link: str = field(repr=False)
    expires_at: datetime


class Administration:
    """What supervisors (and once the operator) do to the staff."""

    def __init__(self, store: StaffStore, entropy: Entropy) -> None:
        self._store = store
        self._entropy = entropy

    async def bootstrap(self, name: str, office: str, *, now: datetime) -> Invitation:
        """An office's first supervisor. Raises `Forbidden` where it has an active one."""
        member = self._member(name, Role.SUPERVISOR, office, now)
        invitation, link = self._link(member, now)
        deed = _deed(StaffAct.INVITED, OPERATOR, member.id, "first supervisor", now)
        if not await self._store.add_first(member, link, deed):
            raise Forbidden(StaffReason.SUPERVISOR_EXISTS)
        return invitation

    async def invite(self, name: str, role: Role, *, by: StaffMember, now: datetime) -> Invitation:
        member = self._member(name, role, by.office, now)
        invitation, link = self._link(member, now)
        deed = _deed(StaffAct.INVITED, by.id, member.id, role.value, now)
        await self._store.add_member(member, link, deed)
        return invitation

    async def invite_again(self, member: StaffId, *, by: StaffMember, now: datetime) -> Invitation:
        """A new link, for a lost passkey or an old link; passkeys that exist stay."""
        found = await self._get(member, by.office)
        if found.state is StaffState.SUSPENDED:
            deed = _deed(StaffAct.INVITED, by.id, member, "back from suspension", now)
            await self._store.set_state(member, StaffState.INVITED, deed)
        invitation, link = self._link(found, now)
        deed = _deed(StaffAct.INVITED, by.id, member, "new link", now)
        await self._store.add_link(link, deed)
        return invitation

    async def suspend(self, member: StaffId, *, by: StaffMember | None, now: datetime) -> None:
        """End every session, link and passkey. `by` None is the operator of the server.

        Raises `Forbidden` for oneself and an office's last supervisor.
        """
        if by is not None and member == by.id:
            raise Forbidden(StaffReason.NOT_YOURSELF)
        await self._get(member, None if by is None else by.office)
        actor = OPERATOR if by is None else by.id
        deed = _deed(StaffAct.SUSPENDED, actor, member, "suspended", now)
        await self._store.set_state(member, StaffState.SUSPENDED, deed)

    async def release(self, member: StaffId, *, by: StaffMember, now: datetime) -> None:
        """Unlock somebody after five failed sign-ins: another person must do it."""
        if member == by.id:
            raise Forbidden(StaffReason.NOT_YOURSELF)
        await self._get(member, by.office)
        await self._store.release(
            member, _deed(StaffAct.RELEASED, by.id, member, "tries taken back", now)
        )

    async def members(self, office: str | None = None) -> list[StaffMember]:
        """Everybody, or those of one office."""
        everybody = await self._store.members()
        return [each for each in everybody if office in (None, each.office)]

    async def counters(self, office: str) -> int:
        return await self._store.counters(office) or DEFAULT_COUNTERS

    async def set_counters(self, counters: int, *, by: StaffMember, now: datetime) -> None:
        if not 1 <= counters <= MOST_COUNTERS:
            raise Malformed("counters", f"not 1 to {MOST_COUNTERS}")
        deed = _deed(StaffAct.SETTINGS_CHANGED, by.id, None, f"{counters} counters", now)
        await self._store.set_counters(by.office, counters, deed)

    async def _get(self, member: StaffId, office: str | None) -> StaffMember:
        """A member of `office` (None: of any). Other offices' staff is not ours to know."""
        found = await self._store.find_member(member)
        if found is None or office not in (None, found.office):
            raise Forbidden(StaffReason.UNKNOWN_MEMBER)
        return found

    def _member(self, name: str, role: Role, office: str, now: datetime) -> StaffMember:
        if not name.strip() or len(name) > LONGEST_NAME or not name.isprintable():
            raise Malformed("name", f"empty, unprintable or over {LONGEST_NAME} characters")
        return StaffMember(
            id=StaffId("s-" + base64url.encode(self._entropy.token(9))),
            name=name.strip(),
            role=role,
            office=office,
            state=StaffState.INVITED,
            tries=0,
            created_at=now,
        )

    def _link(self, member: StaffMember, now: datetime) -> tuple[Invitation, Enrolment]:
        link = base64url.encode(self._entropy.token(24))
        expires_at = now + LINK_LIFE
        record = Enrolment(digest=digest_of(link), member=member.id, expires_at=expires_at)
        return Invitation(member=member, link=link, expires_at=expires_at), record


def _deed(
    kind: StaffAct, actor: StaffId, subject: StaffId | None, reason: str, now: datetime
) -> Deed:
    return Deed(kind=kind, actor=actor, subject=subject, reason=reason, at=now)
