"""The compiled contract as infra uses it: ABI, byte code, and call data."""

import json
from collections.abc import Sequence
from functools import cache
from importlib import resources
from typing import Any

from mrc.infra.chain.ethereum import encode
from mrc.ledger.hashing import keccak256
from mrc.ledger.headers import Address

JsonObject = dict[str, Any]  # an ABI entry as the compiler wrote it


@cache
def _build() -> JsonObject:
    text = resources.files("mrc.ledger.build").joinpath("residence_ledger.json").read_text()
    build: JsonObject = json.loads(text)
    return build


def abi() -> list[JsonObject]:
    entries: list[JsonObject] = _build()["abi"]
    return entries


def runtime_code() -> bytes:
    """What stands at the contract's address; the compiler's immutables are none."""
    return bytes.fromhex(_build()["bytecode_runtime"][2:])


def creation_code(members: Sequence[Address], threshold: int) -> bytes:
    """The data of the transaction that makes the ledger with its first council."""
    code = bytes.fromhex(_build()["bytecode"][2:])
    return code + encode(["address[]", "uint256"], [list(members), threshold])


def call_data(function: str, *arguments: object) -> bytes:
    """The call data of a function by its name: every name of the contract is unique."""
    entry = next(item for item in abi() if item["type"] == "function" and item["name"] == function)
    kinds = [member["type"] for member in entry["inputs"]]
    selector = keccak256(f"{function}({','.join(kinds)})".encode())[:4]
    return selector + encode(kinds, list(arguments))
