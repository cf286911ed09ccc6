"""What the sandbox carrier is told to do wrong, until it is told otherwise."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from mrc.kernel.errors import Malformed
from mrc.protocols.oauth.members import (
    as_object,
    optional_boolean,
    optional_integer,
    optional_text,
    optional_texts,
    required_text,
)

WHAT = "script"
LONGEST_DELAY = 60  # seconds; longer than any client waits
DEFAULT_TOKEN_SECONDS = 300  # ICM profile: short-lived


class Api(StrEnum):
    """What a script can be limited to."""

    TOKEN = "token"
    KYC_MATCH = "kyc-match"
    SIM_SWAP = "sim-swap"
    NUMBER_VERIFICATION = "number-verification"
    SMS = "sms"


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """An error that every call gets."""

    status: int
    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """`apis` are those it holds for; `answer` replaces the body of an answer, whatever it is."""

    delay_seconds: float = 0.0
    outage: bool = False
    refusal: Refusal | None = None
    answer: str | None = None
    not_available: frozenset[str] = frozenset()
    token_seconds: int = DEFAULT_TOKEN_SECONDS
    apis: frozenset[Api] = frozenset(Api)


def decode_script(members: Mapping[str, object]) -> Script:
    """``{}`` is a carrier without faults. Raises `Malformed`."""
    unknown = members.keys() - set(Script.__slots__)
    if unknown:
        raise Malformed(WHAT, f"unknown members: {', '.join(sorted(unknown))}")
    seconds = optional_integer(members, "token_seconds", WHAT)
    return Script(
        delay_seconds=_delay(members.get("delay_seconds", 0)),
        outage=optional_boolean(members, "outage", WHAT) or False,
        refusal=_refusal(members.get("refusal")),
        answer=optional_text(members, "answer", WHAT),
        not_available=frozenset(optional_texts(members, "not_available", WHAT)),
        token_seconds=DEFAULT_TOKEN_SECONDS if seconds is None else max(0, seconds),
        apis=_apis(optional_texts(members, "apis", WHAT)),
    )


def _delay(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Malformed(WHAT, "delay_seconds is not a number")
    if not 0 <= value <= LONGEST_DELAY:
        raise Malformed(WHAT, f"delay_seconds is not 0 to {LONGEST_DELAY}")
    return float(value)


def _refusal(value: object) -> Refusal | None:
    if value is None:
        return None
    members = as_object(value, WHAT)
    status = optional_integer(members, "status", WHAT)
    if status is None or not 400 <= status <= 599:
        raise Malformed(WHAT, "the refusal's status is not 400 to 599")
    return Refusal(status=status, code=required_text(members, "code", WHAT))


def _apis(names: tuple[str, ...]) -> frozenset[Api]:
    try:
        return frozenset(Api(name) for name in names) or frozenset(Api)
    except ValueError as error:
        raise Malformed(WHAT, "apis names an API that is not there") from error
