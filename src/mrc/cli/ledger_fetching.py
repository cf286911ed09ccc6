"""A status list with its proof, as `mrc ledger bundle fetch` writes them to files."""

from mrc.formats.status_list import cwt_token, jwt_token
from mrc.formats.status_list.aggregation import decode_aggregation
from mrc.infra.ledger_lists import find_proof_link
from mrc.kernel.errors import Malformed, Unavailable
from mrc.kernel.ports import HttpClient, HttpRequest, HttpResponse
from mrc.ledger.findings import Document, find_publications
from mrc.ledger.proofs import ProvenFacts
from mrc.ledger.statements import issuer_stream_id


async def fetch_list(http: HttpClient, issuer: str) -> tuple[bytes, bytes]:
    """The issuer's first status list as JWT, and the proof beside it. Raises `Unavailable`."""
    uris = decode_aggregation((await _get(http, f"{issuer}/status")).body)
    if not uris:
        raise Unavailable("status list", "this authority has none yet")
    answer = await _get(http, uris[0], jwt_token.MEDIA_TYPE)
    link = find_proof_link(answer.headers.get("link", ""), uris[0])
    if link is None:
        raise Unavailable("proof", "no proof is served beside the list")
    return answer.body, (await _get(http, link)).body


def as_document(data: bytes) -> Document:
    """A status list in either form, as something to be judged. Raises `Malformed`.

    Its signature is not checked here: the ledger speaks of bytes.
    """
    try:
        claims = jwt_token.decode_jwt(data.decode("ascii").strip()).claims
        media_type = jwt_token.MEDIA_TYPE
    except (UnicodeDecodeError, Malformed):
        claims = cwt_token.decode_cwt(data).claims
        media_type = cwt_token.MEDIA_TYPE
    return Document(uri=claims.uri, media_type=media_type, issued_at=claims.issued_at, data=data)


def find_issuer_key(facts: ProvenFacts, document: Document) -> bytes:
    """The key of the named organisation in whose stream the document is; nobody's where there is none.

    Whoever has the issuer's root compares it with the key that is shown.
    """
    found = find_publications(facts, document.uri, document.media_type)
    streams = {entry.stream for entry in found}
    return next(
        (
            entry.key_hash
            for name, entry in facts.organisations.items()
            if entry is not None and issuer_stream_id(name) in streams
        ),
        b"",
    )


async def _get(http: HttpClient, url: str, accept: str = "*/*") -> HttpResponse:
    answer = await http.send(HttpRequest(method="GET", url=url, headers={"accept": accept}))
    if answer.status != 200:
        raise Unavailable(url, f"HTTP {answer.status}")
    return answer
