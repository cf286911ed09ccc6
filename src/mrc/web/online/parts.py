"""What the sample service stands on."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from mrc.kernel.ports import Clock
from mrc.verifier.online.sign_ins import SignInStore
from mrc.verifier.service import Verifier
from mrc.web.signed_text import SignedTexts


@dataclass(frozen=True, slots=True, kw_only=True)
class OnlineParts:
    """`verifier` makes links that open a wallet on this phone, `landing_verifier` web addresses
    of ours for codes on a screen."""

    verifier: Verifier
    landing_verifier: Verifier
    sign_ins: SignInStore
    clock: Clock
    texts: SignedTexts = field(repr=False)
    origin: str
    service: Mapping[str, str]
    wallets: Mapping[str, str]
