"""Status lists of one, three and ten million entries: publish after a change, read, look up, size."""

import random
import tracemalloc
import zlib
from collections.abc import Callable

from mrc.formats.status_list.bits import PublishedList, decode_compressed

SIZES = (1_000_000, 3_000_000, 10_000_000)
CHANGED = 0.01


def make_list(size: int) -> PublishedList:
    """A list in which one entry in a hundred is not valid."""
    chance, made = random.Random(size), PublishedList(bits=2, size=size)
    for _ in range(int(size * CHANGED)):
        made.set(chance.randrange(size), chance.choice((1, 2)))
    made.compressed()
    return made


def acts(made: PublishedList) -> dict[str, Callable[[], object]]:
    size = len(made)
    packed = made.compressed()
    read = decode_compressed(2, packed)
    state = {"at": 0}

    def republish() -> bytes:
        state["at"] = (state["at"] + 7919) % size
        made.set(state["at"], made.get(state["at"]) ^ 1)
        return made.compressed()

    return {
        "publish after one change": republish,
        "read": lambda: decode_compressed(2, packed),
        "look up": lambda: read.get(size // 3),
    }


def sizes(made: PublishedList) -> dict[str, int]:
    """Bytes: packed, compressed at once, compressed when idle, and by zlib 9."""
    packed = made.packed()
    return {
        "packed": len(packed),
        "compressed": len(made.compressed()),
        "compressed when idle": len(made.compressed_small()),
        "zlib 9": len(zlib.compress(packed, 9)),
    }


def memory(size: int) -> int:
    """Bytes that a published list of `size` entries holds."""
    tracemalloc.start()
    kept = make_list(size)
    held = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert len(kept) == size
    return held
