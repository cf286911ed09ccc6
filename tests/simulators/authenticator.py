"""An authenticator and browser in memory (WebAuthn Level 3, 6 and 7), with a real key.

Each field may be changed, so that a test can make every part of an answer wrong.
"""

import json
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from mrc.formats import base64url

USER_PRESENT, USER_VERIFIED, ATTESTED = 0x01, 0x04, 0x40


@dataclass(kw_only=True)
class Authenticator:
    origin: str
    rp_id: str
    credential: bytes = b"passkey-of-this-key"
    user_verified: bool = True
    count: int = 0
    counts: bool = True
    key: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )

    def enrol(self, options: str) -> dict[str, Any]:
        """The answer to creation options."""
        numbers = self.key.public_key().public_numbers()
        cose = {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32), -3: numbers.y.to_bytes(32)}
        attested = (
            bytes(16) + len(self.credential).to_bytes(2) + self.credential + cbor2.dumps(cose)
        )
        data = self._data(ATTESTED) + attested
        attestation = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        return self._answer(
            {
                "clientDataJSON": base64url.encode(self._client("webauthn.create", options)),
                "attestationObject": base64url.encode(attestation),
            }
        )

    def sign_in(self, options: str) -> dict[str, Any]:
        """The answer to request options."""
        if self.counts:
            self.count += 1
        client, data = self._client("webauthn.get", options), self._data(0)
        signature = self.key.sign(data + sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        return self._answer(
            {
                "clientDataJSON": base64url.encode(client),
                "authenticatorData": base64url.encode(data),
                "signature": base64url.encode(signature),
            }
        )

    def _client(self, kind: str, options: str) -> bytes:
        challenge = json.loads(options)["challenge"]
        said = {"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": False}
        return json.dumps(said).encode()

    def _data(self, flags: int) -> bytes:
        verified = USER_VERIFIED if self.user_verified else 0
        flag = bytes([USER_PRESENT | verified | flags])
        return sha256(self.rp_id.encode()).digest() + flag + self.count.to_bytes(4)

    def _answer(self, response: dict[str, str]) -> dict[str, Any]:
        name = base64url.encode(self.credential)
        return {"id": name, "rawId": name, "type": "public-key", "response": response}
