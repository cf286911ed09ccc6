"""Cards on their way, and the tokens of cards that arrived, as sealed records.

``pending/ID`` is written before the first credential is asked for: after a crash or a lost answer
the same token and keys are used again, and the issuer answers with the same copies. When the
card is accepted the record becomes ``token/ID``, from which copies are renewed.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from mrc.formats import json_text
from mrc.kernel.errors import Malformed
from mrc.wallet.ports import KeyId
from mrc.wallet.records import Sealed

PENDING = "pending/"
TOKEN = "token/"


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingBatch:
    """The copies of one configuration: the keys they will be bound to.

    `transaction_id` where the issuer put it off (OpenID4VCI 1.0, section 9).
    """

    configuration_id: str
    credential_identifier: str | None
    key_ids: Sequence[KeyId]
    transaction_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingCard:
    """A token with the key it is bound to, and the keys of the copies to come.

    `renews` names the card whose copies these replace. `bearer`: the server gave a token that is
    bound to no key (RFC 6750), because it does not know DPoP.
    """

    id: str
    credential_issuer: str
    authorization_server: str
    display_name: str
    access_token: str = field(repr=False)
    refresh_token: str | None = field(repr=False)
    token_key: KeyId
    client_id: str | None
    begun_at: datetime
    batches: Sequence[PendingBatch]
    renews: str | None = None
    bearer: bool = False

    def deferring(self, batch: PendingBatch, transaction_id: str) -> "PendingCard":
        put_off = replace(batch, transaction_id=transaction_id)
        return replace(self, batches=tuple(put_off if b == batch else b for b in self.batches))

    def refreshed(self, access_token: str, refresh_token: str | None) -> "PendingCard":
        return replace(self, access_token=access_token, refresh_token=refresh_token)


class PendingRecords:
    """Reads and writes them. Raises `Malformed` where a record does not decode."""

    def __init__(self, vault: Sealed) -> None:
        self._vault = vault

    async def put(self, pending: PendingCard) -> None:
        await self._vault.commit({PENDING + pending.id: encode_pending(pending)})

    async def all(self) -> Sequence[PendingCard]:
        """Oldest first."""
        found = []
        for name in await self._vault.names(PENDING):
            data = await self._vault.read(name)
            if data is not None:
                found.append(decode_pending(data))
        return sorted(found, key=lambda pending: pending.begun_at)

    async def find_token(self, card_id: str) -> PendingCard | None:
        data = await self._vault.read(TOKEN + card_id)
        return None if data is None else decode_pending(data)

    async def remove(self, pending: PendingCard) -> None:
        await self._vault.commit({PENDING + pending.id: None, TOKEN + pending.id: None})

    @staticmethod
    def writes_when_accepted(pending: PendingCard) -> dict[str, bytes | None]:
        return {PENDING + pending.id: None, TOKEN + pending.id: encode_pending(pending)}


def encode_pending(pending: PendingCard) -> bytes:
    batches = [
        {
            "configuration_id": batch.configuration_id,
            "credential_identifier": batch.credential_identifier,
            "key_ids": list(batch.key_ids),
            "transaction_id": batch.transaction_id,
        }
        for batch in pending.batches
    ]
    return json_text.encode(
        {
            "id": pending.id,
            "credential_issuer": pending.credential_issuer,
            "authorization_server": pending.authorization_server,
            "display_name": pending.display_name,
            "access_token": pending.access_token,
            "refresh_token": pending.refresh_token,
            "token_key": pending.token_key,
            "client_id": pending.client_id,
            "begun_at": pending.begun_at.isoformat(),
            "batches": batches,
            "renews": pending.renews,
            "bearer": pending.bearer,
        }
    )


def decode_pending(data: bytes) -> PendingCard:
    members = json_text.decode_object(data, "pending record")
    batches = members.get("batches")
    if not isinstance(batches, list):
        raise Malformed("pending record", "batches")
    return PendingCard(
        id=_text(members, "id"),
        credential_issuer=_text(members, "credential_issuer"),
        authorization_server=_text(members, "authorization_server"),
        display_name=_text(members, "display_name"),
        access_token=_text(members, "access_token"),
        refresh_token=_optional(members, "refresh_token"),
        token_key=KeyId(_text(members, "token_key")),
        client_id=_optional(members, "client_id"),
        begun_at=datetime.fromisoformat(_text(members, "begun_at")),
        batches=tuple(_decode_batch(batch) for batch in batches),
        renews=_optional(members, "renews"),
        bearer=members.get("bearer") is True,
    )


def _decode_batch(value: object) -> PendingBatch:
    if not isinstance(value, dict) or not isinstance(value.get("key_ids"), list):
        raise Malformed("pending record", "batch")
    return PendingBatch(
        configuration_id=_text(value, "configuration_id"),
        credential_identifier=_optional(value, "credential_identifier"),
        key_ids=tuple(KeyId(str(key)) for key in value["key_ids"]),
        transaction_id=_optional(value, "transaction_id"),
    )


def _text(members: dict[str, object], name: str) -> str:
    value = members.get(name)
    if not isinstance(value, str):
        raise Malformed("pending record", name)
    return value


def _optional(members: dict[str, object], name: str) -> str | None:
    return None if members.get(name) is None else _text(members, name)
