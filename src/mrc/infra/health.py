"""What this installation lacks, and what about it is insecure, as findings in plain words."""

import importlib.util
import shutil
import stat
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from mrc.infra.faces.models import REMEDY, missing_parts
from mrc.infra.settings import AttestationPolicy, IcFace, Mode, Settings


class Level(StrEnum):
    GOOD = "good"
    NOTE = "note"
    MISSING = "missing"
    INSECURE = "insecure"


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """One finding: what was looked at, how it stands, and what to do."""

    subject: str
    level: Level
    text: str
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class _Part:
    name: str
    present: Callable[[], bool]
    use: str
    remedy: str


def _module(name: str) -> Callable[[], bool]:
    return lambda: importlib.util.find_spec(name) is not None


def _program(*names: str) -> Callable[[], bool]:
    return lambda: any(shutil.which(name) or Path(name).exists() for name in names)


_PARTS = (
    _Part("uvloop", _module("uvloop"), "a faster event loop", "pip install 'mrc[fast]'"),
    _Part("orjson", _module("orjson"), "faster JSON", "pip install 'mrc[fast]'"),
    _Part(
        "pyscard",
        _module("smartcard"),
        "IC cards through PC/SC readers",
        "apt install libpcsclite-dev swig gcc, then pip install 'mrc[pcsc]'",
    ),
    _Part("pcscd", _program("pcscd", "/usr/sbin/pcscd"), "IC card readers", "apt install pcscd"),
    _Part(
        "python-pkcs11",
        _module("pkcs11"),
        "keys in a hardware module",
        "pip install 'mrc[hsm]'",
    ),
    _Part(
        "weasyprint",
        _module("weasyprint"),
        "receipts as PDF",
        "apt install libpango-1.0-0 libpangoft2-1.0-0, then pip install 'mrc[receipts]'",
    ),
    _Part(
        "PostgreSQL",
        _program("postgres", "/usr/lib/postgresql/15/bin/postgres"),
        "the production database on this machine",
        "apt install postgresql, or set MRC_DATABASE_URL",
    ),
    _Part(
        "Chromium", _program("chromium"), "browser tests on this machine", "apt install chromium"
    ),
)


def diagnose(settings: Settings) -> Sequence[Diagnosis]:
    """Everything worth saying, worst last. Reads files' modes; changes nothing."""
    found = [_python(), *(_part(part) for part in _PARTS), _faces(settings)]
    found += [*_posture(settings), *_files(settings)]
    return sorted(found, key=lambda diagnosis: list(Level).index(diagnosis.level))


def _python() -> Diagnosis:
    version = ".".join(str(part) for part in sys.version_info[:3])
    return Diagnosis(subject="Python", level=Level.GOOD, text=version)


def _part(part: _Part) -> Diagnosis:
    if part.present():
        return Diagnosis(subject=part.name, level=Level.GOOD, text=f"present: {part.use}")
    return Diagnosis(
        subject=part.name,
        level=Level.MISSING,
        text=f"not installed; without it there is no {part.use}",
        remedy=part.remedy,
    )


def _faces(settings: Settings) -> Diagnosis:
    """The face matcher: what of its extra is missing, and whether anything asks for it."""
    used = [
        use
        for use, wanted in (
            ("the IC flow", settings.face_policy is IcFace.MATCHER),
            ("advice at the counter", settings.face_advice),
        )
        if wanted
    ]
    wanted_by = " and ".join(used) or "nothing: off"
    missing = missing_parts()
    if missing:
        text = f"not installed ({', '.join(missing)}); used by {wanted_by}"
        return Diagnosis(subject="face matcher", level=Level.MISSING, text=text, remedy=REMEDY)
    return Diagnosis(subject="face matcher", level=Level.GOOD, text=f"used by {wanted_by}")


def _posture(settings: Settings) -> Sequence[Diagnosis]:
    found = []
    if settings.mode is Mode.PRACTICE:
        text = "practice: software keys, sandbox carrier, drawn portraits; never for real cards"
        found.append(_insecure("mode", text, "MRC_MODE=production, with PKCS#11 keys"))
    if not settings.database_url:
        text = "SQLite, one file a role: fine for one machine, not for several servers"
        found.append(
            Diagnosis(
                subject="database",
                level=Level.NOTE,
                text=text,
                remedy="MRC_DATABASE_URL=postgresql://…",
            )
        )
    if settings.attestation is AttestationPolicy.OFF:
        text = "wallets need no attestation: any program can collect a card it has a code for"
        found.append(_insecure("wallet attestation", text, "MRC_ATTESTATION=required"))
    if not settings.haip:
        text = "HAIP mode is off: attestation and its algorithms are not enforced"
        found.append(Diagnosis(subject="HAIP", level=Level.NOTE, text=text, remedy="MRC_HAIP=true"))
    if not settings.key_token:
        text = "issuers sign with software keys in files: whoever copies a file can issue"
        found.append(_insecure("signing keys", text, "MRC_KEY_TOKEN=pkcs11:token=…"))
    if settings.address not in ("127.0.0.1", "::1"):
        text = f"listening on {settings.address}: others on the network can reach this machine"
        found.append(_insecure("network", text, "MRC_BIND=127.0.0.1"))
    return found


def _files(settings: Settings) -> Sequence[Diagnosis]:
    if not settings.home.exists():
        text = f"{settings.home} does not exist yet; it is made at the first start"
        return [Diagnosis(subject="home", level=Level.NOTE, text=text)]
    open_secrets = [
        path for path in settings.home.rglob("*.key") if stat.S_IMODE(path.stat().st_mode) & 0o077
    ]
    return [
        _insecure(str(path), "others may read this key", f"chmod 600 {path}")
        for path in open_secrets
    ] or [Diagnosis(subject="secret files", level=Level.GOOD, text="readable by their owner only")]


def _insecure(subject: str, text: str, remedy: str) -> Diagnosis:
    return Diagnosis(subject=subject, level=Level.INSECURE, text=text, remedy=remedy)
