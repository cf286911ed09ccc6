"""Android's list of attestation certificates that are taken back.

https://android.googleapis.com/attestation/status: JSON, serial numbers in lower-case hexadecimal.
A listed certificate is refused whatever its status says (REVOKED, SUSPENDED): none means trust.
The list is not signed; it counts for as much as the way it came.
"""

from mrc.formats import json_text
from mrc.kernel.errors import Malformed

WHAT = "attestation status list"


def decode_status_list(data: bytes) -> frozenset[int]:
    """The serial numbers listed. Raises `Malformed`."""
    entries = json_text.decode_object(data, WHAT).get("entries")
    if not isinstance(entries, dict):
        raise Malformed(WHAT, "entries is missing")
    try:
        return frozenset(int(serial, 16) for serial in entries)
    except ValueError as error:
        raise Malformed(WHAT, "a serial number is not hexadecimal") from error
