"""Android Key Attestation: every check has somebody who cheats it."""

import contextlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from mrc.formats.device_evidence.android import AndroidApp, check_android_attestation
from mrc.formats.device_evidence.chain import DeviceTrust
from mrc.formats.device_evidence.key_description import (
    KeyDescription,
    SecurityLevel,
    decode_key_description,
)
from mrc.formats.device_evidence.reasons import Reason
from mrc.formats.device_evidence.revocation import decode_status_list
from mrc.infra.keys.software import OpensslVerifier
from mrc.kernel.errors import Malformed, Rejected
from tests.simulators.phone_makers import (
    ANDROID_OID,
    PACKAGE,
    SIGNER_DIGEST,
    Cert,
    Description,
    Maker,
    android_chain,
    android_maker,
    ec_key,
    explicit,
    integer,
    issue,
    octets,
    public,
    root_of,
    rsa_key,
    sequence,
    set_of,
)
from tests.simulators.pki import BEGIN, END, NOW

CHALLENGE = b"a-challenge-of-the-provider"
KEY = ec_key()
HONEST = Description(challenge=CHALLENGE)
APPS = (AndroidApp(package=PACKAGE, signature_digests=frozenset({SIGNER_DIGEST})),)


def trust(*makers: Maker, revoked: Sequence[int] = ()) -> DeviceTrust:
    return DeviceTrust(
        roots=tuple(root_of(maker) for maker in makers or (android_maker(),)),
        verifier=OpensslVerifier(),
        revoked_serials=frozenset(revoked),
    )


def check(
    chain: Sequence[bytes], *, trusted: DeviceTrust | None = None, at: datetime = NOW
) -> KeyDescription:
    return check_android_attestation(
        chain,
        trust=trusted or trust(),
        apps=APPS,
        expected_key=public(KEY),
        expected_challenge=CHALLENGE,
        at=at,
    )


def refused(reason: Reason, chain: Sequence[bytes], **options: object) -> None:
    with pytest.raises(Rejected) as refusal:
        check(chain, **options)  # type: ignore[arg-type]
    assert refusal.value.reason is reason


def test_an_honest_phone_is_believed_under_an_rsa_root_with_mixed_hashes() -> None:
    assert check(android_chain(KEY, HONEST)).key_level is SecurityLevel.TRUSTED_ENVIRONMENT


def test_an_honest_phone_is_believed_under_an_ec_root_that_it_does_not_send() -> None:
    root = issue(None, "EC root", ec_key(ec.SECP384R1()), Cert(hash=hashes.SHA384()))
    chain = android_chain(KEY, replace(HONEST, key_level=2), root)
    assert check(chain[:1], trusted=trust(root)).key_level is SecurityLevel.STRONG_BOX


def test_a_root_issued_again_for_the_same_key_is_the_same_root() -> None:
    again = issue(None, "Android root", rsa_key(), Cert(not_after=END + timedelta(days=900)))
    assert check(android_chain(KEY, HONEST), trusted=trust(again))


@pytest.mark.parametrize(
    ("reason", "changes"),
    [
        (Reason.CHALLENGE, {"challenge": b"another"}),
        (Reason.CHALLENGE, {"challenge": b""}),
        (Reason.SECURITY_LEVEL, {"attestation_level": 0}),
        (Reason.SECURITY_LEVEL, {"key_level": 0}),
        (Reason.KEY_PURPOSE, {"purposes": (3,)}),
        (Reason.KEY_PURPOSE, {"purposes": (2, 7)}),
        (Reason.KEY_PURPOSE, {"purposes": None}),
        (Reason.KEY_PURPOSE, {"in_software": True}),
        (Reason.KEY_ORIGIN, {"origin": 2}),
        (Reason.KEY_ORIGIN, {"origin": None}),
        (Reason.BOOT_STATE, {"boot_state": 1}),
        (Reason.BOOT_STATE, {"boot_state": 2}),
        (Reason.BOOT_STATE, {"boot_state": 3}),
        (Reason.BOOT_STATE, {"has_root_of_trust": False}),
        (Reason.DEVICE_UNLOCKED, {"locked": b"\x00"}),
        (Reason.APP, {"packages": ("kr.example.other",)}),
        (Reason.APP, {"packages": (PACKAGE, "kr.example.other")}),
        (Reason.APP, {"packages": ()}),
        (Reason.APP, {"digests": (bytes(32),)}),
        (Reason.APP, {"digests": (SIGNER_DIGEST, bytes(32))}),
        (Reason.APP, {"digests": ()}),
        (Reason.APP, {"has_application_id": False}),
    ],
)
def test_a_phone_that_says_the_wrong_thing_is_refused(
    reason: Reason, changes: dict[str, object]
) -> None:
    refused(reason, android_chain(KEY, replace(HONEST, **changes)))  # type: ignore[arg-type]


def test_evidence_about_another_key_is_refused() -> None:
    refused(Reason.KEY, android_chain(ec_key(), HONEST))


def test_an_own_root_of_the_same_name_is_refused() -> None:
    own = issue(None, "Android root", ec_key(), Cert())
    refused(Reason.ROOT_UNKNOWN, android_chain(KEY, HONEST, own))


def test_an_own_root_under_the_makers_certificates_is_refused() -> None:
    own = issue(None, "own", ec_key(), Cert())
    chain = [android_chain(KEY, HONEST, own)[0], *android_maker().chain]
    refused(Reason.ISSUER_SIGNATURE, chain)


def test_a_batch_certificate_swapped_for_another_key_of_its_name_is_refused() -> None:
    swapped = replace(android_maker(), key=ec_key())
    refused(Reason.ISSUER_SIGNATURE, android_chain(KEY, HONEST, swapped))


def test_an_attested_key_cannot_make_an_extension_for_another_key() -> None:
    phone = ec_key()
    leaf = android_chain(phone, HONEST)
    attested = Maker(name="Android Keystore Key", key=phone, chain=tuple(leaf))
    refused(Reason.NOT_A_CA, android_chain(KEY, HONEST, attested))


def test_an_extension_above_the_leaf_is_refused() -> None:
    extensions = {ANDROID_OID: HONEST.encode()}
    root = issue(None, "root", ec_key(), Cert())
    marked = issue(root, "marked", ec_key(), Cert(extensions=extensions))
    refused(Reason.EXTENSION_MISPLACED, android_chain(KEY, HONEST, marked), trusted=trust(root))


def test_a_certificate_without_the_extension_is_refused() -> None:
    refused(Reason.EXTENSION_MISSING, android_chain(KEY, HONEST, extensions={}))


def test_a_path_longer_than_its_issuer_allows_is_refused() -> None:
    below = issue(android_maker(), "below", ec_key(), Cert())
    refused(Reason.PATH_LENGTH, android_chain(KEY, HONEST, below))


@pytest.mark.parametrize(
    ("at", "reason"),
    [
        (BEGIN - timedelta(seconds=1), Reason.NOT_YET_VALID),
        (END + timedelta(seconds=1), Reason.EXPIRED),
    ],
)
def test_certificates_count_only_in_their_time(at: datetime, reason: Reason) -> None:
    refused(reason, android_chain(KEY, HONEST), at=at)


def test_a_leaf_that_ran_out_is_refused() -> None:
    ended = NOW - timedelta(seconds=1)
    refused(Reason.EXPIRED, android_chain(KEY, HONEST, not_after=ended))


def test_a_batch_certificate_taken_back_is_refused() -> None:
    serial = android_maker().certificate.serial
    listed = decode_status_list(b'{"entries":{"%x":{"status":"REVOKED"}}}' % serial)
    refused(Reason.REVOKED, android_chain(KEY, HONEST), trusted=trust(revoked=list(listed)))


def test_a_root_taken_back_is_refused() -> None:
    serial = root_of(android_maker()).serial
    refused(Reason.REVOKED, android_chain(KEY, HONEST), trusted=trust(revoked=[serial]))


def test_a_root_no_longer_configured_is_refused() -> None:
    other = issue(None, "other", ec_key(), Cert())
    refused(Reason.ROOT_UNKNOWN, android_chain(KEY, HONEST), trusted=trust(other))


@pytest.mark.parametrize("length", [0, 7])
def test_a_chain_of_impossible_length_is_refused(length: int) -> None:
    refused(Reason.CHAIN_LENGTH, (android_chain(KEY, HONEST) * 2)[:length])


def test_nothing_but_a_root_is_refused() -> None:
    refused(Reason.CHAIN_LENGTH, [android_maker().chain[-1]])


def test_unknown_authorizations_are_skipped() -> None:
    extra = (explicit(4001, octets(b"later version")),)
    assert check(android_chain(KEY, replace(HONEST, extra=extra)))


@pytest.mark.parametrize(
    "odd",
    [
        replace(HONEST, locked=b"\x01").encode(),
        replace(HONEST, boot_state=4).encode(),
        replace(HONEST, key_level=3).encode(),
        replace(HONEST, extra=(explicit(702, integer(0)),)).encode(),
        replace(HONEST, extra=(octets(b""),)).encode(),
        replace(HONEST, extra=(explicit(4001, b""),)).encode(),
        HONEST.encode() + b"\x00",
        HONEST.encode()[:-1],
        b"",
        b"\x30\x80" + HONEST.encode()[4:] + b"\x00\x00",
        sequence(*[integer(1)] * 8),
        sequence(integer(1)),
        set_of(),
    ],
)
def test_an_odd_extension_is_malformed(odd: bytes) -> None:
    with pytest.raises(Malformed):
        decode_key_description(odd)


def test_every_truncation_of_an_extension_is_malformed() -> None:
    whole = HONEST.encode()
    for size in range(len(whole)):
        with pytest.raises(Malformed):
            decode_key_description(whole[:size])


@given(st.integers(0, len(HONEST.encode()) - 1), st.integers(0, 255))
def test_a_changed_byte_decodes_or_is_malformed(place: int, value: int) -> None:
    changed = bytearray(HONEST.encode())
    changed[place] = value
    with contextlib.suppress(Malformed):
        decode_key_description(bytes(changed))


@given(st.binary(max_size=64))
def test_any_bytes_decode_or_are_malformed(data: bytes) -> None:
    with pytest.raises(Malformed):
        decode_key_description(data)


@pytest.mark.parametrize("cut", [1, 40, 300])
def test_a_truncated_certificate_is_malformed(cut: int) -> None:
    leaf, *rest = android_chain(KEY, HONEST)
    with pytest.raises(Malformed):
        check([leaf[:-cut], *rest])


@pytest.mark.parametrize("odd", [b"{}", b"[]", b'{"entries":{"xyz":{}}}', b"{"])
def test_an_odd_status_list_is_malformed(odd: bytes) -> None:
    with pytest.raises(Malformed):
        decode_status_list(odd)
