"""PIN, CAN and PUK: tries, suspension, block, and power cuts (IC-CARD 5.2, TR-03110)."""

import pytest

from mrc.ic_card.chip.state import LifeCycle
from mrc.ic_card.pace import Password
from mrc.ic_card.reasons import Reason
from mrc.ic_card.terminal import opening
from mrc.ic_card.terminal.connection import CardConnection
from mrc.ic_card.terminal.transport import TagLost
from mrc.infra.readers.card_file import SoftwareChip
from mrc.kernel.errors import MrcError, Rejected
from tests.simulators.ic_card_world import (
    CAN,
    CIPHERS,
    ENTROPY,
    PIN,
    PowerCut,
    Unreliable,
    World,
    blank_state,
    connect,
    open_can,
    open_pin,
    power_on,
)


@pytest.fixture
async def made():
    world = World()
    chip, _ = await world.make(SoftwareChip(blank_state()))
    return world, chip


async def wrong(chip, times=1, **options):
    reasons = []
    for _ in range(times):
        with pytest.raises(Rejected) as caught:
            await open_pin(await connect(chip), "999998", **options)
        reasons.append(caught.value.reason)
    return reasons


async def test_a_wrong_pin_costs_one_try_and_a_right_one_restores_all(made):
    _, chip = made
    assert await wrong(chip, 2) == [Reason.WRONG_PASSWORD] * 2
    assert chip.load().pin_left == 3
    await open_pin(await connect(chip))
    assert chip.load().pin_left == 5


async def test_the_tries_can_be_asked_and_asking_costs_none(made):
    _, chip = made
    connection = await connect(chip)
    info = opening.choose_pace(await opening.read_card_access(connection))
    assert await opening.ask_tries(connection, info, Password.PIN) is None
    await wrong(chip, 2)
    connection = await connect(chip)
    for _ in range(3):
        assert await opening.ask_tries(connection, info, Password.PIN) == 3


async def test_the_last_try_is_never_spent_by_accident(made):
    _, chip = made
    await wrong(chip, 4)
    assert await wrong(chip, 3) == [Reason.LAST_TRY] * 3
    assert await wrong(chip, last_try_agreed=True) == [Reason.PIN_SUSPENDED]
    assert chip.load().pin_left == 1


async def test_the_chip_itself_refuses_a_suspended_pin_without_the_can(made):
    _, chip = made
    await wrong(chip, 4)
    connection = await connect(chip)
    info = opening.choose_pace(await opening.read_card_access(connection))
    pin = opening.credential(Password.PIN, PIN)
    with pytest.raises(Rejected) as caught:
        await opening.run_pace(connection, info, pin, entropy=ENTROPY)
    assert caught.value.reason is Reason.PIN_SUSPENDED
    assert chip.load().pin_left == 1


async def test_the_can_resumes_a_suspended_pin(made):
    _, chip = made
    await wrong(chip, 4)
    await open_pin(await connect(chip), can=CAN, last_try_agreed=True)
    assert chip.load().pin_left == 5


async def test_the_can_must_have_opened_this_very_session(made):
    _, chip = made
    await wrong(chip, 4)
    await open_can(await connect(chip))
    connection = await connect(chip)  # the card was lifted: that session is gone
    info = opening.choose_pace(await opening.read_card_access(connection))
    pin = opening.credential(Password.PIN, PIN)
    with pytest.raises(Rejected):
        await opening.run_pace(connection, info, pin, entropy=ENTROPY)


async def test_the_last_wrong_try_blocks_and_the_puk_unblocks(made):
    world, chip = made
    await wrong(chip, 4)
    assert await wrong(chip, can=CAN, last_try_agreed=True) == [Reason.WRONG_PASSWORD]
    assert await wrong(chip, can=CAN, last_try_agreed=True) == [Reason.PIN_BLOCKED]
    connection = await connect(chip)
    info = opening.choose_pace(await opening.read_card_access(connection))
    await opening.unblock_pin(connection, info, world.pad.puk, entropy=ENTROPY)
    assert chip.load().pin_left == 5
    await open_pin(await connect(chip))


async def test_a_blocked_pin_does_not_give_in_to_the_right_pin_and_the_can(made):
    _, chip = made
    await wrong(chip, 4)
    await wrong(chip, can=CAN, last_try_agreed=True)
    connection = await connect(chip)
    await open_can(connection)
    info = opening.choose_pace(chip.load().files[opening.CARD_ACCESS])
    with pytest.raises(Rejected) as caught:
        await opening.run_pace(
            connection, info, opening.credential(Password.PIN, PIN), entropy=ENTROPY
        )
    assert caught.value.reason is Reason.PIN_BLOCKED


async def test_the_puk_has_tries_too_and_without_them_the_card_is_blocked(made):
    _, chip = made
    connection = await connect(chip)
    info = opening.choose_pace(await opening.read_card_access(connection))
    for _ in range(10):
        with pytest.raises(Rejected):
            await opening.unblock_pin(connection, info, "0000000000", entropy=ENTROPY)
        await connection.connect()
    assert chip.load().life_cycle is LifeCycle.BLOCKED
    with pytest.raises(Rejected):
        await open_pin(connection)
    await connection.connect()
    await open_can(connection)  # it still says whose it was


async def test_unblocking_needs_the_puk(made):
    _, chip = made
    connection = await connect(chip)
    await open_pin(connection)
    command = opening.CommandApdu(0, opening.Ins.RESET_RETRY_COUNTER, 0x03, Password.PIN)
    assert (await connection.send(command)).sw == 0x6982


async def test_the_can_has_no_counter(made):
    _, chip = made
    for _ in range(12):
        with pytest.raises(Rejected):
            await open_can(await connect(chip), "000000")
    await open_can(await connect(chip))


@pytest.mark.parametrize("answered", [False, True], ids=["command lost", "answer lost"])
@pytest.mark.parametrize("step", range(4, 10))
async def test_an_abandoned_attempt_costs_one_try_at_most_and_never_none_after_the_nonce(
    made, step, answered
):
    """Commands: 1 SELECT MF, 2 SELECT EF, 3 READ, 4 ask, 5 MSE, 6 nonce, 7 map, 8 key, 9 token."""
    _, chip = made
    transport = Unreliable(power_on(chip), {step}, answered=answered)
    connection = CardConnection(transport, CIPHERS)
    await connection.connect()
    with pytest.raises(TagLost):
        await open_pin(connection)
    nonce_out = step > 6 or (step == 6 and answered)
    finished = step == 9 and answered
    assert chip.load().pin_left == (5 if finished or not nonce_out else 4)
    await open_pin(await connect(chip))


@pytest.mark.parametrize("after", [False, True], ids=["write lost", "write held"])
@pytest.mark.parametrize("write", [1, 2])
async def test_a_power_cut_at_a_write_gives_no_free_guess(made, write, after):
    """Write 1 takes the try off, write 2 gives it back. The nonce never goes out uncounted."""
    _, chip = made
    cut = PowerCut(chip.load(), chip._keys)
    cut.cut_at, cut.after = write, after
    connection = await connect(cut)
    with pytest.raises(MrcError):
        await open_pin(connection)
    assert connection.channel is None
    expected = {(1, False): 5, (1, True): 4, (2, False): 4, (2, True): 5}[(write, after)]
    assert cut.load().pin_left == expected


async def test_a_card_that_cannot_write_gives_no_nonce(made):
    _, chip = made
    cut = PowerCut(chip.load(), chip._keys)
    cut.cut_at = 1
    connection = await connect(cut)
    with pytest.raises(Rejected) as caught:
        await open_pin(connection)
    assert caught.value.reason is Reason.STATUS_WORD
