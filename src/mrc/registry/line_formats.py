"""CSV and JSON Lines as numbered lines, one at a time. A bad line never spoils the next one.

CSV is RFC 4180 with a header and without line breaks inside fields (no field of ours has one), so
that a stray quotation mark costs one line and not the rest of the file. Text is UTF-8.
"""

import csv
from collections.abc import Callable, Iterable, Iterator

from mrc.formats import json_text
from mrc.kernel.errors import Malformed
from mrc.registry.entries import FIELDS, Fields
from mrc.registry.importing import Line

MAX_LINE = 65_536  # bytes; an entry with every field at its longest has well under a tenth
_BOM = b"\xef\xbb\xbf"


def json_lines(lines: Iterable[bytes]) -> Iterator[Line]:
    """One JSON object per line (JSON Lines 1.0); empty lines are skipped."""
    return _numbered(lines, _json_object, first=1)


def csv_lines(lines: Iterable[bytes]) -> Iterator[Line]:
    """Lines under a header. Raises `Malformed` where the header is not one."""
    source = iter(lines)
    header = _header(next(source, b""))
    return _numbered(source, lambda text: _csv_fields(header, text), first=2)


def _numbered(
    lines: Iterable[bytes], decode: Callable[[str], Fields], *, first: int
) -> Iterator[Line]:
    for number, line in enumerate(lines, start=first):
        if number == 1:
            line = line.removeprefix(_BOM)
        if not line.strip():
            continue
        try:
            yield Line(number, decode(_text(line)))
        except Malformed as error:
            yield Line(number, None, error.detail)


def _text(line: bytes) -> str:
    if len(line) > MAX_LINE:
        raise Malformed("line", f"longer than {MAX_LINE} bytes")
    try:
        return line.decode("utf-8").rstrip("\r\n")
    except UnicodeDecodeError as error:
        raise Malformed("line", "not UTF-8") from error


def _json_object(text: str) -> Fields:
    try:
        value = json_text.decode(text)
    except Malformed as error:
        raise Malformed("line", "not JSON, or a name given twice") from error
    if not isinstance(value, dict):
        raise Malformed("line", "not a JSON object")
    return value


def _cells(text: str) -> list[str]:
    try:
        return next(csv.reader([text], strict=True), [])
    except csv.Error as error:
        raise Malformed("line", f"not CSV: {error}") from error


def _header(line: bytes) -> list[str]:
    names = [name.strip() for name in _cells(_text(line.removeprefix(_BOM)))]
    if len(set(names)) != len(names):
        raise Malformed("header", "a column given twice")
    unknown = sorted(set(names) - set(FIELDS))
    if unknown or not names:
        raise Malformed("header", f"not columns of the register: {', '.join(unknown)[:200]}")
    return names


def _csv_fields(header: list[str], text: str) -> Fields:
    cells = _cells(text)
    if len(cells) != len(header):
        raise Malformed("line", f"{len(cells)} fields under {len(header)} columns")
    return dict(zip(header, cells, strict=True))
