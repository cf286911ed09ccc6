"""The COSE working group's examples, and a published VICAL."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from mrc.formats import base64url, cbor
from mrc.formats.cose import mac0, sign1
from mrc.formats.cose.headers import decode_headers
from mrc.formats.cose.reasons import Reason
from mrc.formats.x509.certificate import decode_certificate, decode_pem_bundle
from mrc.formats.x509.chain import ChainChecker
from mrc.formats.x509.profiles import Purpose
from mrc.infra.keys.software import OpensslVerifier
from mrc.kernel.errors import Malformed, Rejected
from mrc.kernel.keys import Algorithm, Curve, EcPublicKey, OkpPublicKey, PublicKey
from mrc.kernel.ports import SignatureVerifier
from mrc.kernel.pure_verifier import PureVerifier

VECTORS = Path(__file__).parents[1] / "vectors"
COSE = VECTORS / "cose-wg"


def load(kind: str) -> dict[str, dict[str, Any]]:
    found = {}
    for path in sorted(COSE.glob("*/*.json")):
        case = json.loads(path.read_text())
        if kind in case["input"]:
            found[f"{path.parent.name}/{path.stem}"] = case
    return found


SIGNED, MACED = load("sign0"), load("mac0")


def coordinate(key: dict[str, str], name: str, size: int) -> bytes:
    if f"{name}_hex" in key:
        return bytes.fromhex(key[f"{name}_hex"]).rjust(size, b"\0")
    return base64url.decode(key[name]).rjust(size, b"\0")


def public_key(key: dict[str, str]) -> PublicKey:
    if key["kty"] == "OKP":
        return OkpPublicKey(coordinate(key, "x", 32))
    curve = Curve(key["crv"])
    size = curve.parameters.field_bytes
    return EcPublicKey(curve, coordinate(key, "x", size), coordinate(key, "y", size))


@pytest.mark.parametrize("verifier", [OpensslVerifier(), PureVerifier()])
@pytest.mark.parametrize("name", SIGNED)
def test_rfc9052_4_4_signatures(name: str, verifier: SignatureVerifier) -> None:
    case = SIGNED[name]
    given = case["input"]["sign0"]
    aad = bytes.fromhex(given.get("external", ""))

    def check() -> None:
        message = sign1.decode_sign1(bytes.fromhex(case["output"]["cbor"]))
        sign1.check_sign1(
            message,
            key=public_key(given["key"]),
            expected_algorithms=[Algorithm(given["alg"])],
            verifier=verifier,
            external_aad=aad,
        )

    if case.get("fail"):
        with pytest.raises((Malformed, Rejected)):
            check()
    elif "alg" in given["unprotected"]:
        with pytest.raises(Rejected) as caught:
            check()
        assert caught.value.reason is Reason.ALGORITHM
    else:
        check()


@pytest.mark.parametrize("name", [name for name in SIGNED if not SIGNED[name].get("fail")])
def test_rfc9052_4_4_what_is_signed(name: str) -> None:
    case = SIGNED[name]
    message = sign1.decode_sign1(bytes.fromhex(case["output"]["cbor"]))
    protected = message.protected if message.protected_header else b""
    aad = bytes.fromhex(case["input"]["sign0"].get("external", ""))
    assert message.payload is not None
    built = sign1.to_be_signed(protected, message.payload, aad)
    assert built.hex().upper() == case["intermediates"]["ToBeSign_hex"]
    key = public_key(case["input"]["sign0"]["key"])
    algorithm = Algorithm(case["input"]["sign0"]["alg"])
    assert PureVerifier().holds(key, algorithm, built, message.signature)


@pytest.mark.parametrize("name", MACED)
def test_rfc9052_6_3_macs(name: str) -> None:
    case = MACED[name]
    given = case["input"]["mac0"]
    key = bytes.fromhex(case["intermediates"]["CEK_hex"])
    aad = bytes.fromhex(given.get("external", ""))

    def check() -> None:
        message = mac0.decode_mac0(bytes.fromhex(case["output"]["cbor"]))
        mac0.check_mac0(message, key=key, external_aad=aad)

    if case.get("fail"):
        with pytest.raises((Malformed, Rejected)):
            check()
    elif given.get("protected", {}).get("alg") != "HS256":
        with pytest.raises(Rejected) as caught:
            check()
        assert caught.value.reason is Reason.ALGORITHM
    else:
        check()


@pytest.mark.parametrize("name", [name for name in MACED if not MACED[name].get("fail")])
def test_rfc9052_6_3_what_is_maced(name: str) -> None:
    case = MACED[name]
    message = mac0.decode_mac0(bytes.fromhex(case["output"]["cbor"]))
    protected = message.protected if message.protected_header else b""
    aad = bytes.fromhex(case["input"]["mac0"].get("external", ""))
    assert message.payload is not None
    built = mac0.to_be_maced(protected, message.payload, aad)
    assert built.hex().upper() == case["intermediates"]["ToMac_hex"].upper()


def certificates_of(value: object) -> Iterator[bytes]:
    match value:
        case bytes():
            yield value
        case list():
            yield from (entry for entry in value if isinstance(entry, bytes))


@pytest.mark.parametrize(("number", "label"), [("01", 32), ("02", 32), ("03", 33)])
def test_rfc9360_certificates_in_headers(number: str, label: int) -> None:
    case = json.loads((COSE / f"x509-examples/signed-{number}.json").read_text())
    message = cbor.decode(bytes.fromhex(case["output"]["cbor"]))
    assert isinstance(message, cbor.Tag)
    assert message.number == 98
    assert isinstance(message.value, list)
    body, payload, (signer,) = message.value[0], message.value[2], message.value[3]
    protected, said, unprotected = decode_headers(signer[0], signer[1], "COSE_Signature")
    built = cbor.encode(["Signature", body, protected, b"", payload])
    assert built.hex().upper() == case["intermediates"]["signers"][0]["ToBeSign_hex"]
    leaf = decode_certificate(next(certificates_of(unprotected.get(label, said.get(label)))))
    assert leaf.der == (COSE / "x509-examples/alice.der").read_bytes()
    assert leaf.public_key is not None
    assert PureVerifier().holds(leaf.public_key, Algorithm.ES256, built, signer[2])


def test_18013_5_annex_c_a_published_vical() -> None:
    expected = json.loads((VECTORS / "vical/manifest.json").read_text())["expected"]
    message = sign1.decode_sign1((VECTORS / "vical/aamva-vical-2025-11-18.cbor").read_bytes())
    root = decode_pem_bundle((VECTORS / "vical/aamva_ca_root.crt").read_bytes())
    trusted = ChainChecker(anchors=root, verifier=OpensslVerifier()).check(
        message.x5chain,
        expected_purpose=Purpose.VICAL_SIGNER,
        at=datetime(2025, 11, 18, 19, 0, tzinfo=UTC),
    )
    sign1.check_sign1(
        message,
        key=trusted.leaf_key,
        expected_algorithms=[Algorithm.ES256],
        verifier=OpensslVerifier(),
    )
    assert message.payload is not None
    vical = cbor.decode_as(dict, message.payload, what="VICAL")
    assert cbor.member(str, vical, "version", "VICAL") == expected["version"]
    assert str(cbor.member(datetime, vical, "date", "VICAL")) == expected["date"]
    entries = cbor.member(list, vical, "certificateInfos", "VICAL")
    assert len(entries) == expected["certificate_infos"]
    for entry in entries:
        certificate = decode_certificate(entry["certificate"])
        assert certificate.subject_key_identifier
        assert entry["ski"].endswith(certificate.subject_key_identifier)  # some with a DER head
