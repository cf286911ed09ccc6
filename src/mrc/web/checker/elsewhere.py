"""V-7 to V-12 beside a check: physical card, history, trust data, settings, help."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta

from starlette.responses import Response
from starlette.routing import Route

from mrc.formats.catalogue.ages import SEOUL, seoul_date
from mrc.kernel.errors import Malformed
from mrc.verifier.in_person.answers import Question
from mrc.verifier.in_person.plastic import PlasticCard
from mrc.web.checker.checking import Checking
from mrc.web.checker.people import PEOPLE
from mrc.web.checker.result_view import result_view
from mrc.web.checker.running import Place, Running
from mrc.web.checker.screens import Screens, Visit, go
from mrc.web.checker.words import question_words
from mrc.web.design.forms import Form, read_form

MAX_HISTORY = 200


class Elsewhere:
    def __init__(self, screens: Screens, running: Running, checking: Checking) -> None:
        self._screens = screens
        self._running = running
        self._checking = checking
        self._parts = screens.parts
        self._lists_dropped_at: datetime | None = None

    def routes(self) -> Sequence[Route]:
        s = self._screens
        return [
            s.route("plastic", "/plastic", self.plastic),
            s.route("plastic_check", "/plastic", self.look_up, "POST"),
            s.route("history", "/history", self.history),
            s.route("trust", "/trust", self.trust),
            s.route("trust_update", "/trust", self.update, "POST"),
            s.route("settings", "/settings", self.settings),
            s.route("help", "/help", self.help),
        ]

    async def plastic(self, visit: Visit) -> Response:
        return self._plastic(visit, Question.AGE_19.value, errors=())

    async def look_up(self, visit: Visit) -> Response:
        """The number is used for this one question and goes into no record, address or page."""
        form = await read_form(visit.request)
        asked = form.text("question")
        errors = self._errors(visit, form)
        if errors:
            return self._plastic(visit, asked, errors=errors, status=400)
        card = PlasticCard(
            number=form.text("number"), issued_on=date.fromisoformat(form.text("issued_on"))
        )
        place = Place(post=visit.post.id, name=visit.post.place)
        try:
            check, shown = await self._running.look_up(Question(asked), place, card)
        except Malformed:
            _ = self._screens.words(visit.request)
            wrong = (("number", _("This is not a registration number: 13 digits.")),)
            return self._plastic(visit, asked, errors=wrong, status=400)
        return self._checking.page(visit, check, shown)

    def _errors(self, visit: Visit, form: Form) -> tuple[tuple[str, str], ...]:
        _ = self._screens.words(visit.request)
        found = []
        if form.text("question") not in set(Question):
            found.append(("question", _("Choose what you need to know.")))
        digits = form.text("number").replace("-", "").replace(" ", "")
        if len(digits) != 13 or not digits.isdecimal() or not digits.isascii():
            found.append(("number", _("This is not a registration number: 13 digits.")))
        try:
            date.fromisoformat(form.text("issued_on"))
        except ValueError:
            found.append(("issued_on", _("This is not a date: YYYY-MM-DD.")))
        return tuple(found)

    def _plastic(
        self,
        visit: Visit,
        chosen: str,
        *,
        errors: Sequence[tuple[str, str]],
        status: int = 200,
    ) -> Response:
        _ = self._screens.words(visit.request)
        return self._screens.show(
            visit.request,
            "plastic.html",
            post=visit.post,
            status=status,
            questions=[(question.value, question_words(question, _)) for question in Question],
            chosen=chosen,
            errors=errors,
            wrong=dict(errors),
        )

    async def history(self, visit: Visit) -> Response:
        _ = self._screens.words(visit.request)
        now = self._parts.clock.now()
        since = datetime.combine(seoul_date(now), time(), SEOUL).astimezone(UTC)
        found = await self._parts.checks.of_post(visit.post.id, since=since, limit=MAX_HISTORY)
        if not visit.post.training:
            found += await self._parts.checks.of_post(
                visit.post.poster, since=since, limit=MAX_HISTORY
            )
        found.sort(key=lambda check: check.opened_at, reverse=True)
        ended = [check for check in found if check.ending is not None]
        counts = Counter(
            check.answered.decision.value for check in ended if check.answered is not None
        )
        rows = [
            (
                check,
                question_words(check.question, _),
                None if check.answered is None else result_view(check, {}, _),
            )
            for check in ended
        ]
        return self._screens.show(
            visit.request, "history.html", post=visit.post, rows=rows, counts=counts
        )

    async def trust(self, visit: Visit) -> Response:
        return self._screens.show(
            visit.request,
            "trust.html",
            post=visit.post,
            trust=self._parts.trust,
            updated_at=self._lists_dropped_at,
            soon=self._parts.clock.now() + timedelta(days=30),
        )

    async def update(self, visit: Visit) -> Response:
        """Every lock list is fetched anew by the next check."""
        self._parts.drop_lists()
        self._lists_dropped_at = self._parts.clock.now()
        return go("/trust")

    async def settings(self, visit: Visit) -> Response:
        return self._screens.show(
            visit.request, "settings.html", post=visit.post, until=visit.post.until
        )

    async def help(self, visit: Visit) -> Response:
        return self._screens.show(
            visit.request, "help.html", post=visit.post, people=PEOPLE.values()
        )
