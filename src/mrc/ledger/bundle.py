"""The proof bundle: everything an outsider needs to check facts of the ledger without a network.

A JSON text with a sealed header, trie nodes, and the names of the facts that the nodes prove.
Values are not stated: they are read out of the proof, so a bundle cannot say one thing and prove
another. Decoding is strict: unknown, missing and repeated members are refused.
"""

import json
from dataclasses import dataclass

from mrc.kernel.errors import Malformed
from mrc.ledger import strict_json
from mrc.ledger.anchors import SALT_BYTES, AnchoredPublication, Publication
from mrc.ledger.headers import Address
from mrc.ledger.recovery import ADDRESS_BYTES
from mrc.ledger.statements import CredentialTypeId, OrganisationId, PurposeId, StreamId
from mrc.ledger.strict_json import each, integer, text, to_bytes, to_hex
from mrc.ledger.trie import MAX_NODES

FORMAT = "mrc-ledger-bundle-1"
MEDIA_TYPE = "application/vnd.mrc.ledger-bundle+json"
PROOF_RELATION = "urn:mrc:ledger-proof"
"""The relation (RFC 8288) from a published document to its bundle."""

ANCHORS_PATH = "/anchors"
"""Below an issuer's address: the bundles of what it published."""

MAX_BUNDLE_BYTES = 1_000_000
MAX_PATH = 32

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
        "contract": to_hex(bundle.contract),
        "header": to_hex(bundle.header),
        "nodes": [to_hex(node) for node in bundle.nodes],
        "organisations": [to_hex(name) for name in bundle.organisations],
        "credential_types": [to_hex(name) for name in bundle.credential_types],
        "entitlements": [
            [to_hex(asker), to_hex(purpose)] for asker, purpose in bundle.entitlements
        ],
        "streams": [to_hex(name) for name in bundle.streams],
        "publications": [_encode_publication(entry) for entry in bundle.publications],
    }
    return json.dumps(members, separators=(",", ":"), ensure_ascii=False).encode()


def decode_bundle(data: bytes) -> Bundle:
    """The bundle that `data` encodes. Raises `Malformed`; says nothing about its truth."""
    members = strict_json.members(
        strict_json.load(data, max_bytes=MAX_BUNDLE_BYTES),
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
        contract=Address(to_bytes(members["contract"], ADDRESS_BYTES)),
        header=to_bytes(members["header"]),
        nodes=each(members["nodes"], to_bytes, at_most=MAX_NODES),
        organisations=each(members["organisations"], lambda v: OrganisationId(to_bytes(v, 32))),
        credential_types=each(
            members["credential_types"], lambda v: CredentialTypeId(to_bytes(v, 32))
        ),
        entitlements=each(members["entitlements"], _entitlement, at_most=MAX_NODES),
        streams=each(members["streams"], lambda v: StreamId(to_bytes(v, 32))),
        publications=each(members["publications"], _publication),
    )


def _encode_publication(entry: AnchoredPublication) -> dict[str, object]:
    return {
        "stream": to_hex(entry.stream),
        "tick": entry.tick,
        "uri": entry.publication.uri,
        "media_type": entry.publication.media_type,
        "iat": entry.publication.iat,
        "digest": to_hex(entry.publication.digest),
        "salt": to_hex(entry.salt),
        "index": entry.index,
        "size": entry.size,
        "path": [to_hex(step) for step in entry.path],
    }


def _publication(value: object) -> AnchoredPublication:
    names = ("uri", "media_type", "iat", "digest", "stream", "tick", "salt", "index", "size")
    members = strict_json.members(value, *names, "path")
    path = each(members["path"], lambda step: to_bytes(step, 32))
    if len(path) > MAX_PATH:
        raise Malformed("ledger bundle", f"a path of more than {MAX_PATH} steps")
    return AnchoredPublication(
        stream=StreamId(to_bytes(members["stream"], 32)),
        tick=integer(members["tick"]),
        publication=Publication(
            uri=text(members["uri"]),
            media_type=text(members["media_type"]),
            iat=integer(members["iat"]),
            digest=to_bytes(members["digest"], 32),
        ),
        salt=to_bytes(members["salt"], SALT_BYTES),
        index=integer(members["index"]),
        size=integer(members["size"]),
        path=path,
    )


def _entitlement(value: object) -> Entitlement:
    if not isinstance(value, list) or len(value) != 2:
        raise Malformed("ledger bundle", "an entitlement is an asker and a purpose")
    return OrganisationId(to_bytes(value[0], 32)), PurposeId(to_bytes(value[1], 32))
