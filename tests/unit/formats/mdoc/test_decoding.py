"""What does not decode, structure by structure."""

from typing import Any

import pytest

from mrc.formats import cbor
from mrc.formats.cbor import Embedded
from mrc.formats.mdoc.device_response import decode_device_response
from mrc.formats.mdoc.issuer_signed import decode_issuer_signed, read_item
from mrc.formats.mdoc.mso import decode_mso
from mrc.infra.keys.software import SoftwareSigner
from mrc.kernel.errors import Malformed
from tests.simulators.mdocs import issue_mdoc

ISSUED = issue_mdoc(SoftwareSigner.generate().public_key)
AUTH: Any = cbor.decode(ISSUED)["issuerAuth"]  # type: ignore[index]
ITEM: dict[str, Any] = {
    "digestID": 1,
    "random": bytes(16),
    "elementIdentifier": "e",
    "elementValue": None,
}
DOCUMENT = {"docType": "d", "issuerSigned": {"issuerAuth": AUTH}}
RESPONSE = {"version": "1.0", "documents": [DOCUMENT], "status": 0}
EMPTY = Embedded(b"\xa0")


def mso(**changes: Any) -> bytes:
    value: Any = cbor.decode(cbor.decode(AUTH[2]).data)  # type: ignore[attr-defined]
    value = {**value, **changes}
    return cbor.encode(Embedded(cbor.encode({k: v for k, v in value.items() if v is not ...})))


def test_the_good_ones_decode() -> None:
    read_item(Embedded(cbor.encode(ITEM)))
    decode_mso(mso())
    decode_device_response(cbor.encode(RESPONSE))
    decode_device_response(
        cbor.encode({"version": "1.1", "documentErrors": [{"d": 0}], "status": 0})
    )


ITEMS: dict[str, dict[str, Any]] = {
    "negative id": {"digestID": -1},
    "boolean id": {"digestID": True},
    "id as text": {"digestID": "1"},
    "short random": {"random": bytes(15)},
    "random as text": {"random": "x" * 32},
    "name as bytes": {"elementIdentifier": b"e"},
}


@pytest.mark.parametrize("case", ITEMS)
def test_a_wrong_item_is_malformed(case: str) -> None:
    with pytest.raises(Malformed):
        read_item(Embedded(cbor.encode({**ITEM, **ITEMS[case]})))


@pytest.mark.parametrize("name", ITEM)
def test_an_item_without_a_member_is_malformed(name: str) -> None:
    with pytest.raises(Malformed, match=name):
        read_item(Embedded(cbor.encode({k: v for k, v in ITEM.items() if k != name})))


def test_an_item_that_is_not_wrapped_is_malformed() -> None:
    for value in (ITEM, cbor.encode(ITEM)):
        with pytest.raises(Malformed):
            read_item(value)


MSOS: dict[str, dict[str, Any]] = {
    "another version": {"version": "2.0"},
    "SHA-1": {"digestAlgorithm": "SHA-1"},
    "no digests": {"valueDigests": ...},
    "digests as list": {"valueDigests": []},
    "a digest as text": {"valueDigests": {"n": {1: "x"}}},
    "a digest id as text": {"valueDigests": {"n": {"1": b"x"}}},
    "a namespace as number": {"valueDigests": {1: {}}},
    "no device key": {"deviceKeyInfo": {}},
    "no document type": {"docType": ...},
    "no dates": {"validityInfo": {}},
    "a date as text": {"validityInfo": {"signed": "2026-01-01T00:00:00Z"}},
    "status as text": {"status": "valid"},
    "authorizations as list": {
        "deviceKeyInfo": {
            "deviceKey": {1: 2, -1: 1, -2: bytes(32), -3: bytes(32)},
            "keyAuthorizations": [],
        }
    },
}


@pytest.mark.parametrize("case", MSOS)
def test_a_wrong_mso_is_malformed(case: str) -> None:
    with pytest.raises(Malformed):
        decode_mso(mso(**MSOS[case]))


def test_an_mso_that_is_not_wrapped_is_malformed() -> None:
    with pytest.raises(Malformed):
        decode_mso(cbor.encode({}))


DEVICE_AUTH: dict[str, Any] = {"deviceSignature": [b"", {}, None, b""]}
RESPONSES: dict[str, Any] = {
    "another version": {**RESPONSE, "version": "2.0"},
    "no version": {"documents": [], "status": 0},
    "no status": {"version": "1.0"},
    "status as boolean": {**RESPONSE, "status": False},
    "documents as map": {**RESPONSE, "documents": {}},
    "too many documents": {**RESPONSE, "documents": [DOCUMENT] * 9},
    "errors as map": {**RESPONSE, "documentErrors": {}},
    "an error code as text": {**RESPONSE, "documentErrors": [{"d": "0"}]},
    "no issuer part": {**RESPONSE, "documents": [{"docType": "d"}]},
    "no issuer signature": {**RESPONSE, "documents": [{"docType": "d", "issuerSigned": {}}]},
    "no type": {**RESPONSE, "documents": [{"issuerSigned": {"issuerAuth": AUTH}}]},
    "namespaces as list": {
        **RESPONSE,
        "documents": [{"docType": "d", "issuerSigned": {"nameSpaces": [], "issuerAuth": AUTH}}],
    },
}
SIGNED: dict[str, Any] = {
    "no namespaces": {"deviceAuth": DEVICE_AUTH},
    "namespaces that are not wrapped": {"nameSpaces": {}, "deviceAuth": DEVICE_AUTH},
    "namespaces as list": {"nameSpaces": Embedded(b"\x80"), "deviceAuth": DEVICE_AUTH},
    "elements as list": {
        "nameSpaces": Embedded(cbor.encode({"n": []})),
        "deviceAuth": DEVICE_AUTH,
    },
    "an element as number": {
        "nameSpaces": Embedded(cbor.encode({"n": {1: 1}})),
        "deviceAuth": DEVICE_AUTH,
    },
    "a signature and a MAC": {
        "nameSpaces": EMPTY,
        "deviceAuth": {**DEVICE_AUTH, "deviceMac": [b"", {}, None, b""]},
    },
    "a signature as bytes": {"nameSpaces": EMPTY, "deviceAuth": {"deviceSignature": b""}},
}
RESPONSES |= {
    f"device part: {case}": {**RESPONSE, "documents": [{**DOCUMENT, "deviceSigned": signed}]}
    for case, signed in SIGNED.items()
}


@pytest.mark.parametrize("case", RESPONSES)
def test_a_wrong_response_is_malformed(case: str) -> None:
    with pytest.raises(Malformed):
        decode_device_response(cbor.encode(RESPONSES[case]))


@pytest.mark.parametrize(
    "size", [0, 1, 10, len(ISSUED) // 2, len(ISSUED) - 1], ids=["0", "1", "10", "half", "all but 1"]
)
def test_a_truncated_credential_is_malformed(size: int) -> None:
    with pytest.raises(Malformed):
        decode_issuer_signed(ISSUED[:size])
