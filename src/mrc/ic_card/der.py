"""The few DER pieces that the chip's own structures need (ITU-T X.690): OIDs and integers."""

from mrc.ic_card import tlv
from mrc.kernel.errors import Malformed

INTEGER, BIT_STRING, OCTET_STRING, NULL, OID = 0x02, 0x03, 0x04, 0x05, 0x06
UTF8_STRING, GENERALIZED_TIME, SEQUENCE, SET = 0x0C, 0x18, 0x30, 0x31


def encode_oid(dotted: str) -> bytes:
    """The content octets of an object identifier (8.19)."""
    first, second, *rest = (int(arc) for arc in dotted.split("."))
    return b"".join(_base128(arc) for arc in (40 * first + second, *rest))


def _base128(arc: int) -> bytes:
    out = [arc & 0x7F]
    while arc := arc >> 7:
        out.append(0x80 | (arc & 0x7F))
    return bytes(reversed(out))


def decode_oid(content: bytes) -> str:
    if not content or content[-1] & 0x80:
        raise Malformed("OID", "truncated")
    arcs, value = [], 0
    for byte in content:
        value = (value << 7) | (byte & 0x7F)
        if not byte & 0x80:
            arcs.append(value)
            value = 0
    first = min(arcs[0] // 40, 2)
    return ".".join(str(arc) for arc in (first, arcs[0] - 40 * first, *arcs[1:]))


def oid(dotted: str) -> bytes:
    return tlv.encode(OID, encode_oid(dotted))


def integer(value: int) -> bytes:
    """A non-negative INTEGER."""
    return tlv.encode(INTEGER, value.to_bytes(value.bit_length() // 8 + 1))


def children(data: bytes, expected_tag: int) -> list[tlv.Tlv]:
    """The members of the one constructed object in `data`."""
    return list(tlv.parse(tlv.parse_one(data, expected_tag)))


def expect(item: tlv.Tlv, tag: int) -> bytes:
    if item.tag != tag:
        raise Malformed("DER", f"expected tag {tag:02X}, found {item.tag:02X}")
    return item.value


def expect_integer(item: tlv.Tlv) -> int:
    value = expect(item, INTEGER)
    if not value or value[0] & 0x80:
        raise Malformed("DER", "expected a non-negative INTEGER")
    return int.from_bytes(value)


def bits(item: tlv.Tlv) -> bytes:
    """The octets of a BIT STRING without unused bits."""
    value = expect(item, BIT_STRING)
    if value[:1] != b"\x00":
        raise Malformed("DER", "a BIT STRING of whole octets expected")
    return value[1:]
