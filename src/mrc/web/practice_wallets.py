"""Links into the practice wallets of this installation, beside the code that any wallet scans."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode


@dataclass(frozen=True, slots=True, kw_only=True)
class WalletLink:
    name: str
    href: str


def wallet_links(wallets: Mapping[str, str], link: str) -> Sequence[WalletLink]:
    """`wallets` are pages that take the link as their parameter ``link``."""
    return [
        WalletLink(name=name, href=f"{address}?{urlencode({'link': link})}")
        for name, address in wallets.items()
    ]
