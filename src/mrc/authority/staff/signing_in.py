"""Signing in with a passkey, sessions, and the links by which a passkey comes to be known.

Every try of a known passkey is counted before it is judged; the fifth failure in a row locks the
member until a supervisor releases them. A challenge serves once, a link enrols one passkey.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from mrc.authority.staff.passkeys import Answer, Passkeys
from mrc.authority.staff.reasons import StaffReason
from mrc.authority.staff.records import (
    Challenge,
    Deed,
    Passkey,
    Purpose,
    Session,
    SessionId,
    StaffAct,
    StaffMember,
    StaffState,
    digest_of,
)
from mrc.authority.staff.store import StaffStore
from mrc.formats import base64url
from mrc.kernel.errors import Forbidden, Rejected
from mrc.kernel.ports import Entropy

SECRET_BYTES = 32
CHALLENGE_LIFE = timedelta(minutes=3)
_TOUCH_EVERY = timedelta(seconds=30)  # one write for many pages


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionRules:
    """`idle` without a page, `longest` in all: a shift."""

    idle: timedelta = timedelta(minutes=15)
    longest: timedelta = timedelta(hours=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """Who is signed in, as every page sees it."""

    member: StaffMember
    session: Session


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSession:
    """`cookie` is told once, to the browser that signed in."""

    cookie: str
    signed_in: SignedIn


class SigningIn:
    """The use cases of passkeys and sessions."""

    def __init__(
        self,
        store: StaffStore,
        passkeys: Passkeys,
        entropy: Entropy,
        rules: SessionRules = SessionRules(),
    ) -> None:
        self._store = store
        self._passkeys = passkeys
        self._entropy = entropy
        self.rules = rules

    async def enrolment_of(self, link: str, *, now: datetime) -> StaffMember:
        """Whom a link enrols. Raises `Forbidden` where it is spent, too old or invented."""
        member = await self._store.find_link(digest_of(link), now=now)
        if member is None or member.state is StaffState.SUSPENDED:
            raise Forbidden(StaffReason.LINK_UNKNOWN)
        return member

    async def begin_enrolment(self, link: str, *, now: datetime) -> str:
        """What to ask the browser for, as JSON."""
        member = await self.enrolment_of(link, now=now)
        challenge = await self._challenge(Purpose.ENROL, now)
        known = await self._store.passkeys_of(member.id)
        return self._passkeys.enrolment_options(member, known, challenge)

    async def finish_enrolment(self, link: str, answer: Answer, *, now: datetime) -> StaffMember:
        """Spend the link for a passkey. Raises `Rejected` or `Forbidden`."""
        member = await self.enrolment_of(link, now=now)
        challenge = await self._answered(answer, Purpose.ENROL, now)
        public_key, count = self._passkeys.check_enrolment(answer, expected_challenge=challenge)
        passkey = Passkey(
            id=self._passkeys.credential_of(answer),
            member=member.id,
            public_key=public_key,
            sign_count=count,
            added_at=now,
        )
        deed = _deed(StaffAct.ENROLLED, member, "passkey registered", now)
        if not await self._store.enrol(digest_of(link), passkey, deed):
            raise Forbidden(StaffReason.LINK_UNKNOWN)
        return member

    async def begin_sign_in(self, *, now: datetime) -> str:
        """What to ask the browser for, as JSON."""
        return self._passkeys.sign_in_options(await self._challenge(Purpose.SIGN_IN, now))

    async def finish_sign_in(self, answer: Answer, *, now: datetime) -> NewSession:
        """Check the answer in this order: challenge (claimed), passkey (known), member (a try is
        counted), signature, counter. Raises `Rejected` or `Forbidden`.
        """
        challenge = await self._answered(answer, Purpose.SIGN_IN, now)
        passkey = await self._store.find_passkey(self._passkeys.credential_of(answer))
        if passkey is None:
            raise Forbidden(StaffReason.PASSKEY_UNKNOWN)
        member = await self._counted(passkey)
        try:
            count = self._passkeys.check_sign_in(answer, passkey, expected_challenge=challenge)
        except Rejected:
            await self._failed(member, now)
            raise
        cookie = self._secret()
        session = Session(
            id=SessionId(base64url.encode(self._entropy.token(12))),
            digest=digest_of(cookie),
            member=member.id,
            counter=None,
            started_at=now,
            seen_at=now,
            expires_at=now + self.rules.longest,
        )
        deed = _deed(StaffAct.SIGNED_IN, member, "passkey", now)
        moved = replace(passkey, sign_count=count)
        if not await self._store.start_session(session, moved, deed):
            await self._failed(member, now)
            raise Rejected(StaffReason.PASSKEY_REFUSED, "WebAuthn 7.2 step 22")
        return NewSession(cookie=cookie, signed_in=SignedIn(member=member, session=session))

    async def find(
        self, cookie: str, *, now: datetime, in_background: bool = False
    ) -> SignedIn | None:
        """Who a cookie belongs to; None where it has ended or was idle too long.

        `in_background`: a page that asks by itself does not keep a session alive.
        """
        session = await self._store.find_session(digest_of(cookie))
        if session is None or now >= session.expires_at:
            return None
        if now - session.seen_at >= self.rules.idle:
            return None
        member = await self._store.find_member(session.member)
        if member is None or member.state is not StaffState.ACTIVE:
            return None
        if not in_background and now - session.seen_at >= _TOUCH_EVERY:
            await self._store.touch_session(session.id, now=now)
        return SignedIn(member=member, session=session)

    async def choose_counter(self, who: SignedIn, counter: int) -> None:
        await self._store.set_counter(who.session.id, counter)

    async def sign_out(self, who: SignedIn, *, now: datetime) -> None:
        deed = _deed(StaffAct.SIGNED_OUT, who.member, "signed out", now)
        await self._store.end_session(who.session.id, deed)

    def _secret(self) -> str:
        return base64url.encode(self._entropy.token(SECRET_BYTES))

    async def _challenge(self, purpose: Purpose, now: datetime) -> bytes:
        challenge = self._entropy.token(SECRET_BYTES)
        record = Challenge(
            digest=digest_of(base64url.encode(challenge)),
            purpose=purpose,
            expires_at=now + CHALLENGE_LIFE,
        )
        await self._store.add_challenge(record, now=now)
        return challenge

    async def _answered(self, answer: Answer, purpose: Purpose, now: datetime) -> bytes:
        """The challenge of ours that is answered; nobody can answer it again."""
        challenge = self._passkeys.challenge_of(answer)
        digest = digest_of(base64url.encode(challenge))
        if not await self._store.take_challenge(digest, purpose, now=now):
            raise Forbidden(StaffReason.CHALLENGE_UNKNOWN)
        return challenge

    async def _counted(self, passkey: Passkey) -> StaffMember:
        member = await self._store.count_try(passkey.member)
        if member is not None:
            return member
        refused = await self._store.find_member(passkey.member)
        locked = refused is not None and refused.locked
        raise Forbidden(StaffReason.LOCKED if locked else StaffReason.SUSPENDED)

    async def _failed(self, member: StaffMember, now: datetime) -> None:
        await self._store.record(_deed(StaffAct.SIGN_IN_FAILED, member, f"try {member.tries}", now))


def _deed(kind: StaffAct, member: StaffMember, reason: str, now: datetime) -> Deed:
    return Deed(kind=kind, actor=member.id, subject=member.id, reason=reason, at=now)
