"""An entry of the audit log: what was done, when, and commitments to who and to whom.

Nothing personal stands in an entry: actor, subject and detail are salted commitments, whose salts
are kept apart and can be destroyed. Whoever knows a value and its salt can show that the entry
speaks of it; without the salt (128 bits) nobody can try values.
"""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime

SALT_BYTES = 16
_TAG = b"mrc:commitment:1\x00"


@dataclass(frozen=True, slots=True, kw_only=True)
class Commitment:
    """A hash that binds to a value without showing it."""

    digest: bytes

    def opens_to(self, value: str, salt: bytes) -> bool:
        return commit(value, salt) == self


def commit(value: str, salt: bytes) -> Commitment:
    """The commitment to `value`; the salt has 128 bits and is used once."""
    if len(salt) != SALT_BYTES:
        raise ValueError("a commitment needs a salt of 16 bytes")
    return Commitment(digest=hashlib.sha256(_TAG + salt + value.encode()).digest())


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """`kind` is a code out of the program (``card.locked``), never words of a person."""

    kind: str
    at: datetime
    actor: Commitment
    subject: Commitment
    detail: Commitment

    def encode(self) -> bytes:
        """The leaf: canonical JSON with sorted members."""
        members = {
            "actor": self.actor.digest.hex(),
            "at": int(self.at.timestamp()),
            "detail": self.detail.digest.hex(),
            "kind": self.kind,
            "subject": self.subject.digest.hex(),
            "version": 1,
        }
        return json.dumps(members, sort_keys=True, separators=(",", ":")).encode()
