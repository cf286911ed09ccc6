"""A matcher's advice beside the officer's look: said, never decided, never kept."""

import re

import pytest

from mrc.authority.face_matching.bands import Band
from mrc.authority.staff.records import Role
from mrc.protocols.ic_issuance.face import FaceProblem
from mrc.web.front_desk.advice import MOST_BYTES
from mrc.web.front_desk.desk import NoAdvice
from tests.simulators.faces import HOLDER, STRANGER, PaperReader, paper
from tests.unit.web.front_desk.conftest import OpenDesk

MATCHER = "mrc-advice"


def advised(desk: OpenDesk, advice: PaperReader | NoAdvice) -> OpenDesk:
    desk.world.advice = advice
    return OpenDesk(world=desk.world, app=desk.world.app())


async def said(desk: OpenDesk, picture: bytes) -> str:
    async with desk.member(Role.OFFICER) as client:
        path = await desk.visit(client)
        answer = await client.post(
            f"{path}/person/advice", content=picture, headers={"content-type": "image/jpeg"}
        )
        assert answer.status_code == 200
        key = str(answer.json()["says"])
        page = (await client.get(f"{path}/person")).text
        assert f'data-says="{key}"' in page, "the page has no words for it"
        return key


@pytest.mark.parametrize(
    ("picture", "key"),
    [
        (paper(HOLDER), Band.ALIKE),
        (paper(0.5), Band.UNSURE),
        (paper(STRANGER), Band.UNLIKE),
        (paper(sharpness=0.0), FaceProblem.BLURRED),
        (paper(problem="not_a_picture"), FaceProblem.NOT_A_PICTURE),
        (bytes(MOST_BYTES + 1), FaceProblem.PICTURE_TOO_LARGE),
    ],
    ids=lambda value: value.value if isinstance(value, Band | FaceProblem) else "",
)
async def test_what_the_officer_is_told(desk: OpenDesk, picture: bytes, key: str) -> None:
    assert await said(advised(desk, PaperReader()), picture) == key


async def test_a_drawn_register_photo_is_said_to_be_of_no_use(desk: OpenDesk) -> None:
    reader = PaperReader(portrait=FaceProblem.DRAWING)
    assert await said(advised(desk, reader), paper()) == "portrait"


async def test_a_silent_matcher_is_told_and_hinders_nobody(desk: OpenDesk) -> None:
    silent = advised(desk, PaperReader(away=True))
    async with silent.member(Role.OFFICER) as client:
        path = await silent.visit(client)
        told = await client.post(f"{path}/person/advice", content=paper())
        assert told.json() == {"says": "silent"}
        answer = await client.post(f"{path}/person", data={"check": "same"})
        assert answer.headers["location"] == f"{path}/issue"


async def test_the_officer_decides_against_the_advice(desk: OpenDesk) -> None:
    """Unlike, and the officer says it is the person: the code is made. Alike, and the officer says
    no: none is made."""
    both = advised(desk, PaperReader())
    async with both.member(Role.OFFICER) as client:
        for who, check, leads_on in ((STRANGER, "same", True), (HOLDER, "not_same", False)):
            path = await both.visit(client)
            await client.post(f"{path}/person/advice", content=paper(who))
            answer = await client.post(f"{path}/person", data={"check": check})
            assert (answer.headers.get("location") == f"{path}/issue") is leads_on


@pytest.mark.parametrize(("advice", "told"), [(NoAdvice.MISSING, True), (NoAdvice.OFF, False)])
async def test_without_a_matcher_the_counter_works(
    desk: OpenDesk, advice: NoAdvice, told: bool
) -> None:
    without = advised(desk, advice)
    async with without.member(Role.OFFICER) as client:
        path = await without.visit(client)
        page = (await client.get(f"{path}/person")).text
        assert ("is not installed here" in page) is told
        assert MATCHER not in page
        refused = await client.post(f"{path}/person/advice", content=b"x")
        assert refused.status_code == 400
        answer = await client.post(f"{path}/person", data={"check": "same"})
        assert answer.headers["location"] == f"{path}/issue"


async def test_advice_is_asked_from_this_site_and_by_who_opened_the_record(desk: OpenDesk) -> None:
    reader = PaperReader()
    own = advised(desk, reader)
    async with own.member(Role.OFFICER) as client, own.member(Role.SUPERVISOR) as other:
        path = f"{await own.visit(client)}/person/advice"
        assert (await other.post(path, content=paper())).status_code in (403, 404)
        foreign = {"sec-fetch-site": "cross-site", "origin": "https://elsewhere.example"}
        assert (await client.post(path, content=paper(), headers=foreign)).status_code == 403
    assert reader.read_pictures == 0


async def test_no_word_of_advice_is_recorded(desk: OpenDesk) -> None:
    own = advised(desk, PaperReader())
    async with own.member(Role.SUPERVISOR) as client:
        path = await own.visit(client)
        await client.post(f"{path}/person/advice", content=paper(STRANGER))
        await client.post(f"{path}/person", data={"check": "not_same"})
        found = await client.post("/audit", data={"kind": "person_checked"})
        assert "Person checked by eye" in found.text
        assert not re.search("alike|matcher|0\\.7", found.text)
