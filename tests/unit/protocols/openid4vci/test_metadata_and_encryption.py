"""Issuer metadata plain and signed, and encrypted messages."""

from dataclasses import replace
from datetime import timedelta

import pytest

from mrc.formats import json_text
from mrc.formats.jose.jwe import Encryption, Sender
from mrc.formats.jose.reasons import Reason as JoseReason
from mrc.infra.keys.software import (
    OpensslCipher,
    OpensslVerifier,
    SoftwareKeyAgreement,
    SoftwareKeyMaker,
    SoftwareSigner,
    SystemEntropy,
)
from mrc.kernel.errors import Malformed, Rejected
from mrc.protocols.openid4vci import encryption, metadata
from mrc.protocols.openid4vci.configuration import (
    ClaimDescription,
    CredentialConfiguration,
    KeyAttestationsRequired,
    ProofTypeSupport,
    decode_configuration,
    encode_configuration,
)
from mrc.protocols.openid4vci.credential import ResponseEncryptionRequest
from mrc.protocols.openid4vci.reasons import Reason
from tests.simulators.pki import NOW, practice_pki

ISSUER = "https://issuer.localhost:8442"
AGREEMENT = SoftwareKeyAgreement.generate()
SENDER = Sender(key_maker=SoftwareKeyMaker(), entropy=SystemEntropy(), cipher=OpensslCipher())
MDOC = CredentialConfiguration(
    format="mso_mdoc",
    scope="residence",
    doctype="kr.go.moj.residence.1",
    credential_signing_alg_values_supported=(-7,),
    cryptographic_binding_methods_supported=("cose_key",),
    proof_types_supported={
        "jwt": ProofTypeSupport(
            proof_signing_alg_values_supported=("ES256",),
            key_attestations_required=KeyAttestationsRequired(key_storage=("iso_18045_high",)),
        )
    },
    display=({"name": "Card", "locale": "en"},),
    claims=(ClaimDescription(path=("ns", "family_name"), mandatory=True),),
)
METADATA = metadata.CredentialIssuerMetadata(
    credential_issuer=ISSUER,
    credential_endpoint=ISSUER + "/credential",
    nonce_endpoint=ISSUER + "/nonce",
    configurations={"residence_mdoc": MDOC},
    batch_size=8,
    request_encryption=metadata.RequestEncryption(
        keys={"1": AGREEMENT.public_key}, enc_values_supported=("A128GCM", "A256GCM")
    ),
    response_encryption=metadata.ResponseEncryption(
        alg_values_supported=("ECDH-ES",), enc_values_supported=("A256GCM",)
    ),
)


def test_metadata_survives() -> None:
    encoded = json_text.decode_object(metadata.encode_metadata_bytes(METADATA))
    assert metadata.decode_metadata(encoded, expected_issuer=ISSUER) == METADATA
    assert METADATA.authorization_server == ISSUER


def test_a_configuration_always_has_credential_metadata() -> None:
    bare = CredentialConfiguration(format="mso_mdoc", doctype="d")
    assert encode_configuration(bare)["credential_metadata"] == {}


@pytest.mark.parametrize("other", ["https://issuer.localhost:8442/", "https://ISSUER.localhost"])
def test_another_identifier_is_refused(other: str) -> None:
    with pytest.raises(Rejected) as refused:
        metadata.decode_metadata(metadata.encode_metadata(METADATA), expected_issuer=other)
    assert refused.value.reason is Reason.ISSUER_MISMATCH


@pytest.mark.parametrize(
    "change",
    [
        {"credential_endpoint": None},
        {"batch_credential_issuance": {"batch_size": 1}},
        {"credential_configurations_supported": []},
        {"credential_configurations_supported": {"a": {}}},
        {"credential_request_encryption": {"jwks": {"keys": [{"kty": "EC"}]}}},
    ],
)
def test_broken_metadata_is_malformed(change: dict[str, object]) -> None:
    with pytest.raises(Malformed):
        metadata.decode_metadata(
            metadata.encode_metadata(METADATA) | change, expected_issuer=ISSUER
        )


def test_binding_methods_and_proof_types_come_together() -> None:
    members = encode_configuration(MDOC)
    del members["proof_types_supported"]
    with pytest.raises(Malformed):
        decode_configuration(members)


async def signed() -> str:
    issuer = practice_pki().sd_jwt_issuer
    return await metadata.sign_metadata(
        METADATA,
        signer=issuer.signer,
        chain=(issuer.certificate,),
        now=NOW,
        expires_at=NOW + timedelta(days=1),
    )


def check(token: str, **changes: object) -> metadata.CredentialIssuerMetadata:
    expected: dict[str, object] = {
        "expected_issuer": ISSUER,
        "signer_key": practice_pki().sd_jwt_issuer.signer.public_key,
        "at": NOW,
        "verifier": OpensslVerifier(),
    }
    return metadata.check_signed_metadata(token, **(expected | changes))  # type: ignore[arg-type]


async def test_signed_metadata_survives() -> None:
    assert check(await signed()) == METADATA


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"expected_issuer": "https://other.example"}, Reason.ISSUER_MISMATCH),
        ({"signer_key": SoftwareSigner.generate().public_key}, JoseReason.SIGNATURE_INVALID),
        ({"at": NOW + timedelta(days=2)}, JoseReason.EXPIRED),
        ({"at": NOW - timedelta(days=2)}, JoseReason.ISSUED_IN_FUTURE),
    ],
)
async def test_signed_metadata_of_another_or_another_time_is_refused(
    change: dict[str, object], reason: object
) -> None:
    with pytest.raises(Rejected) as refused:
        check(await signed(), **change)
    assert refused.value.reason is reason


KEYS = encryption.DecryptionKeys(keys={"1": AGREEMENT}, cipher=OpensslCipher())


async def test_a_request_is_decrypted_with_the_named_key() -> None:
    assert METADATA.request_encryption is not None
    body = await encryption.encrypt_request(b'{"a":1}', METADATA.request_encryption, sender=SENDER)
    assert await encryption.decrypt_request(body, KEYS) == b'{"a":1}'
    other = replace(KEYS, keys={"2": AGREEMENT})
    with pytest.raises(Rejected) as refused:
        await encryption.decrypt_request(body, other)
    assert refused.value.reason is Reason.ENCRYPTION_KEY_UNKNOWN
    wrong = replace(KEYS, keys={"1": SoftwareKeyAgreement.generate()})
    with pytest.raises(Rejected) as refused:
        await encryption.decrypt_request(body, wrong)
    assert refused.value.reason is JoseReason.NOT_DECRYPTABLE


async def test_no_usable_key_is_said_before_anything_is_sent() -> None:
    none = metadata.RequestEncryption(keys={}, enc_values_supported=("A128GCM",))
    with pytest.raises(Rejected) as refused:
        await encryption.encrypt_request(b"{}", none, sender=SENDER)
    assert refused.value.reason is Reason.ENCRYPTION_KEY_UNUSABLE


@pytest.mark.parametrize("compress", [False, True])
async def test_a_response_is_encrypted_as_wanted(compress: bool) -> None:
    wanted = ResponseEncryptionRequest(
        key=AGREEMENT.public_key, kid="k", encryption=Encryption.A256GCM, compress=compress
    )
    body = await encryption.encrypt_response(b"{}" * 50, wanted, sender=SENDER)
    plain = await encryption.decrypt_response(body, key=AGREEMENT, cipher=OpensslCipher())
    assert plain == b"{}" * 50


async def test_bytes_that_are_no_jwe_are_malformed() -> None:
    for body in (b"", b"\xff", b"{}"):
        with pytest.raises(Malformed):
            await encryption.decrypt_request(body, KEYS)
