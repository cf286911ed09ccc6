"""Bearer tokens between the roles of one installation: text in files of mode 600."""

import secrets
from pathlib import Path

from mrc.infra.files import read_secret, write_secret

TOKEN_BYTES = 32


def shared_token(path: Path) -> str:
    """The token in `path`, made at the first call."""
    if not path.exists():
        write_secret(path, secrets.token_urlsafe(TOKEN_BYTES).encode())
    return read_secret(path).decode().strip()
