"""The trust file survives, and only one form is accepted."""

import json

import pytest

from mrc.kernel.errors import Malformed
from mrc.ledger.headers import Address
from mrc.ledger.trust_file import decode_trust, encode_trust
from tests.simulators.ledger_world import VALIDATORS, four_validators

TRUST = four_validators(Address(b"\x01" * 20))


def test_trust_survives() -> None:
    assert decode_trust(encode_trust(TRUST)) == TRUST


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("format", "mrc-ledger-trust-2"),
        ("contract", "0x00"),
        ("validators", []),
        ("validators", ["0x" + VALIDATORS[0].address.hex()] * 2),
        ("validators", ["0x" + bytes([n]).hex() * 20 for n in range(65)]),
        ("max_age_seconds", -1),
        ("max_age_seconds", 10**9),
        ("max_ahead_seconds", "60"),
        ("more", 1),
    ],
)
def test_another_member_or_value_is_refused(member: str, value: object) -> None:
    members = json.loads(encode_trust(TRUST))
    members[member] = value
    with pytest.raises(Malformed):
        decode_trust(json.dumps(members).encode())


@pytest.mark.parametrize("data", [b"", b"[]", b"{}", b" " * 10_001])
def test_what_is_no_trust_is_refused(data: bytes) -> None:
    with pytest.raises(Malformed):
        decode_trust(data)
