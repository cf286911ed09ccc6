"""The archive that a phone's browser unpacks: the device tier and the pure-Python libraries it needs.

Made from the installed packages, source files only, with fixed times and order, so that the same
sources give the same bytes and the version is a digest of the content.
"""

import importlib.util
import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

LIBRARIES = (
    "anyio",
    "asn1crypto",
    "cbor2",
    "idna",
    "jinja2",
    "markupsafe",
    "segno",
    "starlette",
    "typing_extensions",
)
DEVICE_TIER = (
    "__init__.py",
    "kernel",
    "formats",
    "protocols",
    "ic_card",
    "ledger",
    "wallet",
    "infra/__init__.py",
    "infra/browser",
    "web/__init__.py",
    "web/design",
    "web/locales",
    "web/wallet_app",
    "wiring/__init__.py",
    "wiring/browser.py",
)
SUFFIXES = {".py", ".html", ".css", ".js", ".mjs", ".svg", ".json", ".po", ".woff2", ".wasm"}
LEFT_OUT = {
    "__pycache__",
    "testclient.py",
    "trio",
    "pytest_plugin.py",
    "gallery",
    "loopback_door.py",
}
NOT_FOR_HOLDERS = {"officer.po", "checker.po", "result.po", "customer.po", "online.po"}
FIXED_TIME = (2025, 1, 1, 0, 0, 0)


def make_bundle() -> bytes:
    """The zip archive's bytes. Raises `ValueError` where a library is not installed."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, path in sorted(_files()):
            entry = zipfile.ZipInfo(name, FIXED_TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, path.read_bytes())
    return target.getvalue()


def _files() -> Iterator[tuple[str, Path]]:
    product = _location("mrc")
    for part in DEVICE_TIER:
        yield from _below(product / part, product.parent)
    for library in LIBRARIES:
        place = _location(library)
        yield from _below(place, place.parent)


def _below(path: Path, root: Path) -> Iterator[tuple[str, Path]]:
    found = [path] if path.is_file() else sorted(path.rglob("*"))
    for file in found:
        wanted = file.is_file() and file.suffix in SUFFIXES
        if wanted and not (LEFT_OUT | NOT_FOR_HOLDERS).intersection(file.relative_to(root).parts):
            yield file.relative_to(root).as_posix(), file


def _location(package: str) -> Path:
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise ValueError(f"{package} is not installed")
    origin = Path(spec.origin)
    return origin.parent if origin.name == "__init__.py" else origin
