"""The front desk's reader over pcscd: the same office that pages use, and a blank in the slot."""

from pathlib import Path

from mrc.authority.staff.card_jobs import CardJobId
from mrc.ic_card.chip.state import ChipProfile
from mrc.ic_card.personalisation.job import Job
from mrc.ic_card.personalisation.making import make_card
from mrc.infra.readers.blanks import MasterKey, make_blank
from mrc.infra.readers.desk import DeskOffice, PcscReader
from tests.simulators.front_desk_world import MovableClock
from tests.simulators.ic_card_world import ENTROPY, NOW, Jobs, Pad, order


async def test_the_desk_makes_a_card_in_a_pcsc_reader(stack, tmp_path: Path):
    key = MasterKey.make(tmp_path / "desk" / "transport.key", ENTROPY)
    office = DeskOffice(
        folder=tmp_path / "desk",
        reader=PcscReader(wait_seconds=15),
        production=False,
        clock=MovableClock(NOW),
        publish=lambda _: None,
    )
    assert office.lacks() == ()
    make_blank(tmp_path / "blank.json", key, ChipProfile(), ENTROPY)
    pad, jobs = Pad(), Jobs()
    with stack.card(tmp_path / "blank.json"):
        connection = office.connect(CardJobId("job-1"))
        record = await make_card(connection, Job(order=order()), office.office(pad, jobs), at=NOW)
        office.release(connection)
    assert len(record.findings) == 14
    assert pad.puk


def test_a_reader_of_another_name_is_not_there(stack):
    assert [each.value for each in PcscReader("Counter 7").lacks()] == ["reader"]


def test_a_production_desk_says_that_signer_and_transport_key_are_missing(stack, tmp_path: Path):
    office = DeskOffice(
        folder=tmp_path,
        reader=PcscReader(),
        production=True,
        clock=MovableClock(NOW),
        publish=lambda _: None,
    )
    assert [each.value for each in office.lacks()] == ["signer", "transport_key"]
