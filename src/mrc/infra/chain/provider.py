"""web3.py's way into an embedded chain in the same process: no socket, the same methods."""

from typing import Any

from mrc.infra.chain.chain import ChainReader
from mrc.infra.chain.ethereum import JSONBaseProvider, RPCEndpoint, RPCResponse
from mrc.infra.chain.limits import RpcError
from mrc.infra.chain.rpc import RpcMethods, everybody


class EmbeddedProvider(JSONBaseProvider):
    """A provider for `Web3`. `Any` is web3.py's own word for a method's parameters."""

    def __init__(self, chain: ChainReader) -> None:
        super().__init__()
        self._methods = RpcMethods(chain, admits=everybody)

    def make_request(self, method: RPCEndpoint, params: Any) -> RPCResponse:
        try:
            result: Any = self._methods.answer(method, list(params))
        except RpcError as error:
            return {
                "jsonrpc": "2.0",
                "id": 0,
                "error": {
                    "code": error.code,
                    "message": error.message,
                    "data": error.data if isinstance(error.data, str) else "",
                },
            }
        return {"jsonrpc": "2.0", "id": 0, "result": result}
