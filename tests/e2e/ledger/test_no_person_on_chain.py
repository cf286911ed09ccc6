"""Every byte that reaches the chain, searched for a registrant: nothing, and no plain hash.

The story issues lists, anchors them and the audit log of acts about a registrant. What is searched
for is every datum of the registrant as text, its SHA-256 and its Keccak-256, each as bytes and as
hexadecimal text.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import pytest

from mrc.infra.chain.chain import ChainReader
from mrc.infra.stores.audit import AuditedAct, AuditLog
from mrc.ledger.anchors import publication
from mrc.ledger.hashing import keccak256
from tests.simulators.chain_bytes import bytes_on_chain
from tests.simulators.ledger_world import JWT, NOW, URI, CountingEntropy, make_settled_world

REGISTRANT = {
    "name": "NGUYEN THI MINH ANH",
    "hangul": "응우옌 티 민 아인",
    "number": "980412-6123458",
    "number without dash": "9804126123458",
    "registrant id": "registrant-4711",
    "phone": "010-2345-6789",
    "address": "서울특별시 구로구 구로중앙로 207",
    "passport": "C1234567",
    "birth date": "1998-04-12",
    "officer": "officer-17",
    "credential": "eyJhbGciOiJFUzI1NiJ9.e30.c2lnbmF0dXJl",
    "holder key": "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE",
}


@dataclass(frozen=True)
class Forbidden:
    what: str
    data: bytes


def forbidden() -> Iterator[Forbidden]:
    for name, value in REGISTRANT.items():
        text = value.encode()
        for kind, data in (
            ("itself", text),
            ("SHA-256", sha256(text).digest()),
            ("Keccak-256", keccak256(text)),
        ):
            yield Forbidden(f"{name}: {kind}", data)
            yield Forbidden(f"{name}: {kind} in hexadecimal", data.hex().encode())


@pytest.fixture
def chain(tmp_path: Path) -> Iterator[ChainReader]:
    world = make_settled_world(tmp_path)
    log = AuditLog(tmp_path / "audit.sqlite", CountingEntropy())
    for number, value in enumerate(REGISTRANT.values()):
        log.append(
            AuditedAct(
                source=f"acts:{number}",
                kind="card.issued",
                at=NOW,
                actor=REGISTRANT["officer"],
                subject=REGISTRANT["registrant id"],
                detail=value,
            )
        )
    small_list = publication(URI, JWT, NOW, REGISTRANT["registrant id"].encode())
    world.publisher.anchor([log.publish(NOW).publication, small_list])
    yield world.chain
    log.close()
    world.close()


def test_no_byte_on_chain_is_about_a_person(chain: ChainReader) -> None:
    everything = b"\x00".join(bytes_on_chain(chain))
    assert len(everything) > 50_000
    found = [entry.what for entry in forbidden() if entry.data in everything]
    assert not found
