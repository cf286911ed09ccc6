"""Status list tokens as JWT: forgeries first."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from mrc.formats.jose import jws
from mrc.formats.jose.reasons import Reason as JoseReason
from mrc.formats.status_list.bits import PublishedList, Status
from mrc.formats.status_list.jwt_token import TYPE, check_jwt, decode_jwt, prepare_jwt
from mrc.formats.status_list.reasons import Reason
from mrc.formats.status_list.reference import StatusReference
from mrc.formats.status_list.token import StatusClaims, TrustedStatusList
from mrc.infra.keys.software import OpensslVerifier, SoftwareSigner
from mrc.kernel.errors import Malformed, Rejected
from mrc.kernel.keys import Algorithm

SIGNER = SoftwareSigner.generate()
URI = "https://issuer.localhost:8442/status/1"
AT = datetime(2026, 6, 1, 9, 0, tzinfo=UTC)


def claims() -> StatusClaims:
    published = PublishedList(bits=2, size=1000)
    published.set(7, Status.LOCKED)
    return StatusClaims(
        uri=URI,
        issued_at=AT,
        expires_at=AT + timedelta(hours=1),
        ttl=timedelta(minutes=5),
        bits=2,
        compressed=published.compressed(),
        aggregation_uri="https://issuer.localhost:8442/status",
    )


def token(**changes: object) -> str:
    prepared = prepare_jwt(
        replace(claims(), **changes),  # type: ignore[arg-type]
        algorithm=Algorithm.ES256,
        x5c=[b"certificate"],
    )
    return prepared.finish(SIGNER.sign_now(prepared.to_be_signed))


def check(text: str, *, uri: str = URI, at: datetime = AT) -> TrustedStatusList:
    return check_jwt(
        decode_jwt(text),
        key=SIGNER.public_key,
        expected_algorithms=[Algorithm.ES256],
        expected_uri=uri,
        at=at,
        verifier=OpensslVerifier(),
    )


def reason_of(text: str, *, uri: str = URI, at: datetime = AT) -> str:
    with pytest.raises(Rejected) as caught:
        check(text, uri=uri, at=at)
    return caught.value.reason.value


def test_another_subject_is_rejected() -> None:
    assert reason_of(token(uri=URI + "2")) == Reason.SUBJECT_DIFFERS
    assert reason_of(token(), uri=URI + "/") == Reason.SUBJECT_DIFFERS


def test_an_expired_token_is_rejected_at_its_last_second() -> None:
    end = AT + timedelta(hours=1)
    assert reason_of(token(), at=end) == Reason.EXPIRED
    check(token(), at=end - timedelta(seconds=1))


def test_a_token_from_the_future_is_rejected() -> None:
    assert reason_of(token(issued_at=AT + timedelta(seconds=61))) == Reason.ISSUED_IN_FUTURE
    check(token(issued_at=AT + timedelta(seconds=60)))


def test_another_type_is_rejected() -> None:
    payload = decode_jwt(token()).jws.payload
    for typ in ("JWT", "dc+sd-jwt", "statuslist+cwt"):
        assert (
            reason_of(jws.sign_now({"typ": typ}, payload, SIGNER)) == JoseReason.TYPE_NOT_EXPECTED
        )
    assert reason_of(jws.sign_now({}, payload, SIGNER)) == JoseReason.TYPE_NOT_EXPECTED


def test_alg_none_and_another_key_are_rejected() -> None:
    payload = decode_jwt(token()).jws.payload
    unsigned = jws.assemble(jws.signing_input({"alg": "none", "typ": TYPE}, payload), b"")
    assert reason_of(unsigned) == JoseReason.ALGORITHM_NOT_EXPECTED
    other = jws.sign_now({"typ": TYPE}, payload, SoftwareSigner.generate())
    assert reason_of(other) == JoseReason.SIGNATURE_INVALID


def test_a_reference_to_another_list_or_beyond_the_end_is_rejected() -> None:
    trusted = check(token())
    with pytest.raises(Rejected) as caught:
        trusted.get(StatusReference(uri=URI + "2", idx=7))
    assert caught.value.reason is Reason.SUBJECT_DIFFERS
    with pytest.raises(Rejected) as caught:
        trusted.get(StatusReference(uri=URI, idx=1000))
    assert caught.value.reason is Reason.INDEX_OUT_OF_RANGE


@pytest.mark.parametrize(
    "payload",
    [
        b"{}",
        b"[]",
        b'{"sub":"x","iat":1}',
        b'{"sub":"x","iat":1,"status_list":[]}',
        b'{"sub":"x","iat":1,"status_list":{"bits":true,"lst":"AA"}}',
        b'{"sub":"x","iat":1,"status_list":{"bits":"2","lst":"AA"}}',
        b'{"sub":"x","iat":1,"status_list":{"bits":2,"lst":"A="}}',
        b'{"sub":"x","iat":1,"status_list":{"bits":2}}',
        b'{"iat":1,"status_list":{"bits":2,"lst":"AA"}}',
        b'{"sub":"x","status_list":{"bits":2,"lst":"AA"}}',
        b'{"sub":"x","iat":1,"ttl":0,"status_list":{"bits":2,"lst":"AA"}}',
        b'{"sub":"x","iat":1,"ttl":-5,"status_list":{"bits":2,"lst":"AA"}}',
        b'{"sub":"x","iat":1,"ttl":"5","status_list":{"bits":2,"lst":"AA"}}',
        b'{"sub":"x","iat":1,"ttl":1e300,"status_list":{"bits":2,"lst":"AA"}}',
        b'{"sub":"x","iat":1,"exp":"soon","status_list":{"bits":2,"lst":"AA"}}',
    ],
)
def test_missing_or_wrong_members_are_malformed(payload: bytes) -> None:
    with pytest.raises(Malformed):
        decode_jwt(jws.sign_now({"typ": TYPE}, payload, SIGNER))


def test_a_list_of_unknown_width_or_too_long_is_malformed() -> None:
    with pytest.raises(Malformed):
        check(token(bits=3))
    with pytest.raises(Malformed):
        check(token(compressed=PublishedList(bits=8, size=17 * 2**20).compressed()))


def test_a_good_token_tells_the_status() -> None:
    decoded = decode_jwt(token())
    assert decoded.x5c == [b"certificate"]
    assert decoded.claims == claims()
    trusted = check(token())
    assert trusted.get(StatusReference(uri=URI, idx=7)) == Status.LOCKED
    assert trusted.get(StatusReference(uri=URI, idx=8)) == Status.VALID


def test_a_token_is_fresh_until_ttl_or_exp_whichever_comes_first() -> None:
    trusted = check(token())
    assert trusted.fresh_until(AT) == AT + timedelta(minutes=5)
    assert trusted.fresh_until(AT + timedelta(minutes=58)) == AT + timedelta(hours=1)
    assert check(token(ttl=None, expires_at=None)).fresh_until(AT) is None
