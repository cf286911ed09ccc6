"""CBOR: what is refused, what is accepted, and what comes out."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from mrc.formats import cbor
from mrc.formats.cbor import Embedded, Encoded, Tag
from mrc.kernel.errors import Malformed

REFUSED = {
    "empty": ("", "truncated"),
    "truncated head": ("19", "truncated"),
    "truncated long head": ("1900", "truncated"),
    "truncated bytes": ("4301", "truncated"),
    "truncated text": ("6361", "truncated"),
    "truncated array": ("8201", "truncated"),
    "truncated map": ("a201", "truncated"),
    "truncated tag": ("d818", "truncated"),
    "open array without a break": ("9f01", "truncated"),
    "array longer than any input": ("9b7fffffffffffffff00", "truncated"),
    "bytes longer than any input": ("5b7fffffffffffffff00", "truncated"),
    "map longer than any input": ("bb7fffffffffffffff00", "too many"),
    "leftovers": ("0000", "left over"),
    "same key twice": ("a201010102", "twice"),
    "same key twice, the second with a long head": ("a20101180102", "twice"),
    "same key twice in an open map": ("bf01010102ff", "twice"),
    "same key twice below": ("a10182a201010102", "twice"),
    "a boolean as key": ("a1f501", "bool"),
    "a float as key": ("a1f93c0001", "float"),
    "an array as key": ("a1810101", "list"),
    "a big number as key": ("a1c2410101", "Tag"),
    "not UTF-8": ("62c328", "UTF-8"),
    "reserved head": ("1c", "reserved"),
    "break alone": ("ff", "break"),
    "open integer": ("1f", "break"),
    "open tag": ("df00", "break"),
    "chunk of another type": ("5f6161ff", "chunk"),
    "chunk without a length": ("5f5f4101ffff", "chunk"),
    "undefined": ("f7", "simple value"),
    "unassigned simple value": ("f0", "simple value"),
    "long simple value": ("f8ff", "simple value"),
    "false with a long head": ("f814", "simple value"),
    "tag 24 on text": ("d8186161", "tag 24"),
    "tag 0 on a number": ("c000", "tag 0"),
    "tag 0 without a zone": ("c073323032302d31302d30315431333a33303a3032", "RFC 3339"),
    "tag 0 on 30 February": ("c074323032302d30322d33305431333a33303a30325a", "not exist"),
    "tag 1004 on a time": ("d903ec6161", "full date"),
    "tag 1004 on 30 February": ("d903ec6a323032302d30322d3330", "not exist"),
}
ACCEPTED = {
    "long integer head": ("1900ff", 255),
    "negative": ("3903e7", -1000),
    "open array": ("9f0102ff", [1, 2]),
    "open map": ("bf6161f5ff", {"a": True}),
    "map with a long head": ("b90001616101", {"a": 1}),
    "chunked bytes": ("5f41014102ff", b"\x01\x02"),
    "chunked text": ("7f61616162ff", "ab"),
    "half float": ("f93c00", 1.0),
    "single float": ("fa3fc00000", 1.5),
    "double float": ("fb3ff8000000000000", 1.5),
    "null": ("f6", None),
    "bytes key": ("a1410102", {b"\x01": 2}),
    "big number stays a tag": ("c24101", Tag(2, b"\x01")),
    "regular expression stays a tag": ("d8236128", Tag(35, "(")),
    "shared reference stays a tag": ("d81d00", Tag(29, 0)),
    "time with an offset": (
        "c07819323032302d31302d30315431333a33303a30322b30393a3030",
        datetime(2020, 10, 1, 4, 30, 2, tzinfo=UTC),
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refuses(case: str) -> None:
    data, word = REFUSED[case]
    with pytest.raises(Malformed, match=word) as caught:
        cbor.decode(bytes.fromhex(data), what="the thing")
    assert caught.value.what == "the thing"


@pytest.mark.parametrize("case", ACCEPTED)
def test_accepts(case: str) -> None:
    data, value = ACCEPTED[case]
    assert cbor.decode(bytes.fromhex(data)) == value


@pytest.mark.parametrize("opening", ["81", "9f", "a101", "d864"])
def test_nesting_is_bounded(opening: str) -> None:
    allowed = bytes.fromhex(opening) * cbor.MAX_DEPTH
    closing = b"\xff" * cbor.MAX_DEPTH if opening == "9f" else b""
    cbor.decode(allowed + b"\x00" + closing)
    with pytest.raises(Malformed, match="deep"):
        cbor.decode(bytes.fromhex(opening) * 10_000 + b"\x00")


def test_size_is_bounded() -> None:
    with pytest.raises(Malformed, match="more than 3 bytes"):
        cbor.decode(b"\x43abc", max_size=3)


def test_an_open_map_has_bounded_entries() -> None:
    entries = b"".join(b"\x1a" + n.to_bytes(4) + b"\x00" for n in range(cbor.MAX_ENTRIES + 1))
    with pytest.raises(Malformed, match="too many entries"):
        cbor.decode(b"\xbf" + entries + b"\xff")


@pytest.mark.parametrize("received", ["d8184100", "d8185801 00", "d900185800"])
def test_an_embedded_item_is_sent_on_as_it_came(received: str) -> None:
    value = cbor.decode(bytes.fromhex(received))
    assert isinstance(value, Embedded)
    assert value.encoded == bytes.fromhex(received)
    assert cbor.encode([value]) == b"\x81" + bytes.fromhex(received)


def test_encodes_dates_as_the_standard_has_them() -> None:
    assert cbor.encode(date(2019, 10, 20)).hex() == "d903ec6a323031392d31302d3230"
    assert cbor.encode(datetime(2020, 10, 1, 13, 30, 2, tzinfo=UTC)) == (
        b"\xc0\x742020-10-01T13:30:02Z"
    )


def test_encodes_in_the_given_order_and_splices() -> None:
    value = {"b": 1, "a": Encoded(b"\x82\x01\x02"), "t": Tag(17, Embedded(b"\xa0"))}
    assert cbor.encode(value).hex() == "a36162016161820102617" + "4d1d81841a0"


@pytest.mark.parametrize("value", [datetime(2020, 1, 1), object()])
def test_does_not_encode_what_has_no_encoding(value: object) -> None:
    with pytest.raises(ValueError, match="CBOR"):
        cbor.encode(value)


@pytest.mark.parametrize("number", [0, 23, 24, 255, 256, 65535, 65536, 2**32 - 1, 2**32, 2**64 - 1])
def test_head_is_the_shortest(number: int) -> None:
    assert cbor.head(0, number) == cbor.encode(number)


def test_head_refuses_what_no_head_holds() -> None:
    with pytest.raises(ValueError):
        cbor.head(0, 2**64)


def test_members_are_typed() -> None:
    mapping = cbor.decode_as(dict, cbor.encode({"n": True}), what="m")
    with pytest.raises(Malformed, match="expected int, got bool"):
        cbor.member(int, mapping, "n", "m")
    with pytest.raises(Malformed, match="missing"):
        cbor.member(int, mapping, "x", "m")
    with pytest.raises(Malformed, match="expected list"):
        cbor.decode_as(list, b"\xa0", what="m")


def test_times_come_out_in_utc() -> None:
    seoul = timezone(timedelta(hours=9))
    value = cbor.decode(cbor.encode(datetime(2020, 10, 1, 13, 30, 2, tzinfo=seoul)))
    assert value == datetime(2020, 10, 1, 4, 30, 2, tzinfo=UTC)
    assert isinstance(value, datetime)
    assert value.tzinfo is UTC
