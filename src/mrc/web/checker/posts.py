"""Who is signed in where: the operator's session, carried by a signed cookie.

It survives a restart of the server and ends by itself. A training session carries a mark: it
reaches practice people and nobody else.
"""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from starlette.requests import Request
from starlette.responses import Response

from mrc.verifier.in_person.checks import PostId
from mrc.web.signed_text import SignedTexts

COOKIE = "__Host-checker"  # the prefix: https only, this host only
LASTS = timedelta(hours=12)
_USE = "checker session"


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """A sign-in at a place. `id` is what its checks belong to."""

    id: PostId
    place: str
    training: bool
    until: datetime

    @property
    def poster(self) -> PostId:
        """What the checks of the place's poster belong to: it hangs longer than one sign-in."""
        return poster_post(self.place)

    def may_see(self, owner: PostId) -> bool:
        return owner == self.id or (not self.training and owner == self.poster)


def poster_post(place: str) -> PostId:
    return PostId("poster-" + hashlib.sha256(place.encode()).hexdigest()[:24])


def find_post(request: Request, texts: SignedTexts, *, now: datetime) -> Post | None:
    """The session of the request's cookie; None for none, a forged one, or one that has ended."""
    members = texts.read(_USE, request.cookies.get(COOKIE, ""))
    if members is None:
        return None
    until = datetime.fromtimestamp(int(str(members["until"])), UTC)
    if until <= now:
        return None
    return Post(
        id=PostId(str(members["id"])),
        place=str(members["place"]),
        training=members["training"] is True,
        until=until,
    )


def keep_post(response: Response, post: Post, texts: SignedTexts) -> None:
    members = {
        "id": post.id,
        "place": post.place,
        "training": post.training,
        "until": int(post.until.timestamp()),
    }
    response.set_cookie(
        COOKIE,
        texts.sign(_USE, members),
        path="/",
        secure=True,
        httponly=True,
        samesite="strict",
        max_age=int(LASTS.total_seconds()),
    )


def end_post(response: Response) -> None:
    response.delete_cookie(COOKIE, path="/", secure=True, httponly=True, samesite="strict")
