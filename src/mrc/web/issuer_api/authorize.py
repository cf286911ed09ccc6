"""The authorization endpoint's one page: the holder enters the code that the office sent.

For wallets that come with a pushed request and an officer's offer (`issuer_state`), as HAIP
demands. Without an offer the browser goes back with `access_denied`: nobody may authorize
themselves here.
"""

from html import escape

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from mrc.issuer.issuer import Issuer
from mrc.issuer.reasons import Reason
from mrc.issuer.records import AuthorizationRecord
from mrc.kernel.errors import Malformed
from mrc.kernel.ports import Clock
from mrc.protocols.oauth.errors import OAuthError
from mrc.protocols.oauth.members import decode_form
from mrc.web.issuer_api.requests import read_form
from mrc.web.problems import oauth_problem

_HEADERS = {
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; base-uri 'none'; frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}
_PAGE = """<!doctype html>
<html lang="ko">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>모바일 카드 받기 · Get your mobile card</title>
<main>
<h1>모바일 카드 받기<br><span lang="en">Get your mobile card</span></h1>
{notice}
<form method="post">
<input type="hidden" name="client_id" value="{client_id}">
<input type="hidden" name="request_uri" value="{request_uri}">
<p><label for="tx_code">문자로 받은 번호 · <span lang="en">Code sent to your phone</span></label>
<p><input id="tx_code" name="tx_code" inputmode="numeric" autocomplete="one-time-code"
 maxlength="{length}" pattern="[0-9]*" required autofocus>
<p><button>확인 · <span lang="en">Continue</span></button>
</form>
</main>
</html>
"""
_WRONG = (
    '<p role="alert">번호가 맞지 않습니다. 다시 입력하세요. · '
    '<span lang="en">That code is not right. Enter it again.</span></p>'
)


class AuthorizeEndpoint:
    """GET shows the form, POST judges the code and redirects."""

    def __init__(self, issuer: Issuer, clock: Clock) -> None:
        self._issuer = issuer
        self._clock = clock

    async def show(self, request: Request) -> Response:
        query = request.query_params
        client_id, request_uri = query.get("client_id", ""), query.get("request_uri", "")
        try:
            record = await self._find(client_id, request_uri)
        except OAuthError as error:
            return oauth_problem(error)  # no redirect: the address is not known to be the client's
        if record.offer is None:
            return self._refuse(record)
        return self._page(client_id, request_uri, notice="")

    async def submit(self, request: Request) -> Response:
        try:
            form = decode_form(await read_form(request), "authorization form")
        except Malformed:
            return Response(status_code=400, headers=_HEADERS)
        client_id, request_uri = form.get("client_id", ""), form.get("request_uri", "")
        try:
            record = await self._find(client_id, request_uri)
        except OAuthError as error:
            return oauth_problem(error)
        try:
            authorized = await self._issuer.authorizations.authorize_with_offer(
                record, form.get("tx_code"), now=self._clock.now()
            )
        except OAuthError as error:
            if error.cause is Reason.TX_CODE_WRONG:
                return self._page(client_id, request_uri, notice=_WRONG)
            return self._refuse(record)
        if authorized.redirect is None:
            return Response(status_code=400, headers=_HEADERS)
        return RedirectResponse(authorized.redirect, status_code=303, headers=_HEADERS)

    async def _find(self, client_id: str, request_uri: str) -> AuthorizationRecord:
        now = self._clock.now()
        return await self._issuer.authorizations.find(client_id, request_uri, now=now)

    def _refuse(self, record: AuthorizationRecord) -> Response:
        redirect = self._issuer.authorizations.refuse(record)
        if redirect is None:
            return Response(status_code=400, headers=_HEADERS)
        return RedirectResponse(redirect, status_code=303, headers=_HEADERS)

    def _page(self, client_id: str, request_uri: str, *, notice: str) -> Response:
        page = _PAGE.format(
            notice=notice,
            client_id=escape(client_id),
            request_uri=escape(request_uri),
            length=self._issuer.configuration.tx_code_length,
        )
        return Response(page, headers=_HEADERS, media_type="text/html")
