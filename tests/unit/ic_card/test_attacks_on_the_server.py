"""A chip that lies about itself to the server: protocols, keys, sizes, files left out of the proof."""

from dataclasses import replace

import pytest

from mrc.formats import json_text
from mrc.ic_card import tlv
from mrc.ic_card.crypto.suites import CipherSuite
from mrc.ic_card.issuance_signature import IssuanceSignature
from mrc.ic_card.lds import data_groups as dg
from mrc.ic_card.lds.files import RESIDENCE, SOD, data_group
from mrc.ic_card.lds.public_keys import chip_key
from mrc.ic_card.lds.security_infos import ChipAuthenticationInfo, ChipAuthenticationKey
from mrc.ic_card.personalisation.building import add_sod
from mrc.ic_card.reasons import Reason
from mrc.ic_card.server import batches
from mrc.ic_card.server.dialogue import MAX_DG14
from mrc.ic_card.server.stages import Started, decode_stage, encode_stage
from mrc.ic_card.server.verdict import (
    AuthenticReading,
    ChipReading,
    GenuineReading,
    check_files,
    check_register,
)
from mrc.infra.keys.software import SoftwareKeyAgreement, SoftwareKeyMaker
from mrc.kernel.errors import Malformed, Rejected
from tests.simulators.ic_card_scene import read_all, refused, with_files
from tests.simulators.ic_card_world import NOW, PHONE, VERIFIER, dialogue


def infos_of(scene):
    return dg.decode_dg14(scene.chip.load().files[data_group(14)])


async def test_downgrade_to_triple_des_is_refused_by_the_server(scene):
    kept = [one for one in infos_of(scene) if not isinstance(one, ChipAuthenticationInfo)]
    for offered in ([], [ChipAuthenticationInfo(suite=CipherSuite.TRIPLE_DES)]):
        phone = await scene.phone()
        await phone.start()
        dg14 = dg.encode_dg14(*offered, *kept)
        assert await refused(phone.send_dg14(dg14)) is Reason.NO_COMMON_PROTOCOL


class OneKey(SoftwareKeyMaker):
    """Makes the same key again and again, as a broken source of randomness would."""

    def __init__(self):
        self.key = SoftwareKeyAgreement.generate()

    async def agreement_key(self, curve):
        return self.key


async def test_reflected_key_is_refused_by_the_server(scene):
    maker = OneKey()
    reflected = chip_key(maker.key.public_key)
    infos = [
        replace(one, key=reflected) if isinstance(one, ChipAuthenticationKey) else one
        for one in infos_of(scene)
    ]
    server = dialogue(scene.world, scene.register, key_maker=maker)
    phone = await scene.phone(server=server)
    await phone.start()
    assert await refused(phone.send_dg14(dg.encode_dg14(*infos))) is Reason.REFLECTED_KEY


async def test_an_endless_dg14_is_not_even_read(scene):
    phone = await scene.phone()
    await phone.start()
    assert await refused(phone.send_dg14(bytes(MAX_DG14 + 1))) is Reason.FILE_TOO_LARGE


def test_a_head_that_promises_an_endless_file_is_refused():
    head = tlv.encode(0x61, bytes(batches.MAX_FILE))[:8]
    with pytest.raises(Rejected) as caught:
        batches.total_bytes(head)
    assert caught.value.reason is Reason.FILE_TOO_LARGE
    assert batches.total_bytes(tlv.encode(0x61, bytes(batches.MAX_FILE - 4))[:8])


def reading(files):
    signature = IssuanceSignature(counter=1, signature=bytes(64))
    return ChipReading(
        files=files, signature=signature, context=b"", dg14_used=b"", dpop_thumbprint=PHONE
    )


async def test_files_without_the_sod_are_refused(scene):
    files = {ref: data for ref, data in (await read_all(scene.chip)).items() if ref != SOD}
    with pytest.raises(Rejected) as caught:
        check_files(reading(files), trust=scene.world.trust, at=NOW, verifier=VERIFIER)
    assert caught.value.reason is Reason.NOT_READ


@pytest.mark.parametrize("number", [1, 11, 13, 14])
async def test_a_file_that_the_sod_does_not_vouch_for_is_refused(scene, number):
    """The authority's own signer was made to leave a file out: the file itself is there."""
    files = dict(scene.chip.load().files)
    vouched = {ref: data for ref, data in files.items() if ref not in (SOD, data_group(number))}
    signed = await add_sod(vouched, scene.world.signer)
    forged = with_files(scene.chip, files={SOD: signed[SOD]})
    assert await refused((await scene.phone(forged)).prove()) is Reason.NOT_IN_SOD


async def test_a_card_without_its_residence_file_is_refused(scene):
    files = {ref: data for ref, data in (await read_all(scene.chip)).items() if ref != RESIDENCE}
    genuine = GenuineReading(AuthenticReading(reading(files)))
    with pytest.raises(Rejected) as caught:
        await check_register(genuine, register=scene.register, verifier=VERIFIER)
    assert caught.value.reason is Reason.RESIDENCE_FILE_DIFFERS


@pytest.mark.parametrize(
    "change", [{"nonce": 5}, {"expires_at": "soon"}, {"expires_at": 1.5}, {"dpop_thumbprint": None}]
)
def test_a_session_of_another_shape_is_malformed(change):
    started = Started(nonce=bytes(16), dpop_thumbprint=PHONE, expires_at=NOW, extended_length=False)
    raw = json_text.decode_object(encode_stage(started)) | change
    with pytest.raises(Malformed):
        decode_stage(json_text.encode(raw))
