"""Whatever a stranger sends decodes or is `Malformed` or `Rejected`; every value survives."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from mrc.infra.keys.software import OpensslVerifier
from mrc.kernel.errors import Malformed, Rejected
from mrc.protocols.dcql.matching import HeldCredential, evaluate
from mrc.protocols.dcql.query import decode_query, encode_query
from mrc.protocols.openid4vp.invocation import decode_invocation, decode_request_uri_post
from mrc.protocols.openid4vp.request import decode_request, find_reply_address
from mrc.protocols.openid4vp.request_object import (
    AskerTrust,
    Expectation,
    accept_unsigned_request,
    check_request_object,
)
from mrc.protocols.openid4vp.response import (
    AuthorizationResponse,
    decode_post,
    decode_receipt,
    encode_direct_post,
)
from mrc.protocols.openid4vp.transaction_data import decode_transaction_data
from mrc.verifier.stored import check_stored
from mrc.verifier.trust import IssuerTrust

NAMES = st.sampled_from(
    [
        "credentials",
        "credential_sets",
        "id",
        "format",
        "meta",
        "vct_values",
        "doctype_value",
        "claims",
        "claim_sets",
        "path",
        "values",
        "options",
        "trusted_authorities",
        "type",
    ]
)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
TEXTS = st.sampled_from(["mso_mdoc", "dc+sd-jwt", "a", "aki"])
JSON = st.recursive(
    SCALARS | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=5),
    max_leaves=20,
)
IDS = st.text("abcXYZ019_-", min_size=1, max_size=8)
PATHS = st.lists(st.text(max_size=4) | st.integers(0, 5) | st.none(), min_size=1, max_size=4)
VALUES = st.lists(st.text(max_size=3) | st.integers() | st.booleans(), min_size=1, max_size=3)
CLAIMS = st.fixed_dictionaries({"path": PATHS}, optional={"values": VALUES})
CREDENTIALS = st.fixed_dictionaries(
    {"id": IDS, "format": st.just("dc+sd-jwt"), "meta": st.just({"vct_values": ["v"]})},
    optional={
        "claims": st.lists(CLAIMS, min_size=1, max_size=4),
        "multiple": st.just(True),
        "require_cryptographic_holder_binding": st.just(False),
    },
)
QUERIES = st.lists(CREDENTIALS, min_size=1, max_size=4, unique_by=lambda one: one["id"]).map(
    lambda credentials: {"credentials": credentials}
)


@given(JSON)
def test_any_json_is_a_query_or_malformed(value: object) -> None:
    try:
        query = decode_query(value)
    except Malformed:
        return
    assert decode_query(encode_query(query)) == query


@given(QUERIES, st.dictionaries(st.text(max_size=4), JSON, max_size=4))
def test_any_valid_query_survives_and_can_be_evaluated(
    source: dict[str, object], claims: dict[str, object]
) -> None:
    query = decode_query(source)
    assert encode_query(query) == source
    held = HeldCredential(id="1", format="dc+sd-jwt", types=("v",), claims=claims)
    evaluation = evaluate(query, [held])
    assert evaluation.answerable <= {credential.id for credential in query.credentials}


@given(st.binary(max_size=400) | st.text(max_size=200).map(str.encode))
def test_any_body_decodes_or_is_malformed(body: bytes) -> None:
    for decode in (decode_post, decode_request_uri_post, decode_receipt):
        try:
            decode(body)
        except Malformed:
            continue


@given(st.text(max_size=300))
def test_any_link_decodes_or_is_refused(link: str) -> None:
    for text in (link, f"openid4vp://?{link}", f"openid4vp://?client_id=a&request_uri={link}"):
        try:
            decode_invocation(text)
        except (Malformed, Rejected):
            continue


@given(st.text(max_size=300) | st.from_regex(r"[A-Za-z0-9_-]{0,80}", fullmatch=True))
def test_any_text_is_refused_as_a_request_object(text: str) -> None:
    expected = Expectation(client_id="x509_hash:a", wallet_nonce=None)
    for candidate in (text, f"{text}.{text}.{text}"):
        try:
            check_request_object(
                candidate,
                expected=expected,
                trust=AskerTrust(anchors=[]),
                at=datetime(2026, 1, 1, tzinfo=UTC),
                verifier=OpensslVerifier(),
            )
        except (Malformed, Rejected):
            continue
        raise AssertionError("nobody signed this")


@given(
    st.dictionaries(
        st.sampled_from(
            [
                "client_id",
                "response_uri",
                "response_mode",
                "nonce",
                "state",
                "dcql_query",
                "client_metadata",
                "transaction_data",
                "verifier_info",
            ]
        ),
        JSON,
    )
)
def test_any_parameters_are_a_request_or_refused(parameters: dict[str, object]) -> None:
    find_reply_address(parameters)
    for source in (parameters, parameters | {"response_type": "vp_token"}):
        for decode in (decode_request, accept_unsigned_request):
            try:
                decode(source)
            except (Malformed, Rejected):
                continue


@given(st.text(max_size=200))
def test_any_text_is_transaction_data_or_malformed(text: str) -> None:
    try:
        decode_transaction_data(text)
    except Malformed:
        return


@given(st.dictionaries(st.text(max_size=5), st.lists(st.text(min_size=1), min_size=1, max_size=3)))
def test_any_response_survives(vp_token: dict[str, list[str]]) -> None:
    response = AuthorizationResponse(
        vp_token={name: tuple(shown) for name, shown in vp_token.items()}, state="s"
    )
    assert decode_post(encode_direct_post(response)) == response


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
async def test_any_file_is_judged_or_malformed(data: bytes) -> None:
    trust = IssuerTrust([], verifier=OpensslVerifier())
    try:
        await check_stored(
            data, trust=trust, exchange=None, lists=None, at=datetime(2026, 1, 1, tzinfo=UTC)
        )
    except (Malformed, Rejected):
        return
