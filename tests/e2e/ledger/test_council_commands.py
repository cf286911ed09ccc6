"""The council's seats act by `mrc ledger council`, each with its own key, over the ledger's JSON-RPC."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from mrc.cli.main import main
from mrc.infra.chain.client import LedgerClient
from mrc.infra.chain.ethereum import http_provider
from mrc.infra.chain.sealing import SoftwareSealer
from mrc.infra.files import write_secret
from mrc.infra.free_ports import find_free_ports
from tests.simulators.ledger_server import start_ledger
from tests.simulators.ledger_world import OTHER_STREAM, make_world, secret

WRITER = SoftwareSealer(secret("other writer")).address
NOMINATE = ("nominate-writer", "0x" + OTHER_STREAM.hex(), "0x" + WRITER.hex())


@dataclass(frozen=True)
class Chamber:
    folder: Path
    client: LedgerClient
    url: str

    def act(self, *arguments: str, seat: str | None = None) -> Result:
        place = ("--rpc", self.url, "--contract", "0x" + self.client.address.hex())
        key = () if seat is None else ("--key-file", str(self.folder / f"{seat}.key"))
        return CliRunner().invoke(main, ["ledger", "council", *arguments, *key, *place])

    def nominee(self) -> str:
        found: str = self.client.read("streams", OTHER_STREAM)[2]
        return found.lower()


@pytest.fixture(scope="module")
def chamber(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chamber]:
    folder, port = tmp_path_factory.mktemp("council"), find_free_ports(1)
    world = make_world(folder)
    contract = world.client.address
    world.close()
    for name in ("validator 0", "seat 0", "seat 1", "seat 2", "stranger"):
        write_secret(folder / f"{name}.key", secret(name).hex().encode())
    process = start_ledger(folder, port, "--key-file", str(folder / "validator 0.key"))
    url = f"http://127.0.0.1:{port}"
    yield Chamber(folder, LedgerClient(http_provider(url), contract), url)
    process.terminate()
    process.wait(10)


def test_who_has_no_seat_proposes_nothing(chamber: Chamber) -> None:
    told = chamber.act(*NOMINATE, seat="stranger")
    assert told.exit_code == 1
    assert "refused" in told.output


def test_one_seat_alone_decides_nothing_and_two_do(chamber: Chamber) -> None:
    proposed = chamber.act(*NOMINATE, seat="seat 0")
    assert proposed.exit_code == 0, proposed.output
    number = proposed.output.strip()
    alone = chamber.act("execute", number, seat="seat 0")
    assert alone.exit_code == 1
    assert int(chamber.nominee(), 16) == 0
    assert chamber.act("approve", number, seat="stranger").exit_code == 1
    assert chamber.act("approve", number, seat="seat 2").exit_code == 0
    shown = chamber.act("show").output
    assert f"{number}  nominate_writer  open until" in shown
    assert "approved by seats 1, 3" in shown
    assert WRITER.hex() in shown.lower()
    done = chamber.act("execute", number, seat="seat 1")
    assert done.exit_code == 0, done.output
    assert chamber.nominee() == "0x" + WRITER.hex()
    assert f"{number}  nominate_writer  carried out" in chamber.act("show").output
    assert chamber.act("execute", number, seat="seat 1").exit_code == 1


def test_what_was_never_proposed_is_not_carried_out(chamber: Chamber) -> None:
    told = chamber.act("execute", "4711", seat="seat 0")
    assert (told.exit_code, "no proposal 4711" in told.output) == (1, True)


def test_a_key_that_others_may_read_is_refused(chamber: Chamber) -> None:
    path = chamber.folder / "open.key"
    path.write_text(secret("seat 0").hex())
    path.chmod(0o644)
    told = chamber.act(*NOMINATE, seat="open")
    assert (told.exit_code, "set its mode to 600" in told.output) == (1, True)


@pytest.mark.parametrize("stream", ["0x12", "0x" + "zz" * 32, "0x" + "11" * 31])
def test_a_stream_is_32_bytes(chamber: Chamber, stream: str) -> None:
    assert chamber.act("nominate-writer", stream, "0x" + WRITER.hex(), seat="seat 0").exit_code == 2
