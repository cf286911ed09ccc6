"""The wallet's side of its provider: registers this instance once, renews its attestation.

The instance's key lives in the key store; its name, and the attestation in force, are records
outside the PIN's seal, because a card can be collected only by an attested wallet and neither
says anything about the holder.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from mrc.formats import json_text
from mrc.formats.jose import jws, jwt
from mrc.kernel.errors import Malformed, Rejected, Unavailable
from mrc.kernel.ports import Clock, HttpClient, HttpRequest, Signer
from mrc.protocols.wallet_provider import messages
from mrc.protocols.wallet_provider.messages import Evidence, Level, OrderContext
from mrc.wallet.network import AttestedClient
from mrc.wallet.ports import KeyId, KeyStore, RecordStore
from mrc.wallet.reasons import Reason
from mrc.wallet.server_time import ServerTime

INSTANCE_RECORD = "provider/instance-key"
ATTESTATION_RECORD = "provider/client-attestation"
RENEW_BEFORE = timedelta(minutes=5)
JWT = "application/jwt"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderParts:
    """`url` is the provider's origin, without a slash at the end."""

    url: str
    http: HttpClient
    keys: KeyStore
    records: RecordStore
    clock: Clock
    level: Level
    evidence: Evidence | None = None


class ProviderClient:
    """A `WalletProvider` over HTTP."""

    def __init__(self, parts: ProviderParts) -> None:
        self._parts = parts
        self._time = ServerTime(parts.clock)

    async def client(self) -> AttestedClient:
        """The attestation in force, a new one where it is about to run out."""
        instance = await self._instance()
        stored = await self._parts.records.read(ATTESTATION_RECORD)
        if stored is not None:
            client_id, expires_at = _read(stored.decode("ascii"))
            if self._time.at(self._parts.url) < expires_at - RENEW_BEFORE:
                return AttestedClient(
                    client_id=client_id, attestation=stored.decode("ascii"), instance=instance
                )
        order = await messages.make_order(await self._context(), instance=instance)
        attestation = await self._post("/client-attestations", order, "client_attestation")
        client_id, _ = _read(attestation)
        await self._parts.records.commit({ATTESTATION_RECORD: attestation.encode("ascii")})
        return AttestedClient(client_id=client_id, attestation=attestation, instance=instance)

    async def attest_keys(self, keys: Sequence[Signer], *, c_nonce: str | None) -> str:
        order = await messages.make_key_order(
            await self._context(), keys=keys, c_nonce=c_nonce, instance=await self._instance()
        )
        return await self._post("/key-attestations", order, "key_attestation")

    async def _instance(self) -> Signer:
        """The instance's key, registered with the provider at the first call.

        A crash before the record is written leaves an instance at the provider that nobody uses.
        """
        known = await self._parts.records.read(INSTANCE_RECORD)
        if known is not None:
            return await self._parts.keys.signer(KeyId(known.decode()))
        (key_id,) = await self._parts.keys.create(1)
        instance = await self._parts.keys.signer(key_id)
        registration = await messages.make_registration(
            await self._context(),
            level=self._parts.level,
            evidence=self._parts.evidence,
            instance=instance,
        )
        await self._post("/instances", registration, "instance_id")
        await self._parts.records.commit({INSTANCE_RECORD: key_id.encode()})
        return instance

    async def _context(self) -> OrderContext:
        challenge = await self._post("/challenges", "", "challenge")
        now = self._time.at(self._parts.url)
        return OrderContext(audience=self._parts.url, challenge=challenge, now=now)

    async def _post(self, path: str, body: str, member: str) -> str:
        answer = await self._parts.http.send(
            HttpRequest(
                method="POST",
                url=self._parts.url + path,
                headers={"content-type": JWT, "accept": "application/json"},
                body=body.encode("ascii"),
            )
        )
        self._time.heard(self._parts.url, answer.headers)
        if answer.status >= 500:
            raise Unavailable("wallet provider", f"status {answer.status}")
        members = json_text.decode_object(answer.body, "wallet provider's answer")
        if answer.status >= 400:
            raise Rejected(Reason.PROVIDER_REFUSED, "wallet provider", str(members.get("error")))
        value = members.get(member)
        if not isinstance(value, str):
            raise Malformed("wallet provider's answer", f"{member} is missing")
        return value


def _read(attestation: str) -> tuple[str, datetime]:
    claims = jwt.decode_claims(jws.decode_compact(attestation))
    return jwt.get_text(claims, "sub"), jwt.get_time(claims, "exp")
