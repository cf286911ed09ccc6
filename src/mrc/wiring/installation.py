"""A whole installation on one machine: which roles run, in which order, with which practice data."""

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from mrc.infra.processes import Role
from mrc.infra.settings import Settings

PRACTICE_SEED = 1
PRACTICE_COUNT = 50

LEDGER = Role(name="ledger", arguments=("ledger", "serve"))
CARRIER = Role(name="carrier", arguments=("sandbox", "carrier"))
PROVIDER = Role(name="provider", arguments=("provider",))
POLICE = Role(name="police", arguments=("issuer", "--authority", "police"))
INTERIOR = Role(name="mois", arguments=("issuer", "--authority", "mois"))
AUTHORITY = Role(name="authority", arguments=("authority",))
VERIFIER = Role(name="verifier", arguments=("verifier",))
PHONE = Role(name="phone", arguments=("phone",))
WALLET = Role(name="wallet", arguments=("wallet",))

SERVERS: Sequence[Role] = (LEDGER, CARRIER, PROVIDER, POLICE, INTERIOR, AUTHORITY, VERIFIER)
"""In the order of starting: who exports a root starts before those who must trust it."""


def environment_of(settings: Settings) -> Mapping[str, str]:
    """The settings as the environment of role processes."""
    values = settings.model_dump(mode="json", exclude_defaults=True, exclude_none=True)
    return {f"MRC_{name.upper()}": _text(value) for name, value in values.items()}


def practice_folder(settings: Settings) -> Path:
    return settings.home / "practice"


def is_fresh(settings: Settings) -> bool:
    """Whether no practice data was imported yet."""
    return not (practice_folder(settings) / "imported").exists()


def forget_everything(settings: Settings) -> None:
    """Delete the installation's home. Refused where it does not look like one."""
    if settings.home.exists() and not (settings.home / "tls").exists():
        raise ValueError(f"{settings.home} is not the home of an installation")
    shutil.rmtree(settings.home, ignore_errors=True)


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
