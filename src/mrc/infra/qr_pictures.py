"""Reading the codes in a picture file."""

from pathlib import Path

import zxingcpp
from PIL import Image, UnidentifiedImageError

from mrc.kernel.errors import Malformed


def read_qr(path: Path) -> str:
    """The text of the one code in the picture. Raises `Malformed` where there is none or several."""
    try:
        with Image.open(path) as picture:
            found = zxingcpp.read_barcodes(picture.convert("L"))
    except (OSError, UnidentifiedImageError) as error:
        raise Malformed("picture of a code", "not a picture") from error
    texts = {code.text for code in found}
    if len(texts) != 1:
        raise Malformed("picture of a code", f"expected one code, found {len(texts)}")
    return str(texts.pop())
