"""O-1 to O-6: the buttons, this phone or another, waiting, done, errors, the camera's landing page."""

from collections.abc import Sequence
from datetime import timedelta
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mrc.formats.catalogue.card_types import STANDARD, CardType
from mrc.kernel.errors import Malformed, Rejected
from mrc.protocols.openid4vp.invocation import ByReference, decode_invocation, encode_invocation
from mrc.verifier.online.sign_ins import FRESH_CODES, Device, End, SignIn, Wish
from mrc.verifier.readings import Reading
from mrc.verifier.reasons import Reason
from mrc.verifier.transactions import Stage
from mrc.web.design.forms import read_form
from mrc.web.design.translator import Message, Translator
from mrc.web.online.browsers import (
    Member,
    browser_secret,
    digest,
    end_member,
    find_member,
    keep_browser,
    keep_member,
)
from mrc.web.online.running import Running, Told
from mrc.web.online.screens import Screens, go
from mrc.web.practice_wallets import wallet_links
from mrc.web.reading_state import reading_state
from mrc.web.wallet_app.labels import claim_label


class SigningIn:
    def __init__(self, screens: Screens, running: Running) -> None:
        self._screens = screens
        self._running = running
        self._parts = screens.parts

    def routes(self) -> Sequence[Route]:
        s = self._screens
        one = "/sign-in/{sign_in}"
        return [
            s.route("home", "/", self.home),
            s.route("start", "/start", self.start, "POST"),
            s.route("sign_out", "/sign-out", self.sign_out, "POST"),
            s.route("open", "/open", self.open),
            s.route("what", "/what", self.what),
            s.own_route("choose", one, self.choose),
            s.own_route("here", f"{one}/here", self.here, "POST"),
            s.own_route("other", f"{one}/other", self.other, "POST"),
            s.own_route("renew", f"{one}/renew", self.renew, "POST"),
            s.own_route("wait", f"{one}/wait", self.wait),
            s.own_route("progress", f"{one}/progress", self.progress),
            s.own_route("stop", f"{one}/stop", self.stop, "POST"),
            s.own_route("done", f"{one}/done", self.done),
            s.own_route("returned", "/returned/{sign_in}", self.returned),
        ]

    async def home(self, request: Request) -> Response:
        member = find_member(request, self._parts.texts, now=self._running.now())
        return self._screens.show(request, "home.html", member=member)

    async def start(self, request: Request) -> Response:
        wish = (await read_form(request)).text("wish")
        if wish not in set(Wish):
            raise Malformed("wish", "no such button")
        secret = browser_secret(request)
        sign_in = await self._running.start(Wish(wish), digest(secret))
        answer = go(f"/sign-in/{sign_in.id}")
        keep_browser(answer, secret)
        return answer

    async def sign_out(self, request: Request) -> Response:
        answer = go("/")
        end_member(answer)
        return answer

    async def choose(self, request: Request, sign_in: SignIn) -> Response:
        if sign_in.end is not None:
            return self._ended(request, sign_in)
        _ = self._screens.words(request)
        return self._screens.show(
            request,
            "choose.html",
            sign_in=sign_in,
            title=wish_words(sign_in.wish, _),
            asked=self._asked(sign_in.wish, _),
        )

    async def here(self, request: Request, sign_in: SignIn) -> Response:
        return await self._ask(sign_in, Device.HERE)

    async def other(self, request: Request, sign_in: SignIn) -> Response:
        return await self._ask(sign_in, Device.OTHER)

    async def renew(self, request: Request, sign_in: SignIn) -> Response:
        return await self._ask(sign_in, sign_in.device or Device.OTHER)

    async def _ask(self, sign_in: SignIn, device: Device) -> Response:
        if sign_in.end is None:
            await self._running.ask(sign_in, device)
        return go(f"/sign-in/{sign_in.id}/wait")

    async def wait(self, request: Request, sign_in: SignIn) -> Response:
        """The code or the link, and the number to compare. An ended code is renewed twice."""
        if sign_in.end is not None or sign_in.device is None or sign_in.closes_at is None:
            return go(f"/sign-in/{sign_in.id}")
        stage = await self._running.stage(sign_in)
        if stage is Stage.FINISHED and sign_in.device is Device.OTHER:
            return go(f"/sign-in/{sign_in.id}/done")
        fresh = False
        if stage is Stage.EXPIRED:
            if sign_in.codes > FRESH_CODES:
                return self._screens.fail(request, "ended", sign_in=sign_in)
            sign_in, fresh = await self._running.ask(sign_in, sign_in.device), True
        return self._wait_page(request, sign_in, stage, fresh=fresh)

    def _wait_page(
        self, request: Request, sign_in: SignIn, stage: Stage, *, fresh: bool
    ) -> Response:
        _ = self._screens.words(request)
        closes_at = sign_in.closes_at or self._running.now()
        left = (closes_at - self._running.now()) / timedelta(seconds=1)
        return self._screens.show(
            request,
            "wait.html",
            sign_in=sign_in,
            title=wish_words(sign_in.wish, _),
            asked=self._asked(sign_in.wish, _),
            number=self._number(sign_in),
            host=self._parts.verifier.profile.base_url.removeprefix("https://"),
            seconds=max(int(left), 0),
            fresh=fresh,
            state=self._state(sign_in, stage),
            wallets=wallet_links(self._parts.wallets, sign_in.link),
        )

    def _state(self, sign_in: SignIn, stage: Stage) -> str:
        if stage in (Stage.FINISHED, Stage.EXPIRED):
            return "over"
        return reading_state(self._reading(sign_in))

    def _reading(self, sign_in: SignIn) -> Reading | None:
        return self._parts.verifier.reading(_request_uri(sign_in.link))

    def _number(self, sign_in: SignIn) -> int | None:
        reading = self._reading(sign_in)
        return None if reading is None else reading.number

    async def progress(self, request: Request, sign_in: SignIn) -> Response:
        """204 while nothing changed. The end of an answer on this phone is told to that tab only."""
        stage = await self._running.stage(sign_in)
        state = "over" if sign_in.end is not None else self._state(sign_in, stage)
        here = sign_in.device is Device.HERE
        if state == "over" and here and sign_in.end is None and stage is Stage.FINISHED:
            state = "elsewhere"
        if state == request.query_params.get("seen"):
            return Response(status_code=204)
        return self._screens.show(
            request,
            "_progress.html",
            sign_in=sign_in,
            state=state,
            number=self._number(sign_in) if sign_in.link else None,
        )

    async def stop(self, request: Request, sign_in: SignIn) -> Response:
        if sign_in.end is None:
            await self._running.stop(sign_in)
        return go("/")

    async def done(self, request: Request, sign_in: SignIn) -> Response:
        """The end of an answer from another phone."""
        if sign_in.end is None and sign_in.device is Device.HERE:
            return self._screens.fail(request, "other_browser", status=403, sign_in=sign_in)
        return await self._finish(request, sign_in, response_code=None)

    async def returned(self, request: Request, sign_in: SignIn) -> Response:
        """The way back from a wallet on this phone, with the code that only it was given."""
        code = request.query_params.get("response_code", "")
        return await self._finish(request, sign_in, response_code=code)

    async def _finish(
        self, request: Request, sign_in: SignIn, *, response_code: str | None
    ) -> Response:
        if sign_in.end is not None:
            return self._ended(request, sign_in)
        try:
            ended, told = await self._running.read(sign_in, response_code=response_code)
        except Rejected as error:
            if error.reason is Reason.RESPONSE_CODE_MISMATCH:
                return self._screens.fail(request, "other_browser", status=403, sign_in=sign_in)
            return self._screens.fail(request, "ended", sign_in=sign_in)
        if ended.end is None:
            return go(f"/sign-in/{sign_in.id}/wait")
        if ended.end is not End.DONE:
            return self._ended(request, ended)
        return self._done(request, ended, told)

    def _done(self, request: Request, sign_in: SignIn, told: Told) -> Response:
        _ = self._screens.words(request)
        answer = self._screens.show(
            request,
            "done.html",
            wish=sign_in.wish.value,
            sent=_sent(told, _),
        )
        member = Member(wish=sign_in.wish, since=self._running.now())
        keep_member(answer, member, self._parts.texts)
        return answer

    def _ended(self, request: Request, sign_in: SignIn) -> Response:
        if sign_in.end is End.DONE:
            return go("/")
        why = sign_in.end.value if sign_in.end is not None else "ended"
        if sign_in.reason == Reason.STATUS_LOCKED:
            why = "locked"
        return self._screens.fail(request, why, sign_in=sign_in)

    async def open(self, request: Request) -> Response:
        """O-6. Only requests of our own verifier: this page leads nobody to anyone else's."""
        query = urlencode(list(request.query_params.multi_items()))
        try:
            found = decode_invocation(f"{self._parts.origin}/open?{query}")
        except Rejected as error:
            raise Malformed("link", error.reason.value) from error
        base = f"{self._parts.verifier.profile.base_url}/wallet/request/"
        if not isinstance(found, ByReference) or not found.request_uri.startswith(base):
            return self._screens.fail(request, "malformed", status=400)
        link = encode_invocation(found, endpoint=self._parts.verifier.profile.wallet_endpoint)
        return self._screens.show(
            request,
            "open.html",
            link=link,
            wallets=wallet_links(self._parts.wallets, link),
        )

    async def what(self, request: Request) -> Response:
        return self._screens.show(request, "what.html")

    def _asked(self, wish: Wish, _: Translator) -> list[Message | str]:
        purpose = self._parts.verifier.profile.purposes[wish.purpose]
        return _labels(purpose.claims, _)


def wish_words(wish: Wish, _: Translator) -> Message:
    return {
        Wish.SIGN_IN: _("Sign in with Mobile ID"),
        Wish.AGE: _("Verify age"),
        Wish.IDENTITY: _("Verify identity"),
    }[wish]


def _labels(keys: Sequence[str], _: Translator) -> list[Message | str]:
    definition = STANDARD.get(CardType.RESIDENCE)
    return [claim_label(definition.get_claim(key), _) for key in keys]


def _sent(told: Told, _: Translator) -> list[dict[str, object]]:
    """What went, once: label and value; a photo and a yes without their values."""
    keys = list(told.values)
    found: list[dict[str, object]] = []
    for key, label in zip(keys, _labels(keys, _), strict=True):
        value = told.values[key]
        if isinstance(value, bool):
            value = _("Yes") if value else _("No")
        elif key == "portrait":
            value = _("Shared")
        found.append({"label": label, "value": value})
    return found


def _request_uri(link: str) -> str:
    invocation = decode_invocation(link)
    if not isinstance(invocation, ByReference):
        raise ValueError("our links are by reference")
    return invocation.request_uri
