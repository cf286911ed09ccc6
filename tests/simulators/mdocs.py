"""A practice mdoc: a fictional holder's residence card, signed by the practice PKI."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime

from mrc.formats.mdoc.issuing import PrepareInput, encode_name_spaces, prepare
from mrc.formats.mdoc.mso import DigestAlgorithm, KeyAuthorizations, Validity
from mrc.formats.mdoc.session_transcript import SessionTranscript, openid4vp_redirect
from mrc.infra.keys.software import SoftwareSigner
from mrc.kernel.keys import EcPublicKey
from tests.simulators.pki import practice_pki

DOC_TYPE = "kr.go.moj.residence.1"
COMMON = "org.iso.23220.1"
DOMESTIC = "kr.go.moj.residence.1"
ELEMENTS: dict[str, dict[str, object]] = {
    COMMON: {
        "family_name": "HONG",
        "given_name": "GILDONG",
        "birth_date": date(1990, 5, 17),
        "age_over_18": True,
        "portrait": b"\xff\xd8" + bytes(1000) + b"\xff\xd9",
    },
    DOMESTIC: {"status_of_stay": "E-7", "registration_number": "9005175000000"},
}
VALIDITY = Validity(
    signed=datetime(2026, 2, 1, tzinfo=UTC),
    valid_from=datetime(2026, 2, 1, tzinfo=UTC),
    valid_until=datetime(2027, 2, 1, tzinfo=UTC),
)
TRANSCRIPT: SessionTranscript = openid4vp_redirect(
    client_id="x509_hash:Uvo3HtuIxuhC92rShpgqcT3YXwrqRxWEviRiA0OZszk",
    nonce="kXw7pQ1mT0e3VvC9s8sYzQ",
    jwk_thumbprint=None,
    response_uri="https://verifier.localhost:8444/post",
)


class CountedEntropy:
    """Entropy for tests: different bytes at each call, the same in each run."""

    def __init__(self, seed: str = "") -> None:
        self.seed, self.calls = seed, 0

    def token(self, size: int) -> bytes:
        self.calls += 1
        return hashlib.shake_256(f"{self.seed}{self.calls}".encode()).digest(size)


def issue_mdoc(
    device_key: EcPublicKey,
    *,
    doc_type: str = DOC_TYPE,
    elements: Mapping[str, Mapping[str, object]] = ELEMENTS,
    validity: Validity = VALIDITY,
    signer: SoftwareSigner | None = None,
    x5chain: Sequence[bytes] | None = None,
    status: Mapping[str, object] | None = None,
    key_authorizations: KeyAuthorizations | None = None,
    digest_algorithm: DigestAlgorithm = DigestAlgorithm.SHA256,
    seed: str = "",
) -> bytes:
    """IssuerSigned for `device_key`, by the practice document signer unless another is given."""
    by_default = practice_pki().document_signer
    signer = signer or by_default.signer
    prepared = prepare(
        PrepareInput(
            doc_type=doc_type,
            name_spaces=encode_name_spaces(elements),
            device_key=device_key,
            validity=validity,
            algorithm=signer.algorithm,
            status=status,
            key_authorizations=key_authorizations,
            digest_algorithm=digest_algorithm,
        ),
        entropy=CountedEntropy(seed),
    )
    return prepared.finish(
        signer.sign_now(prepared.to_be_signed), x5chain=x5chain or [by_default.der]
    )
