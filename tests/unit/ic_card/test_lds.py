"""Files of the LDS: everything survives, anything odd is refused."""

import contextlib
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mrc.ic_card import mrz
from mrc.ic_card.crypto.suites import CipherSuite
from mrc.ic_card.domain_parameters import BY_NUMBER, by_number, decode_point, encode_point
from mrc.ic_card.lds import data_groups as dg
from mrc.ic_card.lds import face
from mrc.ic_card.lds import security_infos as si
from mrc.ic_card.lds.public_keys import ChipKey, decode_public_key, encode_public_key
from mrc.ic_card.lds.residence import decode_residence, encode_residence
from mrc.ic_card.lds.sod import decode_sod
from mrc.kernel.curves import P256, multiply
from mrc.kernel.errors import Malformed
from tests.simulators.ic_card_world import order

KEY = ChipKey(P256, P256.generator)
ZONE = order().zone
PACE = si.PaceInfo(mapping=si.Mapping.ECDH_GENERIC, suite=CipherSuite.AES_128, parameter_id=12)
IMAGE = face.FaceImage(image=b"\xff\xd8abc", image_type=face.ImageType.JPEG, width=3, height=4)


def test_a_derived_td1_survives():
    assert mrz.decode(mrz.encode_td1(ZONE)) == ZONE


def test_a_long_document_number_survives():
    long = order("D2314589073412").zone
    assert mrz.decode(mrz.encode_td1(long)).document_number == "D2314589073412"


@pytest.mark.parametrize("position", [14, 36, 44, 59, 5, 30, 38])
def test_a_wrong_character_breaks_a_check_digit(position):
    text = mrz.encode_td1(ZONE)
    other = "1" if text[position] != "1" else "2"
    with pytest.raises(Malformed):
        mrz.decode(text[:position] + other + text[position + 1 :])


@pytest.mark.parametrize("text", ["", "x" * 90, "A" * 89, "é" * 90])
def test_what_is_no_zone_is_refused(text):
    with pytest.raises(Malformed):
        mrz.decode(text)


ENCODED = {
    "COM": (dg.encode_com(dg.Com(data_groups=(1, 2, 14))), dg.decode_com),
    "DG1": (dg.encode_dg1(ZONE), dg.decode_dg1),
    "DG2": (face.encode_dg2(IMAGE), face.decode_dg2),
    "DG11": (dg.encode_dg11(dg.AdditionalPersonalDetails(full_name="응우옌")), dg.decode_dg11),
    "DG12": (
        dg.encode_dg12(dg.AdditionalDocumentDetails(authority="MOJ", issued=date(2026, 5, 1))),
        dg.decode_dg12,
    ),
    "DG13": (
        dg.encode_dg13(
            dg.IssuanceBinding(issuance_key=KEY, residence_hash=bytes(32), profile="full")
        ),
        dg.decode_dg13,
    ),
    "DG14": (
        dg.encode_dg14(
            PACE,
            si.ChipAuthenticationInfo(suite=CipherSuite.AES_128, key_id=3),
            si.ChipAuthenticationKey(key=KEY, key_id=3),
            si.ActiveAuthenticationInfo(signature_algorithm=si.ECDSA_PLAIN_SHA256),
        ),
        dg.decode_dg14,
    ),
    "DG15": (dg.encode_dg15(KEY), dg.decode_dg15),
    "RES": (encode_residence(order().residence), decode_residence),
}


def test_values_survive():
    assert face.decode_dg2(ENCODED["DG2"][0]) == IMAGE
    assert dg.decode_com(ENCODED["COM"][0]).data_groups == (1, 2, 14)
    assert dg.decode_dg1(ENCODED["DG1"][0]) == ZONE
    assert dg.decode_dg11(ENCODED["DG11"][0]).full_name == "응우옌"
    assert dg.decode_dg12(ENCODED["DG12"][0]).issued == date(2026, 5, 1)
    assert dg.decode_dg13(ENCODED["DG13"][0]).issuance_key == KEY
    assert PACE in dg.decode_dg14(ENCODED["DG14"][0])
    assert dg.decode_dg15(ENCODED["DG15"][0]) == KEY
    assert decode_residence(ENCODED["RES"][0]) == order().residence


@pytest.mark.parametrize("name", ENCODED)
def test_a_cut_file_is_refused(name):
    data, decode = ENCODED[name]
    for size in range(0, len(data), 7):
        with pytest.raises(Malformed):
            decode(data[:size])


@pytest.mark.parametrize("name", ENCODED)
@given(data=st.binary(max_size=200))
def test_any_bytes_decode_or_are_malformed(name, data):
    with contextlib.suppress(Malformed):
        ENCODED[name][1](data)


@given(position=st.integers(0, 171), byte=st.integers(0, 255))
def test_a_changed_dg14_decodes_or_is_malformed(position, byte):
    data = bytearray(ENCODED["DG14"][0])
    data[position % len(data)] = byte
    with contextlib.suppress(Malformed):
        dg.decode_dg14(bytes(data))


@given(data=st.binary(max_size=200))
def test_any_sod_decodes_or_is_malformed(data):
    with pytest.raises(Malformed):
        decode_sod(data)


@pytest.mark.parametrize("number", sorted(BY_NUMBER))
def test_every_curve_is_what_it_says(number):
    curve = by_number(number)
    assert curve.contains(curve.generator)
    assert multiply(curve, curve.n, curve.generator) is None
    assert decode_public_key(encode_public_key(ChipKey(curve, curve.generator))) == ChipKey(
        curve, curve.generator
    )


@pytest.mark.parametrize("bad", ["", "00", "04" + "00" * 64, "04" + "FF" * 64, "02" + "11" * 32])
def test_points_off_the_curve_zero_and_short_are_refused(bad):
    with pytest.raises(Malformed):
        decode_point(P256, bytes.fromhex(bad))
    assert decode_point(P256, encode_point(P256, P256.generator)) == P256.generator


def test_unknown_security_infos_are_kept_out():
    stranger = bytes.fromhex("300E060960864801650304020A020101")
    data = b"\x31" + bytes([len(stranger)]) + stranger
    assert si.decode_security_infos(data) == ()


@pytest.mark.parametrize(
    "bad", ["31023000", "310530030601 2A".replace(" ", ""), "3000", "3103020101"]
)
def test_security_infos_without_their_parts_are_refused(bad):
    with pytest.raises(Malformed):
        si.decode_security_infos(bytes.fromhex(bad))
