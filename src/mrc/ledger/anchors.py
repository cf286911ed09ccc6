"""What one tick anchors: a Merkle tree over everything published.

A leaf is (salt, list, `iat`, digest). The salt of 128 bits keeps a digest over a small or
guessable list from being found by trying; the list is named by its address and media type, since
one address serves several encodings. Only the tree's root goes on chain.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from mrc.ledger import merkle
from mrc.ledger.statements import StreamId

SALT_BYTES = 16
_TAG = b"mrc:anchor:1\x00"
_AUDIT_TAG = b"mrc:audit-root:1\x00"
AUDIT_LOG_URI = "urn:mrc:audit-log"
AUDIT_LOG_MEDIA_TYPE = "application/vnd.mrc.audit-root"


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """A published document as anchored: where, in which encoding, of when, and its SHA-256."""

    uri: str
    media_type: str
    iat: int
    digest: bytes

    def leaf(self, salt: bytes) -> bytes:
        """The entry whose leaf hash stands in the tree."""
        if len(salt) != SALT_BYTES or len(self.digest) != 32:
            raise ValueError("a leaf needs a salt of 16 bytes and a digest of 32")
        name = hashlib.sha256(f"{self.media_type}\n{self.uri}".encode()).digest()
        return _TAG + salt + name + self.iat.to_bytes(8) + self.digest


def publication(uri: str, media_type: str, issued_at: datetime, document: bytes) -> Publication:
    """The publication of `document`, digested as the bytes that are served."""
    return Publication(
        uri=uri,
        media_type=media_type,
        iat=int(issued_at.timestamp()),
        digest=hashlib.sha256(document).digest(),
    )


def audit_publication(issued_at: datetime, size: int, root: bytes) -> Publication:
    """The publication of an audit log's tree head."""
    head = _AUDIT_TAG + size.to_bytes(8) + root
    return publication(AUDIT_LOG_URI, AUDIT_LOG_MEDIA_TYPE, issued_at, head)


@dataclass(frozen=True, slots=True, kw_only=True)
class AnchoredPublication:
    """A publication and its way to the root anchored at a tick of a stream."""

    stream: StreamId
    tick: int
    publication: Publication
    salt: bytes
    index: int
    size: int
    path: tuple[bytes, ...]

    def check(self, *, expected_root: bytes) -> None:
        """Raise `Rejected` unless the leaf is in the tree of that root."""
        merkle.check_inclusion(
            merkle.leaf_hash(self.publication.leaf(self.salt)),
            index=self.index,
            size=self.size,
            path=self.path,
            expected_root=expected_root,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Everything one tick anchors, each publication with its salt."""

    stream: StreamId
    tick: int
    entries: tuple[tuple[Publication, bytes], ...]

    @property
    def root(self) -> bytes:
        return merkle.root_hash(self._leaves())

    def prove(self, index: int) -> AnchoredPublication:
        """The inclusion proof of the publication at `index`."""
        entry, salt = self.entries[index]
        return AnchoredPublication(
            stream=self.stream,
            tick=self.tick,
            publication=entry,
            salt=salt,
            index=index,
            size=len(self.entries),
            path=merkle.inclusion_path(self._leaves(), index),
        )

    def _leaves(self) -> Sequence[bytes]:
        return [merkle.leaf_hash(entry.leaf(salt)) for entry, salt in self.entries]
