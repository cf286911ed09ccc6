"""The wallet provider as the wallet sees it: who vouches for this phone and for its keys."""

from collections.abc import Sequence
from typing import Protocol

from mrc.kernel.ports import Signer
from mrc.wallet.network import AttestedClient


class WalletProvider(Protocol):
    """Attestations for this wallet instance, renewed when they run out. Raises `Unavailable`."""

    async def client(self) -> AttestedClient:
        """The client attestation (attestation-based client authentication) and its key."""

    async def attest_keys(self, keys: Sequence[Signer], *, c_nonce: str | None) -> str:
        """A key attestation (OpenID4VCI 1.0, Appendix D) for `keys`, carrying `c_nonce`."""
