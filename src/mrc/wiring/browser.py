"""The wallet inside a phone's browser: every port to its implementation on WebCrypto and IndexedDB.

Whom the wallet believes comes with the shell as a static file (`trust.json`), so that a phone needs
no server to know it: roots of issuers and of askers, the ledger, and where the wallet provider is.
"""

import base64
import os
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from starlette.applications import Starlette

from mrc.formats import json_text
from mrc.formats.x509.certificate import Certificate, decode_certificate
from mrc.formats.x509.chain import ChainChecker
from mrc.infra.browser.asgi import PhoneRequest, respond
from mrc.infra.browser.bridge import Host
from mrc.infra.browser.fetch import BrowserHttpClient
from mrc.infra.browser.storage import BrowserRecordStore
from mrc.infra.browser.web_crypto import (
    BrowserCipher,
    BrowserDeviceSecret,
    BrowserKeyMaker,
    BrowserKeyStore,
    BrowserPasswordHash,
)
from mrc.kernel.errors import Malformed
from mrc.kernel.ports import HttpClient
from mrc.kernel.pure_verifier import PureVerifier
from mrc.ledger.trust_file import decode_trust
from mrc.protocols.openid4vp.request_object import AskerTrust
from mrc.protocols.wallet_provider.messages import Level
from mrc.wallet.asker_register import AskerRegister, FetchedRegister
from mrc.wallet.mobile_id import MobileId, WalletHost, WalletTrust
from mrc.wallet.provider_client import ProviderClient, ProviderParts
from mrc.web.wallet_app.app import make_app
from mrc.web.wallet_app.host import HostKind, WalletApp
from mrc.web.wallet_app.phone_check import PhoneCheck


class BrowserClock:
    def now(self) -> datetime:
        return datetime.now(UTC)


class BrowserEntropy:
    """`os.urandom` is `crypto.getRandomValues` here."""

    def token(self, size: int) -> bytes:
        return os.urandom(size)


class Phone:
    """The app and its origin; answers the worker's requests."""

    def __init__(self, app: Starlette, origin: str) -> None:
        self._app = app
        self._origin = origin

    async def answer(self, method: str, path: str, query: str, headers: Any, body: Any) -> Any:
        """The answer as a JavaScript array of status, header pairs and bytes."""
        from pyodide.ffi import to_js

        request = PhoneRequest(
            method=method,
            path=path,
            query=query,
            headers=[(name, value) for name, value in headers.to_py()],
            body=body.to_bytes(),
        )
        status, replied, content = await respond(self._app, request, origin=self._origin)
        return to_js([status, replied, content])


async def wake(host: Host, origin: str, trust: str) -> Phone:
    """The wallet, ready to answer. Called once by the worker with the text of `trust.json`."""
    return Phone(make_app(make_wallet(host, json_text.decode_object(trust, "trust"))), origin)


def make_wallet(host: Host, trust: dict[str, object]) -> WalletApp:
    """The holder's app over the browser's ports."""
    keys, records, http = BrowserKeyStore(host), BrowserRecordStore(host), BrowserHttpClient(host)
    clock, verifier = BrowserClock(), PureVerifier()
    wallet_host = WalletHost(
        keys=keys,
        records=records,
        device=BrowserDeviceSecret(host),
        key_maker=BrowserKeyMaker(host),
        cipher=BrowserCipher(host),
        password_hash=BrowserPasswordHash(host),
        verifier=verifier,
        http=http,
        clock=clock,
        entropy=BrowserEntropy(),
    )
    believed = WalletTrust(
        issuers=ChainChecker(anchors=_roots(trust, "issuers"), verifier=verifier),
        askers=AskerTrust(anchors=_roots(trust, "readers")),
        register=find_register(trust, http),
        reports=_text(trust, "lost"),
    )
    url = _text(trust, "provider")
    parts = ProviderParts(
        url=url, http=http, keys=keys, records=records, clock=clock, level=Level.SOFTWARE
    )
    return WalletApp(
        mobile_id=MobileId(wallet_host, believed, ProviderClient(parts) if url else None),
        preferences=records,
        clock=clock,
        kind=HostKind.BROWSER,
        check=PhoneCheck(keys=keys, records=records, verifier=verifier),
        lost_page=_text(trust, "lost"),
    )


def find_register(trust: dict[str, object], http: HttpClient) -> AskerRegister | None:
    """The register of askers on the ledger that `trust.json` names; None where it names none.

    Raises `Malformed` where it names one that does not decode: a wallet that silently asked
    no ledger would look like one whose askers are all good.
    """
    ledger, url = trust.get("ledger"), _text(trust, "askers")
    if ledger is None or not url:
        return None
    return FetchedRegister(http, url, decode_trust(json_text.encode(ledger)))


def _roots(trust: dict[str, object], member: str) -> Sequence[Certificate]:
    encoded = trust.get(member)
    if not isinstance(encoded, list) or not all(isinstance(one, str) for one in encoded):
        raise Malformed("trust", f"{member}: expected base64 certificates")
    return [decode_certificate(base64.b64decode(one, validate=True)) for one in encoded]


def _text(trust: dict[str, object], member: str) -> str:
    """An address, empty where there is none."""
    value = trust.get(member, "")
    if not isinstance(value, str):
        raise Malformed("trust", member)
    return value
