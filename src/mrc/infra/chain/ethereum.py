"""web3.py and eth-account, imported without their side effect.

Their import raises the interpreter's recursion limit to 100,000 for the whole process (`py_ecc`
does), which turns every deeply nested JSON text from the network into a crash of the C stack.
Issuers answer the network in the process that anchors. Nothing else in the system imports them.
"""

import sys

_limit = sys.getrecursionlimit()

from eth_abi.abi import encode  # noqa: E402
from eth_abi.exceptions import DecodingError  # noqa: E402
from eth_account import Account  # noqa: E402
from requests.exceptions import RequestException  # noqa: E402
from web3 import HTTPProvider, Web3  # noqa: E402
from web3.exceptions import (  # noqa: E402
    ContractLogicError,
    TimeExhausted,
    Web3Exception,
    Web3RPCError,
)
from web3.middleware import ExtraDataToPOAMiddleware  # noqa: E402
from web3.providers.base import JSONBaseProvider  # noqa: E402
from web3.types import RPCEndpoint, RPCResponse  # noqa: E402

sys.setrecursionlimit(_limit)

__all__ = [
    "Account",
    "ContractLogicError",
    "DecodingError",
    "ExtraDataToPOAMiddleware",
    "HTTPProvider",
    "JSONBaseProvider",
    "RPCEndpoint",
    "RPCResponse",
    "RequestException",
    "TimeExhausted",
    "Web3",
    "Web3Exception",
    "Web3RPCError",
    "encode",
    "http_provider",
]

TIMEOUT_S = 10


def http_provider(url: str) -> HTTPProvider:
    """A node's JSON-RPC at any address; waits `TIMEOUT_S` for an answer and asks once."""
    return HTTPProvider(
        url, request_kwargs={"timeout": TIMEOUT_S}, exception_retry_configuration=None
    )
