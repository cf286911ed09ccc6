"""A fresh access token for a card, under the key its first token was given to (RFC 6749, 6)."""

from dataclasses import replace

from mrc.kernel.errors import Rejected
from mrc.kernel.ports import Signer
from mrc.protocols.oauth.errors import OAuthError, OAuthErrorCode
from mrc.protocols.openid4vci.token import RefreshTokenRequest, TokenResponse
from mrc.wallet.issuer_client import Issuer, IssuerClient
from mrc.wallet.pending import PendingCard
from mrc.wallet.ports import KeyStore
from mrc.wallet.provider import WalletProvider
from mrc.wallet.reasons import Reason


async def token_signer(pending: PendingCard, keys: KeyStore) -> Signer | None:
    """The key that the card's token is bound to; None for a bearer's token."""
    return None if pending.bearer else await keys.signer(pending.token_key)


async def fresh_token(
    pending: PendingCard,
    issuer: Issuer,
    *,
    issuers: IssuerClient,
    keys: KeyStore,
    provider: WalletProvider | None,
) -> TokenResponse:
    """The answer, with the refresh token that holds from now on.

    Raises `Rejected` with `ISSUER_REFUSED` where the right to the card is over, or never could be
    renewed; `OAuthError` and `Unavailable` for the rest.
    """
    kept = pending.refresh_token
    if kept is None:
        raise Rejected(Reason.ISSUER_REFUSED, "RFC 6749 6", "no refresh token")
    attested = pending.client_id is not None and provider is not None
    try:
        answer = await issuers.request_token(
            issuer,
            RefreshTokenRequest(client_id=pending.client_id, refresh_token=kept),
            key=await keys.signer(pending.token_key),
            client=await provider.client() if attested and provider is not None else None,
        )
    except OAuthError as error:
        if error.code is OAuthErrorCode.INVALID_GRANT:
            raise Rejected(Reason.ISSUER_REFUSED, "RFC 6749 5.2", "ended") from error
        raise
    return replace(answer, refresh_token=answer.refresh_token or kept)
