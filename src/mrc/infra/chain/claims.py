"""A file's one writer: a lock that the kernel frees at any end of its process."""

import fcntl
from pathlib import Path
from typing import IO

from mrc.kernel.errors import Unavailable


def claim(path: Path) -> IO[bytes]:
    """The writer's lock of `path`, held as long as the returned file is open.

    Raises `Unavailable` where another process holds it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    file = path.with_name(path.name + ".lock").open("wb")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        file.close()
        raise Unavailable("ledger file", "another process writes it") from error
    return file
