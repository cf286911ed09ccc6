"""The checker from sign-in to record, with real cards, a real verifier and no script."""

import re

import pytest

from mrc.formats.status_list.bits import Status
from mrc.verifier.in_person.answers import Question
from mrc.web.checker.people import PEOPLE
from tests.simulators.browsing import Browsing
from tests.simulators.checking_world import CHECKER_URL, PIN, CheckingWorld
from tests.simulators.practice_cards import (
    EXPIRED,
    CardOrder,
    PracticeCard,
    make_mdoc,
    make_sd_jwt_vc,
)

LINK = r"openid4vp://\?[^\"<]+"
PERSONAL = ("HONG", "GILDONG", "9005175000000", "1990-05-17", "data:image/jpeg")


async def ask(operator: Browsing, question: Question = Question.IDENTITY) -> str:
    await operator.post("/checks", question=question.value)
    assert operator.status == 200
    return operator.link(LINK)


async def result(operator: Browsing) -> str:
    return await operator.get(operator.path)


def outcome(page: str) -> str:
    found = re.search(r'data-outcome="(\w+)"', page)
    assert found is not None, page
    return found[1]


async def test_a_good_card_is_valid_and_shows_face_and_name(
    world: CheckingWorld, operator: Browsing
) -> None:
    await world.show(await ask(operator), make_mdoc())
    page = await result(operator)
    assert outcome(page) == "valid"
    assert "HONG GILDONG" in page
    assert 'src="data:image/jpeg' in page


@pytest.mark.parametrize("question", list(Question))
async def test_every_question_is_answered_by_both_formats(
    world: CheckingWorld, operator: Browsing, question: Question
) -> None:
    good = {**CardOrder().values, "work_permission": "free"}
    for make in (make_mdoc, make_sd_jwt_vc):
        await world.show(await ask(operator, question), make(CardOrder(values=good)))
        assert outcome(await result(operator)) == "valid"


async def test_what_the_card_said_is_told_once_and_kept_nowhere(
    world: CheckingWorld, operator: Browsing
) -> None:
    await world.show(await ask(operator, Question.POLICE), make_mdoc())
    path = operator.path
    assert "HONG" in await result(operator)
    for place in (path, f"{path}/record", "/history"):
        page = await operator.get(place)
        assert operator.status == 200
        assert not any(word in page for word in PERSONAL), place


async def test_a_locked_card_is_not_valid_and_nothing_is_told(
    world: CheckingWorld, operator: Browsing
) -> None:
    world.verifying.publisher.set(7, Status.LOCKED, at=world.verifying.now)
    await world.show(await ask(operator), make_mdoc())
    page = await result(operator)
    assert outcome(page) == "not_valid"
    assert "This card is locked." in page
    assert not any(word in page for word in PERSONAL)


@pytest.mark.parametrize(
    ("card", "words"), [(make_mdoc(EXPIRED), "The period of this card has ended.")]
)
async def test_a_bad_card_says_why(
    world: CheckingWorld, operator: Browsing, card: PracticeCard, words: str
) -> None:
    await world.show(await ask(operator), card)
    page = await result(operator)
    assert outcome(page) == "not_valid"
    assert words in page


async def test_a_silent_list_asks_further(world: CheckingWorld, operator: Browsing) -> None:
    world.verifying.publisher.online = False
    await world.show(await ask(operator), make_mdoc())
    page = await result(operator)
    assert outcome(page) == "ask"
    assert "The lock list did not answer." in page


async def test_under_19_is_told_without_an_age(world: CheckingWorld, operator: Browsing) -> None:
    young = {**CardOrder().values, "age_over_19": False}
    await world.show(await ask(operator, Question.AGE_19), make_mdoc(CardOrder(values=young)))
    page = await result(operator)
    assert outcome(page) == "not_valid"
    assert "19 or over: no" in page
    assert "1990" not in page


async def test_a_declined_request_is_neutral(world: CheckingWorld, operator: Browsing) -> None:
    await world.show(await ask(operator))
    page = await result(operator)
    assert "The person declined. Use another way." in page
    assert "data-outcome" not in page


async def test_a_code_ends_after_three_minutes_and_can_be_extended_once(
    world: CheckingWorld, operator: Browsing
) -> None:
    await ask(operator)
    path = operator.path
    world.later(minutes=2, seconds=50)
    await operator.post(f"{path}/extend")
    world.later(minutes=1)
    assert "Waiting for the person" in await operator.get(path)
    await operator.post(f"{path}/extend")
    world.later(minutes=1, seconds=20)
    assert "The time is over." in await operator.get(path)


async def test_a_late_answer_to_an_ended_code_is_not_shown(
    world: CheckingWorld, operator: Browsing
) -> None:
    link, path = await ask(operator), operator.path
    world.later(minutes=3, seconds=1)
    assert "The time is over." in await operator.get(path)
    await world.show(link, make_mdoc())
    assert "The time is over." in await operator.get(path)


async def test_a_second_answer_changes_nothing(world: CheckingWorld, operator: Browsing) -> None:
    link, path = await ask(operator), operator.path
    await world.show(link, make_mdoc())
    with pytest.raises(AssertionError, match="expired|already|invalid"):
        await world.show(link, make_mdoc(EXPIRED))
    assert outcome(await operator.get(path)) == "valid"


async def test_the_screen_says_when_the_person_reads(
    world: CheckingWorld, operator: Browsing
) -> None:
    link, path = await ask(operator), operator.path
    assert (await operator.get(f"{path}/progress?seen=waiting")) == ""
    await world.fetch(link)
    assert "The person is reading your request" in await operator.get(
        f"{path}/progress?seen=waiting"
    )


async def test_a_look_at_the_progress_does_not_use_up_the_answer(
    world: CheckingWorld, operator: Browsing
) -> None:
    link, path = await ask(operator), operator.path
    await world.show(link, make_mdoc())
    assert "Checking the card" in await operator.get(f"{path}/progress?seen=waiting")
    assert "HONG" in await operator.get(path)


async def test_the_face_is_recorded_with_the_answer(
    world: CheckingWorld, operator: Browsing
) -> None:
    await world.show(await ask(operator), make_mdoc())
    path = operator.path
    await operator.get(path)
    await operator.post(f"{path}/face", face="unsure")
    assert operator.path == f"{path}/record"
    assert "Not sure" in operator.page


async def test_another_sign_in_sees_nothing_of_a_check(
    world: CheckingWorld, operator: Browsing
) -> None:
    await world.show(await ask(operator), make_mdoc())
    path = operator.path
    stranger = Browsing(world.checker, CHECKER_URL)
    await stranger.post("/sign-in", place="Counter 3", code=PIN)
    await stranger.get(path)
    assert stranger.status == 404
    assert "HONG" in await operator.get(path)


async def test_the_result_in_another_language_has_no_personal_data(
    world: CheckingWorld, operator: Browsing
) -> None:
    await world.show(await ask(operator, Question.STAY), make_mdoc())
    path = operator.path
    await operator.get(path)
    page = await operator.get(f"{path}/in?language=vi")
    assert 'lang="vi"' in page
    assert outcome(page) == "valid"
    assert not any(word in page for word in PERSONAL)


@pytest.mark.parametrize("number", sorted(PEOPLE))
async def test_training_judges_practice_people(world: CheckingWorld, number: int) -> None:
    trainee = Browsing(world.checker, CHECKER_URL)
    await trainee.post("/training")
    await trainee.post("/checks", question="identity")
    assert "openid4vp" not in trainee.page
    page = await trainee.post(f"{trainee.path}/person", person=str(number))
    assert (outcome(page) == "valid") is PEOPLE[number].good
    assert "Training: practice people only" in page


async def test_training_reaches_no_real_cards(world: CheckingWorld) -> None:
    trainee = Browsing(world.checker, CHECKER_URL)
    await trainee.post("/training")
    for path in ("/plastic", "/poster", "/trust"):
        assert "This is not part of training." in await trainee.get(path)
