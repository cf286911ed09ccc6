"""Keccak-256 and address recovery: known answers, and pure Python equal to the libraries."""

from hashlib import sha256

import coincurve
import pytest

from mrc.ledger import hashing, keccak, recovery


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"),
        (b"abc", "4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45"),
        (b"\x80", "56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421"),
    ],
)
def test_keccak_of_known_inputs(data: bytes, expected: str) -> None:
    assert keccak.keccak256(data).hex() == expected


@pytest.mark.parametrize("length", [*range(130, 142), 271, 272, 273, 1000])
def test_pure_keccak_equals_the_library(length: int) -> None:
    data = bytes(range(256)) * 4
    assert keccak.keccak256(data[:length]) == hashing.keccak256(data[:length])


def test_pure_recovery_equals_the_library() -> None:
    for number in range(8):
        key = coincurve.PrivateKey(sha256(bytes([number])).digest())
        digest = sha256(b"message" + bytes([number])).digest()
        signature = key.sign_recoverable(digest, hasher=None)
        public = key.public_key.format(compressed=False)[1:]
        assert recovery.recover_address(digest, signature) == hashing.keccak256(public)[-20:]
        assert hashing.recover_address(digest, signature) == hashing.keccak256(public)[-20:]


@pytest.mark.parametrize(
    "signature",
    [
        b"",
        bytes(65),
        b"\xff" * 64 + b"\x00",
        bytes(31) + b"\x05" + bytes(31) + b"\x01" + b"\x00",  # no point has this x
        bytes(31) + b"\x01" + bytes(31) + b"\x01" + b"\x02",  # v beyond 1
        bytes(31) + b"\x01" + bytes(32) + b"\x00",  # s is 0
    ],
)
def test_what_is_no_signature_recovers_to_nobody(signature: bytes) -> None:
    assert recovery.recover_address(bytes(32), signature) is None
    assert hashing.recover_address(bytes(32), signature) is None


def test_signatures_altered_in_one_bit_recover_equally_or_not_at_all() -> None:
    digest = sha256(b"message").digest()
    signature = coincurve.PrivateKey(digest).sign_recoverable(digest, hasher=None)
    for bit in range(0, 65 * 8, 37):
        altered = bytearray(signature)
        altered[bit // 8] ^= 1 << bit % 8
        assert recovery.recover_address(digest, bytes(altered)) == hashing.recover_address(
            digest, bytes(altered)
        )
