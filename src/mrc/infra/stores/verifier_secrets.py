"""The verifier's own secrets, as files of mode 600 in its folder; made where they are missing.

`management-token` is what an asker's server sends, `push-token` what the issuer sends when a list
changed, `sealing-secret` closes the keys of single answers.
"""

from dataclasses import dataclass, field
from pathlib import Path

from mrc.formats import base64url
from mrc.infra.files import read_secret, write_secret
from mrc.infra.stores.verifier_keys import SECRET_BYTES
from mrc.kernel.ports import Entropy

_TOKEN_BYTES = SECRET_BYTES  # of random; the sealing secret is kept the same way


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifierSecrets:
    management_token: str = field(repr=False)
    push_token: str = field(repr=False)
    sealing_secret: bytes = field(repr=False)


def prepare_secrets(folder: Path, *, entropy: Entropy) -> VerifierSecrets:
    """The secrets in `folder`; each is made once. Raises `PermissionError` for a readable file."""
    folder.mkdir(parents=True, exist_ok=True)
    return VerifierSecrets(
        management_token=_token(folder / "management-token", entropy),
        push_token=_token(folder / "push-token", entropy),
        sealing_secret=base64url.decode(_token(folder / "sealing-secret", entropy)),
    )


def read_management_token(folder: Path) -> str:
    """For the command line on the same machine. Raises `FileNotFoundError` before the first start."""
    return read_secret(folder / "management-token").decode("ascii").strip()


def _token(path: Path, entropy: Entropy) -> str:
    if not path.exists():
        write_secret(path, base64url.encode(entropy.token(_TOKEN_BYTES)).encode("ascii"))
    return read_secret(path).decode("ascii").strip()
