"""A strict reader of DER elements, for the two vendor structures that no library knows.

Values are read one element at a time, because a key description may carry tags of a later version,
which a fixed structure would refuse. Indefinite lengths, leftovers and truncation are `Malformed`.
"""

from dataclasses import dataclass

from asn1crypto import parser

from mrc.kernel.errors import Malformed

UNIVERSAL, CONTEXT = 0, 2
BOOLEAN, INTEGER, OCTET_STRING, ENUMERATED, SEQUENCE, SET = 1, 2, 4, 10, 16, 17
MAX_ELEMENTS = 256  # of one sequence or set; a key description has about thirty
MAX_NUMBER = 8  # bytes of an integer; dates in milliseconds are the largest


@dataclass(frozen=True, slots=True)
class Element:
    tag_class: int
    tag: int
    content: bytes

    def children(self, what: str) -> list["Element"]:
        return read_all(self.content, what)


def read_one(data: bytes, what: str) -> Element:
    """The one element that `data` is. Raises `Malformed`."""
    found = read_all(data, what)
    if len(found) != 1:
        raise Malformed(what, f"expected one element, got {len(found)}")
    return found[0]


def read_all(data: bytes, what: str) -> list[Element]:
    """The elements that stand one after another in `data`. Raises `Malformed`."""
    found: list[Element] = []
    while data:
        try:
            size = parser.peek(data)
            tag_class, _, tag, _, content, trailer = parser.parse(data[:size], strict=True)
        except ValueError as error:
            raise Malformed(what, "not DER") from error
        if trailer or len(found) >= MAX_ELEMENTS:
            raise Malformed(what, "an indefinite length" if trailer else "too many elements")
        found.append(Element(tag_class, tag, content))
        data = data[size:]
    return found


def content_of(element: Element, tag: int, what: str) -> bytes:
    """The content, where the element is of that universal type. Raises `Malformed`."""
    if element.tag_class != UNIVERSAL or element.tag != tag:
        raise Malformed(what, f"expected universal tag {tag}")
    return element.content


def members_of(element: Element, tag: int, what: str) -> list[Element]:
    return read_all(content_of(element, tag, what), what)


def number_of(element: Element, tag: int, what: str) -> int:
    content = content_of(element, tag, what)
    if not 1 <= len(content) <= MAX_NUMBER:
        raise Malformed(what, "an impossible number")
    return int.from_bytes(content, signed=True)


def truth_of(element: Element, what: str) -> bool:
    """DER (X.690, 11.1) knows one spelling of each; another is refused, not read as true."""
    content = content_of(element, BOOLEAN, what)
    if content not in (b"\x00", b"\xff"):
        raise Malformed(what, "an impossible boolean")
    return content == b"\xff"
