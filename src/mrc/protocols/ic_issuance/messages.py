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
from mrc.protocols.ic_issuance.face import MAX_FRAME, MAX_FRAMES, FaceProblem, Gesture

MEMBER = "ic_card"
MAX_BATCH = 1024  # commands; a card of ours needs about 120 with short lengths
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
    """Phone: the holder's face, a frame for each gesture in the order asked; `nonce` as it came."""

    nonce: bytes
    frames: Sequence[bytes] = field(repr=False)


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
    """Server: the chip is proved; show these gestures within `expires_in` seconds.

    `problem` says why the last pictures were no use; `tries_left` counts those after this one.
    """

    nonce: bytes
    gestures: Sequence[Gesture]
    expires_in: int
    tries_left: int
    problem: FaceProblem | None = None


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
            nonce, frames = base64url.encode(answer.nonce), _encoded(answer.frames)
            return {"step": "face", "nonce": nonce, "frames": frames}
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
            return Face(nonce=_bytes(raw, "nonce"), frames=_frames(raw))
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
            return _face(demand)
    assert_never(demand)


def _face(demand: ShowFace) -> dict[str, object]:
    return {
        "step": "face",
        "nonce": base64url.encode(demand.nonce),
        "gestures": [gesture.value for gesture in demand.gestures],
        "expires_in": demand.expires_in,
        "tries_left": demand.tries_left,
        "problem": None if demand.problem is None else demand.problem.value,
    }


def decode_demand(members: Mapping[str, object]) -> Demand:
    """What the server asks for next, from the members of its answer. Raises `Malformed`."""
    raw = members.get(MEMBER)
    if not isinstance(raw, dict):
        raise Malformed(_WHAT, "an object expected")
    match raw.get("step"):
        case "dg14":
            return ReadChipKey(nonce=_bytes(raw, "nonce"), expires_in=_number(raw, "expires_in"))
        case "first":
            return ForwardFirst(plain=_batch(raw, "plain"), wrapped=_batch(raw, "wrapped"))
        case "second":
            return ForwardSecond(wrapped=_batch(raw, "wrapped"))
        case "again":
            return TryLater(reason=str(raw.get("reason", "")))
        case "face":
            return _decode_face(raw)
    raise Malformed(_WHAT, "a step that this wallet does not know")


def _decode_face(raw: Mapping[str, object]) -> ShowFace:
    gestures, problem = raw.get("gestures"), raw.get("problem")
    if not isinstance(gestures, list) or not 1 <= len(gestures) <= MAX_FRAMES:
        raise Malformed(_WHAT, "gestures are not an array of some")
    try:
        return ShowFace(
            nonce=_bytes(raw, "nonce"),
            gestures=tuple(Gesture(gesture) for gesture in gestures),
            expires_in=_number(raw, "expires_in"),
            tries_left=_number(raw, "tries_left"),
            problem=None if problem is None else FaceProblem(str(problem)),
        )
    except ValueError as error:
        raise Malformed(_WHAT, "a gesture or problem that this wallet does not know") from error


def _frames(raw: Mapping[str, object]) -> tuple[bytes, ...]:
    frames = _batch(raw, "frames")
    if len(frames) > MAX_FRAMES or any(len(frame) > MAX_FRAME for frame in frames):
        raise Malformed(_WHAT, f"more than {MAX_FRAMES} frames, or one over {MAX_FRAME} bytes")
    return frames


def _number(raw: Mapping[str, object], name: str) -> int:
    value = raw.get(name)
    if isinstance(value, bool) or not isinstance(value, int):
        raise Malformed(_WHAT, f"{name} is not a number")
    return value


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
