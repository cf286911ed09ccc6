"""PKCS#11 URIs (RFC 7512): which key in which token, behind which module, and where its PIN is.

`token`, `object`, `id`, `module-path` and `pin-source` are understood, the last as a file. A PIN in
the URI (`pin-value`) is refused: addresses are shown in process lists and logs. Other attributes
narrow the choice in ways that we would have to ignore, so they are refused too.
"""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final
from urllib.parse import quote, unquote, unquote_to_bytes

from mrc.kernel.errors import Malformed

SCHEME: Final = "pkcs11:"
_PATH, _QUERY = frozenset({"token", "object", "id"}), frozenset({"module-path", "pin-source"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Pkcs11Uri:
    """`label` and `id` are the key's CKA_LABEL and CKA_ID; None where the URI does not say."""

    module: Path
    token: str
    label: str | None = None
    id: bytes | None = None
    pin_file: Path | None = None

    def of_key(self, label: str, key_id: bytes) -> "Pkcs11Uri":
        return replace(self, label=label, id=key_id)

    def __str__(self) -> str:
        parts = [f"token={quote(self.token, safe='')}"]
        if self.label is not None:
            parts.append(f"object={quote(self.label, safe='')}")
        if self.id is not None:
            parts.append("id=" + "".join(f"%{byte:02X}" for byte in self.id))
        query = [f"module-path={quote(str(self.module))}"]
        if self.pin_file is not None:
            query.append(f"pin-source=file:{quote(str(self.pin_file))}")
        return f"{SCHEME}{';'.join(parts)}?{'&'.join(query)}"


def decode_pkcs11_uri(text: str) -> Pkcs11Uri:
    """Raises `Malformed`; what is wrong is said without repeating the URI."""
    if not text.startswith(SCHEME):
        raise Malformed("PKCS#11 URI", f"it begins with {SCHEME} (RFC 7512)")
    path, _, query = text[len(SCHEME) :].partition("?")
    said = {**_attributes(path, ";", _PATH), **_attributes(query, "&", _QUERY)}
    for needed in ("token", "module-path"):
        if not said.get(needed):
            raise Malformed("PKCS#11 URI", f"{needed} is missing")
    return Pkcs11Uri(
        module=Path(unquote(said["module-path"])),
        token=unquote(said["token"]),
        label=unquote(said["object"]) if "object" in said else None,
        id=unquote_to_bytes(said["id"]) if "id" in said else None,
        pin_file=_pin_file(unquote(said["pin-source"])) if "pin-source" in said else None,
    )


def _attributes(text: str, separator: str, known: frozenset[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for part in filter(None, text.split(separator)):
        name, equals, value = part.partition("=")
        if name == "pin-value":
            raise Malformed("PKCS#11 URI", "no PIN in an address: use pin-source=file:…")
        if name not in known or not equals:
            raise Malformed("PKCS#11 URI", f"one of {', '.join(sorted(known))} expected")
        if name in found:
            raise Malformed("PKCS#11 URI", f"{name} twice")
        found[name] = value
    return found


def _pin_file(source: str) -> Path:
    if source.startswith("|"):
        raise Malformed("PKCS#11 URI", "a PIN comes from a file or the keyboard, not a command")
    path = source.removeprefix("file:")
    if not path.startswith("/"):
        raise Malformed("PKCS#11 URI", "pin-source is the absolute path of a file")
    return Path(path.removeprefix("//") if path.startswith("///") else path)
