"""The Android key attestation extension: what a phone's secure hardware says about a key.

source.android.com, "Key and ID attestation", schema versions 1 to 400. Read are the fields that
`android` judges; unknown tags are skipped, one given twice is refused. Each field is read only
from the list where it means something: what hardware enforces from `hardwareEnforced`, the app's
name, which only the operating system knows, from `softwareEnforced`.
"""

from dataclasses import dataclass
from enum import IntEnum

from mrc.formats.device_evidence import der
from mrc.formats.device_evidence.der import Element
from mrc.kernel.errors import Malformed

OID = "1.3.6.1.4.1.11129.2.1.17"
WHAT = "Android key description"

_PURPOSE, _ORIGIN, _ROOT_OF_TRUST, _APPLICATION_ID = 1, 702, 704, 709
_FIELDS = 8


class SecurityLevel(IntEnum):
    SOFTWARE = 0
    TRUSTED_ENVIRONMENT = 1
    STRONG_BOX = 2


class BootState(IntEnum):
    VERIFIED = 0
    SELF_SIGNED = 1
    UNVERIFIED = 2
    FAILED = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class RootOfTrust:
    device_locked: bool
    boot_state: BootState


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationId:
    """The packages that share the key's owner, and the digests of their signing certificates."""

    packages: frozenset[str]
    signature_digests: frozenset[bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyDescription:
    """None where the phone states nothing."""

    attestation_level: SecurityLevel
    key_level: SecurityLevel
    challenge: bytes
    purposes: frozenset[int]
    origin: int | None
    root_of_trust: RootOfTrust | None
    application_id: ApplicationId | None


def decode_key_description(data: bytes) -> KeyDescription:
    """The content of the extension. Raises `Malformed`."""
    fields = der.members_of(der.read_one(data, WHAT), der.SEQUENCE, WHAT)
    if len(fields) != _FIELDS:
        raise Malformed(WHAT, f"expected {_FIELDS} fields, got {len(fields)}")
    _, attestation_level, _, key_level, challenge, _, software, hardware = fields
    stated_by_system, enforced = _authorizations(software), _authorizations(hardware)
    return KeyDescription(
        attestation_level=_level(attestation_level),
        key_level=_level(key_level),
        challenge=der.content_of(challenge, der.OCTET_STRING, WHAT),
        purposes=_purposes(enforced.get(_PURPOSE)),
        origin=_number(enforced.get(_ORIGIN)),
        root_of_trust=_root_of_trust(enforced.get(_ROOT_OF_TRUST)),
        application_id=_application_id(stated_by_system.get(_APPLICATION_ID)),
    )


def _authorizations(element: Element) -> dict[int, Element]:
    """Each entry is ``[tag] EXPLICIT``. Two values for one tag could be read either way."""
    found: dict[int, Element] = {}
    for entry in der.members_of(element, der.SEQUENCE, WHAT):
        if entry.tag_class != der.CONTEXT or entry.tag in found:
            raise Malformed(WHAT, f"authorization {entry.tag} is given twice or has no tag")
        found[entry.tag] = der.read_one(entry.content, WHAT)
    return found


def _level(element: Element) -> SecurityLevel:
    number = der.number_of(element, der.ENUMERATED, WHAT)
    try:
        return SecurityLevel(number)
    except ValueError as error:
        raise Malformed(WHAT, f"security level {number}") from error


def _purposes(element: Element | None) -> frozenset[int]:
    if element is None:
        return frozenset()
    members = der.members_of(element, der.SET, WHAT)
    return frozenset(der.number_of(member, der.INTEGER, WHAT) for member in members)


def _number(element: Element | None) -> int | None:
    return None if element is None else der.number_of(element, der.INTEGER, WHAT)


def _root_of_trust(element: Element | None) -> RootOfTrust | None:
    if element is None:
        return None
    fields = der.members_of(element, der.SEQUENCE, WHAT)
    if len(fields) not in (3, 4):  # versions 1 and 2 have no verifiedBootHash
        raise Malformed(WHAT, "root of trust")
    state = der.number_of(fields[2], der.ENUMERATED, WHAT)
    try:
        return RootOfTrust(device_locked=der.truth_of(fields[1], WHAT), boot_state=BootState(state))
    except ValueError as error:
        raise Malformed(WHAT, f"boot state {state}") from error


def _application_id(element: Element | None) -> ApplicationId | None:
    """DER inside an octet string."""
    if element is None:
        return None
    inner = der.read_one(der.content_of(element, der.OCTET_STRING, WHAT), WHAT)
    fields = der.members_of(inner, der.SEQUENCE, WHAT)
    if len(fields) != 2:
        raise Malformed(WHAT, "application id")
    digests = der.members_of(fields[1], der.SET, WHAT)
    return ApplicationId(
        packages=frozenset(map(_package, der.members_of(fields[0], der.SET, WHAT))),
        signature_digests=frozenset(
            der.content_of(digest, der.OCTET_STRING, WHAT) for digest in digests
        ),
    )


def _package(element: Element) -> str:
    fields = der.members_of(element, der.SEQUENCE, WHAT)
    if len(fields) != 2:
        raise Malformed(WHAT, "package")
    try:
        return der.content_of(fields[0], der.OCTET_STRING, WHAT).decode("utf-8")
    except UnicodeDecodeError as error:
        raise Malformed(WHAT, "a package name is not UTF-8") from error
