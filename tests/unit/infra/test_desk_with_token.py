"""FD-8's office with its signing key in a SoftHSM token, as in production."""

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mrc.authority.staff.card_jobs import CardJobId
from mrc.ic_card.lds.files import SOD
from mrc.ic_card.lds.sod import decode_sod
from mrc.ic_card.personalisation.job import Job
from mrc.ic_card.personalisation.making import make_card
from mrc.infra.keys.software import SystemEntropy
from mrc.infra.keys.token_keys import TokenKeys, Tokens
from mrc.infra.readers.authority import CscaFolder, read_certificates
from mrc.infra.readers.blanks import MasterKey
from mrc.infra.readers.card_file import CardFile
from mrc.infra.readers.desk import DeskOffice, EmulatedReader
from mrc.kernel.errors import MrcError
from mrc.kernel.findings import Outcome
from tests.simulators import token_world
from tests.simulators.front_desk_world import MovableClock
from tests.simulators.ic_card_world import NOW, Jobs, Pad, order
from tests.simulators.token_world import TokenWorld, in_own_process

pytest.importorskip("pkcs11")
pytestmark = pytest.mark.skipif(not token_world.MODULE.exists(), reason="SoftHSM is not installed")

JOB = CardJobId("job-1")


@pytest.fixture
def world(tmp_path: Path) -> TokenWorld:
    return TokenWorld.make(tmp_path / "softhsm")


def ceremony(world: TokenWorld, folder: Path) -> None:
    """A real CSCA and a document signer, both in the token, and the blanks' key."""
    csca, entropy = CscaFolder(folder / "csca", Tokens()), SystemEntropy()
    place = TokenKeys(tokens=csca.tokens, address=world.uri("csca"), entropy=entropy)
    csca.create(practice=False, entropy=entropy, at=token_world.AT, place=place)
    place = replace(place, address=world.uri("ds-1"))
    csca.create_document_signer(entropy=entropy, at=token_world.AT, place=place)
    MasterKey.make(folder / "transport.key", entropy)


def desk(folder: Path) -> DeskOffice:
    """A production desk, but for the reader: no real blank can be put into a test."""
    return DeskOffice(
        folder=folder,
        reader=EmulatedReader(folder / "cards"),
        production=True,
        clock=MovableClock(NOW),
        publish=lambda _: None,
    )


def make(world: TokenWorld, folder: Path) -> Any:
    office = desk(folder)
    assert office.lacks() == ()
    connection = office.connect(JOB)
    office_of_card = office.office(Pad(), Jobs())
    record = asyncio.run(make_card(connection, Job(order=order()), office_of_card, at=NOW))
    office.release(connection)
    return {finding.outcome for finding in record.findings}, len(record.findings)


def test_a_production_desk_makes_a_card_signed_in_the_token(
    world: TokenWorld, tmp_path: Path
) -> None:
    folder = tmp_path / "desk"
    in_own_process(world, ceremony, folder)
    assert in_own_process(world, make, folder) == ({Outcome.PASSED}, 14)
    card = CardFile.open(folder / "cards" / f"{JOB}.json")
    (certificate,) = decode_sod(card.load().files[SOD]).signed.certificates
    card.close()
    assert certificate == read_certificates(folder / "csca" / "ds.pem")[0].der
    assert all(b"PRIVATE" not in path.read_bytes() for path in (folder / "csca").iterdir())


def go_on_with_a_wrong_pin(world: TokenWorld, folder: Path) -> list[str]:
    """What is said at each try; then the PIN's file is put right."""
    office, said = desk(folder), []
    for pin in ("000000", "000000", "000000", "111111", token_world.PIN):
        world.write_pin(pin)
        try:
            office.office(Pad(), Jobs())
            said.append("ready")
        except MrcError as error:
            said.append(str(error))
    return said


def test_a_refused_pin_goes_to_the_token_once_however_often_the_officer_goes_on(
    world: TokenWorld, tmp_path: Path
) -> None:
    in_own_process(world, ceremony, tmp_path / "desk")
    first, second, third, other, right = in_own_process(
        world, go_on_with_a_wrong_pin, tmp_path / "desk"
    )
    assert "the token refuses it" in first
    assert "not tried again" in second
    assert "not tried again" in third
    assert "the token refuses it" in other, "another PIN is another try"
    assert right == "ready", "and a desk needs no restart after its PIN's file was put right"


def software_signer(world: TokenWorld, folder: Path) -> None:
    """The CSCA's key in the token, the document signer's in a file."""
    csca, entropy = CscaFolder(folder / "csca", Tokens()), SystemEntropy()
    place = TokenKeys(tokens=csca.tokens, address=world.uri("csca"), entropy=entropy)
    csca.create(practice=False, entropy=entropy, at=token_world.AT, place=place)
    csca.create_document_signer(entropy=entropy, at=token_world.AT)
    MasterKey.make(folder / "transport.key", entropy)


def test_a_production_desk_refuses_a_signer_whose_key_is_in_a_file(
    world: TokenWorld, tmp_path: Path
) -> None:
    in_own_process(world, software_signer, tmp_path / "desk")
    kind, words = in_own_process(world, make, tmp_path / "desk")
    assert kind == "Malformed"
    assert "a software key is for practice only" in words
