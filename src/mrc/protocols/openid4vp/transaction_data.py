"""Transaction data: what the holder approves together with showing a card.

OpenID4VP 1.0, 5.1 (`transaction_data`), 8.4 and B.3.3.1 (the profile for SD-JWT VC). The hash is
taken over the string that came, never over a decoding of it. mdoc needs data elements defined by
the document type; ours define none, so only SD-JWT VC carries transaction data.
"""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from mrc.formats import base64url, json_text
from mrc.kernel.errors import Malformed, Rejected
from mrc.protocols.dcql.members import (
    JsonObject,
    as_array,
    as_filled_string,
    as_string,
    as_strings,
    get_member,
)
from mrc.protocols.dcql.query import CredentialFormat, DcqlQuery
from mrc.protocols.openid4vp.reasons import Reason

DEFAULT_HASH = "sha-256"
HASHES: Mapping[str, str] = {"sha-256": "sha256", "sha-384": "sha384", "sha-512": "sha512"}
"""Names of the IANA Named Information Hash Algorithm registry, and hashlib's."""

MAX_ITEMS = 16  # transaction data objects of one request
MAX_ITEM_CHARS = 64 * 1024  # of one encoded object: a payment, not a document

_CLAUSE = "OpenID4VP 8.4"
_OWN_MEMBERS = frozenset({"type", "credential_ids", "transaction_data_hashes_alg"})


@dataclass(frozen=True, slots=True, kw_only=True)
class TransactionData:
    """One object. `encoded` is the string of the request; `parameters` are its type's own."""

    encoded: str
    type: str
    credential_ids: tuple[str, ...]
    hash_algorithms: tuple[str, ...] | None = None
    parameters: JsonObject = field(default_factory=dict)

    @property
    def accepted_hashes(self) -> tuple[str, ...]:
        return self.hash_algorithms or (DEFAULT_HASH,)


def make_transaction_data(
    type_: str, credential_ids: Sequence[str], parameters: JsonObject
) -> TransactionData:
    """Transaction data of our own, hashed with SHA-256. `ValueError` for a reserved name."""
    if not _OWN_MEMBERS.isdisjoint(parameters):
        raise ValueError("a parameter has the name of a member that OpenID4VP defines")
    members = {"type": type_, "credential_ids": list(credential_ids), **parameters}
    return decode_transaction_data(base64url.encode(json_text.encode(members)))


def decode_transaction_data(text: str) -> TransactionData:
    """Raises `Malformed`."""
    if len(text) > MAX_ITEM_CHARS:
        raise Malformed("transaction_data", f"more than {MAX_ITEM_CHARS} characters")
    source = json_text.decode_object(base64url.decode(text), "transaction_data")
    algorithms = None
    if "transaction_data_hashes_alg" in source:
        algorithms = as_strings(
            source["transaction_data_hashes_alg"], "transaction_data_hashes_alg", limit=MAX_ITEMS
        )
    return TransactionData(
        encoded=text,
        type=as_filled_string(get_member(source, "type", "transaction_data"), "type"),
        credential_ids=as_strings(
            get_member(source, "credential_ids", "transaction_data"),
            "credential_ids",
            limit=MAX_ITEMS,
        ),
        hash_algorithms=algorithms,
        parameters={name: value for name, value in source.items() if name not in _OWN_MEMBERS},
    )


def decode_all(value: object) -> tuple[TransactionData, ...]:
    """The `transaction_data` request parameter: a non-empty array of strings."""
    entries = as_array(value, "transaction_data", limit=MAX_ITEMS)
    return tuple(decode_transaction_data(as_string(entry, "transaction_data")) for entry in entries)


def check_transaction_data(
    items: Sequence[TransactionData], *, query: DcqlQuery, supported_types: Collection[str]
) -> None:
    """Raise `Rejected` where a wallet must answer `invalid_transaction_data`.

    8.5, and B.3.3: every type is known, every credential is asked for, as an SD-JWT VC with
    holder binding, and one of the hash algorithms is ours. The members of a type are its
    owner's to check.
    """
    for item in items:
        if item.type not in supported_types:
            raise _invalid("an unknown type")
        if not any(algorithm in HASHES for algorithm in item.accepted_hashes):
            raise _invalid("no hash algorithm that we know")
        for identifier in item.credential_ids:
            credential = query.find_credential(identifier)
            if credential is None:
                raise _invalid("a credential that is not asked for")
            if credential.format != CredentialFormat.SD_JWT_VC:
                raise _invalid("a credential format that cannot carry it")
            if not credential.require_cryptographic_holder_binding:
                raise _invalid("a credential without holder binding")


def _invalid(detail: str) -> Rejected:
    return Rejected(Reason.TRANSACTION_DATA_INVALID, _CLAUSE, detail)


@dataclass(frozen=True, slots=True, kw_only=True)
class TransactionDataHashes:
    """What a wallet puts into the key binding JWT (B.3.3.1)."""

    hashes: tuple[str, ...]
    algorithm: str | None


def hash_transaction_data(items: Sequence[TransactionData]) -> TransactionDataHashes | None:
    """The hashes of the items that one credential approves; None for no items.

    One algorithm for all, the first that every item accepts; named in the answer where a
    request named any. Raises `Rejected` where the items have none in common.
    """
    if not items:
        return None
    for algorithm in HASHES:
        if all(algorithm in item.accepted_hashes for item in items):
            break
    else:
        raise _invalid("no hash algorithm fits all of it")
    named = any(item.hash_algorithms is not None for item in items)
    return TransactionDataHashes(
        hashes=tuple(hash_of(item, algorithm) for item in items),
        algorithm=algorithm if named else None,
    )


def hash_of(item: TransactionData, algorithm: str) -> str:
    return base64url.encode(hashlib.new(HASHES[algorithm], item.encoded.encode()).digest())


def decode_hashes(key_binding_claims: JsonObject) -> TransactionDataHashes | None:
    """The hashes in a key binding JWT's claims, None where it has none. Raises `Malformed`."""
    what = "transaction_data_hashes"
    if what not in key_binding_claims:
        return None
    algorithm = key_binding_claims.get("transaction_data_hashes_alg")
    return TransactionDataHashes(
        hashes=as_strings(key_binding_claims[what], what, limit=MAX_ITEMS),
        algorithm=None if algorithm is None else as_filled_string(algorithm, f"{what}_alg"),
    )


def is_approved(item: TransactionData, found: TransactionDataHashes) -> bool:
    """Whether `found` holds the hash of `item`, by an algorithm that the request allowed."""
    algorithm = found.algorithm or DEFAULT_HASH
    if item.hash_algorithms is not None and found.algorithm is None:
        return False  # B.3.3.1: then the algorithm must be named
    if algorithm not in item.accepted_hashes or algorithm not in HASHES:
        return False
    return hash_of(item, algorithm) in found.hashes


def check_approved(
    items: Sequence[TransactionData], approvals: Mapping[str, TransactionDataHashes]
) -> None:
    """Raise `Rejected` unless each item is approved by exactly one of its credentials.

    `approvals` maps a credential query's id to the hashes of its checked key binding JWT.
    5.1: "the Wallet MUST use only one of the referenced Credentials".
    """
    for item in items:
        approving = [
            identifier
            for identifier in item.credential_ids
            if identifier in approvals and is_approved(item, approvals[identifier])
        ]
        if len(approving) != 1:
            detail = f"approved by {len(approving)} credentials, expected one"
            raise Rejected(Reason.TRANSACTION_DATA_MISMATCH, "OpenID4VP B.3.3.1", detail)
    expected = len(items)
    if sum(len(found.hashes) for found in approvals.values()) != expected:
        detail = f"expected {expected} hashes"
        raise Rejected(Reason.TRANSACTION_DATA_MISMATCH, "OpenID4VP B.3.3.1", detail)
