"""Strangers' Python libraries, one task a run: JSON on standard input, JSON on standard output.

Runs in .venv-interop and knows none of our code.
"""

import base64
import datetime
import json
import sys
from collections.abc import Callable
from typing import Any

import cbor2
from cryptography import x509
from cryptography.hazmat.primitives import serialization

EC_P256 = {"kty": "EC", "crv": "P-256"}


def b64u(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def from_b64u(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def jwk_of(told: dict[str, str]) -> Any:
    from jwcrypto.jwk import JWK

    return JWK(**{name: told[name] for name in ("kty", "crv", "x", "y", "d") if name in told})


def private_key(jwk: dict[str, str]) -> Any:
    pem = jwk_of(jwk).export_to_pem(private_key=True, password=None)
    return serialization.load_pem_private_key(pem, None)


def public_key(jwk: dict[str, str]) -> Any:
    return serialization.load_pem_public_key(jwk_of(jwk).export_to_pem())


def check_mdoc_pymdoccbor(told: dict[str, Any]) -> Any:
    from pymdoccbor.mdoc.verifier import MdocCbor

    document = {
        "docType": told["docType"],
        "issuerSigned": cbor2.loads(from_b64u(told["credential"])),
    }
    mdoc = MdocCbor()
    mdoc.loads(cbor2.dumps({"version": "1.0", "documents": [document], "status": 0}))
    roots = [x509.load_pem_x509_certificate(root.encode()) for root in told["anchors"]]
    return {
        "valid": mdoc.verify(roots),
        "elements": {k: sorted(v) for k, v in mdoc.disclosure_map.items()},
    }


def check_response_isomdoc(told: dict[str, Any]) -> Any:
    from isomdoc import verify_device_response

    transcript = cbor2.loads(from_b64u(told["transcript"]))
    found = verify_device_response(from_b64u(told["presentation"]), transcript)
    return {"documents": len(found.documents)}


def issue_mdoc_isomdoc(told: dict[str, Any]) -> Any:
    from isomdoc import create_mdoc

    certificate = x509.load_pem_x509_certificate(told["signer"]["certificate"].encode())
    mdoc = create_mdoc(told["docType"], [certificate], private_key(told["signer"]["key"]))
    for name, items in told["claims"].items():
        for identifier, value in items.items():
            mdoc.add_data_item(name, identifier, value)
    now = datetime.datetime.now(datetime.UTC)
    until = now + datetime.timedelta(days=7)
    issued = mdoc.generate_credential(public_key(told["deviceKey"]), now, now, until)
    return b64u(issued)


def issue_mdoc_pymdoccbor(told: dict[str, Any]) -> Any:
    from pycose.keys import CoseKey
    from pymdoccbor.mdoc.issuer import MdocCborIssuer

    def cose(jwk: dict[str, str]) -> dict[str, Any]:
        made = {"KTY": "EC2", "CURVE": "P_256", "ALG": "ES256", "KID": b"1"}
        private = {"D": from_b64u(jwk["d"])} if "d" in jwk else {}
        return {**made, "X": from_b64u(jwk["x"]), "Y": from_b64u(jwk["y"]), **private}

    now = datetime.datetime.now(datetime.UTC).replace(microsecond=0)
    until = (now + datetime.timedelta(days=7)).strftime("%Y-%m-%d")
    issuer = MdocCborIssuer(private_key=cose(told["signer"]["key"]), alg="ES256")
    chain = [x509.load_pem_x509_certificate(told["signer"]["certificate"].encode())]
    der = chain[0].public_bytes(serialization.Encoding.DER)
    signed = issuer.new(
        data=told["claims"],
        doctype=told["docType"],
        validity={"issuance_date": now.strftime("%Y-%m-%d"), "expiry_date": until},
        devicekeyinfo=cose({k: v for k, v in told["deviceKey"].items() if k != "d"}),
        x509_chain=[der],
    )
    assert CoseKey
    return b64u(cbor2.dumps(signed["documents"][0]["issuerSigned"]))


def check_sd_jwt(told: dict[str, Any]) -> Any:
    from sd_jwt.verifier import SDJWTVerifier

    verifier = SDJWTVerifier(
        told["credential"],
        lambda _issuer, _header=None: jwk_of(told["key"]),
        told.get("audience"),
        told.get("nonce"),
    )
    return verifier.get_verified_payload()


def issue_sd_jwt(told: dict[str, Any]) -> Any:
    from sd_jwt.common import SDObj
    from sd_jwt.issuer import SDJWTIssuer

    claims = {SDObj(name): value for name, value in told["claims"].items()}
    open_claims = {name: told[name] for name in ("vct", "iss", "iat", "exp")}
    issuer = SDJWTIssuer(
        {**open_claims, **claims},
        jwk_of(told["signer"]["key"]),
        jwk_of(told["deviceKey"]),
        extra_header_parameters={"typ": "dc+sd-jwt", "x5c": told["x5c"]},
    )
    return issuer.sd_jwt_issuance


def check_jws(told: dict[str, Any]) -> Any:
    from joserfc import jws
    from joserfc.jwk import ECKey
    from jwcrypto.jws import JWS

    public = {name: told["key"][name] for name in ("kty", "crv", "x", "y")}
    registry = jws.JWSRegistry(algorithms=["ES256"])
    registry.max_header_length = 16_384  # 512 by default: no room for a certificate
    registry.max_payload_length = 1_000_000
    read = jws.deserialize_compact(told["text"], ECKey.import_key(public), registry=registry)
    other = JWS()
    other.deserialize(told["text"], jwk_of(public), "ES256")
    assert read.payload == other.payload
    return read.payload.decode()


def make_jws(told: dict[str, Any]) -> Any:
    from joserfc import jws
    from joserfc.jwk import ECKey

    return jws.serialize_compact({"alg": "ES256"}, told["payload"], ECKey.import_key(told["key"]))


def decrypt_jwe(told: dict[str, Any]) -> Any:
    from joserfc import jwe as joserfc_jwe
    from joserfc.jwk import ECKey
    from jwcrypto.jwe import JWE

    other = JWE()
    other.deserialize(told["text"], jwk_of(told["key"]))
    key = ECKey.import_key({k: v for k, v in told["key"].items() if k != "alg"})
    read = joserfc_jwe.decrypt_compact(told["text"], key)
    assert read.plaintext == other.payload
    return other.payload.decode()


def encrypt_jwe(told: dict[str, Any]) -> Any:
    from jwcrypto.jwe import JWE

    header = {"alg": "ECDH-ES", "enc": told["enc"], **({"zip": "DEF"} if told["zip"] else {})}
    public = {name: told["key"][name] for name in ("kty", "crv", "x", "y")}
    made = JWE(told["plaintext"].encode(), json.dumps(header), recipient=jwk_of(public))
    return made.serialize(compact=True)


def _cwt_key(jwk: dict[str, str]) -> Any:
    from cwt import COSEKey

    return COSEKey.from_jwk({**{k: v for k, v in jwk.items() if k != "alg"}, "alg": "ES256"})


def check_sign1(told: dict[str, Any]) -> Any:
    from cwt import COSE
    from pycose.keys import EC2Key
    from pycose.messages import Sign1Message

    data = from_b64u(told["message"])
    public = {name: told["key"][name] for name in ("kty", "crv", "x", "y")}
    payload = COSE.new().decode(data, _cwt_key(public))
    message = Sign1Message.decode(data)
    message.key = EC2Key(crv="P_256", x=from_b64u(public["x"]), y=from_b64u(public["y"]))
    assert message.verify_signature()
    assert message.payload == payload
    return payload.decode()


def make_sign1(told: dict[str, Any]) -> Any:
    from cwt import COSE

    key = _cwt_key(told["key"])
    made = COSE.new(alg_auto_inclusion=True).encode_and_sign(told["payload"].encode(), key)
    return b64u(made)


def main() -> None:
    told = json.loads(sys.stdin.read())
    task: Callable[[dict[str, Any]], Any] = globals()[told.pop("task")]
    json.dump(task(told), sys.stdout)


if __name__ == "__main__":
    main()
