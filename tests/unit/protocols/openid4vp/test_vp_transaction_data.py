"""Transaction data and its hashes: OpenID4VP 1.0, 5.1, 8.4 and B.3.3.1."""

import hashlib

import pytest

from mrc.formats import base64url, json_text
from mrc.kernel.errors import Malformed, Rejected
from mrc.protocols.dcql.query import DcqlQuery, decode_query
from mrc.protocols.openid4vp.reasons import Reason
from mrc.protocols.openid4vp.transaction_data import (
    TransactionDataHashes,
    check_approved,
    check_transaction_data,
    decode_hashes,
    decode_transaction_data,
    hash_transaction_data,
    make_transaction_data,
)

PAY = "urn:example:pay"
ITEM = make_transaction_data(PAY, ["card"], {"amount": "100"})


def encoded(**members: object) -> str:
    return base64url.encode(json_text.encode({"type": PAY, "credential_ids": ["card"]} | members))


def query(**members: object) -> DcqlQuery:
    card = {"id": "card", "format": "dc+sd-jwt", "meta": {"vct_values": ["v"]}} | members
    other = {"id": "other", "format": "dc+sd-jwt", "meta": {"vct_values": ["v"]}}
    return decode_query({"credentials": [card, other]})


def test_the_hash_is_over_the_string_that_came() -> None:
    spaced = base64url.encode(b'{ "type": "urn:example:pay", "credential_ids": ["card"] }')
    found = hash_transaction_data([decode_transaction_data(spaced)])
    digest = base64url.encode(hashlib.sha256(spaced.encode()).digest())
    assert found == TransactionDataHashes(hashes=(digest,), algorithm=None)


@pytest.mark.parametrize(
    "text",
    [
        "?",
        "",
        base64url.encode(b"[]"),
        base64url.encode(b'{"type":"a","type":"b","credential_ids":["card"]}'),
        encoded(type=None),
        encoded(type=""),
        encoded(credential_ids=[]),
        encoded(credential_ids="card"),
        encoded(transaction_data_hashes_alg=[]),
        encoded(transaction_data_hashes_alg="sha-256"),
        encoded(x="y" * 70000),
    ],
)
def test_what_does_not_decode_is_malformed(text: str) -> None:
    with pytest.raises(Malformed):
        decode_transaction_data(text)


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        (encoded(type="urn:unknown"), query()),
        (encoded(credential_ids=["nobody"]), query()),
        (encoded(transaction_data_hashes_alg=["md5"]), query()),
        (encoded(), query(require_cryptographic_holder_binding=False)),
        (encoded(), query(format="mso_mdoc", meta={"doctype_value": "d"})),
    ],
)
def test_a_wallet_rejects_what_it_cannot_approve(text: str, asked: DcqlQuery) -> None:
    with pytest.raises(Rejected) as caught:
        check_transaction_data([decode_transaction_data(text)], query=asked, supported_types={PAY})
    assert caught.value.reason is Reason.TRANSACTION_DATA_INVALID


def test_a_wallet_accepts_what_it_knows() -> None:
    check_transaction_data([ITEM], query=query(), supported_types={PAY})


def test_the_algorithm_is_named_where_the_request_named_one() -> None:
    item = decode_transaction_data(encoded(transaction_data_hashes_alg=["sha-512", "sha-384"]))
    found = hash_transaction_data([item])
    assert found is not None
    assert found.algorithm == "sha-384"
    check_approved([item], {"card": found})


def test_items_without_a_common_algorithm_cannot_be_hashed() -> None:
    item = decode_transaction_data(encoded(transaction_data_hashes_alg=["sha-512"]))
    with pytest.raises(Rejected):
        hash_transaction_data([ITEM, item])


def test_hashes_are_read_from_a_key_binding_jwt() -> None:
    found = hash_transaction_data([ITEM])
    assert found is not None
    assert decode_hashes({"transaction_data_hashes": list(found.hashes)}) == found
    assert decode_hashes({}) is None


@pytest.mark.parametrize("value", [[], "x", [1], [""]])
def test_hashes_that_do_not_decode_are_malformed(value: object) -> None:
    with pytest.raises(Malformed):
        decode_hashes({"transaction_data_hashes": value})


def hashes(*items: str, algorithm: str | None = None) -> TransactionDataHashes:
    return TransactionDataHashes(hashes=items, algorithm=algorithm)


GOOD = base64url.encode(hashlib.sha256(ITEM.encoded.encode()).digest())
BOTH = make_transaction_data(PAY, ["card", "other"], {})
BOTH_HASH = base64url.encode(hashlib.sha256(BOTH.encoded.encode()).digest())


@pytest.mark.parametrize(
    ("item", "approvals"),
    [
        (ITEM, {}),
        (ITEM, {"card": hashes("wrong")}),
        (ITEM, {"card": hashes(GOOD, GOOD)}),
        (ITEM, {"card": hashes(GOOD, "another")}),
        (ITEM, {"other": hashes(GOOD)}),
        (ITEM, {"card": hashes(GOOD), "other": hashes("more")}),
        (ITEM, {"card": hashes(GOOD, algorithm="sha-512")}),
        (ITEM, {"card": hashes(GOOD, algorithm="md5")}),
        (BOTH, {"card": hashes(BOTH_HASH), "other": hashes(BOTH_HASH)}),
    ],
)
def test_a_verifier_rejects_other_hashes(
    item: object, approvals: dict[str, TransactionDataHashes]
) -> None:
    with pytest.raises(Rejected) as caught:
        check_approved([item], approvals)  # type: ignore[list-item]
    assert caught.value.reason is Reason.TRANSACTION_DATA_MISMATCH


def test_an_algorithm_that_was_asked_for_must_be_named() -> None:
    item = decode_transaction_data(encoded(transaction_data_hashes_alg=["sha-256"]))
    digest = base64url.encode(hashlib.sha256(item.encoded.encode()).digest())
    with pytest.raises(Rejected):
        check_approved([item], {"card": hashes(digest)})
    check_approved([item], {"card": hashes(digest, algorithm="sha-256")})


def test_a_verifier_accepts_the_right_hash_from_one_of_two_credentials() -> None:
    check_approved([ITEM], {"card": hashes(GOOD)})
    check_approved([BOTH], {"other": hashes(BOTH_HASH)})


def test_a_parameter_may_not_take_a_reserved_name() -> None:
    with pytest.raises(ValueError, match="name of a member"):
        make_transaction_data(PAY, ["card"], {"type": "x"})
