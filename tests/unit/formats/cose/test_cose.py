"""COSE: making, checking, and each way to cheat."""

from collections.abc import Callable

import cbor2
import pytest

from mrc.formats import cbor
from mrc.formats.cose import cose_key
from mrc.formats.cose.headers import ALG, CRIT, X5CHAIN, encode_x5chain
from mrc.formats.cose.mac0 import Mac0, check_mac0, decode_mac0, make_mac0
from mrc.formats.cose.reasons import Reason
from mrc.formats.cose.sign1 import (
    Sign1,
    check_sign1,
    decode_sign1,
    encode_sign1,
    prepare_sign1,
)
from mrc.infra.keys.software import OpensslVerifier, SoftwareSigner
from mrc.kernel.errors import Malformed, Rejected
from mrc.kernel.keys import Algorithm, Curve, EcPublicKey

SIGNER = SoftwareSigner.generate()
KEY = bytes(range(32))


def make(
    protected: dict[int, object] | None = None,
    unprotected: dict[int, object] | None = None,
    *,
    detached: bool = False,
) -> Sign1:
    prepared = prepare_sign1(
        b"payload",
        protected={ALG: -7} if protected is None else protected,
        unprotected=unprotected or {},
        detached=detached,
    )
    return prepared.finish(SIGNER.sign_now(prepared.to_be_signed))


def check(message: Sign1, *, detached: bytes | None = None, key: EcPublicKey | None = None) -> None:
    check_sign1(
        message,
        key=key or SIGNER.public_key,
        expected_algorithms=[Algorithm.ES256],
        verifier=OpensslVerifier(),
        detached_payload=detached,
    )


@pytest.mark.parametrize("tagged", [True, False])
def test_a_signature_survives_the_wire(tagged: bool) -> None:
    encoded = encode_sign1(make(unprotected={X5CHAIN: b"c"}), tagged=tagged)
    assert encoded.startswith(b"\xd2\x84" if tagged else b"\x84")
    message = decode_sign1(encoded)
    check(message)
    assert message.x5chain == (b"c",)


def test_detached_payloads() -> None:
    message = make(detached=True)
    assert message.payload is None
    check(message, detached=b"payload")


REFUSED: dict[str, tuple[Callable[[], None], str]] = {
    "another key": (lambda: check(make(), key=SoftwareSigner.generate().public_key), "SIGNATURE"),
    "another detached payload": (lambda: check(make(detached=True), detached=b"x"), "SIGNATURE"),
    "detached but attached expected": (lambda: check(make(detached=True)), "PAYLOAD"),
    "attached but detached expected": (lambda: check(make(), detached=b"payload"), "PAYLOAD"),
    "no algorithm": (lambda: check(make({})), "ALGORITHM"),
    "the algorithm unprotected": (lambda: check(make({}, {ALG: -7})), "ALGORITHM"),
    "an algorithm that is not expected": (lambda: check(make({ALG: -35})), "ALGORITHM"),
    "an algorithm that is no number": (lambda: check(make({ALG: [1]})), "ALGORITHM"),
    "a MAC algorithm": (lambda: check(make({ALG: 5})), "ALGORITHM"),
    "a critical header": (lambda: check(make({ALG: -7, CRIT: [99], 99: 1})), "CRITICAL_HEADER"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refuses(case: str) -> None:
    act, reason = REFUSED[case]
    with pytest.raises(Rejected) as caught:
        act()
    assert caught.value.reason is Reason[reason]


MALFORMED = {
    "not an array": {},
    "three entries": [b"", {}, b""],
    "protected is a map": [{}, {}, b"", b""],
    "protected is no map": [b"\x01", {}, b"", b""],
    "unprotected is an array": [b"", [], b"", b""],
    "payload is text": [b"", {}, "", b""],
    "signature is null": [b"", {}, b"", None],
    "a label in both headers": [b"\xa1\x01\x26", {1: -7}, b"", b""],
    "another tag": cbor.Tag(98, [b"", {}, b"", b""]),
    "protected with leftovers": [b"\xa1\x01\x26\x00", {}, b"", b""],
}


@pytest.mark.parametrize("case", MALFORMED)
def test_malformed(case: str) -> None:
    data = cbor.encode(MALFORMED[case])
    with pytest.raises(Malformed):
        decode_sign1(data)
    with pytest.raises(Malformed):
        decode_mac0(data)


def test_x5chain_takes_both_forms() -> None:
    assert make(unprotected={X5CHAIN: [b"a", b"b"]}).x5chain == (b"a", b"b")
    assert make({ALG: -7, X5CHAIN: b"a"}).x5chain == (b"a",)
    assert make().x5chain == ()
    assert encode_x5chain((b"a",)) == b"a"
    assert encode_x5chain((b"a", b"b")) == [b"a", b"b"]
    wrong: object
    for wrong in ([], [1], "a", {}):
        with pytest.raises(Malformed):
            _ = make(unprotected={X5CHAIN: wrong}).x5chain


def test_macs() -> None:
    mac = make_mac0(b"payload", key=KEY, detached=True)
    received = decode_mac0(cbor.encode(mac.value))
    check_mac0(received, key=KEY, detached_payload=b"payload")
    check_mac0(make_mac0(b"payload", key=KEY, detached=False), key=KEY)

    def refused(message: Mac0, reason: Reason, **changes: bytes) -> None:
        with pytest.raises(Rejected) as caught:
            check_mac0(message, **{"key": KEY, "detached_payload": b"payload", **changes})
        assert caught.value.reason is reason

    refused(received, Reason.MAC, key=bytes(32))
    refused(received, Reason.MAC, detached_payload=b"other")
    refused(make_mac0(b"payload", key=KEY, detached=False), Reason.PAYLOAD)
    signature_like = decode_mac0(cbor.encode([b"\xa1\x01\x26", {}, None, mac.tag]))
    refused(signature_like, Reason.ALGORITHM)
    critical = decode_mac0(cbor.encode([b"\xa2\x01\x05\x02\x81\x01", {}, None, mac.tag]))
    refused(critical, Reason.CRITICAL_HEADER)
    with pytest.raises(Rejected):
        check_mac0(received, key=KEY)


@pytest.mark.parametrize("curve", list(Curve))
@pytest.mark.parametrize("compressed", [True, False])
def test_keys_survive(curve: Curve, compressed: bool) -> None:
    domain = curve.parameters
    size = domain.field_bytes
    key = EcPublicKey(curve, domain.gx.to_bytes(size), domain.gy.to_bytes(size))
    value: dict[object, object] = cbor.decode_as(dict, cose_key.encode_key(key), what="key")
    if compressed:
        value[cose_key.Y] = bool(domain.gy & 1)
    assert cose_key.decode_key(value) == key


GOOD: dict[object, object] = {
    1: 2,
    -1: 1,
    -2: SIGNER.public_key.x,
    -3: SIGNER.public_key.y,
}


def test_a_key_is_the_map_of_rfc_9053_7() -> None:
    assert cose_key.encode_key(SIGNER.public_key) == cbor2.dumps(GOOD)


WRONG_KEYS = {
    "a private key": {cose_key.D: bytes(32)},
    "another type": {cose_key.KTY: 3},
    "a type that is true": {cose_key.KTY: True, cose_key.CRV: 6},
    "a type that is a fraction": {cose_key.KTY: 1.0, cose_key.CRV: 6},
    "an x that is a list": {cose_key.X: [4] * 32},
    "Ed25519 with an x that is a text": {cose_key.KTY: 1, cose_key.CRV: 6, cose_key.X: "4" * 32},
    "Ed25519 without x": {cose_key.KTY: 1, cose_key.CRV: 6, cose_key.X: None},
    "another curve": {cose_key.CRV: 7},
    "a curve that is a list": {cose_key.CRV: []},
    "Ed25519 on EC2": {cose_key.CRV: 6},
    "a short x": {cose_key.X: b"\x01"},
    "x as text": {cose_key.X: "x"},
    "y missing": {cose_key.Y: None},
    "a point off the curve": {cose_key.Y: bytes(32)},
    "an x without a y": {cose_key.X: (5).to_bytes(32), cose_key.Y: True, cose_key.CRV: 1},
}


@pytest.mark.parametrize("case", WRONG_KEYS)
def test_wrong_keys_are_malformed(case: str) -> None:
    changes: dict[object, object] = WRONG_KEYS[case]  # type: ignore[assignment]
    value: dict[object, object] = {**GOOD, **changes}
    if case == "an x without a y":
        value[cose_key.X] = _x_without_y()
    with pytest.raises(Malformed):
        cose_key.decode_key(value)


def _x_without_y() -> bytes:
    domain = Curve.P256.parameters
    for x in range(1, 100):
        square = (x**3 + domain.a * x + domain.b) % domain.p
        if pow(square, (domain.p - 1) // 2, domain.p) != 1:
            return x.to_bytes(32)
    raise AssertionError("half of all numbers have no root")
