"""DG2 of strangers in the newer record (ISO/IEC 39794-5), and records that are damaged."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mrc.ic_card import tlv
from mrc.ic_card.lds.face import FaceImage, ImageType, decode_dg2, encode_dg2
from mrc.kernel.errors import Malformed

JPEG = b"\xff\xd8\xff" + bytes(40)


def newer(picture=JPEG, *, form=b"\x02", size=(240, 320), without=None):
    """DG2 with one representation; `without` leaves one object out."""

    def put(tag, *values):
        return b"" if tag == without else tlv.encode(tag, *values)

    measured = b"" if size is None else tlv.encode(
        0xA7, *(tlv.encode(0x80 + at, side.to_bytes(2)) for at, side in enumerate(size))
    )  # fmt: skip
    about = tlv.encode(0xA1, put(0xA0, tlv.encode(0x80, form)), measured)
    plane = tlv.encode(0xA0, tlv.encode(0xA0, put(0x80, picture), about))
    representation = put(0x30, tlv.encode(0x80, b"\x00"), tlv.encode(0xA1, plane))
    record = put(0x65, tlv.encode(0xA0, b""), tlv.encode(0xA1, representation))
    block = tlv.encode(0x7F2E, tlv.encode(0xA1, record))
    header = tlv.encode(0xA1, tlv.encode(0x87, b"\x01\x01"))
    group = tlv.encode(0x7F61, tlv.encode(0x02, b"\x01"), tlv.encode(0x7F60, header, block))
    return tlv.encode(0x75, group)


@pytest.mark.parametrize(
    ("form", "kind"),
    [(b"\x02", ImageType.JPEG), (b"\x03", ImageType.JPEG2000), (b"\x04", ImageType.JPEG2000)],
)
@pytest.mark.parametrize("size", [(240, 320), None])
def test_the_newer_record_is_taken_apart(form, kind, size):
    width, height = size or (0, 0)
    expected = FaceImage(image=JPEG, image_type=kind, width=width, height=height)
    assert decode_dg2(newer(form=form, size=size)) == expected


@pytest.mark.parametrize("form", [b"", b"\x00", b"\x01", b"\x05", b"\x02\x00"])
def test_a_picture_of_another_kind_is_refused(form):
    with pytest.raises(Malformed):
        decode_dg2(newer(form=form))


@pytest.mark.parametrize("tag", [0x65, 0x30, 0xA0, 0x80])
def test_a_record_that_lacks_a_part_is_refused(tag):
    with pytest.raises(Malformed):
        decode_dg2(newer(without=tag))


@pytest.mark.parametrize("tags", [(), (0x5F2E,), (0x7F2E,)])
def test_a_template_with_a_block_of_neither_standard_is_refused(tags):
    header = tlv.encode(0xA1, tlv.encode(0x87, b"\x01\x01"))
    blocks = (tlv.encode(tag, b"\x04\x01\x00") for tag in tags)
    group = tlv.encode(0x7F61, tlv.encode(0x02, b"\x01"), tlv.encode(0x7F60, header, *blocks))
    with pytest.raises(Malformed):
        decode_dg2(tlv.encode(0x75, group))


OLDER = encode_dg2(FaceImage(image=JPEG, image_type=ImageType.JPEG, width=3, height=4))


@given(st.sampled_from([newer(), OLDER]), st.data())
def test_a_damaged_record_decodes_or_is_malformed(whole, data):
    place = data.draw(st.integers(0, len(whole) - 1))
    changed = bytearray(whole)
    changed[place] = data.draw(st.integers(0, 255))
    cut = bytes(changed)[: data.draw(st.integers(0, len(whole)))]
    try:
        decode_dg2(cut)
    except Malformed:
        return
