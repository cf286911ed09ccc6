"""Apple App Attest: every check has somebody who cheats it."""

import contextlib
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mrc.formats import cbor
from mrc.formats.device_evidence.apple import AppleApps, check_app_attest
from mrc.formats.device_evidence.authenticator_data import decode_attestation_object
from mrc.formats.device_evidence.chain import DeviceTrust
from mrc.formats.device_evidence.reasons import Reason
from mrc.infra.keys.software import OpensslVerifier
from mrc.kernel.errors import Malformed, Rejected
from tests.simulators.phone_makers import (
    APP_ID,
    Cert,
    android_maker,
    app_attest,
    apple_data,
    apple_maker,
    attestation_object,
    ec_key,
    explicit,
    issue,
    key_id_of,
    octets,
    public,
    root_of,
    sequence,
)
from tests.simulators.pki import END, NOW

CHALLENGE = b"bound-challenge"
KEY = ec_key()
PRODUCTION = AppleApps(app_ids=(APP_ID,), development=False)
TRUST = DeviceTrust(roots=(root_of(apple_maker()),), verifier=OpensslVerifier())


def check(
    encoded: bytes,
    *,
    apps: AppleApps = PRODUCTION,
    trust: DeviceTrust = TRUST,
    key_id: bytes | None = None,
    at: datetime = NOW,
) -> None:
    check_app_attest(
        encoded,
        trust=trust,
        apps=apps,
        expected_key_id=key_id_of(KEY) if key_id is None else key_id,
        expected_challenge=CHALLENGE,
        at=at,
    )


def refused(reason: Reason, encoded: bytes, **options: object) -> None:
    with pytest.raises(Rejected) as refusal:
        check(encoded, **options)  # type: ignore[arg-type]
    assert refusal.value.reason is reason


def test_an_honest_app_is_believed() -> None:
    check(app_attest(KEY, CHALLENGE))


def test_another_challenge_is_refused() -> None:
    refused(Reason.CHALLENGE, app_attest(KEY, b"another"))


def test_data_changed_after_the_nonce_was_certified_is_refused() -> None:
    honest = cbor.decode_as(dict, app_attest(KEY, CHALLENGE), what="test")
    changed = {**honest, "authData": apple_data(KEY, counter=1).encode()}
    refused(Reason.CHALLENGE, cbor.encode(changed))


def test_another_app_is_refused() -> None:
    data = apple_data(KEY, rp_id="TEAM123456.kr.example.other")
    refused(Reason.APP, app_attest(KEY, CHALLENGE, data))


def test_a_key_that_was_used_before_is_refused() -> None:
    refused(Reason.COUNTER, app_attest(KEY, CHALLENGE, apple_data(KEY, counter=1)))


def test_development_evidence_is_refused_in_production_and_admitted_in_practice() -> None:
    encoded = app_attest(KEY, CHALLENGE, apple_data(KEY, aaguid=b"appattestdevelop"))
    refused(Reason.ENVIRONMENT, encoded)
    check(encoded, apps=AppleApps(app_ids=(APP_ID,), development=True))


def test_an_unknown_environment_is_refused_even_in_practice() -> None:
    encoded = app_attest(KEY, CHALLENGE, apple_data(KEY, aaguid=bytes(16)))
    refused(Reason.ENVIRONMENT, encoded, apps=AppleApps(app_ids=(APP_ID,), development=True))


def test_a_key_id_of_another_key_is_refused() -> None:
    refused(Reason.KEY, app_attest(KEY, CHALLENGE), key_id=key_id_of(ec_key()))


def test_a_credential_id_of_another_key_is_refused() -> None:
    data = apple_data(KEY, credential_id=key_id_of(ec_key()))
    refused(Reason.KEY, app_attest(KEY, CHALLENGE, data))


def test_a_credential_key_that_is_not_certified_is_refused() -> None:
    data = replace(apple_data(KEY), key=public(ec_key()))
    refused(Reason.KEY, app_attest(KEY, CHALLENGE, data))


def test_a_foreign_root_is_refused() -> None:
    refused(Reason.ROOT_UNKNOWN, app_attest(KEY, CHALLENGE, maker=android_maker()))


def test_an_own_root_of_apples_name_is_refused() -> None:
    root = issue(None, "Apple root", ec_key(), Cert())
    own = issue(root, "Apple CA 1", ec_key(), Cert())
    refused(Reason.ROOT_UNKNOWN, app_attest(KEY, CHALLENGE, maker=own))


def test_a_certificate_of_another_kind_is_refused() -> None:
    refused(Reason.EXTENSION_MISSING, app_attest(KEY, CHALLENGE, extensions={}))


def test_evidence_that_ran_out_is_refused() -> None:
    refused(Reason.EXPIRED, app_attest(KEY, CHALLENGE), at=END + timedelta(seconds=1))


@pytest.mark.parametrize(
    "extension",
    [
        b"\x00",
        octets(bytes(32)),
        sequence(octets(bytes(32))),
        sequence(explicit(2, octets(bytes(32)))),
        sequence(explicit(1, octets(bytes(32))), explicit(1, octets(bytes(32)))),
        sequence(explicit(1, octets(bytes(32)))) + b"\x05\x00",
        sequence(explicit(1, octets(bytes(32))))[:-1],
    ],
)
def test_an_odd_nonce_extension_is_malformed(extension: bytes) -> None:
    with pytest.raises(Malformed):
        check(app_attest(KEY, CHALLENGE, nonce_extension=extension))


def test_every_truncation_is_malformed() -> None:
    whole = app_attest(KEY, CHALLENGE)
    for size in range(0, len(whole), 7):
        with pytest.raises(Malformed):
            check(whole[:size])


def test_every_truncation_of_the_authenticator_data_is_malformed() -> None:
    whole = apple_data(KEY).encode()
    for size in range(len(whole)):
        with pytest.raises(Malformed):
            decode_attestation_object(attestation_object(whole[:size]))


def test_leftovers_are_malformed() -> None:
    with pytest.raises(Malformed):
        check(app_attest(KEY, CHALLENGE) + b"\x00")
    with pytest.raises(Malformed):
        check(app_attest(KEY, CHALLENGE, apple_data(KEY, tail=b"\x00")))


@pytest.mark.parametrize(
    "encoded",
    [
        cbor.encode([]),
        cbor.encode({"fmt": "apple-appattest", "attStmt": {}}),
        attestation_object(apple_data(KEY).encode(), "packed"),
        attestation_object(apple_data(KEY).encode(), "apple-appattest"),
        attestation_object(apple_data(KEY).encode(), "apple-appattest", {"x5c": ["text"]}),
        attestation_object(apple_data(KEY).encode(), "apple-appattest", {"x5c": [b"odd"]}),
    ],
)
def test_an_odd_object_is_malformed(encoded: bytes) -> None:
    with pytest.raises(Malformed):
        check(encoded)


@given(st.binary(max_size=200))
def test_any_bytes_are_malformed(data: bytes) -> None:
    with pytest.raises(Malformed):
        check(data)


WHOLE = attestation_object(apple_data(KEY).encode())


@given(st.integers(0, len(WHOLE) - 1), st.integers(0, 255))
def test_a_changed_byte_decodes_or_is_malformed(place: int, value: int) -> None:
    changed = bytearray(WHOLE)
    changed[place] = value
    with contextlib.suppress(Malformed):
        decode_attestation_object(bytes(changed))
