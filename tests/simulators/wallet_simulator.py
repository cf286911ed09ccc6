"""A minimal holder in memory: fetches a request, checks it, and answers in both formats.

It is honest; a test that cheats changes the request before `answer`, or the answer after it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from mrc.formats import base64url
from mrc.formats.jose import jwe
from mrc.formats.mdoc.issuer_signed import decode_issuer_signed
from mrc.formats.mdoc.presenting import present as present_mdoc
from mrc.formats.mdoc.session_transcript import openid4vp_redirect
from mrc.formats.sd_jwt_vc.presenting import KeyBinding
from mrc.formats.sd_jwt_vc.presenting import present as present_sd_jwt
from mrc.formats.sd_jwt_vc.sd_jwt import decode as decode_sd_jwt
from mrc.formats.sd_jwt_vc.sd_jwt import process
from mrc.infra.keys.software import (
    OpensslCipher,
    OpensslVerifier,
    SoftwareKeyMaker,
    SystemEntropy,
)
from mrc.kernel.ports import HttpClient, HttpRequest
from mrc.protocols.dcql.matching import HeldCredential, Match, choose_credentials, evaluate
from mrc.protocols.dcql.query import CredentialFormat
from mrc.protocols.openid4vp.client_metadata import choose_encryption
from mrc.protocols.openid4vp.errors import ErrorCode, ErrorResponse
from mrc.protocols.openid4vp.form import MEDIA_TYPE as FORM
from mrc.protocols.openid4vp.invocation import (
    REQUEST_OBJECT_TYPE,
    ByReference,
    RequestUriMethod,
    RequestUriPost,
    decode_invocation,
    encode_request_uri_post,
)
from mrc.protocols.openid4vp.request import AuthorizationRequest
from mrc.protocols.openid4vp.request_object import AskerTrust, Expectation, check_request_object
from mrc.protocols.openid4vp.response import (
    AuthorizationResponse,
    ResponseReceipt,
    decode_receipt,
    encode_direct_post,
    encode_direct_post_jwt,
)
from mrc.protocols.openid4vp.transaction_data import TransactionData, hash_transaction_data
from tests.simulators.pki import practice_pki
from tests.simulators.practice_cards import PracticeCard

SENDER = jwe.Sender(key_maker=SoftwareKeyMaker(), entropy=SystemEntropy(), cipher=OpensslCipher())


@dataclass(kw_only=True)
class WalletSimulator:
    """`cards` are copies; `trust` whose requests it answers."""

    cards: Sequence[PracticeCard]
    trust: AskerTrust = field(
        default_factory=lambda: AskerTrust(anchors=[practice_pki().reader_ca.certificate])
    )

    async def fetch(self, link: str, *, http: HttpClient, at: datetime) -> AuthorizationRequest:
        """The checked request behind a link, by GET or POST as the link says."""
        invocation = decode_invocation(link)
        assert isinstance(invocation, ByReference)
        nonce = None
        request = HttpRequest(method="GET", url=invocation.request_uri)
        if invocation.method is RequestUriMethod.POST:
            nonce = base64url.encode(SystemEntropy().token(16))
            request = HttpRequest(
                method="POST",
                url=invocation.request_uri,
                headers={"content-type": FORM, "accept": REQUEST_OBJECT_TYPE},
                body=encode_request_uri_post(RequestUriPost(wallet_nonce=nonce)),
            )
        answer = await http.send(request)
        assert answer.status == 200, answer.body
        return self.check(answer.body.decode(), invocation.client_id, nonce=nonce, at=at)

    def check(
        self, request_object: str, client_id: str, *, nonce: str | None, at: datetime
    ) -> AuthorizationRequest:
        expected = Expectation(client_id=client_id, wallet_nonce=nonce)
        return check_request_object(
            request_object,
            expected=expected,
            trust=self.trust,
            at=at,
            verifier=OpensslVerifier(),
        ).request

    async def answer(
        self, request: AuthorizationRequest, *, at: datetime, optional: bool = False
    ) -> AuthorizationResponse | ErrorResponse:
        """A presentation for every credential that is needed; `access_denied` without them."""
        held = [_held(place, card) for place, card in enumerate(self.cards)]
        evaluation = evaluate(request.dcql_query, held)
        chosen = choose_credentials(evaluation, include_optional=optional)
        if not chosen:
            return ErrorResponse(code=ErrorCode.ACCESS_DENIED, state=request.state)
        vp_token = {
            identifier: (await self.present(evaluation.matches[identifier][0], request, at=at),)
            for identifier in chosen
        }
        return AuthorizationResponse(vp_token=vp_token, state=request.state)

    async def present(self, match: Match, request: AuthorizationRequest, *, at: datetime) -> str:
        card = self.cards[int(match.credential.id)]
        if card.format is CredentialFormat.MSO_MDOC:
            return await _present_mdoc(card, match, request)
        return await _present_sd_jwt(card, match, request, at)

    async def encode(
        self, response: AuthorizationResponse | ErrorResponse, request: AuthorizationRequest
    ) -> bytes:
        if isinstance(response, ErrorResponse) or not request.response_mode.is_encrypted:
            return encode_direct_post(response)
        choice = choose_encryption(request.client_metadata)
        return await encode_direct_post_jwt(response, choice=choice, sender=SENDER)

    async def show(self, link: str, *, http: HttpClient, at: datetime) -> ResponseReceipt:
        """The whole way: fetch, check, answer, post."""
        request = await self.fetch(link, http=http, at=at)
        body = await self.encode(await self.answer(request, at=at), request)
        posted = await http.send(
            HttpRequest(
                method="POST",
                url=request.response_uri,
                headers={"content-type": FORM},
                body=body,
            )
        )
        assert posted.status == 200, posted.body
        return decode_receipt(posted.body)


def _held(place: int, card: PracticeCard) -> HeldCredential:
    return HeldCredential(
        id=str(place), format=card.format, types=(card.type,), claims=_claims(card)
    )


def _claims(card: PracticeCard) -> Mapping[str, object]:
    if isinstance(card.credential, str):
        return process(decode_sd_jwt(card.credential)).claims
    items = decode_issuer_signed(card.credential).name_spaces
    return {
        name: {item.element_identifier: item.element_value for item in elements}
        for name, elements in items.items()
    }


async def _present_mdoc(card: PracticeCard, match: Match, request: AuthorizationRequest) -> str:
    assert isinstance(card.credential, bytes)
    disclose: dict[str, list[str]] = {}
    for name_space, element in match.paths:
        disclose.setdefault(str(name_space), []).append(str(element))
    encrypted = request.response_mode.is_encrypted
    transcript = openid4vp_redirect(
        client_id=str(request.client_id),
        nonce=request.nonce,
        jwk_thumbprint=(
            choose_encryption(request.client_metadata).jwk_thumbprint if encrypted else None
        ),
        response_uri=request.response_uri,
    )
    response = await present_mdoc(
        card.credential,
        doc_type=card.type,
        disclose=disclose,
        session_transcript=transcript,
        device_signer=card.key,
    )
    return base64url.encode(response)


async def _present_sd_jwt(
    card: PracticeCard, match: Match, request: AuthorizationRequest, at: datetime
) -> str:
    assert isinstance(card.credential, str)
    approved = [
        item for item in request.transaction_data if item.credential_ids[0] == match.query.id
    ]
    return await present_sd_jwt(
        decode_sd_jwt(card.credential),
        disclose=match.paths,
        binding=KeyBinding(
            audience=str(request.client_id),
            nonce=request.nonce,
            issued_at=at,
            extra=_approval(approved),
        ),
        signer=card.key,
    )


def _approval(items: Sequence[TransactionData]) -> dict[str, object]:
    hashes = hash_transaction_data(items)
    if hashes is None:
        return {}
    named = {} if hashes.algorithm is None else {"transaction_data_hashes_alg": hashes.algorithm}
    return {"transaction_data_hashes": list(hashes.hashes), **named}
