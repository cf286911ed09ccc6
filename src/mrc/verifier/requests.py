"""Making a question, and the signed request that carries it to a wallet.

OpenID4VP 1.0, 5; HAIP 1.0, 5: everything random is fresh for each question, and so is the key to
which the answer is encrypted.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from mrc.formats import base64url
from mrc.formats.catalogue.card_types import Catalogue
from mrc.formats.jose.jwe import Encryption
from mrc.formats.jose.jwk import decode_ec_jwk, encode_jwk, thumbprint
from mrc.kernel.errors import Malformed, Rejected
from mrc.kernel.ports import Entropy
from mrc.protocols.dcql.query import CredentialFormat, DcqlQuery, check_no_claim_twice
from mrc.protocols.openid4vp.addresses import check_address
from mrc.protocols.openid4vp.client_id import ClientIdPrefix
from mrc.protocols.openid4vp.client_metadata import ClientMetadata, EncryptionKey
from mrc.protocols.openid4vp.invocation import SCHEME, RequestUriMethod
from mrc.protocols.openid4vp.number_match import encode_number_match
from mrc.protocols.openid4vp.request import AuthorizationRequest, ResponseMode
from mrc.protocols.openid4vp.request_object import RequestSigner
from mrc.protocols.openid4vp.stated_purpose import encode_stated_purpose
from mrc.protocols.openid4vp.transaction_data import (
    TransactionData,
    check_transaction_data,
)
from mrc.verifier.policy import DEFAULT_MAX_STATUS_AGE
from mrc.verifier.ports import ResponseKeys
from mrc.verifier.purposes import Purpose, PurposeId, query_for
from mrc.verifier.reasons import Reason
from mrc.verifier.transactions import (
    KeptKey,
    OpenTransaction,
    Question,
    RequestId,
    TransactionId,
)
from mrc.verifier.trust import IssuerTrust

ENCRYPTIONS = (Encryption.A128GCM.value, Encryption.A256GCM.value)
"""HAIP 1.0, 5: a verifier lists both."""

_RANDOM_BYTES = 32
_KID_BYTES = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """What an asker wants: a purpose or a query, and how the answer travels.

    `return_uri` is where the same-device flow leads back to; None is the cross-device flow.
    `number_match`: the asker's screen shows the number of `Verifier.reading`.
    """

    purpose: PurposeId | None = None
    query: DcqlQuery | None = None
    transaction_data: tuple[TransactionData, ...] = ()
    return_uri: str | None = None
    number_match: bool = False
    response_mode: ResponseMode = ResponseMode.DIRECT_POST_JWT
    client_id_prefix: ClientIdPrefix = ClientIdPrefix.X509_HASH
    request_uri_method: RequestUriMethod = RequestUriMethod.POST


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifierProfile:
    """What stays the same for every question of one asker.

    `base_url` without a slash at the end. `name_authorities`: say by `aki` whose cards count.
    `haip`: refuse whatever HAIP 1.0 does not know (plain answers, other prefixes).
    """

    asker: Mapping[str, str]
    base_url: str
    signer: RequestSigner
    catalogue: Catalogue
    purposes: Mapping[PurposeId, Purpose] = field(default_factory=dict)
    wallet_endpoint: str = f"{SCHEME}://"
    lifetime: timedelta = timedelta(minutes=5)
    name_authorities: bool = False
    haip: bool = False

    def request_uri(self, request_id: RequestId) -> str:
        return f"{self.base_url}/wallet/request/{request_id}"

    def response_uri(self, request_id: RequestId) -> str:
        return f"{self.base_url}/wallet/response/{request_id}"


def make_question(asking: Asking, *, profile: VerifierProfile, trust: IssuerTrust) -> Question:
    """The question that `asking` comes to. Raises `Malformed` or `Rejected`.

    A query of the asker's own keeps nothing and states no purpose.
    """
    _check_profile(asking, profile)
    purpose = _find_purpose(asking, profile)
    query = _query(asking, purpose, profile, trust)
    types = {item.type for item in asking.transaction_data}
    check_transaction_data(asking.transaction_data, query=query, supported_types=types)
    if asking.return_uri is not None:
        check_address(asking.return_uri, "return_uri")
    return Question(
        query=query,
        client_id=profile.signer.client_id(asking.client_id_prefix),
        response_mode=asking.response_mode,
        max_status_age=DEFAULT_MAX_STATUS_AGE if purpose is None else purpose.max_status_age,
        kept_for=timedelta() if purpose is None else purpose.kept_for,
        purpose=None if purpose is None else purpose.id,
        stated_purpose=None if purpose is None else purpose.stated_by(profile.asker),
        transaction_data=asking.transaction_data,
        return_uri=asking.return_uri,
        number_match=asking.number_match,
    )


def _check_profile(asking: Asking, profile: VerifierProfile) -> None:
    if (asking.purpose is None) == (asking.query is None):
        raise Malformed("request", "expected a purpose or a query, not both")
    prefix, mode = asking.client_id_prefix, asking.response_mode
    if prefix is ClientIdPrefix.REDIRECT_URI:
        raise Rejected(Reason.QUERY_NOT_SUPPORTED, "OpenID4VP 5.9.3", "every request is signed")
    if profile.haip and (prefix is not ClientIdPrefix.X509_HASH or not mode.is_encrypted):
        raise Rejected(Reason.QUERY_NOT_SUPPORTED, "HAIP 5", "x509_hash and direct_post.jwt only")


def _find_purpose(asking: Asking, profile: VerifierProfile) -> Purpose | None:
    if asking.purpose is None:
        return None
    purpose = profile.purposes.get(asking.purpose)
    if purpose is None:
        raise Rejected(Reason.UNKNOWN_PURPOSE, "configuration")
    return purpose


def _query(
    asking: Asking, purpose: Purpose | None, profile: VerifierProfile, trust: IssuerTrust
) -> DcqlQuery:
    if purpose is not None:
        return query_for(
            purpose,
            catalogue=profile.catalogue,
            trust=trust,
            name_authorities=profile.name_authorities,
        )
    if asking.query is None:
        raise ValueError("neither a purpose nor a query")
    check_no_claim_twice(asking.query)
    for credential in asking.query.credentials:
        if credential.format not in set(CredentialFormat):
            raise Rejected(Reason.QUERY_NOT_SUPPORTED, "OpenID4VP B", "a format we cannot check")
    return asking.query


async def open_transaction(
    question: Question, *, keys: ResponseKeys, entropy: Entropy, now: datetime, lifetime: timedelta
) -> OpenTransaction:
    """The question with everything random that it needs."""
    return OpenTransaction(
        id=TransactionId(entropy.token(_RANDOM_BYTES).hex()),  # typed on command lines
        request_id=RequestId(_random(entropy)),
        question=question,
        nonce=_random(entropy),
        state=_random(entropy),
        key=await _fresh_key(keys, entropy) if question.response_mode.is_encrypted else None,
        opened_at=now,
        expires_at=now + lifetime,
    )


def _random(entropy: Entropy) -> str:
    return base64url.encode(entropy.token(_RANDOM_BYTES))


async def _fresh_key(keys: ResponseKeys, entropy: Entropy) -> KeptKey:
    fresh = await keys.make()
    return KeptKey(
        kid=base64url.encode(entropy.token(_KID_BYTES)),
        thumbprint=thumbprint(fresh.public_key),
        jwk=encode_jwk(fresh.public_key),
        sealed=fresh.sealed,
    )


def authorization_request(
    transaction: OpenTransaction, *, profile: VerifierProfile, wallet_nonce: str | None
) -> AuthorizationRequest:
    """The parameters of the request object for an open question."""
    question, key = transaction.question, transaction.key
    encryption_keys: tuple[EncryptionKey, ...] = ()
    if key is not None:
        encryption_keys = (EncryptionKey(kid=key.kid, key=decode_ec_jwk(key.jwk)),)
    return AuthorizationRequest(
        client_id=question.client_id,
        response_mode=question.response_mode,
        response_uri=profile.response_uri(transaction.request_id),
        nonce=transaction.nonce,
        dcql_query=question.query,
        state=transaction.state,
        client_metadata=ClientMetadata(encryption_keys=encryption_keys, encryptions=ENCRYPTIONS),
        transaction_data=question.transaction_data,
        verifier_info=_verifier_info(question),
        wallet_nonce=wallet_nonce,
    )


def _verifier_info(question: Question) -> tuple[dict[str, object], ...]:
    stated, entries = question.stated_purpose, []
    if stated is not None:
        entries.append(encode_stated_purpose(stated))
    if question.number_match:
        entries.append(encode_number_match())
    return tuple(entries)
