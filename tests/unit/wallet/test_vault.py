"""The vault: sealed records, counted tries, and what a thief of the file can do."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mrc.infra.keys.software import OpensslCipher, Pbkdf2, SystemEntropy
from mrc.infra.wallet_host.storage import FileDeviceSecret, FileRecordStore, WalletFile
from mrc.kernel.errors import Malformed, Rejected
from mrc.wallet import vault
from mrc.wallet.pin import PAUSES, TRIES_BEFORE_PAUSE, TryCounter, check_new_pin
from mrc.wallet.reasons import Reason

NOW = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
PIN = "493817"
WRONG = "493818"


@pytest.fixture
def ports(tmp_path: Path) -> Iterator[vault.VaultPorts]:
    file = WalletFile(tmp_path / "wallet.sqlite3")
    yield vault.VaultPorts(
        records=FileRecordStore(file),
        device=FileDeviceSecret(tmp_path / "device.key"),
        cipher=OpensslCipher(),
        password_hash=Pbkdf2(),
        entropy=SystemEntropy(),
    )
    file.close()


async def test_what_was_sealed_is_read_after_unlocking(ports: vault.VaultPorts) -> None:
    opened = await vault.create(ports, PIN)
    await opened.commit({"card/1": b"content", "card/2": b"other"})
    again = await vault.unlock(ports, PIN, at=NOW)
    assert await again.read("card/1") == b"content"
    assert await again.names("card/") == ["card/1", "card/2"]


async def test_nothing_in_the_file_is_readable(ports: vault.VaultPorts) -> None:
    opened = await vault.create(ports, PIN)
    await opened.commit({"card/1": b"content of the card"})
    stored = await ports.records.read("sealed/card/1")
    assert stored is not None
    assert b"content" not in stored


async def test_a_record_moved_to_another_name_is_refused(ports: vault.VaultPorts) -> None:
    opened = await vault.create(ports, PIN)
    await opened.commit({"card/1": b"one"})
    await ports.records.commit({"sealed/card/2": await ports.records.read("sealed/card/1")})
    with pytest.raises(Malformed):
        await opened.read("card/2")


async def test_the_file_without_the_device_is_closed_even_with_the_pin(
    ports: vault.VaultPorts, tmp_path: Path
) -> None:
    await vault.create(ports, PIN)
    other = vault.VaultPorts(
        records=ports.records,
        device=FileDeviceSecret(tmp_path / "another-device.key"),
        cipher=ports.cipher,
        password_hash=ports.password_hash,
        entropy=ports.entropy,
    )
    with pytest.raises(Rejected) as refusal:
        await vault.unlock(other, PIN, at=NOW)
    assert refusal.value.reason is Reason.WRONG_PIN


async def test_a_try_is_counted_before_it_is_judged(ports: vault.VaultPorts) -> None:
    await vault.create(ports, PIN)

    class Interrupted(Exception):
        pass

    class DiesWhileOpening(OpensslCipher):
        async def open(self, key: bytes, iv: bytes, sealed: bytes, aad: bytes) -> bytes:
            raise Interrupted

    dying = vault.VaultPorts(
        records=ports.records,
        device=ports.device,
        cipher=DiesWhileOpening(),
        password_hash=ports.password_hash,
        entropy=ports.entropy,
    )
    with pytest.raises(Interrupted):
        await vault.unlock(dying, WRONG, at=NOW)
    assert (await vault.tries(ports)).used == 1


async def test_the_right_pin_clears_the_tries(ports: vault.VaultPorts) -> None:
    await vault.create(ports, PIN)
    with pytest.raises(Rejected):
        await vault.unlock(ports, WRONG, at=NOW)
    await vault.unlock(ports, PIN, at=NOW)
    assert (await vault.tries(ports)).used == 0


async def test_the_pin_can_be_changed_and_the_old_one_ends(ports: vault.VaultPorts) -> None:
    opened = await vault.create(ports, PIN)
    await opened.commit({"card/1": b"content"})
    await opened.change_pin("927461")
    with pytest.raises(Rejected):
        await vault.unlock(ports, PIN, at=NOW)
    assert await (await vault.unlock(ports, "927461", at=NOW)).read("card/1") == b"content"


async def test_a_vault_is_not_created_over_another(ports: vault.VaultPorts) -> None:
    await vault.create(ports, PIN)
    with pytest.raises(Rejected) as refusal:
        await vault.create(ports, "927461")
    assert refusal.value.reason is Reason.ALREADY_ACTIVATED


def test_five_wrong_tries_pause_for_a_minute_then_five_then_an_hour() -> None:
    counter, at = TryCounter(), NOW
    for pause in PAUSES:
        for _ in range(TRIES_BEFORE_PAUSE):
            counter = counter.count(at=at)
        with pytest.raises(Rejected) as refusal:
            counter.count(at=at + pause - timedelta(seconds=1))
        assert refusal.value.reason is Reason.PIN_LOCKED
        at += pause
    for _ in range(TRIES_BEFORE_PAUSE):
        counter = counter.count(at=at)
    with pytest.raises(Rejected) as refusal:
        counter.count(at=at + timedelta(days=365))
    assert refusal.value.reason is Reason.PIN_BLOCKED


@pytest.mark.parametrize(
    "pin", ["123456", "654321", "111111", "890123", "12345", "1234567", "12345a", "９38174"]
)
def test_a_weak_pin_is_refused(pin: str) -> None:
    with pytest.raises(Rejected) as refusal:
        check_new_pin(pin)
    assert refusal.value.reason is Reason.WEAK_PIN


@pytest.mark.parametrize("pin", ["900704", "040790", "070490"])
def test_the_holders_birth_date_is_refused(pin: str) -> None:
    with pytest.raises(Rejected):
        check_new_pin(pin, birth_dates=("1990-07-04",))
