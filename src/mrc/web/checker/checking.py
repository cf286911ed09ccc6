"""V-2 to V-6: choose the check, show the code, wait, the result, compare the face."""

import base64
from collections.abc import Sequence

from starlette.responses import Response
from starlette.routing import Route

from mrc.formats.catalogue.ages import seoul_date
from mrc.verifier.in_person.answers import Question
from mrc.verifier.in_person.checks import Check, Ending, Face, Way
from mrc.web.checker.people import PEOPLE
from mrc.web.checker.result_view import result_view
from mrc.web.checker.running import Place, Running, Shown, seconds_left
from mrc.web.checker.screens import Screens, Visit, go
from mrc.web.checker.words import ICONS, asked_words, question_words
from mrc.web.design.forms import read_form
from mrc.web.design.languages import find_language
from mrc.web.design.translator import Message, Translator
from mrc.web.practice_wallets import wallet_links
from mrc.web.reading_state import reading_state


class Checking:
    def __init__(self, screens: Screens, running: Running) -> None:
        self._screens = screens
        self._running = running
        self._parts = screens.parts

    def routes(self) -> Sequence[Route]:
        s = self._screens
        one = "/checks/{check}"
        return [
            s.route("choose", "/", self.choose),
            s.route("start", "/checks", self.start, "POST"),
            s.route("check", one, self.check),
            s.route("progress", f"{one}/progress", self.progress),
            s.route("practice", f"{one}/person", self.practice, "POST"),
            s.route("extend", f"{one}/extend", self.extend, "POST"),
            s.route("again", f"{one}/again", self.again, "POST"),
            s.route("stop", f"{one}/stop", self.stop, "POST"),
            s.route("face", f"{one}/face", self.face, "POST"),
            s.route("record", f"{one}/record", self.record),
            s.route("in_language", f"{one}/in", self.in_language),
        ]

    async def choose(self, visit: Visit) -> Response:
        chosen = visit.request.query_params.get("question", Question.AGE_19.value)
        return self._choose(visit, chosen)

    async def start(self, visit: Visit) -> Response:
        asked = (await read_form(visit.request)).text("question")
        if asked not in set(Question):
            return self._choose(visit, "", error=True)
        return go(f"/checks/{(await self._ask(visit, Question(asked))).id}")

    async def check(self, visit: Visit) -> Response:
        """The page of a check, wherever it stands: code, result, or how it ended."""
        check = await self._screens.find_check(visit)
        if check is None:
            return self._gone(visit)
        followed, shown = await self._running.follow(check)
        return self.page(visit, followed, shown)

    def page(self, visit: Visit, check: Check, shown: Shown) -> Response:
        if check.ending is None:
            if check.way is Way.TRAINING:
                return self._show(visit, "people.html", check, people=PEOPLE.values())
            return self._code(visit, check)
        if check.answered is None:
            return self._show(visit, "ended.html", check, status=200)
        _ = self._screens.words(visit.request)
        view = result_view(check, shown.values, _)
        return self._show(
            visit,
            "result.html",
            check,
            result=view,
            faces=[(face.value, words) for face, words in _faces(_).items()],
        )

    async def progress(self, visit: Visit) -> Response:
        """A part of the page: 204 while nothing changed, else what to fetch instead."""
        check = await self._screens.find_check(visit)
        if check is None:
            return self._show(visit, "_progress.html", None, state="over", next="/")
        state = await self._state(check)
        if state == visit.request.query_params.get("seen"):
            return Response(status_code=204)
        reading = self._running.reading(check)
        return self._show(
            visit,
            "_progress.html",
            check,
            state=state,
            number=None if reading is None else reading.number,
            next=f"/checks/{check.id}",
        )

    async def _state(self, check: Check) -> str:
        """Without reading the outcome: what the card says is for the page that shows it."""
        if check.ending is not None or await self._running.is_over(check):
            return "over"
        return reading_state(self._running.reading(check))

    async def practice(self, visit: Visit) -> Response:
        """Training: the card of a practice person, judged by the rules for real cards."""
        check = await self._screens.find_check(visit)
        number = (await read_form(visit.request)).text("person")
        person = PEOPLE.get(int(number)) if number.isdecimal() and len(number) < 4 else None
        if check is None or person is None or check.way is not Way.TRAINING:
            return self._gone(visit)
        if check.ending is not None:
            return go(f"/checks/{check.id}")
        now = self._parts.clock.now()
        values = dict(person.values(today=seoul_date(now)))
        if values:
            picture = base64.b64encode(self._parts.draw_face(person.number)).decode()
            values["portrait"] = f"data:image/jpeg;base64,{picture}"
        asked = self._parts.verifier.profile.purposes[check.question.purpose].claims
        ended, shown = await self._running.judge(
            check,
            person.verdict(at=now),
            {key: value for key, value in values.items() if key in asked},
        )
        return self.page(visit, ended, shown)

    async def extend(self, visit: Visit) -> Response:
        check = await self._screens.find_check(visit)
        if check is None:
            return self._gone(visit)
        longer = await self._running.extend(check)
        if "hx-request" in visit.request.headers and longer.ending is None:
            return self._code(visit, longer, template="_code.html")
        return go(f"/checks/{check.id}")

    async def again(self, visit: Visit) -> Response:
        check = await self._screens.find_check(visit)
        if check is None:
            return self._gone(visit)
        if check.ending is None:
            await self._running.stop(check)
        return go(f"/checks/{(await self._ask(visit, check.question)).id}")

    async def stop(self, visit: Visit) -> Response:
        check = await self._screens.find_check(visit)
        if check is not None and check.ending is None:
            await self._running.stop(check)
        return go("/")

    async def face(self, visit: Visit) -> Response:
        """V-6: the answer is kept, the photo is not."""
        check = await self._screens.find_check(visit)
        chosen = (await read_form(visit.request)).text("face")
        if check is None or check.answered is None:
            return self._gone(visit)
        if chosen in set(Face):
            await self._parts.checks.compare(check.id, Face(chosen))
        return go(f"/checks/{check.id}/record")

    async def record(self, visit: Visit) -> Response:
        check = await self._screens.find_check(visit)
        if check is None or check.ending is None:
            return self._gone(visit)
        _ = self._screens.words(visit.request)
        view = None if check.answered is None else result_view(check, {}, _)
        return self._show(visit, "record.html", check, result=view, faces=_faces(_))

    async def in_language(self, visit: Visit) -> Response:
        """The result alone in the holder's language, without anything about the person."""
        check = await self._screens.find_check(visit)
        language = find_language(visit.request.query_params.get("language", ""))
        if check is None or check.answered is None or language is None:
            return self._gone(visit)
        _ = self._screens.holder_pages.translator(language)
        return self._screens.holder_pages.respond(
            visit.request,
            "checker/in_language.html",
            language=language,
            organisation=self._screens.organisation(visit.request),
            place=visit.post.place,
            training=visit.post.training,
            check=check,
            result=result_view(check, {}, _),
        )

    async def _ask(self, visit: Visit, question: Question) -> Check:
        place = Place(post=visit.post.id, name=visit.post.place)
        if visit.post.training:
            return await self._running.train(question, place)
        return await self._running.ask(question, place, way=Way.CODE)

    def _choose(self, visit: Visit, chosen: str, *, error: bool = False) -> Response:
        _ = self._screens.words(visit.request)
        options = [
            {
                "value": question.value,
                "label": question_words(question, _),
                "hint": asked_words(question, _),
                "icon": ICONS[question],
            }
            for question in Question
        ]
        return self._show(visit, "choose.html", None, options=options, chosen=chosen, error=error)

    def _code(self, visit: Visit, check: Check, template: str = "code.html") -> Response:
        reading = self._running.reading(check)
        return self._show(
            visit,
            template,
            check,
            seconds=seconds_left(check, now=self._parts.clock.now()),
            state=reading_state(reading),
            number=None if reading is None else reading.number,
            wallets=wallet_links(self._parts.wallets, check.link),
        )

    def _gone(self, visit: Visit) -> Response:
        return self._screens.refuse(visit.request, visit.post, "gone", status=404)

    def _show(
        self,
        visit: Visit,
        template: str,
        check: Check | None,
        *,
        status: int = 200,
        **values: object,
    ) -> Response:
        if check is not None:
            _ = self._screens.words(visit.request)
            values |= {
                "check": check,
                "question": question_words(check.question, _),
                "asked": asked_words(check.question, _),
                "ended_by_time": check.ending is Ending.EXPIRED,
            }
        return self._screens.show(visit.request, template, post=visit.post, status=status, **values)


def _faces(_: Translator) -> dict[Face, Message]:
    return {
        Face.SAME: _("Same person"),
        Face.UNSURE: _("Not sure"),
        Face.OTHER: _("Not the same"),
    }
