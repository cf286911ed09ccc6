"""Links that open a wallet, and the body of a posted request for the request object."""

import pytest

from mrc.kernel.errors import Malformed, Rejected
from mrc.protocols.openid4vp.invocation import (
    ByReference,
    ByValue,
    Plain,
    RequestUriMethod,
    RequestUriPost,
    decode_invocation,
    decode_request_uri_post,
    encode_invocation,
    encode_request_uri_post,
)
from mrc.protocols.openid4vp.reasons import Reason

REFERENCE = ByReference(
    client_id="x509_hash:abc",
    request_uri="https://verifier.localhost:8444/request/1",
    method=RequestUriMethod.POST,
)


@pytest.mark.parametrize("endpoint", ["openid4vp://", "haip-vp://", "https://w.example/a?b=c"])
def test_a_link_comes_back_as_it_was(endpoint: str) -> None:
    assert decode_invocation(encode_invocation(REFERENCE, endpoint=endpoint)) == REFERENCE


def test_a_request_by_value_is_found() -> None:
    found = decode_invocation("openid4vp://?client_id=x509_hash%3Aabc&request=a.b.c")
    assert found == ByValue(client_id="x509_hash:abc", request_object="a.b.c")


def test_plain_parameters_are_found_with_their_json() -> None:
    found = decode_invocation("openid4vp://?client_id=x&dcql_query=%7B%22credentials%22%3A1%7D")
    assert found == Plain(parameters={"client_id": "x", "dcql_query": {"credentials": 1}})


@pytest.mark.parametrize(
    "link",
    [
        "",
        "openid4vp://",
        "openid4vp://?client_id",
        "openid4vp://?client_id=a&client_id=b&request_uri=https://v.example/",
        "openid4vp://?request_uri=https://v.example/",
        "openid4vp://?client_id=a&request_uri=ftp://v.example/",
        "openid4vp://?client_id=a&request_uri=https://v.example/&request=a.b.c",
        "openid4vp://?client_id=a&request_uri_method=post",
        "openid4vp://?client_id=a&dcql_query={",
        "openid4vp://?x=" + "a" * 70000,
    ],
)
def test_a_link_that_does_not_decode_is_malformed(link: str) -> None:
    with pytest.raises(Malformed):
        decode_invocation(link)


@pytest.mark.parametrize("method", ["POST", "put", ""])
def test_another_request_uri_method_is_rejected(method: str) -> None:
    with pytest.raises(Rejected) as caught:
        decode_invocation(
            f"x://?client_id=a&request_uri=https://v.example/&request_uri_method={method}"
        )
    assert caught.value.reason is Reason.REQUEST_URI_METHOD_INVALID


def test_a_posted_wallet_nonce_comes_back_as_it_was() -> None:
    post = RequestUriPost(wallet_nonce="qPmxiNFCR3QTm19POc8u", wallet_metadata={"a": [1]})
    assert decode_request_uri_post(encode_request_uri_post(post)) == post
    assert decode_request_uri_post(b"") == RequestUriPost()


@pytest.mark.parametrize(
    "body",
    [
        b"wallet_nonce=",
        b"wallet_nonce=a%20b",
        b"wallet_nonce=a%0a",
        b"wallet_nonce=" + b"a" * 513,
        b"wallet_nonce=a&wallet_nonce=b",
        b"wallet_metadata=[]",
        b"wallet_metadata={",
    ],
)
def test_a_posted_body_that_does_not_decode_is_malformed(body: bytes) -> None:
    with pytest.raises(Malformed):
        decode_request_uri_post(body)
