"""The terminal's own check that the chip is no copy: Chip Authentication, Active Authentication.

For readers that stand alone. In issuance the server does it (`server/`), the phone only forwards.
"""

from mrc.ic_card import active_authentication, chip_authentication, pace
from mrc.ic_card.domain_parameters import encode_point
from mrc.ic_card.lds.data_groups import decode_dg14, decode_dg15
from mrc.ic_card.lds.files import Application
from mrc.ic_card.lds.security_infos import (
    ECDSA_PLAIN_SHA256,
    ActiveAuthenticationInfo,
    ChipAuthenticationKey,
)
from mrc.ic_card.reasons import Reason
from mrc.ic_card.secure_messaging import SecureMessagingError
from mrc.ic_card.terminal.connection import CardConnection, StatusError
from mrc.ic_card.terminal.reading import enter
from mrc.kernel.curves import multiply
from mrc.kernel.errors import Malformed, Rejected
from mrc.kernel.findings import Finding, failed, passed, undetermined
from mrc.kernel.ports import Entropy

CHIP_CHECK, ACTIVE_CHECK = "ic_card.chip_authentication", "ic_card.active_authentication"


async def authenticate_chip(connection: CardConnection, dg14: bytes, *, entropy: Entropy) -> None:
    """Run Chip Authentication; afterwards the channel has the new keys, and one response proved it.

    9303-11 6.2. DG14 must be covered by an authentic SOD, or it proves nothing. Raises `Rejected`.
    """
    info, key = chip_authentication.choose(decode_dg14(dg14))
    curve = key.key.curve
    private = pace.draw_scalar(curve, entropy)
    own = multiply(curve, private, curve.generator)
    if own is None:
        raise ValueError("a scalar below the order gives a point")
    for command in chip_authentication.commands(info, encode_point(curve, own)):
        await connection.expect(command)
    secret = pace.secret_of(curve, pace.agree(curve, private, key.key.point))
    connection.channel = chip_authentication.new_channel(info.suite, secret)
    try:
        await enter(connection, Application.LDS1)  # the first answer under the new keys
    except SecureMessagingError as error:
        detail = "the chip does not have DG14's key"
        raise Rejected(Reason.CHIP_AUTHENTICATION, "9303-11 6.2", detail) from error


async def find_chip_copy(connection: CardConnection, dg14: bytes, *, entropy: Entropy) -> Finding:
    """The same as a finding."""
    try:
        await authenticate_chip(connection, dg14, entropy=entropy)
    except (Rejected, Malformed) as error:
        return failed(CHIP_CHECK, "9303-11 6.2", Reason.CHIP_AUTHENTICATION, str(error))
    return passed(CHIP_CHECK, "9303-11 6.2")


async def find_active_copy(
    connection: CardConnection, dg15: bytes, dg14: bytes | None, *, entropy: Entropy
) -> Finding:
    """Active Authentication with a fresh challenge (9303-11 6.1)."""
    challenge = entropy.token(active_authentication.CHALLENGE_BYTES)
    try:
        key = decode_dg15(dg15)
        await enter(connection, Application.LDS1)  # its key, and no other application's
        answer = await connection.expect(active_authentication.command(challenge, key))
        holds = active_authentication.holds(
            key, challenge, answer, signature_algorithm=_algorithm(dg14)
        )
    except (StatusError, SecureMessagingError, Malformed) as error:
        return failed(ACTIVE_CHECK, "9303-11 6.1", Reason.ACTIVE_AUTHENTICATION, str(error))
    if not holds:
        return failed(ACTIVE_CHECK, "9303-11 6.1", Reason.ACTIVE_AUTHENTICATION)
    return passed(ACTIVE_CHECK, "9303-11 6.1")


def _algorithm(dg14: bytes | None) -> str:
    infos = () if dg14 is None else decode_dg14(dg14)
    for info in infos:
        if isinstance(info, ActiveAuthenticationInfo):
            return info.signature_algorithm
    return ECDSA_PLAIN_SHA256


def offers_chip_authentication(dg14: bytes) -> bool:
    """Whether DG14 has a key for it; a DG14 may hold PACE's parameters alone."""
    return any(isinstance(info, ChipAuthenticationKey) for info in decode_dg14(dg14))


def no_proof() -> Finding:
    """A chip that offers neither: its files may be a copy, and nothing can be said."""
    return undetermined(CHIP_CHECK, "9303-11 6", Reason.NO_COMMON_PROTOCOL, "the chip offers none")
