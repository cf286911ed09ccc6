"""The clients of the sandbox carrier: one JWK file each, looked at anew for every question.

Removing the file revokes the client at once, its tokens too.
"""

import re
from pathlib import Path

from mrc.formats import json_text
from mrc.formats.jose import jwk
from mrc.infra.files import write_atomic
from mrc.kernel.keys import EcPublicKey

_CLIENT_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")  # it names a file: no path can be meant


class ClientFolder:
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def find(self, client_id: str) -> EcPublicKey | None:
        """The registered key. Raises `Malformed` where the file is no public EC key."""
        if not _CLIENT_ID.fullmatch(client_id):
            return None
        try:
            data = self._path(client_id).read_bytes()
        except FileNotFoundError:
            return None
        return jwk.decode_ec_jwk(json_text.decode(data))

    def register(self, client_id: str, key: EcPublicKey) -> None:
        """Write the key unless it stands there. Raises `ValueError` for an impossible id."""
        if not _CLIENT_ID.fullmatch(client_id):
            raise ValueError("a client id is lower-case letters, digits and hyphens")
        if self.find(client_id) != key:
            write_atomic(self._path(client_id), json_text.encode(jwk.encode_jwk(key)))

    def _path(self, client_id: str) -> Path:
        return self._folder / f"{client_id}.jwk"
