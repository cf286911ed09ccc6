"""An issuer's status list on the web, in memory: an `HttpClient` that serves one signed list."""

from datetime import datetime, timedelta

from mrc.formats.status_list.bits import PublishedList, Status
from mrc.formats.status_list.cwt_token import MEDIA_TYPE as CWT
from mrc.formats.status_list.cwt_token import prepare_cwt
from mrc.formats.status_list.jwt_token import MEDIA_TYPE as JWT
from mrc.formats.status_list.jwt_token import prepare_jwt
from mrc.formats.status_list.token import StatusClaims
from mrc.kernel.errors import Unavailable
from mrc.kernel.ports import HttpRequest, HttpResponse
from tests.simulators.pki import NOW, Identity, practice_pki
from tests.simulators.practice_cards import STATUS_URI

TTL = timedelta(minutes=1)


class StatusPublisher:
    """Serves the list; tests set entries, the time of signing, the signer, or pull the plug."""

    def __init__(self, *, size: int = 128, media_type: str = JWT) -> None:
        self.entries = PublishedList(bits=2, size=size)
        self.media_type = media_type
        self.signed_at: datetime = NOW
        self.signer: Identity = practice_pki().status_signer
        self.uri = STATUS_URI
        self.online = True
        self.http_status = 200
        self.fetches = 0

    def set(self, index: int, status: Status, *, at: datetime) -> None:
        self.entries.set(index, status)
        self.signed_at = at

    async def send(self, request: HttpRequest) -> HttpResponse:
        self.fetches += 1
        if not self.online:
            raise Unavailable(request.url, "nobody there")
        headers = {"content-type": self.media_type}
        return HttpResponse(status=self.http_status, headers=headers, body=self.token())

    def token(self) -> bytes:
        claims = StatusClaims(
            uri=self.uri,
            issued_at=self.signed_at,
            expires_at=self.signed_at + timedelta(hours=12),
            ttl=TTL,
            bits=2,
            compressed=self.entries.compressed(),
        )
        signer, chain = self.signer.signer, [self.signer.der]
        if self.media_type == CWT:
            cwt = prepare_cwt(claims, algorithm=signer.algorithm, x5chain=chain)
            return cwt.finish(signer.sign_now(cwt.to_be_signed))
        jwt = prepare_jwt(claims, algorithm=signer.algorithm, x5c=chain)
        return jwt.finish(signer.sign_now(jwt.to_be_signed)).encode()
