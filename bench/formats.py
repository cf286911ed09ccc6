"""Issuing and verifying in both formats against S and V. PERFORMANCE targets stand beside."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle
from typing import TypeVar

from bench.cards import CLAIMS, HOLDERS
from bench.mdocs import Mdocs
from bench.sd_jwts import SdJwts
from mrc.formats import base64url
from mrc.formats.jose import jwe
from mrc.infra.keys.software import (
    OpensslCipher,
    OpensslVerifier,
    SoftwareKeyAgreement,
    SoftwareKeyMaker,
    SoftwareSigner,
    SystemEntropy,
)
from mrc.kernel.inline import run_inline
from mrc.kernel.keys import Algorithm

Act = Callable[[], object]
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A gate of the plan: at most `gate` times the unit."""

    unit: str
    gate: float


MDOC_ISSUE = "mdoc issue, 25 + portrait"
MDOC_VERIFY_ALL = "mdoc verify, all 25"
MDOC_VERIFY_5 = "mdoc verify, 5"
SD_JWT_ISSUE_SMALL = "SD-JWT VC issue, 25, no portrait"
SD_JWT_ISSUE = "SD-JWT VC issue, 25 + portrait"
SD_JWT_VERIFY = "SD-JWT VC verify, 5 + key binding"
JWE_DECRYPT = "JWE response decrypt, 34 kB"

TARGETS: Mapping[str, Target] = {
    MDOC_ISSUE: Target(unit="S", gate=4.0),
    MDOC_VERIFY_ALL: Target(unit="V", gate=4.3),
    MDOC_VERIFY_5: Target(unit="V", gate=3.2),
    SD_JWT_ISSUE_SMALL: Target(unit="S", gate=3.7),
    SD_JWT_ISSUE: Target(unit="S", gate=5.3),
    SD_JWT_VERIFY: Target(unit="V", gate=3.1),
    JWE_DECRYPT: Target(unit="ECDH", gate=2.3),
}


def units() -> dict[str, Act]:
    """The raw primitives that everything is a multiple of."""
    signer, verifier = SoftwareSigner.generate(), OpensslVerifier()
    message = bytes(1000)
    signature, key = signer.sign_now(message), signer.public_key
    agreement, peer = SoftwareKeyAgreement.generate(), SoftwareKeyAgreement.generate().public_key
    return {
        "S": lambda: signer.sign_now(message),
        "V": lambda: verifier.holds(key, Algorithm.ES256, message, signature),
        "ECDH": lambda: run_inline(agreement.shared_secret(peer)),
    }


def acts(mdocs: Mdocs, sd_jwts: SdJwts) -> dict[str, Act]:
    """Everything to be measured, by name, after the units."""
    return {
        **units(),
        MDOC_ISSUE: mdocs.issue,
        MDOC_VERIFY_ALL: in_turn(mdocs.verify, mdocs.shown_by_all(CLAIMS)),
        MDOC_VERIFY_5: in_turn(mdocs.verify, mdocs.shown_by_all(5)),
        SD_JWT_ISSUE_SMALL: lambda: sd_jwts.issue(portrait=False),
        SD_JWT_ISSUE: lambda: sd_jwts.issue(portrait=True),
        SD_JWT_VERIFY: in_turn(sd_jwts.verify, sd_jwts.shown_by_all()),
        JWE_DECRYPT: _jwe(SoftwareKeyAgreement.generate()),
    }


def in_turn(act: Callable[[T], object], inputs: Sequence[T]) -> Act:
    """`act` on the next of `inputs` each time."""
    following = cycle(inputs)
    return lambda: act(next(following))


def _jwe(agreement: SoftwareKeyAgreement) -> Act:
    sender = jwe.Sender(
        key_maker=SoftwareKeyMaker(), entropy=SystemEntropy(), cipher=OpensslCipher()
    )
    plaintext = base64url.encode(bytes(25_500)).encode()
    texts = [
        run_inline(
            jwe.encrypt(
                plaintext,
                recipient=agreement.public_key,
                kid="1",
                encryption=jwe.Encryption.A256GCM,
                sender=sender,
            )
        )
        for _ in range(HOLDERS)
    ]
    cipher = OpensslCipher()
    limit = 1 << 20

    def decrypt(text: str) -> object:
        return run_inline(jwe.decrypt(jwe.decode(text), agreement, cipher, limit=limit))

    return in_turn(decrypt, texts)
