"""The pure ciphers against OpenSSL, RFC 4493 and FIPS 46-3 in both directions."""

import os

import pytest

from mrc.ic_card.crypto.pure import PureCiphers
from mrc.ic_card.crypto.suites import CipherSuite, KeyUse, adjust_parity, derive_key, pad, unpad
from mrc.infra.readers.fast_ciphers import OpensslCiphers
from mrc.kernel.errors import Malformed

PURE, FAST = PureCiphers(), OpensslCiphers()


@pytest.mark.parametrize("size", [16, 24, 32])
def test_pure_aes_equals_openssl(size):
    key, iv, data = os.urandom(size), os.urandom(16), os.urandom(160)
    sealed = FAST.encrypt_aes_cbc(key, iv, data)
    assert PURE.encrypt_aes_cbc(key, iv, data) == sealed
    assert PURE.decrypt_aes_cbc(key, iv, sealed) == data


@pytest.mark.parametrize("length", [0, 1, 15, 16, 17, 32, 40])
@pytest.mark.parametrize("size", [16, 24, 32])
def test_pure_cmac_equals_openssl(size, length):
    key, data = os.urandom(size), os.urandom(length)
    assert PURE.aes_cmac(key, data) == FAST.aes_cmac(key, data)


@pytest.mark.parametrize(
    ("length", "mac"),
    [
        (0, "bb1d6929e95937287fa37d129b756746"),
        (16, "070a16b46b4d4144f79bdd9dd04a287c"),
        (40, "dfa66747de9ae63030ca32611497c827"),
        (64, "51f0bebf7e3b9d92fc49741779363cfe"),
    ],
)
def test_rfc_4493_section_4(length, mac):
    message = bytes.fromhex(
        "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51"
        "30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710"
    )
    key = bytes.fromhex("2b7e151628aed2a6abf7158809cf4f3c")
    assert PURE.aes_cmac(key, message[:length]).hex() == mac


def test_des_known_answer():
    key, plain = bytes.fromhex("133457799BBCDFF1"), bytes.fromhex("0123456789ABCDEF")
    sealed = PURE.encrypt_des_cbc(key, bytes(8), plain)
    assert sealed.hex().upper() == "85E813540F0AB405"
    assert PURE.decrypt_des_cbc(key, bytes(8), sealed) == plain


@pytest.mark.parametrize("size", [8, 16, 24])
def test_triple_des_comes_back(size):
    key, iv, data = os.urandom(size), os.urandom(8), os.urandom(80)
    assert PURE.decrypt_des_cbc(key, iv, PURE.encrypt_des_cbc(key, iv, data)) == data


def test_part_blocks_and_wrong_keys_are_our_mistake():
    with pytest.raises(ValueError, match="whole blocks"):
        PURE.encrypt_aes_cbc(bytes(16), bytes(16), b"x")
    with pytest.raises(ValueError, match="AES key"):
        PURE.aes_cmac(bytes(15), b"")
    with pytest.raises(ValueError, match="DES key"):
        PURE.encrypt_des_cbc(bytes(9), bytes(8), bytes(8))


def test_padding_comes_back_and_is_demanded():
    assert unpad(pad(b"abc", 16)) == b"abc"
    assert unpad(pad(bytes(16), 16)) == bytes(16)
    with pytest.raises(Malformed):
        unpad(bytes(16))


def test_long_keys_come_from_sha_256():
    assert len(derive_key(CipherSuite.AES_192, b"x", KeyUse.MAC)) == 24
    assert len(derive_key(CipherSuite.AES_256, b"x", KeyUse.MAC)) == 32


def test_every_des_key_byte_has_odd_parity():
    assert all(byte.bit_count() % 2 for byte in adjust_parity(bytes(range(256))))
