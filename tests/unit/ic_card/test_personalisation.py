"""Making a card: the whole way, every interruption, and the orders that are refused."""

from dataclasses import replace

import pytest

from mrc.ic_card.chip.ports import KeySlot
from mrc.ic_card.chip.state import LifeCycle
from mrc.ic_card.lds.data_groups import Com, encode_com
from mrc.ic_card.lds.files import COM, SOD
from mrc.ic_card.pace import Password
from mrc.ic_card.personalisation.blank import open_blank
from mrc.ic_card.personalisation.job import Job, Step, decode_job, encode_job
from mrc.ic_card.personalisation.making import PinRule, make_card
from mrc.ic_card.personalisation.order import (
    SignedOrder,
    check_order,
    decode_order,
    encode_order,
    signed_bytes,
)
from mrc.ic_card.reasons import Reason
from mrc.ic_card.scp03 import TransportKeys
from mrc.ic_card.terminal.connection import CardConnection
from mrc.ic_card.terminal.transport import TagLost
from mrc.infra.keys.software import SoftwareSigner
from mrc.infra.readers.card_file import SoftwareChip
from mrc.infra.readers.in_process import InProcessTransport
from mrc.kernel.errors import Malformed, MrcError, Rejected
from mrc.kernel.findings import Outcome
from tests.simulators.ic_card_world import (
    CIPHERS,
    ENTROPY,
    NOW,
    PIN,
    VERIFIER,
    PowerCut,
    Unreliable,
    World,
    blank_state,
    connect,
    open_pin,
    order,
    power_on,
)

SMALL = order(face=None)
COMMANDS = 95  # more than making a small card takes; the test says how many it took


async def test_a_card_is_made_and_every_check_of_the_read_back_passes():
    world = World()
    chip, record = await world.make()
    state = chip.load()
    assert state.life_cycle is LifeCycle.ACTIVE
    assert state.transport_keys is None
    assert all(finding.outcome is Outcome.PASSED for finding in record.findings)
    assert len(record.findings) == 14
    assert world.jobs.load().step is Step.ACTIVE


async def test_pin_and_puk_are_in_no_job_no_state_and_no_record():
    world = World()
    chip, record = await world.make()
    assert world.pad.puk
    for secret in (PIN, world.pad.puk):
        assert secret.encode() not in world.jobs.last
        assert secret not in repr(chip.load())
        assert secret not in repr(record)


async def count_commands():
    world, chip = World(), SoftwareChip(blank_state())
    transport = Unreliable(power_on(chip))
    await make_card(CardConnection(transport, CIPHERS), Job(order=SMALL), world.office, at=NOW)
    return transport.count


async def test_a_small_card_takes_few_commands():
    assert await count_commands() < COMMANDS


@pytest.mark.parametrize("answered", [False, True], ids=["command lost", "answer lost"])
async def test_interrupted_at_any_command_it_goes_on_to_an_active_card(answered):
    """Lost in the read-back the terminal itself resumes, so those losses do not raise."""
    last = await count_commands()
    for step in range(1, last + 1):
        world, chip = World(), SoftwareChip(blank_state())
        transport = Unreliable(power_on(chip), {step}, answered=answered)
        connection = CardConnection(transport, CIPHERS)
        await world.jobs.save(Job(order=SMALL))
        try:
            record = await make_card(connection, world.jobs.load(), world.office, at=NOW)
        except TagLost:
            again = CardConnection(Unreliable(power_on(chip)), CIPHERS)
            record = await make_card(again, world.jobs.load(), world.office, at=NOW)
        except Rejected as error:  # chip or active authentication met the loss
            if error.reason is not Reason.READ_BACK:
                raise
            again = CardConnection(Unreliable(power_on(chip)), CIPHERS)
            record = await make_card(again, world.jobs.load(), world.office, at=NOW)
        assert chip.load().life_cycle is LifeCycle.ACTIVE, step
        assert record.document_number == "M12345678"
        await open_pin(await connect(chip))


@pytest.mark.parametrize("after", [False, True], ids=["write lost", "write held"])
async def test_a_power_cut_at_any_write_goes_on_to_an_active_card(after):
    for write in range(1, 40):
        world = World()
        chip = PowerCut(blank_state())
        chip.cut_at, chip.after = write, after
        await world.jobs.save(Job(order=SMALL))
        connection = CardConnection(Unreliable(power_on(chip)), CIPHERS)
        try:
            await make_card(connection, world.jobs.load(), world.office, at=NOW)
        except MrcError:
            restarted = CardConnection(Unreliable(power_on(chip)), CIPHERS)
            await make_card(restarted, world.jobs.load(), world.office, at=NOW)
        assert chip.load().life_cycle is LifeCycle.ACTIVE, write
        if chip.writes < write:
            return
    raise AssertionError("the loop should have run past the last write")


async def test_a_job_is_signed_once_however_often_it_is_interrupted():
    world, chip = World(), SoftwareChip(blank_state())
    transport = Unreliable(power_on(chip), {40})
    await world.jobs.save(Job(order=SMALL))
    with pytest.raises(TagLost):
        await make_card(CardConnection(transport, CIPHERS), world.jobs.load(), world.office, at=NOW)
    signed = world.jobs.load().files[SOD]
    again = CardConnection(Unreliable(power_on(chip)), CIPHERS)
    await make_card(again, world.jobs.load(), world.office, at=NOW)
    assert chip.load().files[SOD] == signed


async def test_a_finished_card_is_not_taken_for_a_blank_one():
    world = World()
    chip, _ = await world.make()
    with pytest.raises(Rejected) as caught:
        await World(root=world.root).make(chip, Job(order=order("OTHER1")))
    assert caught.value.reason is Reason.CARD_NOT_BLANK


async def test_a_job_does_not_go_on_with_another_card():
    world, chip = World(), SoftwareChip(blank_state())
    await world.jobs.save(Job(order=SMALL))
    with pytest.raises(TagLost):
        await make_card(
            CardConnection(Unreliable(power_on(chip), {30}), CIPHERS),
            world.jobs.load(),
            world.office,
            at=NOW,
        )
    with pytest.raises(Rejected) as caught:
        await world.make(SoftwareChip(blank_state()), world.jobs.load())
    assert caught.value.reason is Reason.CARD_NOT_BLANK


async def test_a_card_without_the_offices_transport_keys_is_refused():
    world = World()
    keys = TransportKeys(encryption=bytes(16), mac=bytes(16))
    chip = SoftwareChip(replace(blank_state(), transport_keys=keys))
    with pytest.raises(Rejected) as caught:
        await world.make(chip)
    assert caught.value.reason is Reason.TRANSPORT_AUTHENTICATION


class Forgetful(Unreliable):
    """A chip whose memory loses a bit between the lock and the read-back."""

    def __init__(self, chip):
        super().__init__(power_on(chip))
        self.chip, self.connects = chip, 0

    async def connect(self):
        self.connects += 1
        if self.connects == 2:
            files = dict(self.chip.load().files)
            files[SOD] = files[SOD][:-1] + bytes([files[SOD][-1] ^ 1])
            self.chip.save(replace(self.chip.load(), files=files))
            self.inner = InProcessTransport(power_on(self.chip))
        return await super().connect()


async def test_a_card_that_holds_other_bytes_does_not_become_active():
    chip = SoftwareChip(blank_state())
    connection = CardConnection(Forgetful(chip), CIPHERS)
    with pytest.raises(Rejected) as caught:
        await make_card(connection, Job(order=SMALL), World().office, at=NOW)
    assert caught.value.reason is Reason.READ_BACK
    assert chip.load().life_cycle is LifeCycle.PERSONALISED


@pytest.mark.parametrize(
    "pin", ["12345", "1234567", "abcdef", "111111", "123456", "654321", "１２３４５７"]
)
async def test_a_weak_pin_is_refused(pin):
    with pytest.raises(Rejected) as caught:
        PinRule().check(pin)
    assert caught.value.reason is Reason.PIN_RULE


def test_the_length_of_the_pin_is_configuration():
    PinRule(least=4, most=8).check("2804")


def officers(count=2):
    signers = {f"officer-{n}": SoftwareSigner.generate() for n in range(count)}
    return signers, {name: signer.public_key for name, signer in signers.items()}


def signed(made, signers, *names):
    payload = encode_order(made)
    message = signed_bytes(payload)
    return SignedOrder(
        payload=payload, signatures={name: signers[name].sign_now(message) for name in names}
    )


def test_one_officer_orders_a_first_card():
    signers, keys = officers()
    order_ = check_order(signed(SMALL, signers, "officer-0"), officers=keys, verifier=VERIFIER)
    assert order_ == SMALL


def test_a_new_card_for_an_old_one_needs_four_eyes():
    signers, keys = officers()
    again = order(reissue=True, face=None)
    with pytest.raises(Rejected) as caught:
        check_order(signed(again, signers, "officer-0"), officers=keys, verifier=VERIFIER)
    assert caught.value.reason is Reason.FOUR_EYES
    both = signed(again, signers, "officer-0", "officer-1")
    assert check_order(both, officers=keys, verifier=VERIFIER) == again
    keys["officer-1"] = keys["officer-0"]  # one person under two names
    signers["officer-1"] = signers["officer-0"]
    with pytest.raises(Rejected):
        check_order(
            signed(again, signers, "officer-0", "officer-1"), officers=keys, verifier=VERIFIER
        )


def test_orders_of_nobody_of_strangers_and_changed_ones_are_refused():
    signers, keys = officers()
    strangers, _ = officers()
    good = signed(SMALL, signers, "officer-0")
    for bad in (
        SignedOrder(payload=good.payload, signatures={}),
        signed(SMALL, strangers, "officer-0"),
        SignedOrder(payload=good.payload.replace(b"KOR", b"UTO"), signatures=good.signatures),
    ):
        with pytest.raises(Rejected):
            check_order(bad, officers=keys, verifier=VERIFIER)


def test_orders_and_jobs_survive_their_encoding():
    assert decode_order(encode_order(order())) == order()
    job = Job(order=order(), step=Step.LOADED, serial=b"s" * 10, keys={1: b"k"}, files={SOD: b"x"})
    assert decode_job(encode_job(job)) == job
    for broken in (b"{}", b"[]", b'{"order": 1}', encode_order(order())[:40]):
        with pytest.raises(Malformed):
            decode_order(broken)
        with pytest.raises(Malformed):
            decode_job(broken)


async def test_a_chip_whose_keys_changed_under_the_job_is_to_be_discarded():
    world, chip = World(), SoftwareChip(blank_state())
    await world.jobs.save(Job(order=SMALL))
    with pytest.raises(TagLost):
        await make_card(
            CardConnection(Unreliable(power_on(chip), {30}), CIPHERS),
            world.jobs.load(),
            world.office,
            at=NOW,
        )
    other = SoftwareChip(chip.load())
    with pytest.raises(Rejected) as caught:
        await world.make(other, world.jobs.load())
    assert caught.value.reason is Reason.DISCARD_CARD


@pytest.mark.parametrize("missing", ["secrets", "files"])
async def test_an_incomplete_card_cannot_be_locked(missing):
    chip = SoftwareChip(blank_state())
    connection = await connect(chip)
    keys = chip.load().transport_keys
    blank = await open_blank(connection, keys, entropy=ENTROPY)
    await blank.set_status(LifeCycle.INITIALISED)
    for slot in KeySlot:
        await blank.key(slot)
    if missing == "files":
        for password in Password:
            await blank.put_secret(password, bytes(16))
    with pytest.raises(Rejected):
        await blank.set_status(LifeCycle.PERSONALISED)
    assert chip.load().life_cycle is LifeCycle.INITIALISED


async def test_a_blank_can_be_ended_and_then_does_nothing():
    chip = SoftwareChip(blank_state())
    connection = await connect(chip)
    blank = await open_blank(connection, chip.load().transport_keys, entropy=ENTROPY)
    await blank.set_status(LifeCycle.ENDED)
    assert chip.load().transport_keys is None
    await connection.connect()
    for raw in ("00A4000C", "8050000008" + "00" * 8 + "00", "00A4040C07A0000002471001"):
        assert (await connection.send_raw(bytes.fromhex(raw)))[-2:] != b"\x90\x00"


class YesMan:
    """A false card that says 9000 to everything and knows no key."""

    extended_length = False

    def __init__(self):
        self.seen = set()

    async def connect(self):
        return b""

    async def transceive(self, command):
        self.seen.add(command[1])
        initialize = command[1] == 0x50
        return (bytes(10) + bytes((1, 3, 0x60)) + bytes(16) if initialize else b"") + b"\x90\x00"


async def test_a_false_card_gets_no_files_and_no_pin():
    world, false = World(), YesMan()
    with pytest.raises(Rejected) as caught:
        await make_card(CardConnection(false, CIPHERS), Job(order=SMALL), world.office, at=NOW)
    assert caught.value.reason is Reason.TRANSPORT_AUTHENTICATION
    assert false.seen == {0x50}  # its own cryptogram was asked for, ours was not shown
    assert world.pad.puk == ""


class OtherList(Forgetful):
    """EF.COM is not signed: passive authentication alone would let a shorter one pass."""

    async def connect(self):
        self.connects += 1
        if self.connects == 2:
            files = {**self.chip.load().files, COM: encode_com(Com(data_groups=(1, 13)))}
            self.chip.save(replace(self.chip.load(), files=files))
            self.inner = InProcessTransport(power_on(self.chip))
        return await self.inner.connect()


async def test_a_card_whose_unsigned_file_differs_does_not_become_active():
    chip = SoftwareChip(blank_state())
    connection = CardConnection(OtherList(chip), CIPHERS)
    with pytest.raises(Rejected) as caught:
        await make_card(connection, Job(order=SMALL), World().office, at=NOW)
    assert caught.value.reason is Reason.READ_BACK
