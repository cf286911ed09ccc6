"""Compiles the contracts: `python contracts/build.py` writes the checked-in build.

The build stands in `src/mrc/ledger/build`: ABI, byte code and storage layout as JSON, and the
storage slots as a Python module, because the device tier reads no files. A test compiles again
and compares, so neither file can be edited by hand.
"""

import json
import sys
from pathlib import Path

from vyper.compiler import compile_from_file_input
from vyper.compiler.input_bundle import FilesystemInputBundle

SOURCES = Path(__file__).parent
BUILD = SOURCES.parent / "src" / "mrc" / "ledger" / "build"
MAIN = "residence_ledger.vy"
MODULES = ["council.vy"]  # the compiler documents a file at a time
FORMATS = ["abi", "bytecode", "bytecode_runtime", "layout"]
DOCUMENTS = ["devdoc", "userdoc"]


def compile_contract() -> dict[str, object]:
    """The build of the main contract as JSON values."""
    bundle = FilesystemInputBundle([SOURCES])
    output = compile_from_file_input(
        bundle.load_file(MAIN), input_bundle=bundle, output_formats=FORMATS
    )
    return {
        "contract": MAIN.removesuffix(".vy"),
        "compiler": "vyper 0.4.3",
        "evm_version": "paris",
        **{name: output[name] for name in FORMATS},
        "documents": {name: _documents(bundle, name) for name in [MAIN, *MODULES]},
    }


def _documents(bundle: FilesystemInputBundle, name: str) -> dict[str, object]:
    """NatSpec of one source file."""
    output = compile_from_file_input(
        bundle.load_file(name), input_bundle=bundle, output_formats=DOCUMENTS
    )
    return {document: output[document] for document in DOCUMENTS}


def slots(layout: dict[str, object]) -> dict[str, int]:
    """Variable name to storage slot, modules flattened."""
    found: dict[str, int] = {}
    for name, entry in layout.items():
        if not isinstance(entry, dict):
            raise ValueError(f"{name}: not a layout entry")
        if "slot" in entry:
            found[name] = int(entry["slot"])
        else:
            found.update(slots(entry))
    return found


def slots_module(layout: dict[str, object]) -> str:
    """The Python module that carries the slots to the device tier."""
    lines = [
        '"""Storage slots of `contracts/residence_ledger.vy`, written by `contracts/build.py`."""',
        "",
        *(f"{name.upper()} = {slot}" for name, slot in sorted(slots(layout).items())),
    ]
    return "\n".join(lines) + "\n"


def main() -> None:
    build = compile_contract()
    layout = build["layout"]
    if not isinstance(layout, dict):
        raise ValueError("the compiler gave no layout")
    BUILD.mkdir(exist_ok=True)
    (BUILD / "residence_ledger.json").write_text(json.dumps(build, indent=1, sort_keys=True) + "\n")
    (BUILD / "slots.py").write_text(slots_module(layout["storage_layout"]))
    sys.stdout.write(f"{len(str(build['bytecode_runtime'])) // 2 - 1} bytes\n")


if __name__ == "__main__":
    main()
