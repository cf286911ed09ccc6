"""Status list tokens as CWT: forgeries first."""

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from mrc.formats import cbor
from mrc.formats.cose.headers import ALG, TYP
from mrc.formats.cose.reasons import Reason as CoseReason
from mrc.formats.cose.sign1 import encode_sign1, prepare_sign1
from mrc.formats.status_list.bits import PublishedList, Status
from mrc.formats.status_list.cwt_token import MEDIA_TYPE, check_cwt, decode_cwt, prepare_cwt
from mrc.formats.status_list.reasons import Reason
from mrc.formats.status_list.reference import StatusReference
from mrc.formats.status_list.token import StatusClaims, TrustedStatusList
from mrc.infra.keys.software import OpensslVerifier, SoftwareSigner
from mrc.kernel.errors import Malformed, Rejected
from mrc.kernel.keys import Algorithm

SIGNER = SoftwareSigner.generate()
URI = "https://issuer.localhost:8442/status/1"
AT = datetime(2026, 6, 1, 9, 0, tzinfo=UTC)
LIST = PublishedList(bits=2, size=1000)
LIST.set(7, Status.CANCELLED)
CLAIMS = StatusClaims(
    uri=URI,
    issued_at=AT,
    expires_at=AT + timedelta(hours=1),
    ttl=timedelta(minutes=5),
    bits=2,
    compressed=LIST.compressed(),
    aggregation_uri="https://issuer.localhost:8442/status",
)


def token(claims: StatusClaims = CLAIMS) -> bytes:
    prepared = prepare_cwt(claims, algorithm=Algorithm.ES256, x5chain=[b"leaf", b"ca"])
    return prepared.finish(SIGNER.sign_now(prepared.to_be_signed))


def signed(payload: object, protected: dict[int, object] | None = None) -> bytes:
    header = {ALG: -7, TYP: MEDIA_TYPE} if protected is None else protected
    prepared = prepare_sign1(cbor.encode(payload), protected=header, unprotected={})
    finished = prepared.finish(SIGNER.sign_now(prepared.to_be_signed))
    return encode_sign1(finished, tagged=True)


def check(data: bytes, *, uri: str = URI, at: datetime = AT) -> TrustedStatusList:
    return check_cwt(
        decode_cwt(data),
        key=SIGNER.public_key,
        expected_algorithms=[Algorithm.ES256],
        expected_uri=uri,
        at=at,
        verifier=OpensslVerifier(),
    )


def reason_of(data: bytes, *, uri: str = URI, at: datetime = AT) -> str:
    with pytest.raises(Rejected) as caught:
        check(data, uri=uri, at=at)
    return caught.value.reason.value


def test_another_subject_expiry_and_future_are_rejected() -> None:
    assert reason_of(token(), uri=URI + "2") == Reason.SUBJECT_DIFFERS
    assert reason_of(token(), at=AT + timedelta(hours=1)) == Reason.EXPIRED
    assert reason_of(token(), at=AT - timedelta(seconds=61)) == Reason.ISSUED_IN_FUTURE


PAYLOAD = cbor.decode_as(dict, decode_cwt(token()).sign1.payload or b"", what="claims")


@pytest.mark.parametrize(
    "header",
    [
        {ALG: -7},
        {ALG: -7, TYP: "application/cwt"},
        {ALG: -7, TYP: "application/statuslist+jwt"},
        {ALG: -7, TYP: 5},
    ],
    ids=str,
)
def test_another_type_is_rejected(header: dict[int, object]) -> None:
    assert reason_of(signed(PAYLOAD, header)) == Reason.TYPE_NOT_EXPECTED


def test_another_algorithm_or_key_is_rejected() -> None:
    assert reason_of(signed(PAYLOAD, {ALG: -35, TYP: MEDIA_TYPE})) == CoseReason.ALGORITHM
    assert reason_of(signed(PAYLOAD, {TYP: MEDIA_TYPE})) == CoseReason.ALGORITHM
    prepared = prepare_cwt(CLAIMS, algorithm=Algorithm.ES256)
    other = SoftwareSigner.generate().sign_now(prepared.to_be_signed)
    assert reason_of(prepared.finish(other)) == CoseReason.SIGNATURE


def test_a_changed_byte_is_rejected() -> None:
    good = token()
    at = good.index(b"status/1") + 7
    forged = good[:at] + b"2" + good[at + 1 :]
    assert reason_of(forged, uri=URI[:-1] + "2") == CoseReason.SIGNATURE


@pytest.mark.parametrize(
    "change",
    [
        {2: None},
        {2: b"x"},
        {6: None},
        {6: "now"},
        {6: True},
        {6: float("nan")},
        {6: 10**18},
        {4: "later"},
        {65534: 0},
        {65534: -1},
        {65534: 1.5},
        {65534: True},
        {65533: None},
        {65533: []},
        {65533: {"bits": 2}},
        {65533: {"lst": b""}},
        {65533: {"bits": True, "lst": b""}},
        {65533: {"bits": 2, "lst": "text"}},
        {65533: {"bits": 2, "lst": b"", "aggregation_uri": 5}},
    ],
    ids=str,
)
def test_missing_or_wrong_claims_are_malformed(change: dict[int, object]) -> None:
    merged = {**PAYLOAD, **change}
    with pytest.raises(Malformed):
        decode_cwt(signed({key: value for key, value in merged.items() if value is not None}))


def test_wrong_envelopes_are_malformed() -> None:
    value = decode_cwt(token()).sign1.value
    for wrong in (
        cbor.Tag(61, cbor.Tag(18, value)),
        cbor.Tag(17, value),
        [*value, b""],
        [value[0], value[1], None, value[3]],
        [value[0], value[1], b"\xff", value[3]],
        {},
    ):
        with pytest.raises(Malformed):
            decode_cwt(cbor.encode(wrong))
    for data in (b"", token()[:-1], token() + b"\x00"):
        with pytest.raises(Malformed):
            decode_cwt(data)


def test_an_untagged_token_is_read() -> None:
    untagged = cbor.encode(decode_cwt(token()).sign1.value)
    assert check(untagged).get(StatusReference(uri=URI, idx=7)) == Status.CANCELLED


def test_a_good_token_tells_the_status() -> None:
    decoded = decode_cwt(token())
    assert token()[:1] == b"\xd2"
    assert decoded.claims == CLAIMS
    assert decoded.x5chain == (b"leaf", b"ca")
    trusted = check(token())
    assert trusted.get(StatusReference(uri=URI, idx=7)) == Status.CANCELLED
    assert trusted.fresh_until(AT) == AT + timedelta(minutes=5)
    bare = check(token(replace(CLAIMS, ttl=None, expires_at=None, aggregation_uri=None)))
    assert bare.fresh_until(AT) is None


def test_a_long_list_is_read() -> None:
    packed = random.Random(1).randbytes(1_500_000)
    big = PublishedList(bits=8, size=len(packed), packed=packed)
    long = token(replace(CLAIMS, bits=8, compressed=big.compressed()))
    assert len(long) > 1_048_576
    assert check(long).get(StatusReference(uri=URI, idx=1_234_567)) == packed[1_234_567]
