"""Sealed keys for single answers."""

import pytest

from mrc.infra.keys.software import OpensslCipher, SoftwareKeyAgreement, SystemEntropy
from mrc.infra.stores.verifier_keys import SealedResponseKeys
from mrc.kernel.errors import Unavailable


def keys(secret: bytes) -> SealedResponseKeys:
    return SealedResponseKeys(secret, entropy=SystemEntropy(), cipher=OpensslCipher())


async def test_an_opened_key_is_the_key_that_was_made() -> None:
    made = await keys(b"s" * 32).make()
    opened = await keys(b"s" * 32).open(made.sealed)
    peer = SoftwareKeyAgreement.generate()
    shared = await peer.shared_secret(made.public_key)
    assert await opened.shared_secret(peer.public_key) == shared
    assert opened.public_key == made.public_key


async def test_every_key_is_fresh() -> None:
    first, second = await keys(b"s" * 32).make(), await keys(b"s" * 32).make()
    assert first.public_key != second.public_key


async def test_another_secret_does_not_open_it() -> None:
    made = await keys(b"s" * 32).make()
    with pytest.raises(Unavailable):
        await keys(b"t" * 32).open(made.sealed)


def test_a_short_secret_is_refused() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        keys(b"short")
