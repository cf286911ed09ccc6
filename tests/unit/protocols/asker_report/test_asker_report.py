"""What a report may carry: the asker and kinds of data, and nothing anybody could add to it."""

from dataclasses import replace
from datetime import date

import pytest

from mrc.formats import json_text
from mrc.kernel.errors import Malformed
from mrc.protocols.asker_report.messages import (
    MAX_BODY,
    AskerReport,
    Complaint,
    decode_report,
    encode_report,
)

REPORT = AskerReport(
    id=bytes(range(16)),
    complaint=Complaint.PRETENDS,
    asker="x509_hash:abc",
    name="한빛은행 (견본)",
    registered=False,
    purpose="Open an account",
    kinds=("kr.go.moj.residence.1.registration_number",),
    on=date(2026, 3, 1),
)


def test_a_report_comes_back_as_it_was() -> None:
    assert decode_report(encode_report(REPORT)) == REPORT


def test_the_reference_depends_on_the_random_id_alone() -> None:
    assert REPORT.reference == replace(REPORT, name="x", complaint=Complaint.UNKNOWN).reference
    assert REPORT.reference != replace(REPORT, id=bytes(16)).reference
    assert len(REPORT.reference) == 11


@pytest.mark.parametrize(
    "changes",
    [
        {"note": "a word of the holder's own"},
        {"id": "AAAA"},
        {"complaint": "rude"},
        {"name": 7},
        {"name": "x" * 501},
        {"name": "\x1b[2Jcleared the auditor's screen"},
        {"asker": "two\nlines"},
        {"registered": "yes"},
        {"kinds": "portrait"},
        {"kinds": ["x"] * 65},
        {"kinds": [7]},
        {"on": "yesterday"},
    ],
)
def test_anything_else_is_malformed(changes: dict[str, object]) -> None:
    members = json_text.decode_object(encode_report(REPORT), "report")
    with pytest.raises(Malformed):
        decode_report(json_text.encode(members | changes))


@pytest.mark.parametrize("missing", ["id", "asker", "on", "kinds"])
def test_a_missing_member_is_malformed(missing: str) -> None:
    members = json_text.decode_object(encode_report(REPORT), "report")
    del members[missing]
    with pytest.raises(Malformed):
        decode_report(json_text.encode(members))


def test_a_flood_is_not_read() -> None:
    with pytest.raises(Malformed):
        decode_report(b" " * (MAX_BODY + 1))


def test_the_wallet_cuts_what_an_asker_made_too_long() -> None:
    long = replace(REPORT, name="x" * 9000, kinds=("k" * 900,) * 90)
    decoded = decode_report(encode_report(long))
    assert len(decoded.name) == 500
    assert len(decoded.kinds) == 64
