"""Issuing and verifying in both formats against S and V. PERFORMANCE targets stand beside."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from mrc.formats import base64url
from mrc.formats.catalogue.card_types import STANDARD, CardType
from mrc.formats.catalogue.values import claim_tree, name_spaces
from mrc.formats.jose import jwe
from mrc.formats.mdoc import issuing as mdoc_issuing
from mrc.formats.mdoc import presenting as mdoc_presenting
from mrc.formats.mdoc.mso import Validity
from mrc.formats.mdoc.session_transcript import openid4vp_redirect
from mrc.formats.mdoc.verifying import verify_device_response
from mrc.formats.sd_jwt_vc import issuing as sd_jwt_issuing
from mrc.formats.sd_jwt_vc import presenting as sd_jwt_presenting
from mrc.formats.sd_jwt_vc import sd_jwt
from mrc.formats.sd_jwt_vc.issuer_trust import X5cTrust
from mrc.formats.sd_jwt_vc.verifying import Expectation, ExpectedBinding, verify_presentation
from mrc.formats.status_list.reference import StatusReference, encode_status
from mrc.formats.x509.chain import ChainChecker
from mrc.infra.keys.software import (
    OpensslCipher,
    OpensslVerifier,
    SoftwareKeyAgreement,
    SoftwareKeyMaker,
    SoftwareSigner,
    SystemEntropy,
)
from mrc.infra.practice_cards import licence_values
from mrc.kernel.findings import Outcome, worst
from mrc.kernel.inline import run_inline
from mrc.kernel.keys import Algorithm
from mrc.registry.practice.people import practice_people
from tests.simulators.pki import NOW, practice_pki

DEFINITION = STANDARD.get(CardType.DRIVING_LICENCE)
PORTRAIT_BYTES = 20_000
CLIENT = "x509_hash:Uvo3HtuIxuhC92rShpgqcT3YXwrqRxWEviRiA0OZszk"
NONCE = "kXw7pQ1mT0e3VvC9s8sYzQ"
RESPONSE_URI = "https://verifier.example/response"
STATUS = StatusReference(uri="https://issuer.example/status/1", idx=4711)


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A gate of the plan: at most `gate` times the unit."""

    unit: str
    gate: float


TARGETS: Mapping[str, Target] = {
    "mdoc issue, 25 + portrait": Target(unit="S", gate=4.0),
    "mdoc verify, all 25": Target(unit="V", gate=4.3),
    "mdoc verify, 5": Target(unit="V", gate=3.2),
    "SD-JWT VC issue, 25, no portrait": Target(unit="S", gate=3.7),
    "SD-JWT VC issue, 25 + portrait": Target(unit="S", gate=5.3),
    "SD-JWT VC verify, 5 + key binding": Target(unit="V", gate=3.1),
    "JWE response decrypt, 34 kB": Target(unit="ECDH", gate=2.3),
}


def values() -> dict[str, object]:
    """25 claims of a driving licence with a portrait of 20 kB."""
    person = next(iter(practice_people(seed=1, count=1, today=date(2026, 6, 1))))
    found = licence_values(person, date(2026, 6, 1))
    extra = {"nationality": "VNM", "resident_address": "Seoul", "issuing_jurisdiction": "KR-11"}
    merged = {**found, **extra, "height": 170, "age_in_years": 24, "eye_colour": "brown"}
    merged["portrait"] = b"\xff\xd8" + bytes(PORTRAIT_BYTES - 4) + b"\xff\xd9"
    return dict(list(merged.items())[:25])


def acts() -> dict[str, Callable[[], object]]:
    """Everything to be measured, by name."""
    signer, verifier = SoftwareSigner.generate(), OpensslVerifier()
    message = bytes(1000)
    signature = signer.sign_now(message)
    agreement, peer = SoftwareKeyAgreement.generate(), SoftwareKeyAgreement.generate().public_key
    return {
        "S": lambda: signer.sign_now(message),
        "V": lambda: verifier.holds(signer.public_key, Algorithm.ES256, message, signature),
        "ECDH": lambda: run_inline(agreement.shared_secret(peer)),
        **_mdoc(),
        **_sd_jwt(),
        "JWE response decrypt, 34 kB": _jwe(agreement),
    }


def _mdoc() -> dict[str, Callable[[], object]]:
    pki, device = practice_pki(), SoftwareSigner.generate()
    signer = pki.document_signer
    encoded = mdoc_issuing.encode_name_spaces(name_spaces(DEFINITION, values()))
    entropy = SystemEntropy()
    copy = mdoc_issuing.PrepareInput(
        doc_type=DEFINITION.doctype,
        name_spaces=encoded,
        device_key=device.public_key,
        validity=Validity(signed=NOW, valid_from=NOW, valid_until=NOW + timedelta(days=14)),
        algorithm=Algorithm.ES256,
        status=encode_status(STATUS),
    )

    def issue() -> bytes:
        prepared = mdoc_issuing.prepare(copy, entropy=entropy)
        return prepared.finish(signer.signer.sign_now(prepared.to_be_signed), x5chain=[signer.der])

    issued = issue()
    transcript = openid4vp_redirect(
        client_id=CLIENT, nonce=NONCE, jwk_thumbprint=None, response_uri=RESPONSE_URI
    )
    trust = ChainChecker(anchors=[pki.iaca.certificate], verifier=OpensslVerifier())
    every = name_spaces(DEFINITION, values())

    def verifying(count: int) -> Callable[[], object]:
        names = list(every["org.iso.18013.5.1"])
        chosen = names if count == 0 else [n for n in names if n != "portrait"][:count]
        shown = run_inline(
            mdoc_presenting.present(
                issued,
                doc_type=DEFINITION.doctype,
                disclose={"org.iso.18013.5.1": chosen},
                session_transcript=transcript,
                device_signer=device,
            )
        )

        def verify() -> object:
            return verify_device_response(
                shown, trust=trust, session_transcript=transcript, at=NOW + timedelta(hours=1)
            )

        found = verify()
        assert worst(found.findings) is Outcome.PASSED  # type: ignore[attr-defined]
        return verify

    return {
        "mdoc issue, 25 + portrait": issue,
        "mdoc verify, all 25": verifying(0),
        "mdoc verify, 5": verifying(5),
    }


def _sd_jwt() -> dict[str, Callable[[], object]]:
    pki, device, entropy = practice_pki(), SoftwareSigner.generate(), SystemEntropy()
    signer = pki.sd_jwt_issuer

    def issuing(*, portrait: bool) -> Callable[[], str]:
        tree = dict(claim_tree(DEFINITION, values()))
        if not portrait:
            del tree["picture"]
        encoded = sd_jwt_issuing.encode_claims(tree)
        source = sd_jwt_issuing.SdJwtVcInput(
            vct=DEFINITION.vct,
            claims=encoded,
            holder_key=device.public_key,
            status=STATUS,
            expires_at=NOW + timedelta(days=14),
            x5c=[signer.der],
        )

        def issue() -> str:
            made = sd_jwt_issuing.prepare(source, algorithm=Algorithm.ES256, entropy=entropy)
            return made.finish(signer.signer.sign_now(made.signing_input))

        return issue

    issued = issuing(portrait=True)()
    binding = sd_jwt_presenting.KeyBinding(audience=CLIENT, nonce=NONCE, issued_at=NOW)
    paths = [(name,) for name in ("family_name", "given_name", "birthdate", "sex", "height")]
    shown = run_inline(
        sd_jwt_presenting.present(
            sd_jwt.decode(issued), disclose=paths, binding=binding, signer=device
        )
    )
    expectation = Expectation(
        vcts=(DEFINITION.vct,),
        issuer_algorithms=(Algorithm.ES256,),
        trust=X5cTrust(
            checker=ChainChecker(anchors=[pki.iaca.certificate], verifier=OpensslVerifier())
        ),
        binding=ExpectedBinding(
            audience=CLIENT,
            nonce=NONCE,
            algorithms=(Algorithm.ES256,),
            max_age=timedelta(minutes=5),
        ),
        at=NOW,
    )
    verifier = OpensslVerifier()

    def verify() -> object:
        return verify_presentation(sd_jwt.decode(shown), expectation=expectation, verifier=verifier)

    assert verify().verified is not None  # type: ignore[attr-defined]
    return {
        "SD-JWT VC issue, 25, no portrait": issuing(portrait=False),
        "SD-JWT VC issue, 25 + portrait": issuing(portrait=True),
        "SD-JWT VC verify, 5 + key binding": verify,
    }


def _jwe(agreement: SoftwareKeyAgreement) -> Callable[[], object]:
    sender = jwe.Sender(
        key_maker=SoftwareKeyMaker(), entropy=SystemEntropy(), cipher=OpensslCipher()
    )
    plaintext = base64url.encode(bytes(25_500)).encode()
    text = run_inline(
        jwe.encrypt(
            plaintext,
            recipient=agreement.public_key,
            kid="1",
            encryption=jwe.Encryption.A256GCM,
            sender=sender,
        )
    )
    cipher = OpensslCipher()
    limit = 1 << 20
    return lambda: run_inline(jwe.decrypt(jwe.decode(text), agreement, cipher, limit=limit))
