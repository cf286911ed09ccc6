"""V-1: sign in with the organisation's code, or start training. Tries are counted, then judged."""

import hmac
from collections.abc import Sequence
from datetime import timedelta

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mrc.verifier.in_person.checks import PostId
from mrc.web.checker.posts import LASTS, Post, end_post, keep_post
from mrc.web.checker.screens import Screens, Visit, go
from mrc.web.design.forms import read_form

MAX_TRIES = 5
LOCKED_FOR = timedelta(minutes=5)
MAX_PLACE = 60  # characters
_ID_BYTES = 16


class SigningIn:
    def __init__(self, screens: Screens) -> None:
        self._screens = screens
        self._parts = screens.parts

    def routes(self) -> Sequence[Route]:
        s = self._screens
        return [
            s.open_route("sign_in", "/sign-in", self.page),
            s.open_route("sign_in_finish", "/sign-in", self.finish, "POST"),
            s.open_route("train", "/training", self.train, "POST"),
            s.route("sign_out", "/sign-out", self.leave, "POST"),
        ]

    async def page(self, request: Request) -> Response:
        return self._page(request)

    async def finish(self, request: Request) -> Response:
        """Every try is counted before it is judged; the right code forgets the wrong ones."""
        form, now = await read_form(request), self._parts.clock.now()
        place, code = form.text("place"), "".join(form.text("code").split())
        if not place or len(place) > MAX_PLACE or not place.isprintable():
            return self._page(request, place=place[:MAX_PLACE], wrong="place", status=400)
        if await self._parts.checks.tries(since=now - LOCKED_FOR) >= MAX_TRIES:
            return self._page(request, place=place, wrong="locked", status=429)
        await self._parts.checks.add_try(at=now)
        if not hmac.compare_digest(code.encode(), self._parts.pin.encode()):
            return self._page(request, place=place, wrong="code", status=403)
        await self._parts.checks.forget_tries()
        return self._enter(place, training=False)

    async def train(self, request: Request) -> Response:
        place = str(self._screens.words(request)("Training"))
        return self._enter(place, training=True)

    async def leave(self, visit: Visit) -> Response:
        answer = go("/sign-in")
        end_post(answer)
        return answer

    def _enter(self, place: str, *, training: bool) -> Response:
        post = Post(
            id=PostId(self._parts.verifier.entropy.token(_ID_BYTES).hex()),
            place=place,
            training=training,
            until=self._parts.clock.now() + LASTS,
        )
        answer = go("/")
        keep_post(answer, post, self._parts.texts)
        return answer

    def _page(
        self, request: Request, *, place: str = "", wrong: str = "", status: int = 200
    ) -> Response:
        return self._screens.show(
            request,
            "sign_in.html",
            status=status,
            place_typed=place,
            wrong=wrong,
            pin_hint=self._parts.pin_hint,
            minutes=int(LOCKED_FOR.total_seconds()) // 60,
        )
