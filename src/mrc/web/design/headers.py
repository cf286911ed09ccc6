"""Response headers that keep pages to our own scripts, styles and origin.

Content Security Policy Level 3, Trusted Types, Permissions Policy. No inline script or style, no
`eval`; WebAssembly only where a page asks for it (`wasm=True`: pages that scan codes). The nonce
gates htmx's attributes (the hx-csp extension): an injected element without it stays inert.
"""

import secrets
from dataclasses import dataclass
from typing import Final

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

NONCE: Final = "mrc.csp_nonce"  # the key in the ASGI scope


@dataclass(frozen=True, slots=True, kw_only=True)
class ContentPolicy:
    """What a front end's pages may load. The defaults fit every page without a worker."""

    wasm: bool = True
    trusted_types: bool = True
    connect: tuple[str, ...] = ()
    form_action: tuple[str, ...] = ()
    workers: bool = False

    def header(self, nonce: str) -> str:
        """The value of `Content-Security-Policy`."""
        wasm = " 'wasm-unsafe-eval'" if self.wasm else ""
        parts = [
            "default-src 'none'",
            f"script-src 'self' 'nonce-{nonce}'{wasm}",
            "style-src 'self'",
            "img-src 'self' data: blob:",
            "media-src 'self' blob:",
            "font-src 'self'",
            " ".join(("connect-src 'self'", *self.connect)),
            " ".join(("form-action 'self'", *self.form_action)),
            "manifest-src 'self'",
            "worker-src 'self'" if self.workers else "worker-src 'none'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
        ]
        if self.trusted_types:
            parts += ["require-trusted-types-for 'script'", "trusted-types htmx"]
        return "; ".join(parts)


_FIXED: Final = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(self), microphone=(), geolocation=(), payment=(), usb=()",
}


class SecurityHeaders:
    """ASGI middleware: puts the policy on every response and its nonce into the scope.

    Pages hold personal data, so a response that says nothing about caching is not stored.
    """

    def __init__(self, app: ASGIApp, policy: ContentPolicy | None = None) -> None:
        self._app = app
        self._policy = policy or ContentPolicy()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        nonce = secrets.token_urlsafe(16)
        scope[NONCE] = nonce

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.setdefault("content-security-policy", self._policy.header(nonce))
                headers.setdefault("cache-control", "no-store")
                for name, value in _FIXED.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, send_with_headers)
