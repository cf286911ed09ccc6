"""Small questions to a card's issuer, under a fresh token of the card (RFC 6749, 6; RFC 9449, 7)."""

from mrc.formats import json_text
from mrc.kernel.errors import Malformed, Rejected, Unavailable
from mrc.kernel.ports import HttpResponse, Signer
from mrc.protocols.oauth.errors import OAuthError
from mrc.wallet.network import JSON, WalletNetwork
from mrc.wallet.reasons import Reason
from mrc.wallet.receiving import ReceivingParts
from mrc.wallet.refreshing import fresh_token


class CardDoor:
    """Raises `Rejected` where the office refuses, `Unavailable` where it does not answer."""

    def __init__(self, parts: ReceivingParts, network: WalletNetwork) -> None:
        self._parts = parts
        self._network = network

    async def post(self, card_id: str, path: str, body: bytes) -> HttpResponse:
        token, key, issuer = await self._fresh_token(card_id)
        answer = await self._network.post_with_token(
            f"{issuer}/{path}", body, JSON, token=token, key=key
        )
        if answer.status in (404, 405):
            raise Rejected(Reason.ISSUER_UNSUPPORTED, "UX W-22", f"no {path} endpoint")
        if answer.status >= 500 or answer.status == 429:
            raise Unavailable(issuer, f"status {answer.status}")
        if answer.status not in (200, 204):
            raise Rejected(Reason.ISSUER_REFUSED, "UX W-22", _code(answer))
        return answer

    async def _fresh_token(self, card_id: str) -> tuple[str, Signer, str]:
        kept = await self._parts.pending.find_token(card_id)
        if kept is None:
            raise Rejected(Reason.ISSUER_REFUSED, "RFC 6749 6", "no token")
        issuer = await self._parts.issuers.discover(
            kept.credential_issuer, kept.authorization_server
        )
        key = await self._parts.keys.signer(kept.token_key)
        try:
            answer = await fresh_token(
                kept,
                issuer,
                issuers=self._parts.issuers,
                keys=self._parts.keys,
                provider=self._parts.provider,
            )
        except OAuthError as error:
            raise Rejected(Reason.ISSUER_REFUSED, "RFC 6749 5.2", error.code.value) from error
        return answer.access_token, key, kept.credential_issuer


def _code(answer: HttpResponse) -> str:
    try:
        return str(json_text.decode_object(answer.body, "error").get("error", answer.status))
    except Malformed:
        return f"status {answer.status}"
