"""QBFT headers: Besu's own encoding of `extraData`, quorum and the seals."""

from datetime import timedelta

import pytest

from mrc.kernel.errors import Malformed, Rejected
from mrc.ledger import headers, rlp
from mrc.ledger.bundle import Bundle
from mrc.ledger.headers import Address, check_seals, decode_extra, decode_header
from mrc.ledger.reasons import Reason
from tests.simulators.ledger_world import NOW, STRANGER, VALIDATORS, reseal

# Hyperledger Besu, QbftExtraDataCodecTest, RAW_HEX_ENCODING_STRING (Apache-2.0)
BESU_EXTRA = bytes.fromhex(
    "f8f0a00102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20ea940000000000000000"
    "000000000000000000000001940000000000000000000000000000000000000002d7940000000000000000"
    "00000000000000000000000181ff83fedcbaf886b841000000000000000000000000000000000000000000"
    "0000000000000000000001000000000000000000000000000000000000000000000000000000000000000a"
    "00b841000000000000000000000000000000000000000000000000000000000000000a0000000000000000"
    "00000000000000000000000000000000000000000000000100"
)
TRUSTED = frozenset(sealer.address for sealer in VALIDATORS)


def test_besus_extra_data_decodes_and_encodes_to_the_same_bytes() -> None:
    extra = decode_extra(BESU_EXTRA)
    assert extra.validators == (Address(bytes(19) + b"\x01"), Address(bytes(19) + b"\x02"))
    assert (extra.round, len(extra.seals)) == (0xFEDCBA, 2)
    assert extra.encode() == BESU_EXTRA


def test_the_hash_covers_round_zero_and_the_seal_the_real_round() -> None:
    """Besu's EXCLUDE_COMMIT_SEALS_AND_ROUND_NUMBER and EXCLUDE_COMMIT_SEALS."""
    extra = decode_extra(BESU_EXTRA)
    assert decode_extra(extra.encode_for_hash()).round == 0
    assert decode_extra(extra.encode_for_seal()).round == 0xFEDCBA
    assert not decode_extra(extra.encode_for_seal()).seals


@pytest.mark.parametrize(
    ("validators", "needed"), [(1, 1), (2, 2), (3, 2), (4, 3), (5, 4), (6, 4), (7, 5), (10, 7)]
)
def test_quorum_is_two_thirds_rounded_up(validators: int, needed: int) -> None:
    assert headers.quorum(validators) == needed


@pytest.mark.parametrize("count", [3, 4])
def test_enough_seals_are_accepted_in_any_round(good_bundle: Bundle, count: int) -> None:
    bundle = reseal(good_bundle, VALIDATORS[4 - count :], round_number=7)
    check_seals(decode_header(bundle.header), trusted_validators=TRUSTED)


FORGERIES = {
    "no seals": ((), Reason.TOO_FEW_SEALS),
    "too few seals": (VALIDATORS[:2], Reason.TOO_FEW_SEALS),
    "one sealer twice": ((*VALIDATORS[:2], VALIDATORS[1]), Reason.REPEATED_SEALER),
    "a stranger among them": ((*VALIDATORS[:3], STRANGER), Reason.UNKNOWN_SEALER),
}


@pytest.mark.parametrize("name", FORGERIES)
def test_forged_seals_are_refused(good_bundle: Bundle, name: str) -> None:
    sealers, reason = FORGERIES[name]
    with pytest.raises(Rejected) as refused:
        check_seals(decode_header(reseal(good_bundle, sealers).header), trusted_validators=TRUSTED)
    assert refused.value.reason is reason


@pytest.mark.parametrize(
    "stated",
    [(STRANGER,), VALIDATORS[:3], (*VALIDATORS, STRANGER), (*VALIDATORS, VALIDATORS[0]), ()],
)
def test_a_header_that_states_other_validators_is_refused(
    good_bundle: Bundle, stated: tuple[object, ...]
) -> None:
    bundle = reseal(good_bundle, VALIDATORS, validators=stated)  # type: ignore[arg-type]
    with pytest.raises(Rejected) as refused:
        check_seals(decode_header(bundle.header), trusted_validators=TRUSTED)
    assert refused.value.reason is Reason.OTHER_VALIDATORS


def test_the_same_seal_in_its_other_form_is_still_the_same_sealer(good_bundle: Bundle) -> None:
    """ECDSA is malleable: (r, -s) with the other parity names the same key."""
    header = decode_header(reseal(good_bundle, VALIDATORS[:2]).header)
    seal = header.extra.seals[0]
    order = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
    flipped = (order - int.from_bytes(seal[32:64])).to_bytes(32)
    other = seal[:32] + flipped + bytes([1 - seal[64]])
    fields = list(header.fields)
    parts = rlp.decode_list(header.extra.encode(), what="extra")
    parts[4] = [*header.extra.seals, other]
    fields[12] = rlp.encode(parts)
    with pytest.raises(Rejected) as refused:
        check_seals(decode_header(rlp.encode(fields)), trusted_validators=TRUSTED)
    assert refused.value.reason is Reason.REPEATED_SEALER


@pytest.mark.parametrize("field", [0, 3, 6, 8, 11, 13])
def test_an_altered_header_field_breaks_the_seals(good_bundle: Bundle, field: int) -> None:
    fields = rlp.decode_list(good_bundle.header, what="header")
    value = bytearray(rlp.expect_bytes(fields[field], what="field"))
    value[-1] ^= 1
    fields[field] = bytes(value)
    with pytest.raises(Rejected) as refused:
        check_seals(decode_header(rlp.encode(fields)), trusted_validators=TRUSTED)
    assert refused.value.reason in (Reason.UNKNOWN_SEALER, Reason.INVALID_SEAL)


@pytest.mark.parametrize(
    ("age", "reason"),
    [
        (timedelta(hours=25), Reason.STALE_HEADER),
        (timedelta(minutes=-3), Reason.FUTURE_HEADER),
    ],
)
def test_a_header_of_another_time_is_refused(
    good_bundle: Bundle, age: timedelta, reason: Reason
) -> None:
    header = check_seals(decode_header(good_bundle.header), trusted_validators=TRUSTED)
    with pytest.raises(Rejected) as refused:
        headers.check_freshness(
            header, at=NOW + age, max_age=timedelta(hours=24), max_ahead=timedelta(minutes=2)
        )
    assert refused.value.reason is reason


@pytest.mark.parametrize(
    "extra",
    [
        [bytes(31), [], [], b"", []],
        [bytes(32), [bytes(19)], [], b"", []],
        [bytes(32), [], b"", b"", []],
        [bytes(32), [], [], b"\x00", []],
        [bytes(32), [], [], b"\x01" * 5, []],
        [bytes(32), [], [], b"", [bytes(64)]],
        [bytes(32), [], [], b""],
        [bytes(32), [bytes(20)] * 65, [], b"", []],
    ],
)
def test_malformed_extra_data_is_refused(extra: rlp.Item) -> None:
    with pytest.raises(Malformed):
        decode_extra(rlp.encode(extra))
