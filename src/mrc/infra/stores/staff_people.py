"""Members, passkeys, links, sessions and customer screens in the database."""

from datetime import datetime

import sqlalchemy as sa

from mrc.authority.staff.reasons import StaffReason
from mrc.authority.staff.records import (
    MOST_TRIES,
    Challenge,
    CustomerScreen,
    Deed,
    Enrolment,
    Passkey,
    Purpose,
    Role,
    Session,
    SessionId,
    StaffId,
    StaffMember,
    StaffState,
)
from mrc.infra.database.engine import Database, Transaction, UniqueViolation
from mrc.infra.database.staff_tables import (
    acts,
    challenges,
    enrolments,
    members,
    passkeys,
    screens,
    sessions,
    visits,
)
from mrc.infra.stores import staff_rows as rows
from mrc.kernel.errors import Forbidden, Unavailable

_P = sa.bindparam
RECORD = sa.insert(acts)
_ADD_MEMBER = sa.insert(members)
_MEMBER = sa.select(members).where(members.c.id == _P("of_id"))
_MEMBERS = sa.select(members).order_by(members.c.name, members.c.id)
_SUPERVISORS = sa.select(members.c.id).where(
    members.c.role == Role.SUPERVISOR.value,
    members.c.state == StaffState.ACTIVE.value,
    members.c.office == _P("of_office"),
)
_SET_STATE = sa.update(members).where(members.c.id == _P("of_id")).values(state=_P("new_state"))
_ACTIVATE = (
    sa.update(members)
    .where(members.c.id == _P("of_id"))
    .values(state=StaffState.ACTIVE.value, tries=0)
)
_COUNT_TRY = (
    sa.update(members)
    .where(
        members.c.id == _P("of_id"),
        members.c.state == StaffState.ACTIVE.value,
        members.c.tries < MOST_TRIES,
    )
    .values(tries=members.c.tries + 1)
    .returning(*members.c)
)
_FORGET_TRIES = sa.update(members).where(members.c.id == _P("of_id")).values(tries=0)
_ADD_LINK = sa.insert(enrolments)
_DROP_LINKS = sa.delete(enrolments).where(enrolments.c.member == _P("of_id"))
_LINK = (
    sa.select(*members.c)
    .join(enrolments, enrolments.c.member == members.c.id)
    .where(enrolments.c.digest == _P("of_digest"), enrolments.c.expires_at > _P("at"))
)
_SPEND_LINK = sa.delete(enrolments).where(
    enrolments.c.digest == _P("of_digest"),
    enrolments.c.expires_at > _P("at"),
    enrolments.c.member == _P("of_member"),
)
_ADD_PASSKEY = sa.insert(passkeys)
_PASSKEYS = sa.select(passkeys).where(passkeys.c.member == _P("of_id"))
_PASSKEY = sa.select(passkeys).where(passkeys.c.id == _P("of_id"))
_DROP_PASSKEYS = sa.delete(passkeys).where(passkeys.c.member == _P("of_id"))
_MOVE_COUNTER = (
    sa.update(passkeys)
    .where(
        passkeys.c.id == _P("of_id"),
        sa.or_(passkeys.c.sign_count < _P("new_count"), _P("new_count", type_=sa.BigInteger) == 0),
    )
    .values(sign_count=_P("new_count"))
)
MOST_CHALLENGES = 5_000
"""Open at once: anybody may ask for one, so there is an end to it."""

_COUNT_CHALLENGES = sa.select(sa.func.count().label("open")).select_from(challenges)
_ADD_CHALLENGE = sa.insert(challenges)
_PURGE_CHALLENGES = sa.delete(challenges).where(challenges.c.expires_at <= _P("at"))
_TAKE_CHALLENGE = sa.delete(challenges).where(
    challenges.c.digest == _P("of_digest"),
    challenges.c.purpose == _P("of_purpose"),
    challenges.c.expires_at > _P("at"),
)
_ADD_SESSION = sa.insert(sessions)
_SESSION = sa.select(sessions).where(sessions.c.digest == _P("of_digest"))
_PURGE_SESSIONS = sa.delete(sessions).where(sessions.c.expires_at <= _P("at"))
_DROP_SESSION = sa.delete(sessions).where(sessions.c.id == _P("of_id"))
_DROP_SESSIONS = sa.delete(sessions).where(sessions.c.member == _P("of_id"))
_TOUCH = sa.update(sessions).where(sessions.c.id == _P("of_id")).values(seen_at=_P("at"))
_SET_COUNTER = sa.update(sessions).where(sessions.c.id == _P("of_id")).values(counter=_P("new"))
_CLOSE_VISITS = (
    sa.update(visits)
    .where(visits.c.session == _P("of_id"), visits.c.closed_at.is_(None))
    .values(closed_at=_P("at"), sealed_link=None)
)
_ADD_SCREEN = sa.insert(screens)
_DROP_SCREENS = sa.delete(screens).where(screens.c.session == _P("of_id"))
_OPEN_SCREEN = (
    sa.update(screens)
    .where(
        screens.c.digest == _P("of_digest"),
        screens.c.opened.is_(False),
        screens.c.expires_at > _P("at"),
    )
    .values(digest=_P("new_digest"), opened=True)
    .returning(*screens.c)
)
_SCREEN = sa.select(screens).where(screens.c.digest == _P("of_digest"), screens.c.opened.is_(True))
_SCREEN_OF = sa.select(screens).where(screens.c.session == _P("of_id"), screens.c.opened.is_(True))
_SET_LANGUAGE = (
    sa.update(screens).where(screens.c.digest == _P("of_digest")).values(language=_P("new"))
)


class MemberRecords:
    """`MemberStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add_member(self, member: StaffMember, link: Enrolment, deed: Deed) -> None:
        async with self._database.transaction() as tx:
            await _enter(tx, member, link, deed)

    async def add_first(self, member: StaffMember, link: Enrolment, deed: Deed) -> bool:
        async with self._database.transaction() as tx:
            if await tx.fetch_all(_SUPERVISORS, {"of_office": member.office}):
                return False
            await _enter(tx, member, link, deed)
        return True

    async def find_member(self, member: StaffId) -> StaffMember | None:
        async with self._database.reading() as tx:
            row = await tx.fetch_one(_MEMBER, {"of_id": member})
        return None if row is None else rows.member_from_row(row)

    async def members(self) -> list[StaffMember]:
        async with self._database.reading() as tx:
            return [rows.member_from_row(row) for row in await tx.fetch_all(_MEMBERS)]

    async def set_state(self, member: StaffId, state: StaffState, deed: Deed) -> None:
        async with self._database.transaction() as tx:
            if state is StaffState.SUSPENDED:
                await _check_not_last(tx, member)
            await tx.execute(_SET_STATE, {"of_id": member, "new_state": state.value})
            if state is StaffState.SUSPENDED:
                for drop in (_DROP_LINKS, _DROP_PASSKEYS, _DROP_SESSIONS):
                    await tx.execute(drop, {"of_id": member})
            await tx.execute(RECORD, rows.to_row(deed))

    async def add_link(self, link: Enrolment, deed: Deed) -> None:
        async with self._database.transaction() as tx:
            await tx.execute(_DROP_LINKS, {"of_id": link.member})
            await tx.execute(_ADD_LINK, rows.to_row(link))
            await tx.execute(RECORD, rows.to_row(deed))

    async def find_link(self, digest: bytes, *, now: datetime) -> StaffMember | None:
        async with self._database.reading() as tx:
            row = await tx.fetch_one(_LINK, {"of_digest": digest, "at": now})
        return None if row is None else rows.member_from_row(row)

    async def enrol(self, digest: bytes, passkey: Passkey, deed: Deed) -> bool:
        spend = {"of_digest": digest, "at": deed.at, "of_member": passkey.member}
        try:
            async with self._database.transaction() as tx:
                if not await tx.execute(_SPEND_LINK, spend):
                    return False
                await tx.execute(_ADD_PASSKEY, rows.to_row(passkey))
                await tx.execute(_ACTIVATE, {"of_id": passkey.member})
                await tx.execute(RECORD, rows.to_row(deed))
        except UniqueViolation as error:
            raise Forbidden(StaffReason.PASSKEY_KNOWN) from error
        return True

    async def passkeys_of(self, member: StaffId) -> list[Passkey]:
        async with self._database.reading() as tx:
            found = await tx.fetch_all(_PASSKEYS, {"of_id": member})
        return [rows.passkey_from_row(row) for row in found]

    async def find_passkey(self, passkey: bytes) -> Passkey | None:
        async with self._database.reading() as tx:
            row = await tx.fetch_one(_PASSKEY, {"of_id": passkey})
        return None if row is None else rows.passkey_from_row(row)

    async def count_try(self, member: StaffId) -> StaffMember | None:
        async with self._database.transaction() as tx:
            row = await tx.fetch_one(_COUNT_TRY, {"of_id": member})
        return None if row is None else rows.member_from_row(row)

    async def release(self, member: StaffId, deed: Deed) -> None:
        async with self._database.transaction() as tx:
            await tx.execute(_FORGET_TRIES, {"of_id": member})
            await tx.execute(RECORD, rows.to_row(deed))


class SessionRecords:
    """`SessionStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add_challenge(self, challenge: Challenge, *, now: datetime) -> None:
        async with self._database.transaction() as tx:
            await tx.execute(_PURGE_CHALLENGES, {"at": now})
            row = await tx.fetch_one(_COUNT_CHALLENGES)
            if row is None or row["open"] >= MOST_CHALLENGES:
                raise Unavailable("sign-in", "too many at once")
            await tx.execute(_ADD_CHALLENGE, rows.to_row(challenge))

    async def take_challenge(self, digest: bytes, purpose: Purpose, *, now: datetime) -> bool:
        wanted = {"of_digest": digest, "of_purpose": purpose.value, "at": now}
        async with self._database.transaction() as tx:
            return await tx.execute(_TAKE_CHALLENGE, wanted) == 1

    async def start_session(self, session: Session, passkey: Passkey, deed: Deed) -> bool:
        move = {"of_id": passkey.id, "new_count": passkey.sign_count}
        async with self._database.transaction() as tx:
            if not await tx.execute(_MOVE_COUNTER, move):
                return False
            await tx.execute(_PURGE_SESSIONS, {"at": deed.at})
            await tx.execute(_FORGET_TRIES, {"of_id": session.member})
            await tx.execute(_ADD_SESSION, rows.to_row(session))
            await tx.execute(RECORD, rows.to_row(deed))
        return True

    async def find_session(self, digest: bytes) -> Session | None:
        async with self._database.reading() as tx:
            row = await tx.fetch_one(_SESSION, {"of_digest": digest})
        return None if row is None else rows.session_from_row(row)

    async def touch_session(self, session: SessionId, *, now: datetime) -> None:
        async with self._database.transaction() as tx:
            await tx.execute(_TOUCH, {"of_id": session, "at": now})

    async def set_counter(self, session: SessionId, counter: int) -> None:
        async with self._database.transaction() as tx:
            await tx.execute(_SET_COUNTER, {"of_id": session, "new": counter})

    async def end_session(self, session: SessionId, deed: Deed) -> None:
        async with self._database.transaction() as tx:
            await tx.execute(_CLOSE_VISITS, {"of_id": session, "at": deed.at})
            for drop in (_DROP_SCREENS, _DROP_SESSION):
                await tx.execute(drop, {"of_id": session})
            await tx.execute(RECORD, rows.to_row(deed))

    async def add_screen(self, link_digest: bytes, screen: CustomerScreen) -> None:
        row = {**rows.to_row(screen), "digest": link_digest, "opened": False}
        async with self._database.transaction() as tx:
            await tx.execute(_DROP_SCREENS, {"of_id": screen.session})
            await tx.execute(_ADD_SCREEN, row)

    async def open_screen(
        self, link_digest: bytes, digest: bytes, *, now: datetime
    ) -> CustomerScreen | None:
        opening = {"of_digest": link_digest, "new_digest": digest, "at": now}
        async with self._database.transaction() as tx:
            row = await tx.fetch_one(_OPEN_SCREEN, opening)
        return None if row is None else rows.screen_from_row(row)

    async def find_screen(self, digest: bytes) -> CustomerScreen | None:
        async with self._database.reading() as tx:
            row = await tx.fetch_one(_SCREEN, {"of_digest": digest})
        return None if row is None else rows.screen_from_row(row)

    async def set_screen_language(self, digest: bytes, language: str) -> None:
        async with self._database.transaction() as tx:
            await tx.execute(_SET_LANGUAGE, {"of_digest": digest, "new": language})

    async def screen_of(self, session: SessionId) -> CustomerScreen | None:
        async with self._database.reading() as tx:
            row = await tx.fetch_one(_SCREEN_OF, {"of_id": session})
        return None if row is None else rows.screen_from_row(row)


async def _check_not_last(tx: Transaction, member: StaffId) -> None:
    row = await tx.fetch_one(_MEMBER, {"of_id": member})
    office = None if row is None else row["office"]
    remaining = {each["id"] for each in await tx.fetch_all(_SUPERVISORS, {"of_office": office})}
    if remaining == {member}:
        raise Forbidden(StaffReason.LAST_SUPERVISOR)


async def _enter(tx: Transaction, member: StaffMember, link: Enrolment, deed: Deed) -> None:
    await tx.execute(_ADD_MEMBER, rows.to_row(member))
    await tx.execute(_ADD_LINK, rows.to_row(link))
    await tx.execute(RECORD, rows.to_row(deed))
