"""The register's picture as a chip carries it: JPEG 2000, as ICAO asks (Doc 9303-10, 4.7.2)."""

import io
from typing import Final

from PIL import Image

from mrc.ic_card.lds.face import FaceImage, ImageType

_SIZE: Final = (240, 300)  # pixels: about 10 kB as JPEG 2000
_BYTES: Final = 12_000


def chip_face(jpeg: bytes) -> FaceImage:
    out = io.BytesIO()
    with Image.open(io.BytesIO(jpeg), formats=["JPEG"]) as picture:
        small = picture.convert("RGB").resize(_SIZE)
    raw = _SIZE[0] * _SIZE[1] * 3
    small.save(out, "JPEG2000", quality_mode="rates", quality_layers=[raw / _BYTES])
    width, height = _SIZE
    return FaceImage(
        image=out.getvalue(), image_type=ImageType.JPEG2000, width=width, height=height
    )
