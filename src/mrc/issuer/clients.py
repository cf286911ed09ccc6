"""Who is asking: DPoP and wallet attestation at the OAuth endpoints, the token at resources.

Nothing here writes: what must be used only once comes out as `uses`, and the use case claims it
in the transaction that does the work.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from mrc.issuer.configuration import IssuerConfiguration, IssuerSecrets, Requirement, digest_of
from mrc.issuer.ports import Tools
from mrc.issuer.reasons import Reason
from mrc.issuer.records import Grant, LiveToken, OneTimeUse
from mrc.issuer.store import IssuerStore
from mrc.kernel.errors import Malformed, Rejected
from mrc.protocols.oauth import client_attestation as abca
from mrc.protocols.oauth import dpop
from mrc.protocols.oauth.errors import OAuthError, OAuthErrorCode
from mrc.protocols.oauth.nonces import NoncePurpose
from mrc.protocols.oauth.reasons import Reason as OAuthReason

_CHALLENGED = (OAuthReason.NONCE_MISSING, OAuthReason.NONCE_EXPIRED, OAuthReason.NONCE_NOT_OURS)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientHeaders:
    """The header fields of a request that say who asks, each at most once."""

    dpop: str | None = field(default=None, repr=False)
    attestation: str | None = field(default=None, repr=False)
    pop: str | None = field(default=None, repr=False)
    authorization: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """Who asks at an OAuth endpoint. `instance_jkt` only where an attestation held."""

    client_id: str | None
    jkt: str | None
    instance_jkt: str | None
    uses: tuple[OneTimeUse, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """A request to a resource with a live token, sent by the key the token is bound to."""

    grant: Grant
    token: str = field(repr=False)
    token_digest: bytes = field(repr=False)
    token_expires_at: datetime
    uses: tuple[OneTimeUse, ...]


class Clients:
    """Checks of `ClientHeaders` under one configuration."""

    def __init__(
        self, configuration: IssuerConfiguration, secrets: IssuerSecrets, tools: Tools
    ) -> None:
        lifetime = configuration.lifetimes.nonce
        self._configuration = configuration
        self._tools = tools
        self._dpop_nonces = secrets.mint(NoncePurpose.DPOP, lifetime)
        self._challenges = secrets.mint(NoncePurpose.ATTESTATION, lifetime)
        self._policy = abca.AttestationPolicy(
            attesters=configuration.attesters,
            x5c_required=configuration.haip,
            challenges=self._challenges if configuration.attestation_challenges else None,
        )

    def dpop_nonce(self, now: datetime) -> str:
        return self._dpop_nonces.mint(now=now, entropy=self._tools.entropy)

    def attestation_challenge(self, now: datetime) -> str:
        return self._challenges.mint(now=now, entropy=self._tools.entropy)

    def authenticate(
        self, headers: ClientHeaders, *, url: str, client_id: str | None, now: datetime
    ) -> Client:
        """The client at an OAuth endpoint (POST to `url`). Raises `OAuthError`."""
        proof = self._check_dpop(headers.dpop, "POST", url, None, now)
        if proof is None and self._configuration.dpop is Requirement.REQUIRED:
            raise _dpop_error(Reason.DPOP_MISSING)
        uses = () if proof is None else (_use(proof.replay_digest, proof.expires_at),)
        jkt = None if proof is None else proof.jkt
        attested = self._check_attestation(headers, proof, client_id, now)
        if attested is None:
            return Client(client_id=client_id, jkt=jkt, instance_jkt=None, uses=uses)
        if attested.replay_digest is not None:
            uses = (*uses, _use(attested.replay_digest, attested.expires_at))
        return Client(
            client_id=attested.client_id, jkt=jkt, instance_jkt=attested.instance_jkt, uses=uses
        )

    def _check_dpop(
        self, proof: str | None, method: str, url: str, token: str | None, now: datetime
    ) -> dpop.CheckedDpop | None:
        if proof is None:
            return None
        try:
            return dpop.check_proof(
                proof,
                expected_method=method,
                expected_url=url,
                expected_access_token=token,
                at=now,
                nonces=self._dpop_nonces,
                verifier=self._tools.verifier,
            )
        except Rejected as error:
            if error.reason in _CHALLENGED:
                code = OAuthErrorCode.USE_DPOP_NONCE
                raise OAuthError(code, clause="RFC 9449 8", cause=error.reason) from error
            raise _dpop_error(error.reason) from error
        except Malformed as error:
            raise _dpop_error(None) from error

    def _check_attestation(
        self,
        headers: ClientHeaders,
        proof: dpop.CheckedDpop | None,
        client_id: str | None,
        now: datetime,
    ) -> abca.AuthenticClient | None:
        """-10, section 7: with a PoP header that one counts, else the DPoP proof (combined)."""
        demanded = self._configuration.wallet_attestation
        if demanded is Requirement.OFF:
            return None
        if headers.attestation is None:
            if demanded is Requirement.REQUIRED or headers.pop is not None:
                raise _client_error(Reason.ATTESTATION_MISSING)
            return None
        try:
            attestation = abca.check_attestation(
                headers.attestation,
                policy=self._policy,
                expected_client_id=client_id,
                at=now,
                verifier=self._tools.verifier,
            )
            if headers.pop is None and proof is not None:
                return abca.check_combined(attestation, proof)
            return abca.check_pop(
                headers.pop or "",
                attestation=attestation,
                expected_audience=self._configuration.credential_issuer,
                policy=self._policy,
                at=now,
                verifier=self._tools.verifier,
            )
        except Rejected as error:
            raise _attestation_error(error.reason) from error
        except Malformed as error:
            raise _client_error(None) from error

    async def access(
        self, headers: ClientHeaders, *, url: str, store: IssuerStore, now: datetime
    ) -> Access:
        """The grant behind a request to a resource (POST to `url`). Raises `OAuthError`.

        RFC 6750, 3.1 and RFC 9449, 7: token known, not expired, presented under its own scheme
        and, where bound, with a proof by its key over this token.
        """
        scheme, _, token = (headers.authorization or "").partition(" ")
        token = token.strip()
        if scheme.lower() not in ("dpop", "bearer") or not token:
            raise _token_error(Reason.TOKEN_UNKNOWN)
        async with store.reading() as tx:
            live = await tx.find_by_access_token(digest_of(token))
        if live is None:
            raise _token_error(Reason.TOKEN_UNKNOWN)
        return self._check_binding(live, scheme.lower(), token, headers.dpop, url, now)

    def _check_binding(
        self,
        live: LiveToken,
        scheme: str,
        token: str,
        proof: str | None,
        url: str,
        now: datetime,
    ) -> Access:
        bound = live.grant.jkt is not None
        if bound != (scheme == "dpop"):  # a bound token as bearer would be a stolen one
            raise _token_error(Reason.OTHER_KEY)
        uses: tuple[OneTimeUse, ...] = ()
        if bound:
            checked = self._check_dpop(proof, "POST", url, token, now)
            if checked is None:
                raise _dpop_error(Reason.DPOP_MISSING)
            if checked.jkt != live.grant.jkt:
                raise _token_error(Reason.OTHER_KEY)
            uses = (_use(checked.replay_digest, checked.expires_at),)
        if now >= live.expires_at:
            raise _token_error(Reason.TOKEN_EXPIRED)
        if live.grant.ended_at is not None:
            raise _token_error(Reason.GRANT_ENDED)
        return Access(
            grant=live.grant,
            token=token,
            token_digest=live.digest,
            token_expires_at=live.expires_at,
            uses=uses,
        )


def replayed() -> OAuthError:
    """A proof was used before (RFC 9449, 11.1)."""
    return _dpop_error(Reason.PROOF_USED_BEFORE)


def _use(digest: bytes, expires_at: datetime) -> OneTimeUse:
    return OneTimeUse(digest=digest, expires_at=expires_at)


def _dpop_error(cause: StrEnum | None) -> OAuthError:
    return OAuthError(OAuthErrorCode.INVALID_DPOP_PROOF, clause="RFC 9449 5", cause=cause)


def _client_error(cause: StrEnum | None) -> OAuthError:
    return OAuthError(OAuthErrorCode.INVALID_CLIENT, clause="RFC 6749 5.2", cause=cause)


def _token_error(cause: StrEnum) -> OAuthError:
    return OAuthError(OAuthErrorCode.INVALID_TOKEN, clause="RFC 6750 3.1", cause=cause)


def _attestation_error(cause: StrEnum) -> OAuthError:
    """The codes of -10, 7.4 where they say more than `invalid_client`."""
    clause = "attestation-based-client-auth-10 7.4"
    if cause in _CHALLENGED:
        return OAuthError(OAuthErrorCode.USE_ATTESTATION_CHALLENGE, clause=clause, cause=cause)
    if cause is OAuthReason.ATTESTATION_TOO_OLD:
        return OAuthError(OAuthErrorCode.USE_FRESH_ATTESTATION, clause=clause, cause=cause)
    return _client_error(cause)
