"""Nobody comes in without a sign-in, no form comes from elsewhere, every code has words."""

import re
from datetime import timedelta

import pytest
from starlette.routing import Route

from mrc.formats.cose.reasons import Reason as Cose
from mrc.formats.jose.reasons import Reason as Jose
from mrc.formats.mdoc.reasons import Reason as Mdoc
from mrc.formats.sd_jwt_vc.reasons import Reason as SdJwt
from mrc.formats.status_list.reasons import Reason as StatusList
from mrc.formats.x509.reasons import Reason as X509
from mrc.protocols.openid4vp.reasons import Reason as Presentation
from mrc.verifier.in_person.answers import Question, Shortfall
from mrc.verifier.in_person.plastic import PlasticReason
from mrc.verifier.reasons import Reason as Own
from mrc.verifier.standard_purposes import STANDARD_PURPOSES
from mrc.web.checker.permissions import PERMISSIONS, Access
from mrc.web.checker.posts import COOKIE, LASTS
from mrc.web.checker.reason_codes import SENTENCE_OF, Sentence
from mrc.web.checker.words import asked_words, reason_words
from mrc.web.design.languages import COMPLETE, Language
from mrc.web.design.missing import missing_texts
from mrc.web.design.translator import Translator
from tests.simulators.browsing import Browsing
from tests.simulators.checking_world import CHECKER_URL, PIN, CheckingWorld

ENGLISH = Translator(Language.EN, domains=("common", "result", "checker"))
REASONS = [
    code
    for codes in (
        Cose,
        Jose,
        Mdoc,
        SdJwt,
        StatusList,
        X509,
        Presentation,
        Own,
        Shortfall,
        PlasticReason,
    )
    for code in codes
]


def routes(world: CheckingWorld) -> list[Route]:
    return [route for route in world.checker.routes if isinstance(route, Route)]


def test_every_route_stands_in_the_permission_table(world: CheckingWorld) -> None:
    assert {route.name for route in routes(world)} == set(PERMISSIONS)
    assert len(routes(world)) == len(PERMISSIONS)


async def test_no_route_opens_without_its_sign_in(world: CheckingWorld) -> None:
    for route in routes(world):
        if PERMISSIONS[route.name] is Access.ANYONE:
            continue
        stranger = Browsing(world.checker, CHECKER_URL)
        path = re.sub(r"{[^}]+}", "AAAAAAAAAA", route.path)
        await (stranger.post(path) if "POST" in (route.methods or ()) else stranger.get(path))
        assert stranger.path == "/sign-in", route.name


@pytest.mark.parametrize("forged", ["", "x", "e30.AAAA", "e30.", "\u00e9"])
async def test_a_forged_session_is_none(world: CheckingWorld, forged: str) -> None:
    stranger = Browsing(world.checker, CHECKER_URL)
    stranger.set_cookie(COOKIE, forged.encode("ascii", "ignore").decode())
    await stranger.get("/")
    assert stranger.path == "/sign-in"


async def test_a_signed_poster_is_no_session(world: CheckingWorld, operator: Browsing) -> None:
    await operator.get("/poster")
    code = operator.link(r"/p/[\w.-]+").removeprefix("/p/")
    stranger = Browsing(world.checker, CHECKER_URL)
    stranger.set_cookie(COOKIE, code)
    await stranger.get("/")
    assert stranger.path == "/sign-in"


async def test_a_session_ends_by_itself(world: CheckingWorld, operator: Browsing) -> None:
    world.verifying.now += LASTS + timedelta(seconds=1)
    await operator.get("/history")
    assert operator.path == "/sign-in"


async def test_signing_in_locks_after_five_wrong_codes(world: CheckingWorld) -> None:
    stranger = Browsing(world.checker, CHECKER_URL)
    for _ in range(5):
        await stranger.post("/sign-in", place="Shop", code="00000000")
        assert stranger.status == 403
    await stranger.post("/sign-in", place="Shop", code=PIN)
    assert stranger.status == 429
    world.later(minutes=5, seconds=1)
    await stranger.post("/sign-in", place="Shop", code=PIN)
    assert stranger.path == "/"


async def test_a_form_from_another_site_is_refused(
    world: CheckingWorld, operator: Browsing
) -> None:
    await operator.post_from_elsewhere("/checks", question="identity")
    assert operator.status == 403


async def test_the_session_cookie_is_closed_to_scripts_and_other_sites(
    world: CheckingWorld,
) -> None:
    import httpx2

    async with httpx2.AsyncClient(
        transport=httpx2.ASGITransport(app=world.checker), base_url=CHECKER_URL
    ) as client:
        answer = await client.post("/sign-in", data={"place": "Shop", "code": PIN})
    cookie = answer.headers["set-cookie"].lower()
    assert all(word in cookie for word in ("secure", "httponly", "samesite=strict", "path=/"))


@pytest.mark.parametrize("code", REASONS, ids=lambda code: f"{type(code).__module__}.{code.name}")
def test_every_reason_has_words(code: str) -> None:
    assert str(code) in SENTENCE_OF
    assert str(reason_words(code, None, ENGLISH))


@pytest.mark.parametrize("question", list(Question))
def test_the_screen_lists_exactly_what_is_asked(question: Question) -> None:
    words = {
        "age_over_19": "19 or over",
        "portrait": "photo",
        "family_name_latin": "name",
        "given_name_latin": "name",
        "birth_date": "birth date",
        "nationality": "nationality",
        "registration_number": "registration number",
        "status_of_stay": "stay status",
        "permitted_until": "stay end date",
        "work_permission": "work permission",
    }
    listed = str(asked_words(question, ENGLISH)).partition(": ")[2].split(", ")
    claims = STANDARD_PURPOSES[question.purpose].claims
    assert set(listed) == {words[claim] for claim in claims}


def test_no_korean_text_is_missing() -> None:
    domains = ("common", "online", "result", "checker")
    assert missing_texts("mrc.web.checker", language=Language.KO, domains=domains) == ()


@pytest.mark.parametrize("language", COMPLETE, ids=lambda language: language.value)
def test_the_result_has_words_in_the_holders_language(language: Language) -> None:
    holder = Translator(language, domains=("common", "result"))
    for sentence in Sentence:
        if sentence is not Sentence.STAY_ENDED:
            code = next(code for code, found in SENTENCE_OF.items() if found is sentence)
            english = str(reason_words(code, None, ENGLISH))
            assert holder.knows(english), sentence
