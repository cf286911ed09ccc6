"""Calling a running role's management API: its token from a file, its answers as JSON."""

import asyncio
import json
from pathlib import Path
from typing import Any

from mrc.cli.output import Refusal
from mrc.infra.files import read_secret
from mrc.infra.http import HttpxClient
from mrc.infra.settings import Settings
from mrc.kernel.ports import HttpRequest
from mrc.wiring.wallet_process import tls_roots


def call(
    settings: Settings,
    method: str,
    url: str,
    *,
    token: Path,
    body: dict[str, object] | None = None,
) -> Any:
    """The decoded answer. Raises `Refusal` with the role's own words where it refuses."""
    if not token.exists():
        raise Refusal(f"{token} does not exist: start the role first")
    request = HttpRequest(
        method=method,
        url=url,
        headers={
            "authorization": f"Bearer {read_secret(token).decode().strip()}",
            "content-type": "application/json",
            "accept": "application/json",
        },
        body=b"" if body is None else json.dumps(body).encode(),
    )
    answer = asyncio.run(_send(settings, request))
    value = json.loads(answer.body) if answer.body else {}
    if answer.status >= 400:
        raise Refusal(_words(value, answer.status))
    return value


async def _send(settings: Settings, request: HttpRequest) -> Any:
    async with HttpxClient(tls_roots(settings)) as http:
        return await http.send(request)


def _words(value: Any, status: int) -> str:
    if isinstance(value, dict) and "error" in value:
        detail = value.get("detail") or value.get("error_description") or ""
        return f"{value['error']}" + (f": {detail}" if detail else "")
    return f"the role answered {status}: {json.dumps(value, ensure_ascii=False)}"
