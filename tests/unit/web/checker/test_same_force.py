"""The mobile card and the plastic card have the same force: one table, one answer.

Every question, for every kind of person: the page that the checker shows for the mobile card
(issued from the register, shown by a wallet) says what it shows for the plastic card of the same
person, entered by number and date of issue.
"""

import html
import re
from dataclasses import dataclass, replace
from datetime import date, timedelta

import pytest

from mrc.authority.card_source import RegistryCardSource
from mrc.formats.status_list.bits import Status
from mrc.infra.portraits import check_portrait
from mrc.infra.practice_faces import draw_face
from mrc.infra.stores.registry import DatabaseRegistry
from mrc.issuer.records import HolderReference
from mrc.registry.acts import Act, ActKind
from mrc.registry.countries import decode_nationality
from mrc.registry.eligibility import EligibilityRules, card_type_for
from mrc.registry.names import PersonName
from mrc.registry.numbers import RegistrationNumber, Sex
from mrc.registry.people import PlasticCard, Registrant, RegistrantId
from mrc.registry.phones import decode_phone_number
from mrc.registry.residence import Residence, decode_status
from mrc.registry.store import Change
from mrc.verifier.in_person.answers import Question
from tests.simulators.browsing import Browsing
from tests.simulators.checking_world import CheckingWorld
from tests.simulators.practice_cards import CardOrder, make_mdoc, make_sd_jwt_vc

ISSUED_ON = date(2025, 3, 2)
RULES = EligibilityRules()
LINK = r"openid4vp://\?[^\"<]+"
FACE = draw_face(7)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of person, and what happened to their cards."""

    name: str
    status: str
    number: str = "0003157123456"
    given: str = "VĂN ÁNH"
    until: date | None = date(2027, 2, 28)
    later: timedelta = timedelta()
    cancelled: bool = False
    silent: bool = False


KINDS = (
    Kind(name="any work", status="F-6-1"),
    Kind(name="permanent resident", status="F-5", until=None),
    Kind(name="work within the status", status="E-9"),
    Kind(name="work only with a permit", status="D-2-2"),
    Kind(name="17 years old", status="F-3", number="0806017123456"),
    Kind(name="19 years old today", status="F-3", number="0706017123456"),
    Kind(name="one name", status="E-7", given=""),
    Kind(name="last day of the stay", status="E-9", until=date(2026, 6, 1)),
    Kind(
        name="stay ended last night", status="E-9", until=date(2026, 6, 1), later=timedelta(hours=7)
    ),
    Kind(name="card cancelled", status="F-6", cancelled=True),
    Kind(name="nobody answers", status="F-6", silent=True),
)


def registrant(kind: Kind) -> Registrant:
    number = RegistrationNumber(kind.number)
    return Registrant(
        id=RegistrantId("P-1"),
        number=number,
        name=PersonName(family="NGUYỄN", given=kind.given),
        birth_date=number.birth_date,
        sex=Sex.MALE,
        nationality=decode_nationality("VNM"),
        residence=Residence(
            status=decode_status(kind.status),
            permitted_until=kind.until,
            registered_on=date(2024, 9, 1),
            office="SEL",
        ),
        portrait=check_portrait(FACE).portrait,
        phones=(decode_phone_number("010-1234-5678"),),
        cards=(PlasticCard(document_number="R12345678", issued_on=ISSUED_ON),),
    )


async def enter(world: CheckingWorld, person: Registrant) -> DatabaseRegistry:
    store = DatabaseRegistry(world.database)
    act = Act(
        registrant=person.id,
        kind=ActKind.ENTERED,
        actor="officer",
        reason="visit",
        at=world.verifying.now,
    )
    await store.commit([Change(registrant=person, act=act, new=True, jpeg=FACE)])
    return store


def shown(page: str) -> tuple[str, list[str], bool]:
    """Everything that the result says: the band, the data, and whether there is a photo."""
    band = re.search(r'class="result-band".*?</div>', page, re.DOTALL)
    assert band is not None, page
    rows = re.findall(r'class="data-row">(.*?)</div>', page, re.DOTALL)
    text = [html.unescape(re.sub(r"<[^>]+>", " ", part)) for part in (band[0], *rows)]
    said = [" ".join(part.split()) for part in text]
    return said[0], said[1:], 'src="data:image/jpeg' in page


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
async def test_both_cards_have_the_same_force(
    world: CheckingWorld, operator: Browsing, kind: Kind
) -> None:
    person = registrant(kind)
    store = await enter(world, person)
    order = await issued(world, store, person)
    cards = [make(order) for make in (make_mdoc, make_sd_jwt_vc)]
    await happen(world, store, person, kind)
    for question in Question:
        answers = []
        for card in cards:
            await operator.post("/checks", question=question.value)
            await world.show(operator.link(LINK), card)
            answers.append(shown(await operator.get(operator.path)))
        page = await operator.post(
            "/plastic",
            question=question.value,
            number=kind.number,
            issued_on=ISSUED_ON.isoformat(),
        )
        if kind.silent:  # nothing came from the register: the answer is the same, without data
            assert [answer[0] for answer in answers] == [shown(page)[0]] * 2, question
        else:
            assert answers == [shown(page)] * 2, question


async def issued(world: CheckingWorld, store: DatabaseRegistry, person: Registrant) -> CardOrder:
    """What the issuer would sign for this person today."""
    card_type = card_type_for(person.residence.status.code, RULES)
    source = RegistryCardSource(store, RULES)
    data = await source.card_data(HolderReference(person.id), card_type, at=world.verifying.now)
    return CardOrder(card_type=card_type, values=dict(data.values), valid_until=data.valid_until)


async def happen(
    world: CheckingWorld, store: DatabaseRegistry, person: Registrant, kind: Kind
) -> None:
    """What happened to both cards after they were issued."""
    world.later(seconds=kind.later.total_seconds())
    world.verifying.publisher.signed_at = world.verifying.now
    if kind.cancelled:
        world.verifying.publisher.set(7, Status.CANCELLED, at=world.verifying.now)
        ended = replace(person.cards[0], ended_on=world.verifying.now.date())
        act = Act(
            registrant=person.id,
            kind=ActKind.CORRECTED,
            actor="officer",
            reason="handed back",
            at=world.verifying.now,
        )
        changed = replace(person, cards=(ended,), version=person.version + 1)
        await store.commit([Change(registrant=changed, act=act)])
    if kind.silent:
        world.verifying.publisher.online = False
        world.plastic_register_answers = False


@pytest.mark.parametrize(
    ("number", "issued_on"),
    [("0003157123456", "2025-03-03"), ("0003157123457", "2025-03-02")],
)
async def test_a_number_and_a_date_that_do_not_fit_tell_nothing(
    world: CheckingWorld, operator: Browsing, number: str, issued_on: str
) -> None:
    await enter(world, registrant(KINDS[0]))
    page = await operator.post("/plastic", question="identity", number=number, issued_on=issued_on)
    band, rows, photo = shown(page)
    assert "The number and the date do not belong together." in band
    assert (rows, photo) == ([], False)


async def test_the_number_is_on_no_page_and_in_no_record(
    world: CheckingWorld, operator: Browsing
) -> None:
    await enter(world, registrant(KINDS[0]))
    await operator.post(
        "/plastic", question="age-19", number="0003157123456", issued_on="2025-03-02"
    )
    assert "0003157123456" not in operator.page
    await operator.get("/history")
    await operator.get(operator.link(r"/checks/\w+/record"))
    assert operator.status == 200
    assert "0003157123456" not in operator.page


@pytest.mark.parametrize(
    ("number", "issued_on", "words"),
    [
        ("", "2025-03-02", "This is not a registration number"),
        ("000315-712345", "2025-03-02", "This is not a registration number"),
        ("9913457123456", "2025-03-02", "This is not a registration number"),
        ("0003157123456", "2 March", "This is not a date"),
    ],
)
async def test_wrong_fields_are_named(
    operator: Browsing, number: str, issued_on: str, words: str
) -> None:
    await operator.post("/plastic", question="stay", number=number, issued_on=issued_on)
    assert operator.status == 400
    assert words in operator.page
