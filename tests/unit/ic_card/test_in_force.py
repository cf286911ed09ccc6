"""An authentic card that is over, one that lies about it, and one that does not say."""

from dataclasses import replace
from datetime import date

import pytest

from mrc.ic_card.in_force import find_in_force
from mrc.ic_card.lds import data_groups as dg
from mrc.ic_card.lds.files import SOD, data_group
from mrc.ic_card.mrz import last_day
from mrc.ic_card.passive_authentication import CscaTrust, files_are_authentic, verify_files
from mrc.ic_card.personalisation.building import add_sod
from mrc.ic_card.personalisation.job import Job
from mrc.ic_card.reasons import Reason
from mrc.kernel.errors import Malformed
from mrc.kernel.findings import Outcome
from tests.simulators.ic_card_world import NOW, VERIFIER, World, order

LAST = date(2031, 1, 1)  # of the world's orders
DG1 = data_group(1)


def found(world, files, today=LAST, *, trust=None):
    findings = verify_files(files, trust=trust or world.trust, at=NOW, verifier=VERIFIER)
    finding = find_in_force(files, findings, today=today)
    return finding.outcome, finding.reason


def authentic(world, files):
    return files_are_authentic(
        verify_files(files, trust=world.trust, at=NOW, verifier=VERIFIER)
    )  # fmt: skip


@pytest.fixture
async def world():
    return World()


@pytest.fixture
async def files(world):
    chip, _ = await world.make()
    return dict(chip.load().files)


async def test_a_card_is_in_force_to_the_end_of_its_last_day_and_no_longer(world, files):
    assert found(world, files, LAST) == (Outcome.PASSED, None)
    assert found(world, files, date(2031, 1, 2)) == (Outcome.FAILED, Reason.CARD_EXPIRED)


async def test_an_expired_card_is_authentic_still(world):
    over = replace(order().zone, expiry_date="260531")
    chip, _ = await world.make(job=Job(order=order(zone=over)))
    files = chip.load().files
    assert authentic(world, files)
    assert found(world, files, date(2026, 6, 1)) == (Outcome.FAILED, Reason.CARD_EXPIRED)


async def test_a_later_date_that_nobody_signed_says_nothing(world, files):
    files[DG1] = dg.encode_dg1(replace(order().zone, expiry_date="411231"))
    assert found(world, files, date(2031, 1, 2)) == (Outcome.UNDETERMINED, Reason.HASH_MISMATCH)


async def test_an_earlier_date_that_nobody_signed_says_nothing_either(world, files):
    files[DG1] = dg.encode_dg1(replace(order().zone, expiry_date="200101"))
    assert found(world, files) == (Outcome.UNDETERMINED, Reason.HASH_MISMATCH)


async def test_under_a_signer_nobody_knows_it_cannot_be_found_out(world, files):
    nobody = CscaTrust(production=False, anchors=[])
    assert found(world, files, trust=nobody) == (Outcome.UNDETERMINED, Reason.SIGNER_UNTRUSTED)


@pytest.mark.parametrize("lost", [DG1, SOD])
async def test_without_dg1_or_sod_it_cannot_be_found_out(world, files, lost):
    del files[lost]
    assert found(world, files) == (Outcome.UNDETERMINED, Reason.NOT_READ)


@pytest.mark.parametrize("written", ["<<<<<<", "311301", "310<<<"])
async def test_a_signed_date_that_is_none_cannot_be_found_out(world, files, written):
    files[DG1] = dg.encode_dg1(replace(order().zone, expiry_date=written))
    unsigned = {ref: data for ref, data in files.items() if ref != SOD}
    signed = await add_sod(unsigned, world.signer)
    assert authentic(world, signed)
    assert found(world, signed) == (Outcome.UNDETERMINED, Reason.EXPIRY_UNREADABLE)


@pytest.mark.parametrize("text", ["", "31", "3101", "310230", "31W051", "31010", "<<<<<<"])
def test_what_is_no_date_is_malformed(text):
    with pytest.raises(Malformed):
        last_day(text)


def test_the_year_is_of_this_century():
    assert last_day("990228") == date(2099, 2, 28)
