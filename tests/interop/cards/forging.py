"""Cards for strangers' terminals: a genuine one, and one for each way to spoil it."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

from mrc.ic_card.chip.ports import KeySlot
from mrc.ic_card.chip.state import ChipProfile
from mrc.ic_card.lds import data_groups as dg
from mrc.ic_card.lds.files import SOD, data_group
from mrc.ic_card.personalisation.building import add_sod
from mrc.ic_card.personalisation.job import Job
from mrc.ic_card.personalisation.making import make_card
from mrc.ic_card.terminal.connection import CardConnection
from mrc.infra.readers.card_file import CardFile, SoftwareChip
from mrc.infra.readers.in_process import InProcessTransport
from mrc.kernel.keys import Curve
from tests.simulators.ic_card_scene import flipped, with_files
from tests.simulators.ic_card_world import CIPHERS, NOW, World, blank_state, order, power_on


def write_card(path: Path, chip: SoftwareChip) -> Path:
    """The file that `mrc ic-card emulate` plays."""
    card = CardFile(path, chip.load(), chip._keys)
    card.save(chip.load())
    card.close()
    return path


async def genuine(world: World) -> SoftwareChip:
    chip, _ = await world.make()
    return chip


async def on_brainpool(world: World) -> SoftwareChip:
    chip, _ = await world.make(SoftwareChip(blank_state(ChipProfile(parameter_id=13))))
    return chip


async def with_bac(world: World) -> SoftwareChip:
    """Made in the development profile that opens with Basic Access Control too."""
    chip = SoftwareChip(blank_state(ChipProfile(bac=True)))
    connection = CardConnection(InProcessTransport(power_on(chip)), CIPHERS)
    await make_card(connection, Job(order=order()), replace(world.office, bac=True), at=NOW)
    return chip


async def with_another_name(world: World) -> SoftwareChip:
    zone = replace(order().zone, primary_name="TRAN")
    return with_files(await genuine(world), files={data_group(1): dg.encode_dg1(zone)})


async def copied(world: World) -> SoftwareChip:
    """Every file of the genuine card, on a chip with keys of its own."""
    original = await genuine(world)
    forged = SoftwareChip(original.load())
    for slot in KeySlot:
        await forged.make_key(slot, Curve.P256)
    return forged


async def copied_with_own_keys_named(world: World) -> SoftwareChip:
    """A copy that names its own keys in DG14 and DG15, which the SOD does not vouch for."""
    other = await genuine(World())
    groups = {data_group(n): other.load().files[data_group(n)] for n in (14, 15)}
    return with_files(await genuine(world), files=groups, keys=other._keys)


async def signed_elsewhere(world: World) -> SoftwareChip:
    """Made by somebody else's office, whose CSCA bears the same name."""
    return await genuine(World())


async def signed_again_elsewhere(world: World) -> SoftwareChip:
    """The genuine files with a changed DG1, under a SOD of a forger's signer."""
    changed = await with_another_name(world)
    files = {ref: data for ref, data in changed.load().files.items() if ref != SOD}
    return with_files(changed, files=await add_sod(files, World().signer))


async def with_a_touched_signature(world: World) -> SoftwareChip:
    chip = await genuine(world)
    return with_files(chip, files={SOD: flipped(chip.load().files[SOD], -5)})


Maker = Callable[[World], Awaitable[SoftwareChip]]
SPOILED: dict[Maker, set[str]] = {
    with_another_name: {"hash.DG1"},
    copied: {"active_authentication", "chip_authentication"},
    copied_with_own_keys_named: {"hash.DG14", "hash.DG15"},
    signed_elsewhere: {"chain"},
    signed_again_elsewhere: {"chain"},
    with_a_touched_signature: {"signature"},
}
"""What each terminal must find wrong, and nothing else."""
