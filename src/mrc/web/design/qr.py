"""QR codes as inline SVG (ISO/IEC 18004): level M, quiet zone of four modules, always dark on white.

A code is drawn from its modules as one path, without style attributes, so that the content policy
holds. Its meaning must also stand beside it as text: see the macro `ui.qr`.
"""

from typing import Final

import segno
from markupsafe import Markup

_QUIET_ZONE: Final = 4  # modules, ISO/IEC 18004:2015, 6.3.8


def qr_svg(content: str, *, label: str) -> Markup:
    """The code of `content` as an SVG image whose accessible name is `label`."""
    code = segno.make(content, error="m", boost_error=False, micro=False)
    rows = [list(row) for row in code.matrix]
    size = len(rows) + 2 * _QUIET_ZONE
    path = "".join(
        f"M{x + _QUIET_ZONE} {y + _QUIET_ZONE}h1v1h-1z"
        for y, row in enumerate(rows)
        for x, dark in enumerate(row)
        if dark
    )
    return Markup(
        '<svg class="qr-image" viewBox="0 0 {0} {0}" role="img" aria-label="{1}" '
        'shape-rendering="crispEdges"><path fill="#fff" d="M0 0h{0}v{0}H0z"/>'
        '<path fill="#000" d="{2}"/></svg>'
    ).format(size, label, path)
