"""What an asker says about its question: why, how long it keeps the answer, who else gets it.

Carried in the `verifier_info` request parameter (OpenID4VP 1.0, 5.1 and 5.11) under a format name
of our own, inside the signed request object: the asker's own words, bound to its certificate.
Wallets of others ignore it. Texts are by language tag (BCP 47).
"""

from collections.abc import Mapping
from dataclasses import dataclass

from mrc.kernel.errors import Malformed
from mrc.protocols.dcql.members import (
    as_filled_string,
    as_object,
    as_strings,
    get_member,
)

FORMAT = "urn:kr:moj:stated-purpose:1"
MAX_TEXT = 1000  # characters of one text; a phone's screen shows fewer
MAX_LANGUAGES = 64
MAX_RECIPIENTS = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class StatedPurpose:
    """`kept_for_seconds` 0: the answer is forgotten once its outcome was read."""

    name: Mapping[str, str]
    text: Mapping[str, str]
    kept_for_seconds: int
    passed_on_to: tuple[str, ...] = ()


def encode_stated_purpose(purpose: StatedPurpose) -> dict[str, object]:
    """The `verifier_info` entry."""
    data: dict[str, object] = {
        "name": dict(purpose.name),
        "text": dict(purpose.text),
        "kept_for": purpose.kept_for_seconds,
    }
    if purpose.passed_on_to:
        data["passed_on_to"] = list(purpose.passed_on_to)
    return {"format": FORMAT, "data": data}


def find_stated_purpose(verifier_info: tuple[Mapping[str, object], ...]) -> StatedPurpose | None:
    """The purpose among the entries, None where the asker states none. Raises `Malformed`."""
    for entry in verifier_info:
        if entry.get("format") == FORMAT:
            return _decode(entry)
    return None


def _decode(entry: Mapping[str, object]) -> StatedPurpose:
    what = "stated purpose"
    data = as_object(get_member(entry, "data", what), what)
    kept_for = get_member(data, "kept_for", what)
    if isinstance(kept_for, bool) or not isinstance(kept_for, int) or kept_for < 0:
        raise Malformed(what, "kept_for is not a number of seconds")
    passed_on: tuple[str, ...] = ()
    if "passed_on_to" in data:
        passed_on = as_strings(data["passed_on_to"], what, limit=MAX_RECIPIENTS)
    return StatedPurpose(
        name=_texts(get_member(data, "name", what)),
        text=_texts(get_member(data, "text", what)),
        kept_for_seconds=kept_for,
        passed_on_to=passed_on,
    )


def _texts(value: object) -> dict[str, str]:
    texts = as_object(value, "stated purpose")
    if not 1 <= len(texts) <= MAX_LANGUAGES:
        raise Malformed("stated purpose", "expected texts by language")
    checked = {tag: as_filled_string(text, "stated purpose") for tag, text in texts.items()}
    if any(len(text) > MAX_TEXT for text in checked.values()):
        raise Malformed("stated purpose", f"more than {MAX_TEXT} characters")
    return checked
