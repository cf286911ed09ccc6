"""Type metadata: integrity, extension, rules; and what the catalogue publishes."""

import base64
import hashlib
import json
from typing import Any

import pytest

from mrc.formats import json_text
from mrc.formats.catalogue.card_types import STANDARD
from mrc.formats.catalogue.type_metadata import encode_type_metadata
from mrc.formats.sd_jwt_vc.claims import Disclosable
from mrc.formats.sd_jwt_vc.issuing import SdJwtVcInput, prepare
from mrc.formats.sd_jwt_vc.presenting import select
from mrc.formats.sd_jwt_vc.reasons import Reason
from mrc.formats.sd_jwt_vc.sd_jwt import ProcessedSdJwt, SdJwt, decode, process
from mrc.formats.sd_jwt_vc.type_metadata import (
    ClaimRule,
    Selective,
    TypeMetadata,
    check_claims,
    check_integrity,
    combine,
    decode_type_metadata,
    integrity,
)
from mrc.infra.keys.software import SystemEntropy
from mrc.kernel.errors import Malformed, Rejected
from mrc.kernel.keys import Algorithm

DOCUMENT = b'{"vct":"urn:a"}'
SHA512 = "sha512-" + base64.b64encode(hashlib.sha512(DOCUMENT).digest()).decode()


@pytest.mark.parametrize(
    "expected",
    [
        integrity(b"other"),
        integrity(DOCUMENT).replace("sha256", "sha384"),
        integrity(DOCUMENT).rstrip("="),
        f"{integrity(DOCUMENT)} sha512-AAAA",
        "md5-AAAA",
        "",
        "sha256",
    ],
)
def test_a_document_of_another_hash_is_rejected(expected: str) -> None:
    with pytest.raises(Rejected) as caught:
        check_integrity(DOCUMENT, expected=expected)
    assert caught.value.reason is Reason.TYPE_METADATA_INTEGRITY


@pytest.mark.parametrize(
    "expected",
    [
        integrity(DOCUMENT),
        f"md5-x {integrity(DOCUMENT)}?opt",
        f"sha256-AAAA {SHA512}",
        f"{integrity(b'other')} {integrity(DOCUMENT)}",
    ],
)
def test_the_strongest_hash_decides(expected: str) -> None:
    check_integrity(DOCUMENT, expected=expected)


@pytest.mark.parametrize(
    "document",
    [
        [],
        {},
        {"vct": 5},
        {"vct": ""},
        {"vct": "a", "extends": 5},
        {"vct": "a", "claims": {}},
        {"vct": "a", "claims": [5]},
        {"vct": "a", "claims": [{}]},
        {"vct": "a", "claims": [{"path": []}]},
        {"vct": "a", "claims": [{"path": [-1]}]},
        {"vct": "a", "claims": [{"path": [True]}]},
        {"vct": "a", "claims": [{"path": [1.5]}]},
        {"vct": "a", "claims": [{"path": ["x"], "mandatory": "yes"}]},
        {"vct": "a", "claims": [{"path": ["x"], "sd": "sometimes"}]},
        {"vct": "a", "claims": [{"path": ["x"], "sd": ["always"]}]},
    ],
    ids=str,
)
def test_what_is_no_type_metadata_is_malformed(document: object) -> None:
    with pytest.raises(Malformed):
        decode_type_metadata(json_text.encode(document))


def metadata(vct: str, extends: str | None = None, **rules: Any) -> TypeMetadata:
    claims = [{"path": [name], **rule} for name, rule in rules.items()]
    document = {"vct": vct, "claims": claims} | ({} if extends is None else {"extends": extends})
    return decode_type_metadata(json.dumps(document).encode())


def test_an_extending_type_inherits_and_tightens() -> None:
    child = metadata("b", "a", x={"sd": "always"}, y={})
    parent = metadata("a", x={"mandatory": True}, y={"sd": "never", "mandatory": True}, z={})
    rules = {rule.path[0]: rule for rule in combine([child, parent])}
    assert set(rules) == {"x", "y", "z"}
    assert rules["x"].mandatory
    assert rules["x"].sd is Selective.ALWAYS
    assert rules["y"].mandatory
    assert rules["y"].sd is Selective.NEVER


@pytest.mark.parametrize(("old", "new"), [("always", "never"), ("never", "always")])
def test_an_extending_type_that_turns_sd_around_is_rejected(old: str, new: str) -> None:
    with pytest.raises(Rejected):
        combine([metadata("b", "a", x={"sd": new}), metadata("a", x={"sd": old})])


def test_a_chain_that_does_not_fit_together_is_rejected() -> None:
    for chain in (
        [],
        [metadata("b", "a")],
        [metadata("b", "a"), metadata("c")],
        [metadata("a", "a")] * 9,
    ):
        with pytest.raises(Rejected) as caught:
            combine(chain)
        assert caught.value.reason is Reason.TYPE_METADATA_VCT


TREE = {"a": Disclosable(1), "b": 2, "o": {"c": Disclosable(3)}, "l": [Disclosable("x"), "y"]}


def issue() -> SdJwt:
    source = SdJwtVcInput(
        vct="v", claims=TREE, holder_key=None, status=None, expires_at=None, x5c=()
    )
    prepared = prepare(source, algorithm=Algorithm.ES256, entropy=SystemEntropy())
    return decode(prepared.finish(bytes(64)))


FULL = process(issue())
NOTHING = process(select(issue(), []))


def rule(*path: str | int | None, mandatory: bool = False, sd: str = "allowed") -> ClaimRule:
    return ClaimRule(path=path, mandatory=mandatory, sd=Selective(sd))


@pytest.mark.parametrize(
    ("broken", "processed", "complete"),
    [
        (rule("a", sd="never"), FULL, True),
        (rule("a", sd="never"), FULL, False),
        (rule("b", sd="always"), FULL, False),
        (rule("z", mandatory=True), FULL, True),
        (rule("o", "z", mandatory=True), FULL, True),
        (rule("o", "c", sd="never"), FULL, False),
        (rule("o", sd="always"), FULL, False),
        (rule("l", None, sd="always"), FULL, False),
        (rule("l", None, sd="never"), FULL, False),
        (rule("l", 1, sd="always"), FULL, True),
        (rule("l", 2, mandatory=True), FULL, True),
        (rule("b", "c"), FULL, False),
        (rule("b", None), FULL, False),
        (rule("o", None), FULL, False),
        (rule("o", 0), FULL, True),
        (rule("l", "x"), FULL, False),
    ],
    ids=str,
)
def test_a_broken_rule_is_rejected(
    broken: ClaimRule, processed: ProcessedSdJwt, complete: bool
) -> None:
    with pytest.raises(Rejected) as caught:
        check_claims(processed, rules=[broken], complete=complete)
    assert caught.value.reason is Reason.TYPE_METADATA_CLAIM


@pytest.mark.parametrize(
    ("kept", "processed", "complete"),
    [
        (rule("a", sd="always", mandatory=True), FULL, True),
        (rule("a", sd="always", mandatory=True), NOTHING, False),
        (rule("b", sd="never", mandatory=True), FULL, True),
        (rule("z", sd="always"), FULL, True),
        (rule("l", 0, sd="always"), FULL, True),
        (rule("l", 0, sd="never"), FULL, False),
        (rule("l", None), FULL, True),
    ],
    ids=str,
)
def test_a_kept_rule_passes(kept: ClaimRule, processed: ProcessedSdJwt, complete: bool) -> None:
    check_claims(processed, rules=[kept], complete=complete)


@pytest.mark.parametrize("definition", STANDARD.definitions.values(), ids=lambda d: d.vct)
def test_the_catalogues_documents_are_read_and_name_every_claim(definition: Any) -> None:
    published = encode_type_metadata(definition)
    assert published == encode_type_metadata(definition)
    read = decode_type_metadata(published)
    assert read.vct == definition.vct
    assert [rule.path for rule in combine([read])] == [claim.path for claim in definition.claims]
    check_integrity(published, expected=integrity(published))
