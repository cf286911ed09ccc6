"""The checked-in build is what the sources compile to, and its layout is the one proofs use."""

import importlib.util
import json
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[3]
BUILD = ROOT / "src" / "mrc" / "ledger" / "build"


@pytest.fixture(scope="module")
def builder() -> ModuleType:
    spec = importlib.util.spec_from_file_location("build", ROOT / "contracts" / "build.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_build_is_reproduced_byte_for_byte(builder: ModuleType) -> None:
    build = json.loads(json.dumps(builder.compile_contract()))
    assert build == json.loads((BUILD / "residence_ledger.json").read_text())
    layout = build["layout"]["storage_layout"]
    assert builder.slots_module(layout) == (BUILD / "slots.py").read_text()


def test_every_external_function_is_documented() -> None:
    build = json.loads((BUILD / "residence_ledger.json").read_text())
    written = {
        entry["name"]
        for entry in build["abi"]
        if entry["type"] == "function" and entry["stateMutability"] == "nonpayable"
    }
    documented = {
        name.split("(")[0]
        for document in build["documents"].values()
        for name in document["userdoc"]["methods"]
    }
    assert written <= documented


def test_the_code_fits_the_limit_of_a_contract() -> None:
    """EIP-170: 24,576 bytes."""
    build = json.loads((BUILD / "residence_ledger.json").read_text())
    assert (len(build["bytecode_runtime"]) - 2) // 2 <= 24_576
