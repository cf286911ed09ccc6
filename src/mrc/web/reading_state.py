"""How far the phone is, in one word for the pages that wait for it (V-4 and O-3)."""

from mrc.verifier.readings import Reading


def reading_state(reading: Reading | None) -> str:
    """`waiting`, `reading`, or `again` where a second phone, or the same one, read it too."""
    if reading is None:
        return "waiting"
    return "again" if reading.contested else "reading"
