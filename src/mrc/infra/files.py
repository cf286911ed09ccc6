"""Files that must be whole or absent, and files that only their owner may read."""

import os
from pathlib import Path

SECRET_MODE = 0o600


def write_atomic(path: Path, data: bytes, *, mode: int = 0o644) -> None:
    """Replace `path` by `data` so that a crash leaves the old or the new content, never a part."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def write_secret(path: Path, data: bytes) -> None:
    """As `write_atomic`, readable by the owner only."""
    write_atomic(path, data, mode=SECRET_MODE)


def read_secret(path: Path) -> bytes:
    """The content of a secret file. Raises `PermissionError` where others may read it."""
    if path.stat().st_mode & 0o077:
        raise PermissionError(f"{path} may be read by others: set its mode to 600")
    return path.read_bytes()
