"""The files of a Hyperledger Besu QBFT network: genesis, keys, configuration, units.

For Besu 26.8.0 (at least 26.7.1) on JDK 25; see `docs/how-to/ledger-network.md`. Zero base fee and gas
price 0, London and no later fork (the contract's byte code needs none), full sync, Forest storage
(proofs of any age), the sequenced pool, static peers without discovery, RPC on loopback only.
Besu itself is not run here: these files are made by its documentation.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import coincurve

from mrc.infra.chain.blocks import BFT_MIX_HASH
from mrc.infra.chain.sealing import SoftwareSealer
from mrc.infra.files import write_atomic, write_secret
from mrc.ledger.headers import Address, ExtraData

BLOCK_PERIOD_S = 2
EMPTY_BLOCK_PERIOD_S = 60
REQUEST_TIMEOUT_S = 4
EPOCH_BLOCKS = 30_000
GAS_LIMIT = "0x1fffffffffffff"
P2P_PORT = 30303
RPC_PORT = 8545
WS_PORT = 8546
MIN_VALIDATORS = 4  # three tolerate no fault
BESU = "26.8.0"


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """One validator: its key, and where its peers reach it."""

    name: str
    host: str
    secret: bytes

    @property
    def address(self) -> Address:
        return SoftwareSealer(self.secret).address

    @property
    def enode(self) -> str:
        public = coincurve.PrivateKey(self.secret).public_key.format(compressed=False)[1:]
        return f"enode://{public.hex()}@{self.host}:{P2P_PORT}"


def make_nodes(hosts: Sequence[str]) -> list[Node]:
    """A node with a new key for each host. Raises `ValueError` for fewer than four."""
    if len(hosts) < MIN_VALIDATORS or len(set(hosts)) != len(hosts):
        raise ValueError(f"a network needs {MIN_VALIDATORS} or more distinct hosts")
    return [
        Node(name=f"node-{number}", host=host, secret=coincurve.PrivateKey().secret)
        for number, host in enumerate(hosts, start=1)
    ]


def genesis(nodes: Sequence[Node], chain_id: int) -> dict[str, object]:
    """The genesis file as Besu reads it."""
    extra = ExtraData(
        vanity=bytes(32),
        validators=tuple(sorted(node.address for node in nodes)),
        vote=[],
        round=0,
        seals=(),
    )
    return {
        "config": {
            "chainId": chain_id,
            "berlinBlock": 0,
            "londonBlock": 0,
            "zeroBaseFee": True,
            "qbft": {
                "blockperiodseconds": BLOCK_PERIOD_S,
                "emptyblockperiodseconds": EMPTY_BLOCK_PERIOD_S,
                "requesttimeoutseconds": REQUEST_TIMEOUT_S,
                "epochlength": EPOCH_BLOCKS,
            },
        },
        "nonce": "0x0",
        "timestamp": "0x0",
        "gasLimit": GAS_LIMIT,
        "difficulty": "0x1",
        "mixHash": "0x" + BFT_MIX_HASH.hex(),
        "coinbase": "0x" + "00" * 20,
        "extraData": "0x" + extra.encode().hex(),
        "alloc": {},
    }


def configuration(node: Node) -> str:
    """A node's `config.toml`."""
    lines = {
        "profile": "ENTERPRISE",
        "data-path": "/var/lib/besu",
        "genesis-file": "/etc/besu/genesis.json",
        "node-private-key-file": "/etc/besu/key",
        "static-nodes-file": "/etc/besu/static-nodes.json",
        "sync-mode": "FULL",
        "data-storage-format": "FOREST",
        "tx-pool": "SEQUENCED",
        "min-gas-price": 0,
        "discovery-enabled": False,
        "p2p-host": node.host,
        "p2p-port": P2P_PORT,
        "rpc-http-enabled": True,
        "rpc-http-host": "127.0.0.1",
        "rpc-http-port": RPC_PORT,
        "rpc-http-api": ["ETH", "NET", "WEB3", "QBFT"],
        "rpc-max-logs-range": 0,  # histories are read by topic, from the first block on
        "rpc-ws-enabled": True,
        "rpc-ws-host": "127.0.0.1",
        "rpc-ws-port": WS_PORT,
        "rpc-ws-api": ["ETH", "NET", "WEB3"],
        "host-allowlist": ["127.0.0.1", "localhost"],
    }
    return "".join(f"{name}={json.dumps(value)}\n" for name, value in lines.items())


UNIT = f"""[Unit]
Description=Ledger validator (Hyperledger Besu {BESU})
After=network-online.target
Wants=network-online.target

[Service]
User=besu
ExecStart=/opt/besu/bin/besu --config-file=/etc/besu/config.toml
Restart=always
RestartSec=5
LimitNOFILE=65536
NoNewPrivileges=yes
ProtectSystem=strict
ProtectHome=yes
PrivateTmp=yes
ReadWritePaths=/var/lib/besu

[Install]
WantedBy=multi-user.target
"""


def write_network(directory: Path, nodes: Sequence[Node], chain_id: int) -> None:
    """Write every node's files, and `trust.json` for wallets and verifiers.

    Raises `FileExistsError` where a network is already there: a genesis is made once.
    """
    if (directory / "genesis.json").exists():
        raise FileExistsError(f"{directory} already holds a network")
    text = json.dumps(genesis(nodes, chain_id), indent=2).encode() + b"\n"
    write_atomic(directory / "genesis.json", text)
    peers = json.dumps([node.enode for node in nodes], indent=2).encode() + b"\n"
    for node in nodes:
        folder = directory / node.name
        write_secret(folder / "key", b"0x" + node.secret.hex().encode() + b"\n")
        write_atomic(folder / "genesis.json", text)
        write_atomic(folder / "static-nodes.json", peers)
        write_atomic(folder / "config.toml", configuration(node).encode())
        write_atomic(folder / "besu.service", UNIT.encode())
    trust = {
        "chain_id": chain_id,
        "validators": ["0x" + node.address.hex() for node in nodes],
    }
    write_atomic(directory / "trust.json", json.dumps(trust, indent=2).encode() + b"\n")
