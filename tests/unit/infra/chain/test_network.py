"""A Besu network's files: a genesis our own checker reads, keys that only their owner may."""

import json
import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner

from mrc.cli.main import main
from mrc.infra.chain.network import Node, genesis, make_nodes, write_network
from mrc.ledger.headers import decode_extra
from mrc.ledger.trust_file import decode_trust
from tests.simulators.ledger_world import secret

HOSTS = ["a.example", "b.example", "c.example", "d.example"]


def test_genesis_names_every_validator() -> None:
    nodes = make_nodes(HOSTS)
    made = genesis(nodes, 8230)
    extra = decode_extra(bytes.fromhex(str(made["extraData"])[2:]))
    assert set(extra.validators) == {node.address for node in nodes}
    assert not extra.seals


def test_gas_is_free_and_no_fork_beyond_london() -> None:
    config = genesis(make_nodes(HOSTS), 8230)["config"]
    assert isinstance(config, dict)
    assert config["zeroBaseFee"] is True
    assert config["londonBlock"] == 0
    assert not [name for name in config if name.endswith("Time")]
    assert config["qbft"]["requesttimeoutseconds"] == 2 * config["qbft"]["blockperiodseconds"]


def test_every_node_gets_its_files(tmp_path: Path) -> None:
    nodes = make_nodes(HOSTS)
    write_network(tmp_path, nodes, 8230)
    for node in nodes:
        folder = tmp_path / node.name
        assert (folder / "key").stat().st_mode & 0o777 == 0o600
        config = tomllib.loads((folder / "config.toml").read_text())
        assert config["data-storage-format"] == "FOREST"
        assert (config["min-gas-price"], config["tx-pool"]) == (0, "SEQUENCED")
        assert config["rpc-http-host"] == config["rpc-ws-host"] == "127.0.0.1"
        peers = json.loads((folder / "static-nodes.json").read_text())
        assert peers == [other.enode for other in nodes]
        assert (folder / "besu.service").read_text().startswith("[Unit]")
    trust = json.loads((tmp_path / "trust.json").read_text())
    assert trust["validators"] == ["0x" + node.address.hex() for node in nodes]


def test_trust_in_a_network_names_its_contract_and_all_validators(tmp_path: Path) -> None:
    nodes = make_nodes(HOSTS)
    write_network(tmp_path, nodes, 8230)
    command = ["ledger", "network", "trust", str(tmp_path), "--contract", "0x" + "ab" * 20]
    told = CliRunner().invoke(main, command)
    assert told.exit_code == 0, told.output
    trust = decode_trust((tmp_path / "ledger.json").read_bytes())
    assert trust.contract == bytes.fromhex("ab" * 20)
    assert trust.validators == {node.address for node in nodes}


def test_a_network_is_never_overwritten(tmp_path: Path) -> None:
    write_network(tmp_path, make_nodes(HOSTS), 8230)
    with pytest.raises(FileExistsError):
        write_network(tmp_path, make_nodes(HOSTS), 8230)


@pytest.mark.parametrize("hosts", [HOSTS[:3], [*HOSTS[:3], HOSTS[0]]])
def test_fewer_than_four_hosts_make_no_network(hosts: list[str]) -> None:
    with pytest.raises(ValueError, match="four|4"):
        make_nodes(hosts)


def test_an_enode_names_key_host_and_port() -> None:
    enode = Node(name="node-1", host="a.example", secret=secret("node")).enode
    assert enode.startswith("enode://")
    assert enode.endswith("@a.example:30303")
    assert len(enode) == len("enode://") + 128 + len("@a.example:30303")
