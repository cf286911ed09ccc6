"""An organisation's application to the council: who it is, under which certificate, and for what.

Applications that were accepted are published together as the trust list: they give words to the hashes on
the chain. An application is a statement of its maker; only what the ledger proves is true of it.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256

from mrc.kernel.errors import Malformed
from mrc.ledger import strict_json
from mrc.ledger.headers import Address
from mrc.ledger.recovery import ADDRESS_BYTES
from mrc.ledger.statements import (
    CredentialTypeId,
    Organisation,
    OrganisationId,
    PurposeId,
    Role,
    Standing,
    claim_set_hash,
    credential_type_id,
    organisation_id,
    purpose_id,
)
from mrc.ledger.strict_json import each, integer, text, to_bytes, to_hex

FORMAT = "mrc-trust-list-1"
MEDIA_TYPE = "application/vnd.mrc.trust-list+json"
SEED_BYTES = 16
MAX_BYTES = 1_000_000
_MEMBERS = ("seed", "role", "names", "url", "certificate", "valid_from", "valid_until")


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """`seed` is random and makes the identifier; `certificate` is the DER it acts under.

    `credential_types` are doctypes and vcts with the hash of their claims; `purposes` are what an
    asker wants to ask for: the purpose's code and the claims' names. `writer` is the address of the key
    with which an issuer wants to write its stream.
    """

    seed: bytes
    role: Role
    names: Mapping[str, str]
    url: str
    certificate: bytes = field(repr=False)
    valid_from: datetime
    valid_until: datetime
    credential_types: Mapping[str, bytes] = field(default_factory=dict)
    purposes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    writer: Address | None = None

    @property
    def organisation_id(self) -> OrganisationId:
        return organisation_id(self.seed)

    @property
    def key_hash(self) -> bytes:
        return key_hash(self.certificate)

    @property
    def entry(self) -> Organisation:
        """The entry that the council is asked for."""
        return Organisation(
            key_hash=self.key_hash,
            metadata_hash=sha256(_encode(_described(self))).digest(),
            roles=frozenset({self.role}),
            standing=Standing.ACTIVE,
            valid_from=self.valid_from,
            valid_until=self.valid_until,
        )

    def types_by_id(self) -> dict[CredentialTypeId, bytes]:
        return {credential_type_id(name): hashed for name, hashed in self.credential_types.items()}

    def claim_sets_by_id(self) -> dict[PurposeId, bytes]:
        return {purpose_id(code): claim_set_hash(claims) for code, claims in self.purposes.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustList:
    """Every accepted application, as of a time."""

    issued_at: datetime
    applications: tuple[Application, ...]


def key_hash(certificate: bytes) -> bytes:
    """What the ledger names a certificate by: for an asker, its `x509_hash`."""
    return sha256(certificate).digest()


def encode_application(application: Application) -> bytes:
    return _encode(_described(application))


def decode_application(data: bytes) -> Application:
    """Raises `Malformed`."""
    return _application(strict_json.load(data, max_bytes=MAX_BYTES))


def encode_trust_list(issued_at: datetime, applications: Iterable[Application]) -> bytes:
    members = {
        "format": FORMAT,
        "iat": int(issued_at.timestamp()),
        "organisations": [_described(application) for application in applications],
    }
    return _encode(members)


def decode_trust_list(data: bytes) -> TrustList:
    """The list that `data` encodes. Raises `Malformed`; whether it is anchored is not asked."""
    found = strict_json.members(
        strict_json.load(data, max_bytes=MAX_BYTES), "format", "iat", "organisations"
    )
    if found["format"] != FORMAT:
        raise Malformed("trust list", "another format")
    return TrustList(
        issued_at=_time(found["iat"]),
        applications=each(found["organisations"], _application),
    )


def _described(application: Application) -> dict[str, object]:
    writer = application.writer
    return {
        **({} if writer is None else {"writer": to_hex(writer)}),
        "seed": to_hex(application.seed),
        "role": application.role.value,
        "names": dict(application.names),
        "url": application.url,
        "certificate": to_hex(application.certificate),
        "valid_from": int(application.valid_from.timestamp()),
        "valid_until": int(application.valid_until.timestamp()),
        "credential_types": {
            name: to_hex(hashed) for name, hashed in application.credential_types.items()
        },
        "purposes": {code: list(claims) for code, claims in application.purposes.items()},
    }


def _application(value: object) -> Application:
    more = ("writer",) if isinstance(value, dict) and "writer" in value else ()
    found = strict_json.members(value, *_MEMBERS, "credential_types", "purposes", *more)
    role = text(found["role"])
    if role not in set(Role):
        raise Malformed("application", "an unknown role")
    if more and role != Role.ISSUER:
        raise Malformed("application", "only issuers have a stream of their own")
    return Application(
        seed=to_bytes(found["seed"], SEED_BYTES),
        role=Role(role),
        names={tag: text(name) for tag, name in _mapping(found["names"]).items()},
        url=text(found["url"]),
        certificate=to_bytes(found["certificate"]),
        valid_from=_time(found["valid_from"]),
        valid_until=_time(found["valid_until"]),
        credential_types={
            name: to_bytes(hashed, 32)
            for name, hashed in _mapping(found["credential_types"]).items()
        },
        purposes={code: each(claims, text) for code, claims in _mapping(found["purposes"]).items()},
        writer=Address(to_bytes(found["writer"], ADDRESS_BYTES)) if more else None,
    )


def _mapping(value: object) -> Mapping[str, object]:
    if not isinstance(value, dict) or len(value) > strict_json.MAX_ITEMS:
        raise Malformed("application", "expected an object")
    return {text(name): member for name, member in value.items()}


def _time(value: object) -> datetime:
    try:
        return datetime.fromtimestamp(integer(value), UTC)
    except (ValueError, OverflowError) as error:
        raise Malformed("application", "a time beyond the calendar") from error


def _encode(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
