"""EF.COM and the data groups 1, 11, 12, 13, 14 and 15 (ICAO Doc 9303-10, 4.6 and 4.7).

Data group 13 is ours to define (4.7.13): it puts the issuance key and EF.RES under the SOD. Data
group 2 is in `face`. Fields of DG11 and DG12 that we do not use are kept out when decoding.
"""

from dataclasses import dataclass
from datetime import date

from mrc.ic_card import der, mrz, tlv
from mrc.ic_card.lds.files import data_group_tag, number_of_tag
from mrc.ic_card.lds.public_keys import ChipKey, decode_public_key, encode_public_key
from mrc.ic_card.lds.security_infos import (
    SecurityInfo,
    decode_security_infos,
    encode_security_infos,
)
from mrc.kernel.errors import Malformed
from mrc.kernel.keys import RsaPublicKey

_MRZ, _NAME, _AUTHORITY, _ISSUED = 0x5F1F, 0x5F0E, 0x5F19, 0x5F26
_TAG_LIST, _LDS_VERSION, _UNICODE_VERSION, _COM = 0x5C, 0x5F01, 0x5F36, 0x60


@dataclass(frozen=True, slots=True, kw_only=True)
class Com:
    """EF.COM: a list without protection. Only the SOD says what belongs to the document."""

    data_groups: tuple[int, ...]
    lds_version: str = "0107"
    unicode_version: str = "040000"


def encode_com(com: Com) -> bytes:
    tags = bytes(data_group_tag(number) for number in com.data_groups)
    return tlv.encode(
        _COM,
        tlv.encode(_LDS_VERSION, com.lds_version.encode()),
        tlv.encode(_UNICODE_VERSION, com.unicode_version.encode()),
        tlv.encode(_TAG_LIST, tags),
    )


def decode_com(data: bytes) -> Com:
    fields = tlv.parse_map(tlv.parse_one(data, _COM))
    try:
        return Com(
            data_groups=tuple(number_of_tag(tag) for tag in fields[_TAG_LIST]),
            lds_version=fields[_LDS_VERSION].decode("ascii"),
            unicode_version=fields[_UNICODE_VERSION].decode("ascii"),
        )
    except (KeyError, UnicodeDecodeError) as error:
        raise Malformed("EF.COM") from error


def encode_dg1(zone: mrz.Mrz) -> bytes:
    return tlv.encode(data_group_tag(1), tlv.encode(_MRZ, mrz.encode_td1(zone).encode()))


def decode_dg1(data: bytes) -> mrz.Mrz:
    text = tlv.parse_one(tlv.parse_one(data, data_group_tag(1)), _MRZ)
    try:
        return mrz.decode(text.decode("ascii"))
    except UnicodeDecodeError as error:
        raise Malformed("DG1", "ASCII expected") from error


@dataclass(frozen=True, slots=True, kw_only=True)
class AdditionalPersonalDetails:
    """DG11: the full name in its own script."""

    full_name: str


def encode_dg11(details: AdditionalPersonalDetails) -> bytes:
    return _encode_listed(11, {_NAME: details.full_name.encode()})


def decode_dg11(data: bytes) -> AdditionalPersonalDetails:
    return AdditionalPersonalDetails(full_name=_text(_decode_listed(11, data), _NAME))


@dataclass(frozen=True, slots=True, kw_only=True)
class AdditionalDocumentDetails:
    """DG12: who issued the card and when."""

    authority: str
    issued: date


def encode_dg12(details: AdditionalDocumentDetails) -> bytes:
    issued = details.issued.strftime("%Y%m%d").encode()
    return _encode_listed(12, {_AUTHORITY: details.authority.encode(), _ISSUED: issued})


def decode_dg12(data: bytes) -> AdditionalDocumentDetails:
    fields = _decode_listed(12, data)
    issued = fields.get(_ISSUED, b"")
    # Doc 9303-10: eight characters; some chips write four bytes of BCD
    text = issued.hex() if len(issued) == 4 else issued.decode("ascii", errors="replace")
    try:
        when = date(int(text[:4]), int(text[4:6]), int(text[6:8]))
    except ValueError as error:
        raise Malformed("DG12", "date of issue YYYYMMDD expected") from error
    return AdditionalDocumentDetails(authority=_text(fields, _AUTHORITY), issued=when)


def _encode_listed(number: int, fields: dict[int, bytes]) -> bytes:
    tags = b"".join(tag.to_bytes(2) for tag in fields)
    objects = (tlv.encode(tag, value) for tag, value in fields.items())
    return tlv.encode(data_group_tag(number), tlv.encode(_TAG_LIST, tags), *objects)


def _decode_listed(number: int, data: bytes) -> dict[int, bytes]:
    return tlv.parse_map(tlv.parse_one(data, data_group_tag(number)))


def _text(fields: dict[int, bytes], tag: int) -> str:
    try:
        return fields[tag].decode("utf-8")
    except (KeyError, UnicodeDecodeError) as error:
        raise Malformed("data group", f"field {tag:04X}") from error


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuanceBinding:
    """DG13: the public half of IK, the SHA-256 of EF.RES, and the card's profile."""

    issuance_key: ChipKey
    residence_hash: bytes
    profile: str
    version: int = 1


def encode_dg13(binding: IssuanceBinding) -> bytes:
    return tlv.encode(
        data_group_tag(13),
        tlv.encode(
            der.SEQUENCE,
            der.integer(binding.version),
            encode_public_key(binding.issuance_key),
            tlv.encode(der.OCTET_STRING, binding.residence_hash),
            tlv.encode(der.UTF8_STRING, binding.profile.encode()),
        ),
    )


def decode_dg13(data: bytes) -> IssuanceBinding:
    members = der.children(tlv.parse_one(data, data_group_tag(13)), der.SEQUENCE)
    if len(members) != 4 or der.expect_integer(members[0]) != 1:
        raise Malformed("DG13", "four members of version 1 expected")
    key = decode_public_key(tlv.encode(members[1].tag, members[1].value))
    digest = der.expect(members[2], der.OCTET_STRING)
    if isinstance(key, RsaPublicKey) or len(digest) != 32:
        raise Malformed("DG13", "an EC key and a SHA-256 hash expected")
    try:
        profile = der.expect(members[3], der.UTF8_STRING).decode()
    except UnicodeDecodeError as error:
        raise Malformed("DG13", "profile in UTF-8 expected") from error
    return IssuanceBinding(issuance_key=key, residence_hash=digest, profile=profile)


def encode_dg14(*infos: SecurityInfo) -> bytes:
    return tlv.encode(data_group_tag(14), encode_security_infos(*infos))


def decode_dg14(data: bytes) -> tuple[SecurityInfo, ...]:
    return decode_security_infos(tlv.parse_one(data, data_group_tag(14)))


def encode_dg15(key: ChipKey) -> bytes:
    return tlv.encode(data_group_tag(15), encode_public_key(key))


def decode_dg15(data: bytes) -> ChipKey | RsaPublicKey:
    return decode_public_key(tlv.parse_one(data, data_group_tag(15)))
