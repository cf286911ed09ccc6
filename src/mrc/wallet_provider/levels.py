"""What each level of proof is worth: which cards it may hold, and for how long it is vouched for.

ARCHITECTURE 3a: hardware (native shell), passkey-bound (a phone's browser), software (practice).
Policy data: a deployment may narrow it. `key_storage` is stated only where hardware proved it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from mrc.protocols.wallet_provider.messages import Level


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelPolicy:
    """`key_storage` and `user_authentication`: values of OpenID4VCI 1.0, Appendix D.2."""

    lifetime: timedelta
    key_storage: tuple[str, ...] = ()
    user_authentication: tuple[str, ...] = ()
    practice_only: bool = False


LEVELS: Mapping[Level, LevelPolicy] = {
    Level.HARDWARE: LevelPolicy(
        lifetime=timedelta(days=30),
        key_storage=("iso_18045_high",),
        user_authentication=("iso_18045_high",),
    ),
    Level.PASSKEY: LevelPolicy(
        lifetime=timedelta(days=1), user_authentication=("iso_18045_enhanced-basic",)
    ),
    Level.SOFTWARE: LevelPolicy(lifetime=timedelta(hours=12), practice_only=True),
}
