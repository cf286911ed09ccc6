"""Reading members of decoded JSON objects and forms, each with a named complaint.

Unknown members are ignored, as every OAuth document demands; known ones must have their type.
"""

from collections.abc import Mapping
from urllib.parse import parse_qsl, urlencode

from mrc.kernel.errors import Malformed

MAX_FORM_PARAMETERS = 64  # ours has at most 12; more is an attack on the parser


def as_object(value: object, what: str) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise Malformed(what, "expected a JSON object")
    return value


def required_text(members: Mapping[str, object], name: str, what: str) -> str:
    value = optional_text(members, name, what)
    if value is None:
        raise Malformed(what, f"{name} is missing")
    return value


def optional_text(members: Mapping[str, object], name: str, what: str) -> str | None:
    value = members.get(name)
    if value is None:
        return None
    if not isinstance(value, str) or not value:
        raise Malformed(what, f"{name} is not a non-empty string")
    return value


def optional_integer(members: Mapping[str, object], name: str, what: str) -> int | None:
    value = members.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int):
        raise Malformed(what, f"{name} is not an integer")
    return value


def optional_boolean(members: Mapping[str, object], name: str, what: str) -> bool | None:
    value = members.get(name)
    if value is not None and not isinstance(value, bool):
        raise Malformed(what, f"{name} is not a boolean")
    return value


def optional_object(
    members: Mapping[str, object], name: str, what: str
) -> Mapping[str, object] | None:
    value = members.get(name)
    return None if value is None else as_object(value, f"{what}: {name}")


def optional_texts(members: Mapping[str, object], name: str, what: str) -> tuple[str, ...]:
    """A non-empty array of strings, or () where the member is absent."""
    value = members.get(name)
    if value is None:
        return ()
    if not isinstance(value, list) or not value:
        raise Malformed(what, f"{name} is not a non-empty array")
    texts = tuple(item for item in value if isinstance(item, str) and item)
    if len(texts) != len(value):
        raise Malformed(what, f"{name} has an element that is not a non-empty string")
    return texts


def optional_objects(
    members: Mapping[str, object], name: str, what: str
) -> tuple[Mapping[str, object], ...]:
    value = members.get(name)
    if value is None:
        return ()
    if not isinstance(value, list) or not value:
        raise Malformed(what, f"{name} is not a non-empty array")
    return tuple(as_object(item, f"{what}: {name}") for item in value)


def present(**members: object) -> dict[str, object]:
    """The members that are neither None nor an empty tuple; tuples become lists."""
    return {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in members.items()
        if value is not None and value != ()
    }


def decode_form(body: bytes | str, what: str) -> dict[str, str]:
    """An `application/x-www-form-urlencoded` body.

    RFC 6749, 3.1 and 3.2: a parameter without a value counts as omitted, and none may stand
    twice (parameter pollution). Raises `Malformed`.
    """
    try:
        text = body if isinstance(body, str) else body.decode("ascii")
        pairs = parse_qsl(
            text, keep_blank_values=True, errors="strict", max_num_fields=MAX_FORM_PARAMETERS
        )
    except ValueError as error:
        raise Malformed(what, "not a form") from error
    form: dict[str, str] = {}
    for name, value in pairs:
        if name in form:
            raise Malformed(what, "a parameter stands twice")
        form[name] = value
    return {name: value for name, value in form.items() if value}


def encode_form(members: Mapping[str, str | None]) -> bytes:
    return urlencode({name: value for name, value in members.items() if value is not None}).encode()
