"""EF.SOD and what hangs on it, put together by somebody who has a genuine one to start from."""

from dataclasses import replace

import pytest

from mrc.ic_card import cms, der, tlv
from mrc.ic_card.lds import data_groups as dg
from mrc.ic_card.lds.files import CARD_ACCESS, COM, RESIDENCE, SOD, data_group
from mrc.ic_card.lds.residence import encode_residence
from mrc.ic_card.lds.security_infos import (
    Mapping,
    PaceInfo,
    decode_security_infos,
    encode_security_infos,
)
from mrc.ic_card.lds.sod import LDS_SECURITY_OBJECT, decode_sod
from mrc.ic_card.passive_authentication import (
    CscaTrust,
    authenticate_sod,
    check_data_group,
    check_signature,
    files_are_authentic,
    verify_files,
)
from mrc.ic_card.reasons import Reason
from mrc.kernel.errors import Rejected
from mrc.kernel.findings import Outcome
from tests.simulators.ic_card_world import NOW, VERIFIER, World, csca, document_signer, order

SHA1 = "1.3.14.3.2.26"


@pytest.fixture(scope="module")
def world():
    return World()


@pytest.fixture
async def files(world):
    chip, _ = await world.make()
    return dict(chip.load().files)


@pytest.fixture
def sod(files):
    return decode_sod(files[SOD])


def reason_of(sod, world, **trust):
    chosen = replace(world.trust, **trust)
    with pytest.raises(Rejected) as caught:
        authenticate_sod(sod, trust=chosen, at=NOW, verifier=VERIFIER)
    return caught.value.reason


def signature_reason(signed, world):
    with pytest.raises(Rejected) as caught:
        check_signature(signed, world.signer.certificate, verifier=VERIFIER)
    return caught.value.reason


async def signed_content(world, content):
    """A SOD with that content, truly signed by the document signer."""
    prepared = cms.prepare_signed_data(
        content, content_type=LDS_SECURITY_OBJECT, certificates=[world.signer.certificate.der]
    )
    signature = await world.signer.signer.sign(prepared.to_be_signed)
    return decode_sod(tlv.encode(0x77, prepared.finish(signature)))


async def test_a_content_other_than_the_signed_attributes_name_is_refused(world, sod):
    """The attributes and the signature are genuine; the hashes beside them are the forger's."""
    other = replace(sod.signed, content=sod.signed.content[:-1] + b"\x00")
    assert signature_reason(other, world) is Reason.SOD_CONTENT
    assert reason_of(replace(sod, signed=other), world) is Reason.SOD_CONTENT


async def test_a_signature_without_signed_attributes_is_refused(world, sod):
    """Else a SET of attributes that was signed elsewhere could be passed off as a content."""
    attributes = sod.signed.signer.signed_attributes
    bare = replace(sod.signed.signer, signed_attributes=None)
    passed_off = replace(sod.signed, content=attributes, signer=bare)
    assert signature_reason(passed_off, world) is Reason.SOD_CONTENT


@pytest.mark.parametrize(
    ("algorithm", "digest"),
    [
        ("1.2.840.10045.4.1", "sha1"),
        ("1.2.840.10045.4.3.2", "sha384"),
        ("1.3.101.112", "sha256"),
    ],
)
async def test_a_signature_of_another_kind_is_unknown_not_good(world, sod, algorithm, digest):
    content = sod.signed.content
    attributes = tlv.encode(
        der.SET,
        attribute("1.2.840.113549.1.9.3", der.oid(LDS_SECURITY_OBJECT)),
        attribute("1.2.840.113549.1.9.4", tlv.encode(der.OCTET_STRING, hashed(digest, content))),
    )
    signer = replace(
        sod.signed.signer,
        signed_attributes=attributes,
        signature_algorithm=algorithm,
        digest_algorithm=digest,
    )
    other = replace(sod.signed, signer=signer)
    assert signature_reason(other, world) is Reason.UNSUPPORTED_ALGORITHM


def attribute(oid, value):
    return tlv.encode(der.SEQUENCE, der.oid(oid), tlv.encode(der.SET, value))


def hashed(name, content):
    import hashlib

    return hashlib.new(name, content).digest()


async def test_hashes_that_can_be_forged_are_refused_although_truly_signed(world, sod):
    members = list(tlv.parse(tlv.parse_one(sod.signed.content, der.SEQUENCE)))
    encoded = [tlv.encode(member.tag, member.value) for member in members]
    content = tlv.encode(der.SEQUENCE, encoded[0], cms.algorithm(SHA1), encoded[2])
    weak = await signed_content(world, content)
    assert weak.hash_algorithm == "sha1"
    assert reason_of(weak, world) is Reason.SOD_CONTENT


@pytest.mark.parametrize("count", [0, 2])
async def test_exactly_one_document_signer_stands_in_it(world, sod, count):
    certificates = sod.signed.certificates * count
    other = replace(sod, signed=replace(sod.signed, certificates=certificates))
    assert reason_of(other, world) is Reason.SOD_CONTENT


async def test_a_data_group_that_the_sod_does_not_list_is_not_vouched_for(world, sod):
    authentic = authenticate_sod(sod, trust=world.trust, at=NOW, verifier=VERIFIER)
    with pytest.raises(Rejected) as caught:
        check_data_group(authentic, 3, b"fingers")
    assert caught.value.reason is Reason.NOT_IN_SOD


def judged(world, files):
    findings = verify_files(files, trust=world.trust, at=NOW, verifier=VERIFIER)
    assert not files_are_authentic(findings)
    return {
        finding.check.removeprefix("ic_card.file."): finding.reason
        for finding in findings
        if finding.outcome is Outcome.FAILED
    }


async def test_a_surplus_file_in_ef_com_is_found(world, files):
    listed = dg.decode_com(files[COM]).data_groups
    files[COM] = dg.encode_com(dg.Com(data_groups=(*listed, 3)))
    assert judged(world, files) == {"EF.COM": Reason.NOT_IN_SOD}


async def test_an_exchanged_dg13_does_not_vouch_for_an_exchanged_residence_file(world, files):
    forged = encode_residence(replace(order().residence, status_of_stay="F-5"))
    binding = dg.decode_dg13(files[data_group(13)])
    files[RESIDENCE] = forged
    files[data_group(13)] = dg.encode_dg13(
        replace(binding, residence_hash=hashed("sha256", forged))
    )
    assert set(judged(world, files)) == {"DG13", "EF.RES"}


def weaker_offer(files):
    """What the card could be made to offer: a mapping that it does not speak."""
    suite = next(info.suite for info in infos_of(files) if isinstance(info, PaceInfo))
    return PaceInfo(mapping=Mapping.ECDH_INTEGRATED, suite=suite, parameter_id=12)


async def test_an_offer_that_dg14_does_not_repeat_is_found(world, files):
    files[CARD_ACCESS] = encode_security_infos(weaker_offer(files))
    assert judged(world, files) == {"EF.CardAccess": Reason.CARD_ACCESS_DIFFERS}


async def test_an_exchanged_dg14_does_not_vouch_for_a_downgraded_offer(world, files):
    weaker = weaker_offer(files)
    infos = [weaker if isinstance(info, PaceInfo) else info for info in infos_of(files)]
    files[CARD_ACCESS] = encode_security_infos(weaker)
    files[data_group(14)] = dg.encode_dg14(*infos)
    assert set(judged(world, files)) == {"DG14", "EF.CardAccess"}


def infos_of(files):
    return decode_security_infos(tlv.parse_one(files[data_group(14)], 0x6E))


async def test_a_signer_of_another_environment_is_named_and_a_strangers_is_not(world, sod):
    elsewhere, nobody = csca(unit="practice"), csca(unit="elsewhere")
    trust = {"anchors": [elsewhere[1]]}
    assert reason_of(sod, world, **trust, others=[world.root[1]]) is Reason.OTHER_ENVIRONMENT
    assert reason_of(sod, world, **trust, others=[nobody[1]]) is not Reason.OTHER_ENVIRONMENT
    assert reason_of(sod, world, **trust) is not Reason.OTHER_ENVIRONMENT


async def test_a_practice_root_does_not_come_into_a_production_trust():
    practice = csca(unit="practice")
    assert document_signer(practice)
    with pytest.raises(Rejected) as caught:
        CscaTrust(production=True, anchors=[practice[1]])
    assert caught.value.reason is Reason.OTHER_ENVIRONMENT
