"""The worked examples of ICAO Doc 9303-11 and the BSI reference data (tests/vectors/icao9303)."""

import hashlib
import json
from pathlib import Path

import pytest

from mrc.ic_card import active_authentication, bac, chip_authentication, mrz, pace
from mrc.ic_card import secure_messaging as sm
from mrc.ic_card.apdu import CommandApdu, decode_command, decode_response
from mrc.ic_card.cms import attributes_hold
from mrc.ic_card.crypto.pure import PureCiphers
from mrc.ic_card.crypto.suites import (
    CipherSuite,
    KeyUse,
    SessionKeys,
    compute_padded_mac,
    derive_key,
    retail_mac,
)
from mrc.ic_card.domain_parameters import BY_NUMBER, decode_point, encode_point
from mrc.ic_card.lds import data_groups
from mrc.ic_card.lds.sod import decode_sod
from mrc.kernel.curves import multiply

VECTORS = Path(__file__).parents[1] / "vectors/icao9303"
CIPHERS = PureCiphers()
SUITES = {"3des-112": CipherSuite.TRIPLE_DES, "aes-128": CipherSuite.AES_128}


def load(name):
    return json.loads((VECTORS / f"{name}.json").read_text())


def hexed(value):
    return value.hex().upper()


@pytest.mark.parametrize("case", load("kdf")["cases"], ids=lambda c: f"{c['counter']}")
def test_9_7_1_key_derivation(case):
    suite, secret = SUITES[case["algorithm"]], bytes.fromhex(case["secret"])
    assert hexed(derive_key(suite, secret, KeyUse(case["counter"]))) == case["key"]


@pytest.mark.parametrize("case", load("retail-mac")["cases"], ids=lambda c: c["mac"])
def test_9797_1_algorithm_3(case):
    mac = retail_mac(CIPHERS, bytes.fromhex(case["key"]), bytes.fromhex(case["data"]))
    assert mac.hex() == case["mac"]


def test_9303_3_appendix_a_check_digits():
    for case in load("mrz-and-keyseed")["check_digits"]:
        assert mrz.check_digit(case["data"]) == str(case["check_digit"])


@pytest.mark.parametrize("case", load("mrz-and-keyseed")["key_seeds"], ids=lambda c: c["mrz"])
def test_d_2_key_seed_from_the_zone(case):
    assert hexed(mrz.decode(case["mrz"]).key.secret[:16]) == case["k_seed"]


def test_d_2_key_seed_from_the_fields():
    case = load("bac")
    zone = mrz.decode("".join(case["mrz_td1"]))
    assert zone.key.information == case["mrz_information"]
    assert hexed(zone.key.secret) == case["sha1"]
    assert mrz.encode_td1(zone) == "".join(case["mrz_td1"])


def test_d_3_basic_access_control():
    case = load("bac")
    raw = {key: bytes.fromhex(case[key]) for key in ("rnd_ic", "rnd_ifd", "k_ifd", "k_ic")}
    keys = bac.document_keys(mrz.decode("".join(case["mrz_td1"])).key)
    assert (hexed(keys.encryption), hexed(keys.mac)) == (case["k_enc"], case["k_mac"])
    terminal = bac.BacSecrets(
        own_challenge=raw["rnd_ifd"], other_challenge=raw["rnd_ic"], own_key=raw["k_ifd"]
    )
    assert hexed(bac.seal(CIPHERS, keys, terminal)) == case["external_authenticate_data"]
    answer = bytes.fromhex(case["external_authenticate_response"])
    assert bac.open_sealed(CIPHERS, keys, terminal, answer) == raw["k_ic"]
    channel = bac.session_channel(raw["k_ifd"], raw["k_ic"], raw["rnd_ic"], raw["rnd_ifd"])
    assert hexed(channel.keys.encryption) == case["ks_enc"]
    assert hexed(channel.keys.mac) == case["ks_mac"]
    assert f"{channel.counter:016X}" == case["ssc"]


def exchange(channel, case):
    """The exchange as terminal and as chip; both must arrive at the printed bytes."""
    chip = channel
    plain = decode_command(bytes.fromhex(case["command_plain"]))
    channel, protected = sm.protect_command(channel, CIPHERS, plain)
    assert hexed(protected.encode()) == case["command_protected"]
    chip, opened = sm.open_command(chip, CIPHERS, protected)
    assert opened == plain
    answer = decode_response(bytes.fromhex(case["response_protected"]))
    after, response = sm.open_response(channel, CIPHERS, answer)
    _, again = sm.protect_response(chip, CIPHERS, plain.ins, response)
    assert again == answer
    return after, response


def test_d_4_secure_messaging_with_3des():
    case = load("secure-messaging-3des")
    keys = SessionKeys(
        suite=CipherSuite.TRIPLE_DES,
        encryption=bytes.fromhex(case["ks_enc"]),
        mac=bytes.fromhex(case["ks_mac"]),
    )
    channel = sm.SecureChannel(keys=keys, counter=int(case["ssc_initial"], 16))
    for step in case["exchanges"]:
        channel, response = exchange(channel, step)
        assert hexed(response.encode()) == step["response_plain"]
        assert f"{channel.counter:016X}" == step["ssc_response"]


def scalar(text):
    return int(text, 16)


def test_g_1_pace_generic_mapping():
    case = load("pace-ecdh-gm")
    curve, suite = BY_NUMBER[case["parameter_id"]], CipherSuite.AES_128
    secret = hashlib.sha1(case["mrz_information"].encode()).digest()
    key = pace.password_key(suite, secret)
    assert hexed(key) == case["k_pi"]
    sent = bytes.fromhex(case["encrypted_nonce"])
    nonce = pace.decrypt_nonce(CIPHERS, suite, key, sent)
    assert hexed(nonce) == case["nonce"]
    assert pace.encrypt_nonce(CIPHERS, suite, key, nonce) == sent
    chip_map = decode_point(curve, bytes.fromhex(case["map_public_chip"]))
    shared = pace.agree(curve, scalar(case["map_private_terminal"]), chip_map)
    assert hexed(encode_point(curve, shared)) == case["shared_point_h"]
    mapped = pace.map_generic(curve, nonce, shared)
    assert hexed(encode_point(curve, mapped)) == case["mapped_generator"]
    own = multiply(curve, scalar(case["eph_private_terminal"]), mapped)
    assert hexed(encode_point(curve, own)) == case["eph_public_terminal"]
    check_keys_and_tokens(case, curve)


def check_keys_and_tokens(case, curve):
    """Steps that all mappings share: session keys and both tokens."""
    oid = "0.4.0.127.0.7.2.2.4." + {"0202": "2.2", "0402": "4.2", "0602": "6.2"}[case["oid"][-4:]]
    chip = decode_point(curve, bytes.fromhex(case["eph_public_chip"]))
    terminal = decode_point(curve, bytes.fromhex(case["eph_public_terminal"]))
    secret = pace.secret_of(curve, pace.agree(curve, scalar(case["eph_private_terminal"]), chip))
    assert hexed(secret) == case["shared_secret_k"]
    keys = SessionKeys.derive(CipherSuite.AES_128, secret)
    assert (hexed(keys.encryption), hexed(keys.mac)) == (case["ks_enc"], case["ks_mac"])
    tokens = [
        hexed(pace.authentication_token(CIPHERS, keys, oid, curve, point))
        for point in (chip, terminal)
    ]
    assert tokens == [case["token_terminal"], case["token_chip"]]
    return keys


def test_h_1_pace_integrated_mapping():
    case = load("pace-ecdh-im")
    curve = BY_NUMBER[case["parameter_id"]]
    s, t = bytes.fromhex(case["nonce_s"]), bytes.fromhex(case["nonce_t"])
    key, sent = bytes.fromhex(case["k_pi"]), bytes.fromhex(case["encrypted_nonce"])
    assert pace.decrypt_nonce(CIPHERS, CipherSuite.AES_128, key, sent) == s
    mapped = pace.map_integrated(CIPHERS, curve, s, t)
    assert hexed(encode_point(curve, mapped)) == case["mapped_generator"]
    check_keys_and_tokens(case, curve)


def test_i_1_pace_chip_authentication_mapping():
    case = load("pace-cam")
    curve = BY_NUMBER[case["parameter_id"]]
    keys = check_keys_and_tokens(case, curve)
    cryptogram = bytes.fromhex(case["encrypted_chip_authentication_data"])
    number = pace.open_chip_authentication_data(CIPHERS, keys, cryptogram)
    assert f"{number:064X}" == case["chip_authentication_data"]
    map_public = decode_point(curve, bytes.fromhex(case["map_public_chip"]))
    static = decode_point(curve, bytes.fromhex(case["derived_chip_static_public_key"]))
    assert pace.chip_authentication_mapping_holds(curve, map_public, number, static)
    assert not pace.chip_authentication_mapping_holds(curve, map_public, number + 1, static)


@pytest.mark.parametrize("name", ["chip-authentication-3des", "chip-authentication-aes128"])
def test_6_2_chip_authentication(name):
    case = load(name)
    info, key = chip_authentication.choose(data_groups.decode_dg14(bytes.fromhex(case["dg14"])))
    assert hexed(key.key.uncompressed) == case["chip_public"]
    sent = [
        hexed(command.data)
        for command in chip_authentication.commands(info, bytes.fromhex(case["terminal_public"]))
    ]
    assert sent == [value for step, value in case["steps"].items() if step.endswith("data")]
    shared = pace.agree(key.key.curve, scalar(case["terminal_private"]), key.key.point)
    secret = pace.secret_of(key.key.curve, shared)
    assert hexed(secret) == case["shared_secret_k"]
    channel = chip_authentication.new_channel(info.suite, secret)
    assert hexed(channel.keys.encryption) == case["ks_enc"]
    assert hexed(channel.keys.mac) == case["ks_mac"]
    exchange(channel, case["first_exchange"])


def test_f_active_authentication_worked_example():
    case = load("active-authentication-worked-example")
    block, challenge = bytes.fromhex(case["f"]), bytes.fromhex(case["rnd_ifd"])
    assert active_authentication.recovered_holds(block, challenge)
    assert not active_authentication.recovered_holds(block, bytes(8))


@pytest.mark.parametrize(
    "case", load("active-authentication")["cases"], ids=lambda c: c["expected"]
)
def test_6_1_active_authentication(case):
    key = data_groups.decode_dg15(bytes.fromhex(case["dg15"]))
    holds = active_authentication.holds(
        key, bytes.fromhex(case["rnd_ifd"]), bytes.fromhex(case["response"])
    )
    assert holds is (case["expected"] == "valid")


BSI = VECTORS / "bsi-reference-data"


def test_bsi_reference_files_decode():
    com = data_groups.decode_com((BSI / "EF_COM.bin").read_bytes())
    assert com.lds_version == "0107"
    # the manifest lists DG15 here, the file's own bytes (5C 05 61 75 63 76 6E) do not
    assert com.data_groups == (1, 2, 3, 4, 14)
    assert data_groups.decode_dg1((BSI / "EF_DG1.bin").read_bytes()).primary_name == "MUSTERMANN"
    info, _ = chip_authentication.choose(
        data_groups.decode_dg14((BSI / "EF_DG14.bin").read_bytes())
    )
    assert info.suite is CipherSuite.TRIPLE_DES


def test_bsi_reference_sod_decodes():
    sod = decode_sod((BSI / "EF_SOD.bin").read_bytes())
    manifest = json.loads((BSI / "manifest.json").read_text())
    assert sod.hash_algorithm == manifest["sod_digest_algorithm"]
    for number, digest in manifest["sod_hashes"].items():
        assert sod.hashes[int(number)].hex() == digest
    assert 15 not in sod.hashes
    assert attributes_hold(sod.signed)


def test_mac_of_an_empty_command_is_over_the_header_alone():
    keys = SessionKeys.derive(CipherSuite.AES_128, b"x")
    channel = sm.SecureChannel(keys=keys, counter=0)
    _, protected = sm.protect_command(channel, CIPHERS, CommandApdu(0, 0x44, 0, 0))
    padded = bytes.fromhex("0C440000") + b"\x80" + bytes(11)
    mac = compute_padded_mac(CIPHERS, keys, (1).to_bytes(16) + padded)
    assert protected.data == b"\x8e\x08" + mac
