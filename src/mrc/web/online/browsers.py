"""The browser that started a sign-in, by a secret in its cookie; and who is signed in, signed.

The secret is stored as its SHA-256 only. SameSite=Lax, because the way back from a wallet on the
same phone comes from another site (HAIP 1.0, 5.1).
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from starlette.requests import Request
from starlette.responses import Response

from mrc.verifier.online.sign_ins import SignIn, Wish
from mrc.web.signed_text import SignedTexts

BROWSER = "__Host-browser"
MEMBER = "__Host-member"
MEMBER_FOR = timedelta(hours=1)
_USE = "member"


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """What the service remembers of a sign-in: that it happened. No name, no birth date."""

    wish: Wish
    since: datetime


def browser_secret(request: Request) -> str:
    """The browser's secret, or a new one."""
    given = request.cookies.get(BROWSER, "")
    return given if len(given) >= 43 else secrets.token_urlsafe(32)


def digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()


def owns(request: Request, sign_in: SignIn) -> bool:
    return hmac.compare_digest(digest(request.cookies.get(BROWSER, "")), sign_in.browser)


def keep_browser(response: Response, secret: str) -> None:
    response.set_cookie(BROWSER, secret, path="/", secure=True, httponly=True, samesite="lax")


def keep_member(response: Response, member: Member, texts: SignedTexts) -> None:
    members = {"wish": member.wish.value, "since": int(member.since.timestamp())}
    response.set_cookie(
        MEMBER,
        texts.sign(_USE, members),
        path="/",
        secure=True,
        httponly=True,
        samesite="lax",
        max_age=int(MEMBER_FOR.total_seconds()),
    )


def find_member(request: Request, texts: SignedTexts, *, now: datetime) -> Member | None:
    members = texts.read(_USE, request.cookies.get(MEMBER, ""))
    if members is None:
        return None
    since = datetime.fromtimestamp(int(str(members["since"])), UTC)
    if since + MEMBER_FOR <= now:
        return None
    return Member(wish=Wish(str(members["wish"])), since=since)


def end_member(response: Response) -> None:
    response.delete_cookie(MEMBER, path="/", secure=True, httponly=True, samesite="lax")
