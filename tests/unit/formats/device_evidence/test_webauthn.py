"""A passkey bound to the wallet's key: every check has somebody who cheats it."""

from dataclasses import replace

import pytest

from mrc.formats import cbor, json_text
from mrc.formats.device_evidence.reasons import Reason
from mrc.formats.device_evidence.webauthn import RelyingParty, check_passkey_registration
from mrc.kernel.errors import Malformed, Rejected
from tests.simulators.phone_makers import (
    ORIGIN,
    RP_ID,
    AuthData,
    attestation_object,
    client_data,
    ec_key,
    public,
)

CHALLENGE = b"bound-challenge"
PARTY = RelyingParty(rp_id=RP_ID, origins=frozenset({ORIGIN}))
HONEST = AuthData(rp_id=RP_ID, key=public(ec_key()))


def check(client: bytes, data: AuthData = HONEST) -> None:
    check_passkey_registration(
        client,
        attestation_object(data.encode()),
        relying_party=PARTY,
        expected_challenge=CHALLENGE,
    )


def refused(reason: Reason, client: bytes, data: AuthData = HONEST) -> None:
    with pytest.raises(Rejected) as refusal:
        check(client, data)
    assert refusal.value.reason is reason


@pytest.mark.parametrize(
    "data",
    [
        HONEST,
        replace(HONEST, counter=9),
        replace(HONEST, flags=0x5D),
        replace(HONEST, flags=0xC5, tail=cbor.encode({"credProps": True})),
    ],
)
def test_an_honest_registration_is_believed(data: AuthData) -> None:
    check(client_data(CHALLENGE), data)


@pytest.mark.parametrize(
    ("reason", "changes"),
    [
        (Reason.CEREMONY, {"type": "webauthn.get"}),
        (Reason.CEREMONY, {"type": None}),
        (Reason.ORIGIN, {"origin": "https://phone.example.evil"}),
        (Reason.ORIGIN, {"origin": "http://phone.example"}),
        (Reason.ORIGIN, {"origin": [ORIGIN]}),
        (Reason.ORIGIN, {"crossOrigin": True}),
        (Reason.ORIGIN, {"topOrigin": "https://frame.example"}),
    ],
)
def test_client_data_of_another_place_is_refused(
    reason: Reason, changes: dict[str, object]
) -> None:
    refused(reason, client_data(CHALLENGE, **changes))


def test_another_challenge_is_refused() -> None:
    refused(Reason.CHALLENGE, client_data(b"another"))


@pytest.mark.parametrize(
    ("reason", "data"),
    [
        (Reason.APP, replace(HONEST, rp_id="other.example")),
        (Reason.USER_NOT_VERIFIED, replace(HONEST, flags=0x41)),
        (Reason.USER_NOT_VERIFIED, replace(HONEST, flags=0x44)),
        (Reason.FLAGS, replace(HONEST, flags=0x55)),
        (Reason.ALGORITHM, replace(HONEST, algorithm=-35)),
        (Reason.ALGORITHM, replace(HONEST, algorithm=-257)),
    ],
)
def test_authenticator_data_that_does_not_do_is_refused(reason: Reason, data: AuthData) -> None:
    refused(reason, client_data(CHALLENGE), data)


@pytest.mark.parametrize(
    "client",
    [
        b"",
        b"[]",
        client_data(CHALLENGE)[:-1],
        json_text.encode({"type": "webauthn.create", "origin": ORIGIN}),
        client_data(CHALLENGE).replace(b'challenge":"', b'challenge":"+/='),
        b'{"type":"webauthn.create","type":"webauthn.create"}',
    ],
)
def test_odd_client_data_is_malformed(client: bytes) -> None:
    with pytest.raises(Malformed):
        check(client)


@pytest.mark.parametrize(
    "data",
    [
        replace(HONEST, flags=0x05),
        replace(HONEST, credential_id=b""),
        replace(HONEST, credential_id=bytes(1024)),
        replace(HONEST, tail=b"\x00"),
        replace(HONEST, flags=0xC5),
        replace(HONEST, flags=0xC5, tail=b"\x00"),
    ],
)
def test_odd_authenticator_data_is_malformed(data: AuthData) -> None:
    with pytest.raises(Malformed):
        check(client_data(CHALLENGE), data)
