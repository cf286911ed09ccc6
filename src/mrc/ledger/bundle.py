"""The proof bundle: everything an outsider needs to check facts of the ledger without a network.

A JSON text with a sealed header, trie nodes, and the names of the facts that the nodes prove.
Values are not stated: they are read out of the proof, so a bundle cannot say one thing and prove
another. Decoding is strict: unknown, missing and repeated members are refused.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from mrc.kernel.errors import Malformed
from mrc.ledger.anchors import SALT_BYTES, AnchoredPublication, Publication
from mrc.ledger.headers import Address
from mrc.ledger.recovery import ADDRESS_BYTES
from mrc.ledger.statements import CredentialTypeId, OrganisationId, PurposeId, StreamId

FORMAT = "mrc-ledger-bundle-1"
MEDIA_TYPE = "application/vnd.mrc.ledger-bundle+json"
MAX_BUNDLE_BYTES = 1_000_000
MAX_FACTS = 256
MAX_PATH = 32
MAX_TEXT = 1024

T = TypeVar("T")
Entitlement = tuple[OrganisationId, PurposeId]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """A decoded bundle: nothing in it has been checked."""

    contract: Address
    header: bytes
    nodes: tuple[bytes, ...]
    organisations: tuple[OrganisationId, ...] = ()
    credential_types: tuple[CredentialTypeId, ...] = ()
    entitlements: tuple[Entitlement, ...] = ()
    streams: tuple[StreamId, ...] = ()
    publications: tuple[AnchoredPublication, ...] = ()


def encode_bundle(bundle: Bundle) -> bytes:
    """The bundle as compact JSON."""
    members = {
        "format": FORMAT,
        "contract": _hex(bundle.contract),
        "header": _hex(bundle.header),
        "nodes": [_hex(node) for node in bundle.nodes],
        "organisations": [_hex(name) for name in bundle.organisations],
        "credential_types": [_hex(name) for name in bundle.credential_types],
        "entitlements": [[_hex(asker), _hex(purpose)] for asker, purpose in bundle.entitlements],
        "streams": [_hex(name) for name in bundle.streams],
        "publications": [_encode_publication(entry) for entry in bundle.publications],
    }
    return json.dumps(members, separators=(",", ":"), ensure_ascii=False).encode()


def decode_bundle(data: bytes) -> Bundle:
    """The bundle that `data` encodes. Raises `Malformed`; says nothing about its truth."""
    if len(data) > MAX_BUNDLE_BYTES:
        raise Malformed("ledger bundle", f"more than {MAX_BUNDLE_BYTES} bytes")
    try:
        value = json.loads(data, object_pairs_hook=_unique, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise Malformed("ledger bundle", "not JSON") from error
    members = _members(
        value,
        "format",
        "contract",
        "header",
        "nodes",
        "organisations",
        "credential_types",
        "entitlements",
        "streams",
        "publications",
    )
    if members["format"] != FORMAT:
        raise Malformed("ledger bundle", "another format")
    return Bundle(
        contract=Address(_bytes(members["contract"], ADDRESS_BYTES)),
        header=_bytes(members["header"]),
        nodes=_each(members["nodes"], _bytes),
        organisations=_each(members["organisations"], lambda v: OrganisationId(_bytes(v, 32))),
        credential_types=_each(
            members["credential_types"], lambda v: CredentialTypeId(_bytes(v, 32))
        ),
        entitlements=_each(members["entitlements"], _entitlement),
        streams=_each(members["streams"], lambda v: StreamId(_bytes(v, 32))),
        publications=_each(members["publications"], _publication),
    )


def _encode_publication(entry: AnchoredPublication) -> dict[str, object]:
    return {
        "stream": _hex(entry.stream),
        "tick": entry.tick,
        "uri": entry.publication.uri,
        "media_type": entry.publication.media_type,
        "iat": entry.publication.iat,
        "digest": _hex(entry.publication.digest),
        "salt": _hex(entry.salt),
        "index": entry.index,
        "size": entry.size,
        "path": [_hex(step) for step in entry.path],
    }


def _publication(value: object) -> AnchoredPublication:
    names = ("uri", "media_type", "iat", "digest", "stream", "tick", "salt", "index", "size")
    members = _members(value, *names, "path")
    path = _each(members["path"], lambda step: _bytes(step, 32))
    if len(path) > MAX_PATH:
        raise Malformed("ledger bundle", f"a path of more than {MAX_PATH} steps")
    return AnchoredPublication(
        stream=StreamId(_bytes(members["stream"], 32)),
        tick=_integer(members["tick"]),
        publication=Publication(
            uri=_text(members["uri"]),
            media_type=_text(members["media_type"]),
            iat=_integer(members["iat"]),
            digest=_bytes(members["digest"], 32),
        ),
        salt=_bytes(members["salt"], SALT_BYTES),
        index=_integer(members["index"]),
        size=_integer(members["size"]),
        path=path,
    )


def _entitlement(value: object) -> Entitlement:
    if not isinstance(value, list) or len(value) != 2:
        raise Malformed("ledger bundle", "an entitlement is an asker and a purpose")
    return OrganisationId(_bytes(value[0], 32)), PurposeId(_bytes(value[1], 32))


def _members(value: object, *names: str) -> Mapping[str, object]:
    if not isinstance(value, dict) or set(value) != set(names):
        raise Malformed("ledger bundle", f"expected exactly the members {', '.join(names)}")
    return value


def _each(value: object, decode: Callable[[object], T]) -> tuple[T, ...]:
    if not isinstance(value, list) or len(value) > MAX_FACTS:
        raise Malformed("ledger bundle", f"expected an array of at most {MAX_FACTS}")
    return tuple(decode(member) for member in value)


def _bytes(value: object, size: int | None = None) -> bytes:
    """0x and lower-case hexadecimal digits, of the expected size."""
    if not isinstance(value, str) or value[:2] != "0x" or not value.isascii():
        raise Malformed("ledger bundle", "expected 0x and hexadecimal digits")
    try:
        data = bytes.fromhex(value[2:])
    except ValueError as error:
        raise Malformed("ledger bundle", "expected 0x and hexadecimal digits") from error
    if _hex(data) != value or (size is not None and len(data) != size):
        raise Malformed("ledger bundle", f"expected {size} bytes in lower-case hexadecimal")
    return data


def _integer(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 1 << 63:
        raise Malformed("ledger bundle", "expected a whole number")
    return value


def _text(value: object) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= MAX_TEXT or not value.isprintable():
        raise Malformed("ledger bundle", f"expected text of at most {MAX_TEXT} characters")
    return value


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a member twice")
    return members


def _no_constant(name: str) -> object:
    raise ValueError(f"{name} is not JSON")


def _hex(data: bytes) -> str:
    return "0x" + data.hex()
