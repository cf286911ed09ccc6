"""py-evm, imported without its side effect.

Importing `eth` raises the interpreter's recursion limit to 100,000 for the whole process, which
turns every deeply nested JSON text from the network into a crash of the C stack. The limit is put
back here; a contract that calls itself deeper than it allows is refused (`pyevm.py`).
"""

import sys

_limit = sys.getrecursionlimit()

from eth.constants import BLANK_ROOT_HASH  # noqa: E402
from eth.db.atomic import AtomicDB  # noqa: E402
from eth.db.backends.base import BaseDB  # noqa: E402
from eth.exceptions import VMError  # noqa: E402
from eth.vm.execution_context import ExecutionContext  # noqa: E402
from eth.vm.forks.london import LondonVM  # noqa: E402
from eth.vm.forks.london.computation import LondonComputation  # noqa: E402
from eth.vm.forks.london.state import LondonState  # noqa: E402
from eth.vm.message import Message  # noqa: E402

sys.setrecursionlimit(_limit)

__all__ = [
    "BLANK_ROOT_HASH",
    "AtomicDB",
    "BaseDB",
    "ExecutionContext",
    "LondonComputation",
    "LondonState",
    "LondonVM",
    "Message",
    "VMError",
]
