"""Libraries of others at the same work. Runs in .venv-peers and knows none of our code.

The first line on standard input holds the inputs; the answer is the list of acts. Each further
line `[act, count]` has the act done so often; the answer is the CPU time of one, in microseconds.
"""

import base64
import copy
import json
import logging
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import cbor2
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from isomdoc import create_mdoc
from isomdoc import verify_device_response as isomdoc_verify
from jwcrypto.jwk import JWK
from openvc.keys import P256SigningKey
from openvc.mdoc import verify_device_response as openvc_verify
from openvc.proof.sd_jwt import SdJwtVcProofSuite
from pymdoccbor.mdoc.issuer import MdocCborIssuer
from pymdoccbor.mdoc.verifier import MdocCbor
from sd_jwt.common import SDObj
from sd_jwt.issuer import SDJWTIssuer
from sd_jwt.verifier import SDJWTVerifier

Acts = dict[str, Callable[[], object]]
DAY = timedelta(days=1)


def raw(text: str) -> bytes:
    return base64.b64decode(text)


def raw_key(text: str) -> Any:
    return serialization.load_pem_private_key(text.encode(), None)


def fixed(number: int) -> bytes:
    return number.to_bytes(32, "big")


def cose_key(key: Any, *, private: bool) -> dict[str, Any]:
    """As pycose takes it."""
    point = key.public_key().public_numbers()
    secret = {"D": fixed(key.private_numbers().private_value)} if private else {}
    named = {"KTY": "EC2", "CURVE": "P_256", "ALG": "ES256", "KID": b"1"}
    return {**named, "X": fixed(point.x), "Y": fixed(point.y), **secret}


def units() -> Acts:
    """S and V with the library that all peers sign and verify with."""
    key, message = ec.generate_private_key(ec.SECP256R1()), bytes(1000)
    scheme, public = ec.ECDSA(hashes.SHA256()), key.public_key()
    signature = key.sign(message, scheme)
    return {
        "S": lambda: key.sign(message, scheme),
        "V": lambda: public.verify(signature, message, scheme),
    }


def mdoc_issuing(told: dict[str, Any], device: Any) -> Acts:
    doc_type, spaces = told["doctype"], cbor2.loads(raw(told["name_spaces"]))
    signer = raw_key(told["signer_key"])
    certificate = x509.load_der_x509_certificate(raw(told["signer_certificate"]))
    begin = datetime.now(UTC).replace(microsecond=0)
    until = begin + told["days"] * DAY
    public = device.public_key()
    keys = cose_key(signer, private=True), cose_key(device, private=False)

    def isomdoc() -> bytes:
        mdoc = create_mdoc(doc_type, [certificate], signer)
        for name_space, elements in spaces.items():
            for name, value in elements.items():
                mdoc.add_data_item(name_space, name, value)
        made: bytes = mdoc.generate_credential(public, begin, begin, until)
        return made

    issuer = MdocCborIssuer(private_key=keys[0], alg="ES256")
    dates = {"issuance_date": f"{begin:%Y-%m-%d}", "expiry_date": f"{until:%Y-%m-%d}"}

    def pymdoccbor() -> bytes:
        signed = issuer.new(
            data=copy.deepcopy(spaces),  # it writes into what it is given
            doctype=doc_type,
            validity=dates,
            devicekeyinfo=keys[1],
            x509_chain=[raw(told["signer_certificate"])],
        )
        return cbor2.dumps(signed["documents"][0]["issuerSigned"])

    return {"mdoc issue/isomdoc": isomdoc, "mdoc issue/pymdoccbor": pymdoccbor}


def mdoc_verifying(told: dict[str, Any], count: str) -> Acts:
    response, transcript = raw(told[f"response {count}"]), raw(told["transcript"])
    root = x509.load_der_x509_certificate(raw(told["root"]))

    def isomdoc() -> object:
        found = isomdoc_verify(response, cbor2.loads(transcript))
        if len(found.documents) != 1:
            raise ValueError("isomdoc did not verify")
        return found

    def openvc() -> object:
        return openvc_verify(response, trust_anchors=[root], session_transcript=transcript)

    def pymdoccbor() -> object:
        mdoc = MdocCbor()
        mdoc.loads(response)
        if not mdoc.verify([root]):
            raise ValueError("pymdoccbor did not verify")
        return mdoc.disclosure_map

    return {
        f"mdoc verify {count}/isomdoc": isomdoc,
        f"mdoc verify {count}/openvc-core": openvc,
        f"mdoc verify {count}/pymdoccbor": pymdoccbor,
    }


def sd_jwt_issuing(told: dict[str, Any], device: Any, *, portrait: bool) -> Acts:
    claims = {k: v for k, v in told["claims"].items() if portrait or k != told["portrait"]}
    hidden = sorted(set(told["selective"]) & claims.keys())
    key = P256SigningKey(raw_key(told["sd_jwt_key"]), "1")
    jwk, holder = JWK.from_pem(told["sd_jwt_key"].encode()), JWK.from_pyca(device.public_key())
    suite, x5c = SdJwtVcProofSuite(), [told["sd_jwt_certificate"]]
    holder_jwk = holder.export_public(as_dict=True)
    seconds, name = told["days"] * 86_400, "SD-JWT issue" + (" + portrait" if portrait else "")

    def openvc() -> str:
        return suite.issue(
            {**claims, "iss": told["issuer"]},
            signing_key=key,
            disclosable=hidden,
            holder_jwk=holder_jwk,
            vct=told["vct"],
            expires_in_s=seconds,
            x5c=x5c,
        )

    def sd_jwt() -> str:
        marked = {SDObj(k) if k in hidden else k: v for k, v in claims.items()}
        now = int(time.time())
        given = {"iss": told["issuer"], "vct": told["vct"], "iat": now, "exp": now + seconds}
        header = {"typ": "dc+sd-jwt", "x5c": x5c}
        made = SDJWTIssuer({**given, **marked}, jwk, holder, extra_header_parameters=header)
        text: str = made.sd_jwt_issuance
        return text

    return {f"{name}/openvc-core": openvc, f"{name}/sd-jwt": sd_jwt}


def sd_jwt_verifying(told: dict[str, Any]) -> Acts:
    """Both are given the issuer's key: they do not look at certificates here."""
    text, audience, nonce = told["presentation"], told["audience"], told["nonce"]
    issuer = JWK.from_pyca(raw_key(told["sd_jwt_key"]).public_key())
    jwk, suite = issuer.export_public(as_dict=True), SdJwtVcProofSuite()

    def openvc() -> object:
        return suite.verify(
            text,
            public_key_jwk=jwk,
            audience=audience,
            nonce=nonce,
            require_key_binding=True,
            kb_max_age_s=86_400,
        )

    def sd_jwt() -> object:
        verifier = SDJWTVerifier(text, lambda _issuer, _header=None: issuer, audience, nonce)
        return verifier.get_verified_payload()

    return {"SD-JWT verify 5/openvc-core": openvc, "SD-JWT verify 5/sd-jwt": sd_jwt}


def cpu_us(act: Callable[[], object], count: int) -> float:
    begun = time.process_time()
    for _ in range(count):
        act()
    return (time.process_time() - begun) / count * 1e6


def main() -> None:
    logging.disable(logging.CRITICAL)
    told = json.loads(sys.stdin.readline())
    device = raw_key(told["device_key"])
    acts = {
        **units(),
        **mdoc_issuing(told, device),
        **mdoc_verifying(told, "25"),
        **mdoc_verifying(told, "5"),
        **sd_jwt_issuing(told, device, portrait=False),
        **sd_jwt_issuing(told, device, portrait=True),
        **sd_jwt_verifying(told),
    }
    for act in acts.values():
        act()
    print(json.dumps(list(acts)), flush=True)
    for line in sys.stdin:
        name, count = json.loads(line)
        print(json.dumps(cpu_us(acts[name], count)), flush=True)


if __name__ == "__main__":
    main()
