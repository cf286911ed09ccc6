"""The number of both screens: nobody who swaps or passes on a request can make it fit."""

from dataclasses import replace

import pytest

from mrc.kernel.errors import Rejected
from mrc.protocols.dcql.query import decode_query
from mrc.protocols.openid4vp.client_id import ClientId, ClientIdPrefix
from mrc.protocols.openid4vp.number_match import (
    asks_to_compare,
    encode_number_match,
    number_to_compare,
)
from mrc.protocols.openid4vp.reasons import Reason
from mrc.protocols.openid4vp.request import AuthorizationRequest, ResponseMode

QUERY = {
    "credentials": [
        {"id": "card", "format": "mso_mdoc", "meta": {"doctype_value": "kr.go.moj.residence.1"}}
    ]
}
REQUEST = AuthorizationRequest(
    client_id=ClientId(prefix=ClientIdPrefix.X509_HASH, original="x" * 43),
    response_mode=ResponseMode.DIRECT_POST_JWT,
    response_uri="https://asker.example/response",
    nonce="n" * 43,
    dcql_query=decode_query(QUERY),
    verifier_info=(encode_number_match(),),
    wallet_nonce="w" * 22,
)


def test_a_request_that_was_read_without_the_wallets_randomness_is_refused() -> None:
    with pytest.raises(Rejected) as refused:
        number_to_compare(replace(REQUEST, wallet_nonce=None))
    assert refused.value.reason is Reason.NUMBER_NOT_COMPARABLE


@pytest.mark.parametrize("member", ["nonce", "wallet_nonce"])
def test_neither_side_alone_decides_the_number(member: str) -> None:
    found = {number_to_compare(replace(REQUEST, **{member: f"n{i}"})) for i in range(2000)}
    assert found == set(range(10, 100))


def test_the_two_nonces_cannot_be_cut_at_another_place() -> None:
    one = [replace(REQUEST, nonce="a" * i, wallet_nonce="a" * (40 - i)) for i in range(1, 40)]
    assert len({number_to_compare(request) for request in one}) > 20


def test_both_sides_find_the_same_number() -> None:
    assert number_to_compare(REQUEST) == number_to_compare(replace(REQUEST))


def test_an_asker_whose_screen_shows_none_is_not_compared() -> None:
    plain = replace(REQUEST, verifier_info=({"format": "jwt", "data": "x"},), wallet_nonce=None)
    assert number_to_compare(plain) is None
    assert not asks_to_compare(())
