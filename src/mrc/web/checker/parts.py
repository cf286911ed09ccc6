"""What the checker's screens stand on."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from mrc.kernel.ports import Clock
from mrc.verifier.in_person.checks import CheckStore
from mrc.verifier.in_person.plastic import PlasticCardRegister
from mrc.verifier.service import Verifier
from mrc.web.signed_text import SignedTexts


@dataclass(frozen=True, slots=True, kw_only=True)
class Root:
    """A trusted issuing authority, for the page about trust data."""

    name: str
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustData:
    """What the checker believes, and since when."""

    roots: Sequence[Root]
    certificate_until: datetime
    loaded_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckerParts:
    """`wallets`: practice wallets
    by host (`process`, `browser`), each an address that takes an encoded link. `pin_hint` tells, in practice, where the
    sign-in code is kept."""

    verifier: Verifier
    checks: CheckStore
    plastic: PlasticCardRegister
    clock: Clock
    texts: SignedTexts
    origin: str
    organisation: Mapping[str, str]
    trust: TrustData
    drop_lists: Callable[[], None]
    draw_face: Callable[[int], bytes]
    wallets: Mapping[str, str]
    pin: str = field(repr=False)
    pin_hint: str = ""
