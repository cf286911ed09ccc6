"""The poster code of a small shop: one printed code, a fresh request for each visitor.

The link on the poster is signed and says place and question. Whoever opens it gets a request of
their own. When their phone has read it, the shop's screen shows the number of this reading
(`protocols.openid4vp.number_match`); the visitor finds it on the phone before sharing, and by it
the shop knows whose result it looks at. The visitor's own page does not show it: whoever opened
the request could tell it to somebody else who reads it.
"""

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mrc.verifier.in_person.answers import Question
from mrc.verifier.in_person.checks import CheckId, Way
from mrc.web.checker.posts import poster_post
from mrc.web.checker.result_view import result_view
from mrc.web.checker.running import Place, Running, seconds_left
from mrc.web.checker.screens import Screens, Visit, go
from mrc.web.checker.words import asked_words, question_words
from mrc.web.practice_wallets import wallet_links
from mrc.web.reading_state import reading_state

MAX_WAITING = 20
"""Visitors of one poster at a time: a shop has fewer, and a joker cannot fill the store."""

SHOWN_FOR = timedelta(minutes=30)
_USE = "poster"


@dataclass(frozen=True, slots=True, kw_only=True)
class Poster:
    place: str
    question: Question
    code: str

    @property
    def path(self) -> str:
        return f"/p/{self.code}"


class Posters:
    def __init__(self, screens: Screens, running: Running) -> None:
        self._screens = screens
        self._running = running
        self._parts = screens.parts

    def routes(self) -> Sequence[Route]:
        s = self._screens
        return [
            s.route("poster", "/poster", self.page),
            s.route("visitors", "/poster/visitors", self.visitors),
            s.open_route("poster_landing", "/p/{poster}", self.landing),
            s.open_route("poster_start", "/p/{poster}", self.start, "POST"),
            s.open_route("poster_visit", "/p/{poster}/{check}", self.visit),
        ]

    async def page(self, visit: Visit) -> Response:
        _ = self._screens.words(visit.request)
        asked = visit.request.query_params.get("question", "")
        question = Question(asked) if asked in set(Question) else Question.AGE_19
        members = {"place": visit.post.place, "question": question.value}
        code = self._parts.texts.sign(_USE, members)
        visitors = await self._visitors(visit)
        return self._screens.show(
            visit.request,
            "poster.html",
            post=visit.post,
            url=f"{self._parts.origin}/p/{code}",
            question=question,
            question_words=question_words(question, _),
            asked=asked_words(question, _),
            questions=[(each.value, question_words(each, _)) for each in Question],
            visitors=visitors,
            seen=_fingerprint(visitors),
        )

    async def visitors(self, visit: Visit) -> Response:
        """A part of the page: 204 while nothing changed, so that nothing moves under a finger."""
        visitors = await self._visitors(visit)
        seen = _fingerprint(visitors)
        if visit.request.query_params.get("seen") == seen:
            return Response(status_code=204)
        return self._screens.show(
            visit.request, "_visitors.html", post=visit.post, visitors=visitors, seen=seen
        )

    async def _visitors(self, visit: Visit) -> list[dict[str, object]]:
        _ = self._screens.words(visit.request)
        now = self._parts.clock.now()
        found = await self._parts.checks.of_post(
            visit.post.poster, since=now - SHOWN_FOR, limit=MAX_WAITING
        )
        numbered = [await self._running.numbered(check) for check in found]
        open_numbers = Counter(check.number for check in numbered if check.ending is None)
        return [
            {
                "check": check,
                "question": question_words(check.question, _),
                "result": None if check.answered is None else result_view(check, {}, _),
                "ready": check.ending is None and await self._running.is_over(check),
                "state": reading_state(self._running.reading(check) if check.link else None),
                "twice": check.number is not None and open_numbers[check.number] > 1,
            }
            for check in numbered
        ]

    async def landing(self, request: Request) -> Response:
        poster = self._poster(request)
        if poster is None:
            return self._screens.refuse(request, None, "poster", status=404)
        return self._public(request, "poster_landing.html", poster)

    async def start(self, request: Request) -> Response:
        poster = self._poster(request)
        if poster is None:
            return self._screens.refuse(request, None, "poster", status=404)
        owner = poster_post(poster.place)
        now = self._parts.clock.now()
        if await self._parts.checks.count_open(owner, at=now) >= MAX_WAITING:
            return self._screens.refuse(request, None, "crowded", status=429)
        place = Place(post=owner, name=poster.place)
        check = await self._running.ask(poster.question, place, way=Way.POSTER)
        return go(f"{poster.path}/{check.id}")

    async def visit(self, request: Request) -> Response:
        """The visitor's own page: the way into Mobile ID, and when it is over the number."""
        poster = self._poster(request)
        check = await self._parts.checks.find(CheckId(request.path_params["check"]))
        if poster is None or check is None or check.post != poster_post(poster.place):
            return self._screens.refuse(request, None, "poster", status=404)
        check = await self._running.numbered(check)
        over = check.ending is not None or await self._running.is_over(check)
        part = "hx-request" in request.headers
        if part and not over:
            return Response(status_code=204)
        template = "_poster_visit.html" if part else "poster_visit.html"
        return self._public(
            request,
            template,
            poster,
            check=check,
            over=over,
            link=check.link,
            seconds=seconds_left(check, now=self._parts.clock.now()),
            wallets=wallet_links(self._parts.wallets, check.link) if check.link else (),
        )

    def _public(
        self, request: Request, template: str, poster: Poster, **values: object
    ) -> Response:
        language = self._screens.visitor_pages.language(request)
        _ = self._screens.visitor_pages.translator(language)
        return self._screens.visitor_pages.respond(
            request,
            f"checker/{template}",
            status=200,
            language=language,
            organisation=self._screens.organisation(request),
            place=poster.place,
            training=False,
            poster=poster,
            question=question_words(poster.question, _),
            asked=asked_words(poster.question, _),
            **values,
        )

    def _poster(self, request: Request) -> Poster | None:
        code = request.path_params["poster"]
        members = self._parts.texts.read(_USE, code)
        if members is None:
            return None
        return Poster(
            place=str(members["place"]), question=Question(str(members["question"])), code=code
        )


def _fingerprint(visitors: Sequence[Mapping[str, object]]) -> str:
    """The same while the list shows the same."""
    shown = [
        (visitor["check"], visitor["ready"], visitor["state"], visitor["twice"])
        for visitor in visitors
    ]
    return hashlib.sha256(repr(shown).encode()).hexdigest()[:16]
