"""The trust file: which ledger a wallet or verifier believes, as JSON.

Handed out by the authority with its other roots; whoever changes it changes what is believed, so it
travels only inside something signed or over an authenticated channel.
"""

import json
from datetime import timedelta

from mrc.kernel.errors import Malformed
from mrc.ledger import strict_json
from mrc.ledger.headers import MAX_VALIDATORS, Address
from mrc.ledger.proofs import LedgerTrust
from mrc.ledger.recovery import ADDRESS_BYTES
from mrc.ledger.strict_json import each, integer, to_bytes, to_hex

FORMAT = "mrc-ledger-trust-1"
MAX_BYTES = 10_000


def encode_trust(trust: LedgerTrust) -> bytes:
    members = {
        "format": FORMAT,
        "contract": to_hex(trust.contract),
        "validators": [to_hex(address) for address in sorted(trust.validators)],
        "max_age_seconds": int(trust.max_age.total_seconds()),
        "max_ahead_seconds": int(trust.max_ahead.total_seconds()),
    }
    return json.dumps(members, indent=1).encode() + b"\n"


def decode_trust(data: bytes) -> LedgerTrust:
    """The trust that `data` encodes. Raises `Malformed`; whether to believe it is not asked."""
    members = strict_json.members(
        strict_json.load(data, max_bytes=MAX_BYTES),
        "format",
        "contract",
        "validators",
        "max_age_seconds",
        "max_ahead_seconds",
    )
    if members["format"] != FORMAT:
        raise Malformed("ledger trust", "another format")
    validators = each(members["validators"], lambda value: Address(to_bytes(value, ADDRESS_BYTES)))
    if not 0 < len(validators) <= MAX_VALIDATORS or len(set(validators)) != len(validators):
        raise Malformed("ledger trust", f"expected 1 to {MAX_VALIDATORS} distinct validators")
    return LedgerTrust(
        contract=Address(to_bytes(members["contract"], ADDRESS_BYTES)),
        validators=frozenset(validators),
        max_age=_seconds(members["max_age_seconds"]),
        max_ahead=_seconds(members["max_ahead_seconds"]),
    )


def _seconds(value: object) -> timedelta:
    seconds = integer(value)
    if seconds > 366 * 86_400:
        raise Malformed("ledger trust", "longer than a year")
    return timedelta(seconds=seconds)
