"""The call centre's operators: one token file each, ``NAME.token`` of mode 600."""

import re
import secrets
from collections.abc import Mapping
from pathlib import Path

from mrc.infra.files import read_secret, write_secret
from mrc.infra.tokens import TOKEN_BYTES

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")  # it names a file: no path can be meant


class OperatorFolder:
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def tokens(self) -> Mapping[str, str]:
        return {
            path.stem: read_secret(path).decode().strip()
            for path in sorted(self._folder.glob("*.token"))
        }

    def add(self, name: str) -> Path:
        """A new token for `name`; an older one ends. Raises `ValueError` for an impossible name."""
        if not _NAME.fullmatch(name):
            raise ValueError("an operator's name is lower-case letters, digits and hyphens")
        path = self._folder / f"{name}.token"
        write_secret(path, secrets.token_urlsafe(TOKEN_BYTES).encode())
        return path
