"""Reading with loss of the tag, progress, BAC, and passive authentication on foreign data."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mrc.formats.x509.certificate import decode_certificate
from mrc.ic_card import bac
from mrc.ic_card.apdu import CommandApdu, select_file
from mrc.ic_card.chip.state import ChipProfile
from mrc.ic_card.crypto.suites import CipherSuite
from mrc.ic_card.lds.face import FaceImage, ImageType
from mrc.ic_card.lds.files import CARD_ACCESS, COM, RESIDENCE, SOD, Application, data_group
from mrc.ic_card.lds.sod import decode_sod
from mrc.ic_card.master_list import decode_master_list, prepare_master_list
from mrc.ic_card.passive_authentication import CscaTrust, check_signature, verify_files
from mrc.ic_card.personalisation.job import Job
from mrc.ic_card.personalisation.making import make_card
from mrc.ic_card.reasons import Reason
from mrc.ic_card.terminal import opening, reading
from mrc.ic_card.terminal.connection import CardConnection
from mrc.ic_card.terminal.transport import TagLost
from mrc.infra.readers.card_file import SoftwareChip
from mrc.infra.readers.in_process import InProcessTransport
from mrc.kernel.errors import Rejected
from mrc.kernel.findings import Outcome, worst
from mrc.kernel.pure_verifier import PureVerifier
from tests.simulators.ic_card_world import (
    CIPHERS,
    ENTROPY,
    NOW,
    PURE,
    Unreliable,
    World,
    blank_state,
    connect,
    csca,
    open_can,
    open_pin,
    order,
    power_on,
)

BSI = Path(__file__).parents[2] / "vectors/icao9303/bsi-reference-data"


@pytest.fixture
async def chip():
    face = FaceImage(image=bytes(4000), image_type=ImageType.JPEG, width=2, height=2)
    made, _ = await World().make(job=Job(order=order(face=face)))
    return made


@pytest.mark.parametrize("extended", [False, True], ids=["short", "extended"])
async def test_all_files_are_read_as_they_stand(chip, extended):
    connection = await connect(chip, extended_length=extended)
    await open_pin(connection)
    read = await reading.read_document(connection, open_pin, residence=True)
    stored = {ref: data for ref, data in chip.load().files.items() if ref in read.files}
    assert read.files == stored
    assert len(read.files) == 10


class OtherHabits(InProcessTransport):
    """A card that warns of a file's end (6282), or wants the length to the byte (6Cxx)."""

    exact = False

    async def transceive(self, command):
        answer = await super().transceive(command)
        data, wanted = answer[:-2], command[-1] or 256
        if command[:2] != b"\x00\xb0" or len(data) == wanted:
            return answer
        return bytes((0x6C, len(data))) if self.exact else data + b"\x62\x82"


@pytest.mark.parametrize("exact", [False, True], ids=["6282", "6Cxx"])
async def test_card_access_is_read_where_the_card_tells_of_the_files_end(chip, exact):
    transport = OtherHabits(power_on(chip))
    transport.exact = exact
    connection = CardConnection(transport, CIPHERS)
    await connection.connect()
    assert await opening.read_card_access(connection) == chip.load().files[CARD_ACCESS]
    await open_can(connection)


async def test_reading_goes_on_where_the_tag_was_lost(chip):
    """Lost at every third command; nothing that was read is read again."""
    counts = []
    for lost in ((), range(15, 60, 12)):
        transport = Unreliable(power_on(chip), set(lost))
        connection = CardConnection(transport, CIPHERS)
        await connection.connect()
        await open_can(connection)
        read = await reading.read_document(connection, open_can, residence=False)
        assert len(read.files) == 9
        counts.append((transport.count, read.losses))
    assert counts[0][1] == 0
    assert counts[1][1] == 4
    assert counts[1][0] < counts[0][0] + 4 * 14


async def test_a_card_that_leaves_again_and_again_is_given_up(chip):
    transport = Unreliable(power_on(chip), set(range(14, 1000)))
    connection = CardConnection(transport, CIPHERS)
    await connection.connect()
    await open_can(connection)
    with pytest.raises(TagLost):
        await reading.read_document(connection, open_can, residence=False)


async def test_progress_is_told_file_by_file(chip):
    told = []
    connection = await connect(chip)
    await open_can(connection)
    await reading.read_document(connection, open_can, residence=False, listener=told.append)
    sizes = {ref: len(data) for ref, data in chip.load().files.items()}
    for progress in told:
        assert progress.read <= progress.total == sizes[progress.file]
    assert {p.file for p in told if p.read == p.total} >= {COM, SOD, data_group(2)}


async def test_a_file_that_claims_to_be_huge_is_not_read(chip):
    files = {**chip.load().files, SOD: bytes.fromhex("7783FFFFFF") + bytes(300)}
    huge = SoftwareChip(replace(chip.load(), files=files), chip._keys)
    connection = await connect(huge)
    await open_can(connection)
    with pytest.raises(Rejected) as caught:
        await reading.read_document(connection, open_can, residence=False)
    assert caught.value.reason is Reason.FILE_TOO_LARGE


async def test_everything_works_without_any_compiled_cipher(chip):
    connection = await connect(chip, ciphers=PURE)
    await open_pin(connection)
    read = await reading.read_document(connection, open_pin, residence=True)
    assert len(read.files) == 10


@pytest.fixture
async def bac_chip():
    world = World()
    blank = SoftwareChip(blank_state(ChipProfile(bac=True)))
    connection = CardConnection(Unreliable(power_on(blank)), CIPHERS)
    office = replace(world.office, bac=True)
    await make_card(connection, Job(order=order()), office, at=NOW)
    return blank


async def test_bac_opens_a_card_that_was_made_with_it(bac_chip):
    connection = await connect(bac_chip)

    async def opener(card):
        await opening.open_with_bac(card, order().zone.key, allowed=True, entropy=ENTROPY)

    await opener(connection)
    assert connection.channel.keys.suite is CipherSuite.TRIPLE_DES
    read = await reading.read_document(connection, opener, residence=False)
    assert len(read.files) == 9


async def test_bac_does_not_open_the_residence_file(bac_chip):
    connection = await connect(bac_chip)
    await opening.open_with_bac(connection, order().zone.key, allowed=True, entropy=ENTROPY)
    await reading.enter(connection, Application.ISSUANCE)
    assert (await connection.send(select_file(RESIDENCE.file_id))).sw == 0x6982


async def test_bac_with_another_zone_is_refused(bac_chip):
    connection = await connect(bac_chip)
    with pytest.raises(Rejected) as caught:
        await opening.open_with_bac(connection, order("X").zone.key, allowed=True, entropy=ENTROPY)
    assert caught.value.reason is Reason.WRONG_PASSWORD
    again = CommandApdu(0, 0x82, 0, 0, bytes(bac.MESSAGE_BYTES), 40)
    assert not (await connection.send(again)).ok


async def test_a_blank_that_is_not_made_for_bac_takes_no_seed():
    world, blank = World(), SoftwareChip(blank_state())
    connection = CardConnection(Unreliable(power_on(blank)), CIPHERS)
    with pytest.raises(Rejected):
        await make_card(connection, Job(order=order()), replace(world.office, bac=True), at=NOW)


# the reference data of BSI TR-03105 part 5


def bsi_files():
    names = {COM: "COM", SOD: "SOD", data_group(1): "DG1", data_group(14): "DG14",
             data_group(15): "DG15"}  # fmt: skip
    return {ref: (BSI / f"EF_{name}.bin").read_bytes() for ref, name in names.items()}


def test_bsi_reference_sod_signature_holds_and_a_touched_one_does_not():
    sod = decode_sod(bsi_files()[SOD])
    signer = decode_certificate(sod.signed.certificates[0])
    check_signature(sod.signed, signer, verifier=PureVerifier())
    broken = bytearray(sod.signed.signer.signature)
    broken[9] ^= 1
    forged = replace(sod.signed, signer=replace(sod.signed.signer, signature=bytes(broken)))
    with pytest.raises(Rejected) as caught:
        check_signature(forged, signer, verifier=PureVerifier())
    assert caught.value.reason is Reason.SOD_SIGNATURE
    other = replace(sod.signed, content=sod.signed.content[:-1] + b"\x00")
    with pytest.raises(Rejected) as caught:
        check_signature(other, signer, verifier=PureVerifier())
    assert caught.value.reason is Reason.SOD_CONTENT
    bare = replace(sod.signed, signer=replace(sod.signed.signer, signed_attributes=None))
    with pytest.raises(Rejected):
        check_signature(bare, signer, verifier=PureVerifier())


def test_bsi_reference_set_under_an_unknown_root_is_undetermined():
    trust = CscaTrust(production=True, anchors=[csca()[1]])
    at = datetime(2014, 6, 1, tzinfo=UTC)
    findings = verify_files(bsi_files(), trust=trust, at=at, verifier=PureVerifier())
    assert worst(findings) is Outcome.UNDETERMINED
    assert findings[0].reason == Reason.SIGNER_UNKNOWN


def test_bsi_dg15_without_a_hash_is_not_trusted(monkeypatch):
    """Its chain is not published, so the check of hashes is called with the SOD itself."""
    from mrc.ic_card.passive_authentication import AuthenticSod, check_data_group

    manifest = json.loads((BSI / "manifest.json").read_text())
    sod, files = AuthenticSod(decode_sod(bsi_files()[SOD])), bsi_files()
    for number in manifest["sod_hashes"]:
        check_data_group(sod, int(number), files[data_group(int(number))])
    with pytest.raises(Rejected) as caught:
        check_data_group(sod, 15, files[data_group(15)])
    assert caught.value.reason is Reason.NOT_IN_SOD
    with pytest.raises(Rejected) as caught:
        check_data_group(sod, 1, files[data_group(1)] + b"\x00")
    assert caught.value.reason is Reason.HASH_MISMATCH


def test_a_master_list_comes_back_and_its_signature_holds():
    world = World()
    roots = [world.root[1], csca(unit="practice")[1]]
    signer = world.signer
    prepared = prepare_master_list(roots, signer_chain=[signer.certificate, world.root[1]])
    data = prepared.finish(signer.signer.sign_now(prepared.to_be_signed))
    listed = decode_master_list(data)
    assert {c.der for c in listed.certificates} == {c.der for c in roots}
    check_signature(listed.signed, signer.certificate, verifier=PureVerifier())
