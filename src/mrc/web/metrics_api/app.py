"""Hands a process's figures to its operator's monitoring, which shows a token (RFC 6750).

Prometheus' text form. Figures are about machines: how old an anchor is, never how many came to a desk.
"""

import hmac

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

METRICS_PATH = "/metrics"


def metrics_route(registry: CollectorRegistry, token: str) -> Route:
    """401 without the token."""

    async def answer(request: Request) -> Response:
        given = request.headers.get("authorization", "")
        if not hmac.compare_digest(given.encode(), f"Bearer {token}".encode()):
            return Response(status_code=401, headers={"www-authenticate": "Bearer"})
        headers = {"cache-control": "no-store", "content-type": CONTENT_TYPE_LATEST}
        return Response(generate_latest(registry), headers=headers)

    return Route(METRICS_PATH, answer, methods=["GET"])
