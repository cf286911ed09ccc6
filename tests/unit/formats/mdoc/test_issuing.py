"""Issuing: the joined bytes are those of a plain CBOR builder, and read back."""

import hashlib
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import cbor2
import pytest

from mrc.formats import cbor
from mrc.formats.mdoc.issuer_signed import decode_issuer_signed
from mrc.formats.mdoc.issuing import SALT, PrepareInput, encode_name_spaces, prepare, read_back
from mrc.formats.mdoc.mso import DigestAlgorithm, KeyAuthorizations, Validity
from mrc.formats.mdoc.verifying import authenticate_issuer, check_digests
from mrc.formats.x509.chain import ChainChecker
from mrc.infra.keys.software import OpensslVerifier, SoftwareSigner
from mrc.kernel.keys import Algorithm
from tests.simulators.mdocs import (
    COMMON,
    DOC_TYPE,
    DOMESTIC,
    ELEMENTS,
    VALIDITY,
    CountedEntropy,
    issue_mdoc,
)
from tests.simulators.pki import NOW, practice_pki

PKI = practice_pki()
DEVICE = SoftwareSigner.generate()
TRUST = ChainChecker(anchors=[PKI.iaca.certificate], verifier=OpensslVerifier())
STATUS = {"status_list": {"idx": 412, "uri": "https://status.localhost/7"}}
AUTHORIZED = KeyAuthorizations(
    name_spaces=frozenset({"b", "a"}), data_elements={"c": frozenset({"y", "x"})}
)


def plain(value: object) -> object:
    """Our values as cbor2 has them."""
    match value:
        case dict():
            return {key: plain(entry) for key, entry in value.items()}
        case list():
            return [plain(entry) for entry in value]
        case datetime():
            return cbor2.CBORTag(0, f"{value:%Y-%m-%dT%H:%M:%SZ}")
        case date():
            return cbor2.CBORTag(1004, value.isoformat())
    return value


def plain_copy(
    elements: Any, algorithm: str, status: Any, authorizations: Any
) -> tuple[bytes, bytes]:
    """nameSpaces and MobileSecurityObjectBytes, by the standard's tables and cbor2 alone."""
    count = sum(map(len, elements.values()))
    drawn = CountedEntropy().token(SALT * count)
    salts = [drawn[at : at + SALT] for at in range(0, len(drawn), SALT)]
    ids = {salt: number for number, salt in enumerate(sorted(salts))}
    spaces: dict[str, list[object]] = {}
    digests: dict[str, dict[int, bytes]] = {}
    remaining = iter(salts)
    for name_space, values in elements.items():
        spaces[name_space], own = [], {}
        for name, value in values.items():
            salt = next(remaining)
            item = cbor2.dumps(
                {
                    "digestID": ids[salt],
                    "random": salt,
                    "elementIdentifier": name,
                    "elementValue": plain(value),
                }
            )
            tagged = cbor2.CBORTag(24, item)
            spaces[name_space].append(tagged)
            own[ids[salt]] = hashlib.new(algorithm, cbor2.dumps(tagged)).digest()
        digests[name_space] = dict(sorted(own.items()))
    key = DEVICE.public_key
    key_info: dict[str, object] = {"deviceKey": {1: 2, -1: 1, -2: key.x, -3: key.y}}
    if authorizations:
        key_info["keyAuthorizations"] = authorizations
    mso: dict[str, object] = {
        "version": "1.0",
        "digestAlgorithm": algorithm.upper().replace("SHA", "SHA-"),
        "valueDigests": digests,
        "deviceKeyInfo": key_info,
        "docType": DOC_TYPE,
        "validityInfo": plain(
            {
                "signed": VALIDITY.signed,
                "validFrom": VALIDITY.valid_from,
                "validUntil": VALIDITY.valid_until,
            }
        ),
    }
    if status:
        mso["status"] = status
    return cbor2.dumps(spaces), cbor2.dumps(cbor2.CBORTag(24, cbor2.dumps(mso)))


MANY = {
    COMMON: {f"element_{n}": value for n, value in enumerate(range(300))},
    DOMESTIC: {"nested": [{"a": date(2020, 1, 2)}, None, "한글", b"\x00" * 300, -1]},
}


@pytest.mark.parametrize("elements", [ELEMENTS, MANY], ids=["card", "many"])
@pytest.mark.parametrize("algorithm", list(DigestAlgorithm))
@pytest.mark.parametrize("full", [True, False])
def test_the_bytes_are_those_of_a_plain_builder(
    elements: Any, algorithm: DigestAlgorithm, full: bool
) -> None:
    issued = issue_mdoc(
        DEVICE.public_key,
        elements=elements,
        digest_algorithm=algorithm,
        status=STATUS if full else None,
        key_authorizations=AUTHORIZED if full else None,
    )
    authorizations = {"nameSpaces": ["a", "b"], "dataElements": {"c": ["x", "y"]}}
    spaces, payload = plain_copy(
        elements,
        algorithm.value.lower().replace("-", ""),
        STATUS if full else None,
        authorizations if full else None,
    )
    signature = decode_issuer_signed(issued).issuer_auth.signature
    auth = [cbor2.dumps({1: -7}), {33: PKI.document_signer.der}, payload, signature]
    expected = b"".join(
        (b"\xa2", cbor2.dumps("nameSpaces"), spaces, cbor2.dumps("issuerAuth"), cbor2.dumps(auth))
    )
    assert issued == expected


def test_what_is_issued_verifies() -> None:
    issued = decode_issuer_signed(
        issue_mdoc(DEVICE.public_key, status=STATUS, key_authorizations=AUTHORIZED)
    )
    authentic = authenticate_issuer(issued, trust=TRUST, at=NOW)
    assert check_digests(issued, authentic=authentic) == ELEMENTS
    assert authentic.mso.status == STATUS
    assert authentic.mso.key_authorizations == AUTHORIZED
    assert authentic.mso.device_key == DEVICE.public_key
    assert authentic.mso.validity == VALIDITY


def test_several_certificates_are_an_array() -> None:
    data = issue_mdoc(DEVICE.public_key, x5chain=[PKI.document_signer.der, PKI.reader.der])
    chain = decode_issuer_signed(data).issuer_auth.x5chain
    assert chain == (PKI.document_signer.der, PKI.reader.der)


def copy(**changes: Any) -> PrepareInput:
    settings: dict[str, Any] = {
        "doc_type": DOC_TYPE,
        "name_spaces": encode_name_spaces(ELEMENTS),
        "device_key": DEVICE.public_key,
        "validity": VALIDITY,
        "algorithm": Algorithm.ES256,
    }
    return PrepareInput(**{**settings, **changes})


def test_two_copies_share_no_salt_and_no_digest() -> None:
    entropy = CountedEntropy()
    name_spaces = encode_name_spaces(ELEMENTS)
    first, second = (prepare(copy(name_spaces=name_spaces), entropy=entropy) for _ in range(2))
    assert entropy.calls == 2
    assert first.name_spaces != second.name_spaces
    assert first.payload != second.payload


def test_dates_are_whole_seconds_in_utc() -> None:
    seoul = datetime(2026, 2, 1, 9, 0, 0, 999, tzinfo=timezone(timedelta(hours=9)))
    validity = Validity(
        signed=seoul,
        valid_from=seoul,
        valid_until=seoul + timedelta(days=1),
        expected_update=seoul + timedelta(hours=1),
    )
    prepared = prepare(copy(validity=validity), entropy=CountedEntropy())
    assert b"\xc0\x742026-02-01T00:00:00Z" in prepared.payload
    assert b"\xc0\x742026-02-01T01:00:00Z" in prepared.payload


def test_what_is_prepared_reads_back_as_it_was_meant() -> None:
    meant = copy(status=STATUS)
    prepared = prepare(meant, entropy=CountedEntropy())
    assert read_back(prepared, meant).status == STATUS
    others = prepare(meant, entropy=CountedEntropy("other"))
    for wrong, other in (
        (prepared, copy(doc_type="kr.other")),
        (prepared, copy(device_key=SoftwareSigner.generate().public_key)),
        (replace(prepared, name_spaces=others.name_spaces), meant),
    ):
        with pytest.raises(ValueError, match="read back"):
            read_back(wrong, other)


class Repeating:
    def token(self, size: int) -> bytes:
        return bytes(size)


def test_half_made_copies_are_refused() -> None:
    late = Validity(
        signed=NOW, valid_from=NOW - timedelta(1), valid_until=datetime(2030, 1, 1, tzinfo=UTC)
    )
    for changes in ({"validity": late}, {"name_spaces": encode_name_spaces({COMMON: {}})}):
        with pytest.raises(ValueError):
            copy(**changes)
    with pytest.raises(ValueError, match="entropy"):
        prepare(copy(), entropy=Repeating())
    with pytest.raises(ValueError, match="certificate"):
        prepare(copy(), entropy=CountedEntropy()).finish(bytes(64), x5chain=[])
    with pytest.raises(ValueError, match="CBOR"):
        encode_name_spaces({COMMON: {"x": object()}})
    assert cbor.encode({}) == b"\xa0"
