"""JSON-RPC 2.0 texts: a request or a batch in, the answer out, within the limits.

A batch stops costing where its time or its answer's length is used up: what is left is answered by
that limit's error, request by request, so that a client knows what it did not get.
"""

import json

from mrc.formats import json_text
from mrc.infra.chain.limits import Deadline, Limit, RpcError, RpcLimits, exceeded
from mrc.infra.chain.rpc import RpcMethods
from mrc.kernel.errors import Malformed

_PARSE, _INVALID = -32700, -32600
Json = dict[str, object]


def answer_text(methods: RpcMethods, body: bytes, deadline: Deadline | None = None) -> bytes:
    """The answer to one request or a batch."""
    limits = methods.limits
    within = deadline or Deadline.after(limits.request_seconds)
    try:
        request = read_text(body, limits)
        if isinstance(request, list):
            return _answer_batch(methods, request, within)
    except RpcError as error:
        return encode(failure(None, error))
    answer = encode(_answer(methods, request, within))
    if len(answer) > limits.answer_bytes:
        return encode(failure(_identifier(request), exceeded(Limit.ANSWER, limits)))
    return answer


def read_text(body: bytes | str, limits: RpcLimits) -> object:
    """The request or batch that a text holds. Raises `RpcError`."""
    if len(body) > limits.body_bytes:
        raise exceeded(Limit.BODY, limits)
    try:
        request = json_text.decode(body)
    except Malformed as error:
        raise RpcError(_PARSE, "not JSON") from error
    if request == []:
        raise RpcError(_INVALID, "an empty batch")
    if isinstance(request, list) and len(request) > limits.batch:
        raise exceeded(Limit.BATCH, limits)
    return request


def read_request(request: object) -> tuple[object, str, list[object]]:
    """Identifier, method and parameters (JSON-RPC 2.0, 4). Raises `RpcError`."""
    if not isinstance(request, dict):
        raise RpcError(_INVALID, "not a request")
    method, params = request.get("method"), request.get("params", [])
    if not isinstance(method, str) or not isinstance(params, list):
        raise RpcError(_INVALID, "method is a string, params an array")
    return request.get("id"), method, params


def success(identifier: object, result: object) -> Json:
    return {"jsonrpc": "2.0", "id": identifier, "result": result}


def failure(identifier: object, error: RpcError) -> Json:
    body: Json = {"code": error.code, "message": error.message}
    if error.data is not None:
        body["data"] = error.data
    return {"jsonrpc": "2.0", "id": identifier, "error": body}


def encode(answer: object) -> bytes:
    return json.dumps(answer, separators=(",", ":")).encode()


def _answer_batch(methods: RpcMethods, requests: list[object], deadline: Deadline) -> bytes:
    """A batch; one of transactions alone is sealed together."""
    together = _send_together(methods, requests)
    if together is not None:
        return encode(together)
    answers: list[bytes] = []
    left = methods.limits.answer_bytes
    for request in requests:
        answer = encode(_answer(methods, request, deadline)) if left > 0 else b""
        left -= len(answer)
        if left <= 0:
            error = exceeded(Limit.ANSWER, methods.limits)
            answer = encode(failure(_identifier(request), error))
        answers.append(answer)
    return b"[" + b",".join(answers) + b"]"


def _send_together(methods: RpcMethods, requests: list[object]) -> list[Json] | None:
    """The answers to a batch of well-formed transactions; None for any other batch."""
    try:
        read = [read_request(request) for request in requests]
        if any(method != "eth_sendRawTransaction" for _, method, _ in read):
            return None
        results = methods.send_many([params for _, _, params in read])
    except (RpcError, Malformed):
        return None
    return [
        failure(identifier, result) if isinstance(result, RpcError) else success(identifier, result)
        for (identifier, _, _), result in zip(read, results, strict=True)
    ]


def _answer(methods: RpcMethods, request: object, deadline: Deadline) -> Json:
    try:
        identifier, method, params = read_request(request)
    except RpcError as error:
        return failure(None, error)
    try:
        return success(identifier, methods.answer(method, params, deadline))
    except RpcError as error:
        return failure(identifier, error)


def _identifier(request: object) -> object:
    return request.get("id") if isinstance(request, dict) else None
