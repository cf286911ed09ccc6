"""What the register says about an asker, in words: five cases, and none is silent."""

import pytest

from mrc.kernel.findings import Finding, failed, passed, undetermined
from mrc.ledger.asker_register import AskerStanding
from mrc.ledger.reasons import Reason
from mrc.web.design.languages import Language
from mrc.web.design.translator import Translator
from mrc.web.wallet_app.register_words import register_words

ENGLISH = Translator(Language.EN, domains=("common", "holder", "wallet"))
CLAUSE = "here"
GOOD = passed("ledger.organisation", CLAUSE)
MAY = passed("ledger.entitlement", CLAUSE)
MAY_NOT = failed("ledger.entitlement", CLAUSE, Reason.NOT_ENTITLED)


def unknown(reason: Reason) -> Finding:
    return undetermined("ledger.organisation", CLAUSE, reason)


def refused(reason: Reason) -> Finding:
    return failed("ledger.organisation", CLAUSE, reason)


@pytest.mark.parametrize(
    ("registration", "entitlement", "excess", "text", "warns"),
    [
        (GOOD, MAY, [], "Registered, and may ask for this.", False),
        (
            GOOD,
            MAY_NOT,
            ["portrait", "x.unheard.of"],
            "Registered, but may not ask for: Photo, x.unheard.of",
            True,
        ),
        (
            GOOD,
            MAY_NOT,
            ["*"],
            "Registered, but may not ask for: the whole card",
            True,
        ),
        (
            refused(Reason.NOT_ACTIVE),
            MAY,
            [],
            "Its entry in the register does not hold.",
            True,
        ),
        (
            refused(Reason.OTHER_VALIDATORS),
            MAY_NOT,
            [],
            "Its entry in the register does not hold.",
            True,
        ),
        (unknown(Reason.NOT_IN_BUNDLE), MAY_NOT, [], "It is not in the register.", True),
        (
            unknown(Reason.NO_BUNDLE),
            MAY_NOT,
            [],
            "The register could not be checked just now.",
            False,
        ),
        (
            unknown(Reason.STALE_HEADER),
            MAY_NOT,
            [],
            "The register could not be checked just now.",
            False,
        ),
    ],
)
def test_the_words(
    registration: Finding, entitlement: Finding, excess: list[str], text: str, *, warns: bool
) -> None:
    standing = AskerStanding(
        registration=registration, entitlement=entitlement, excess=frozenset(excess)
    )
    words = register_words(standing, ENGLISH)
    assert words is not None
    assert (str(words.text), words.warns) == (text, warns)


def test_a_wallet_that_asks_no_ledger_says_nothing() -> None:
    assert register_words(None, ENGLISH) is None
