"""The steps behind the authorization challenge endpoint, as messages in both directions.

A profile of draft-ietf-oauth-first-party-apps-03: one member `ic_card` in each request (JSON text
in the form) and in each answer that asks for more (a JSON object). Commands and answers of the
chip are base64url; what stands in them only the chip and the server can read.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import assert_never

from mrc.formats import base64url, json_text
from mrc.kernel.errors import Malformed

MEMBER = "ic_card"
MAX_BATCH = 1024  # commands; a card of ours needs about 120 with short lengths
MAX_PICTURE = 512 * 1024  # bytes of a photograph of the holder
_WHAT = "ic_card"


@dataclass(frozen=True, slots=True, kw_only=True)
class Begin:
    """Phone: a card was opened here. `extended_length`: long APDUs get through."""

    extended_length: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ChipKey:
    """Phone: DG14, read under its own keys."""

    dg14: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstAnswers:
    answers: Sequence[bytes] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondAnswers:
    answers: Sequence[bytes] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class AskAgain:
    """Phone: decide once more, without the card (the carrier had not answered)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Face:
    """Phone: the holder's face, taken now."""

    picture: bytes = field(repr=False)


Answer = Begin | ChipKey | FirstAnswers | SecondAnswers | AskAgain | Face


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadChipKey:
    """Server: read DG14. `nonce` is in the chip's signature; the whole must end in `expires_in`."""

    nonce: bytes
    expires_in: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ForwardFirst:
    """Server: wrap `plain` with the phone's keys, then forward `wrapped` as it is."""

    plain: Sequence[bytes]
    wrapped: Sequence[bytes] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ForwardSecond:
    wrapped: Sequence[bytes] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class TryLater:
    """Server: the chip is proved; somebody else did not answer (`reason`). Ask again, no card."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowFace:
    """Server: the chip is proved; send a picture of the holder's face."""


Demand = ReadChipKey | ForwardFirst | ForwardSecond | TryLater | ShowFace


def encode_answer(answer: Answer) -> str:
    """The JSON text of the form's member."""
    return json_text.encode(_answer(answer)).decode()


def _answer(answer: Answer) -> dict[str, object]:
    match answer:
        case Begin():
            return {"step": "begin", "extended_length": answer.extended_length}
        case ChipKey():
            return {"step": "dg14", "dg14": base64url.encode(answer.dg14)}
        case FirstAnswers():
            return {"step": "first", "answers": _encoded(answer.answers)}
        case SecondAnswers():
            return {"step": "second", "answers": _encoded(answer.answers)}
        case AskAgain():
            return {"step": "again"}
        case Face():
            return {"step": "face", "picture": base64url.encode(answer.picture)}
    assert_never(answer)


def decode_answer(text: str) -> Answer:
    """Raises `Malformed`."""
    raw = json_text.decode_object(text, _WHAT)
    match raw.get("step"):
        case "begin":
            return Begin(extended_length=raw.get("extended_length") is True)
        case "dg14":
            return ChipKey(dg14=_bytes(raw, "dg14"))
        case "first":
            return FirstAnswers(answers=_batch(raw, "answers"))
        case "second":
            return SecondAnswers(answers=_batch(raw, "answers"))
        case "again":
            return AskAgain()
        case "face":
            picture = _bytes(raw, "picture")
            if len(picture) > MAX_PICTURE:
                raise Malformed(_WHAT, f"a picture of more than {MAX_PICTURE} bytes")
            return Face(picture=picture)
    raise Malformed(_WHAT, "unknown step")


def encode_demand(demand: Demand) -> dict[str, object]:
    """The JSON object of the answer's member."""
    match demand:
        case ReadChipKey():
            nonce = base64url.encode(demand.nonce)
            return {"step": "dg14", "nonce": nonce, "expires_in": demand.expires_in}
        case ForwardFirst():
            plain, wrapped = _encoded(demand.plain), _encoded(demand.wrapped)
            return {"step": "first", "plain": plain, "wrapped": wrapped}
        case ForwardSecond():
            return {"step": "second", "wrapped": _encoded(demand.wrapped)}
        case TryLater():
            return {"step": "again", "reason": demand.reason}
        case ShowFace():
            return {"step": "face"}
    assert_never(demand)


def decode_demand(members: Mapping[str, object]) -> Demand:
    """What the server asks for next, from the members of its answer. Raises `Malformed`."""
    raw = members.get(MEMBER)
    if not isinstance(raw, dict):
        raise Malformed(_WHAT, "an object expected")
    match raw.get("step"):
        case "dg14":
            seconds = raw.get("expires_in")
            if isinstance(seconds, bool) or not isinstance(seconds, int):
                raise Malformed(_WHAT, "expires_in is not a number")
            return ReadChipKey(nonce=_bytes(raw, "nonce"), expires_in=seconds)
        case "first":
            return ForwardFirst(plain=_batch(raw, "plain"), wrapped=_batch(raw, "wrapped"))
        case "second":
            return ForwardSecond(wrapped=_batch(raw, "wrapped"))
        case "again":
            return TryLater(reason=str(raw.get("reason", "")))
        case "face":
            return ShowFace()
    raise Malformed(_WHAT, "a step that this wallet does not know")


def _encoded(batch: Sequence[bytes]) -> list[str]:
    return [base64url.encode(apdu) for apdu in batch]


def _bytes(raw: Mapping[str, object], name: str) -> bytes:
    value = raw.get(name)
    if not isinstance(value, str):
        raise Malformed(_WHAT, f"{name} is not base64url")
    return base64url.decode(value)


def _batch(raw: Mapping[str, object], name: str) -> tuple[bytes, ...]:
    value = raw.get(name)
    if not isinstance(value, list) or len(value) > MAX_BATCH:
        raise Malformed(_WHAT, f"{name} is not an array of at most {MAX_BATCH}")
    if not all(isinstance(apdu, str) for apdu in value):
        raise Malformed(_WHAT, f"{name} holds something else than text")
    return tuple(base64url.decode(apdu) for apdu in value)
