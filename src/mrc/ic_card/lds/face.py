"""Data group 2: the face as ISO/IEC 19794-5:2005 in a CBEFF frame (ICAO Doc 9303-10, 4.7.2).

One face, one image, JPEG 2000 or JPEG, as ICAO asks. Feature points are skipped when reading and
never written. The record that replaces it, ISO/IEC 39794-5:2019 (tag A1 inside 7F2E), is read, which
ICAO asks of readers from 2026 on, and not written.
"""

from dataclasses import dataclass
from enum import IntEnum

from mrc.ic_card import der, tlv
from mrc.ic_card.lds.files import data_group_tag
from mrc.kernel.errors import Malformed

_GROUP, _INSTANCE, _HEADER, _COUNT = 0x7F61, 0x7F60, 0xA1, 0x02
_PLAIN_DATA, _CONSTRUCTED_DATA = 0x5F2E, 0x7F2E
_MAGIC = b"FAC\x00010\x00"
_RECORD_HEADER, _FACE_HEADER, _FEATURE_POINT, _IMAGE_HEADER = 14, 20, 8, 12
_FULL_FRONTAL = 1
_APPLICATION_5, _REPRESENTATIONS, _SIZE = 0x65, 0xA1, 0xA7
_PLANE = (0xA1, 0xA0, 0xA0)  # imageRepresentation, its base, and that in two dimensions
_PICTURE, _ABOUT_PICTURE, _FORMAT = 0x80, 0xA1, 0xA0
_FORMAT_OWNER, _FORMAT_TYPE = b"\x01\x01", b"\x00\x08"  # JTC 1/SC 37, face image


class ImageType(IntEnum):
    """ISO/IEC 19794-5, 5.7.2."""

    JPEG = 0
    JPEG2000 = 1


_FORMATS = {2: ImageType.JPEG, 3: ImageType.JPEG2000, 4: ImageType.JPEG2000}
"""ISO/IEC 39794-5 imageDataFormat: JPEG, JPEG 2000 lossy and lossless."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FaceImage:
    """`width` and `height` in pixels as the record says them; 0 where it does not."""

    image: bytes
    image_type: ImageType
    width: int
    height: int

    def __repr__(self) -> str:
        return f"FaceImage({self.image_type.name}, {self.width}x{self.height})"


def encode_dg2(face: FaceImage) -> bytes:
    """One biometric template with one face."""
    header = tlv.encode(
        _HEADER,
        tlv.encode(0x80, b"\x01\x01"),  # ICAO header version
        tlv.encode(0x81, b"\x02"),  # biometric type: facial features
        tlv.encode(0x87, _FORMAT_OWNER),
        tlv.encode(0x88, _FORMAT_TYPE),
    )
    template = tlv.encode(_INSTANCE, header, tlv.encode(_PLAIN_DATA, _encode_record(face)))
    group = tlv.encode(_GROUP, tlv.encode(_COUNT, b"\x01"), template)
    return tlv.encode(data_group_tag(2), group)


def _encode_record(face: FaceImage) -> bytes:
    block = _FACE_HEADER + _IMAGE_HEADER + len(face.image)
    record = _MAGIC + (_RECORD_HEADER + block).to_bytes(4) + b"\x00\x01"
    # block length, no feature points, gender to pose uncertainty unspecified
    information = block.to_bytes(4) + bytes(_FACE_HEADER - 4)
    size = face.width.to_bytes(2) + face.height.to_bytes(2)
    image = bytes((_FULL_FRONTAL, face.image_type)) + size + b"\x01" + bytes(5)
    return record + information + image + face.image


def decode_dg2(data: bytes) -> FaceImage:
    """The first face. Raises `Malformed` for a record of neither standard, and for raw pixels."""
    group = tlv.parse_one(tlv.parse_one(data, data_group_tag(2)), _GROUP)
    template = tlv.find(tlv.parse(group), _INSTANCE)
    if template is None:
        raise Malformed("DG2", "no biometric template")
    objects = list(tlv.parse(template))
    record = tlv.find(objects, _PLAIN_DATA) or tlv.find(objects, _CONSTRUCTED_DATA)
    if record is None:
        raise Malformed("DG2", "no biometric data block")
    return _decode_record(record) if record.startswith(_MAGIC) else _decode_39794(record)


def _decode_39794(block: bytes) -> FaceImage:
    """The first representation, in two dimensions."""
    representations = _inside(block, 0xA1, _APPLICATION_5, _REPRESENTATIONS)
    plane = _inside(representations, der.SEQUENCE, *_PLANE)
    about = _inside(plane, _ABOUT_PICTURE)
    code = int.from_bytes(_inside(about, _FORMAT, 0x80))
    if code not in _FORMATS:
        raise Malformed("face record", f"image format {code}")
    size = tlv.find(tlv.parse(about), _SIZE)
    width, height = (0, 0) if size is None else (_number(size, 0x80), _number(size, 0x81))
    return FaceImage(
        image=_inside(plane, _PICTURE), image_type=_FORMATS[code], width=width, height=height
    )


def _inside(data: bytes, *tags: int) -> bytes:
    """The first object of each tag, one within the other."""
    for tag in tags:
        found = tlv.find(tlv.parse(data), tag)
        if found is None:
            raise Malformed("face record", f"object {tag:02X} is missing")
        data = found
    return data


def _number(data: bytes, tag: int) -> int:
    return int.from_bytes(_inside(data, tag))


def _decode_record(record: bytes) -> FaceImage:
    start = _RECORD_HEADER
    block = int.from_bytes(record[start : start + 4])
    points = int.from_bytes(record[start + 4 : start + 6])
    image_header = start + _FACE_HEADER + points * _FEATURE_POINT
    image = image_header + _IMAGE_HEADER
    end = start + block
    if int.from_bytes(record[8:12]) != len(record) or not image < end <= len(record):
        raise Malformed("face record", "a length does not fit")
    if record[image_header + 1] not in ImageType._value2member_map_:
        raise Malformed("face record", "unknown image type")
    return FaceImage(
        image=record[image:end],
        image_type=ImageType(record[image_header + 1]),
        width=int.from_bytes(record[image_header + 2 : image_header + 4]),
        height=int.from_bytes(record[image_header + 4 : image_header + 6]),
    )
