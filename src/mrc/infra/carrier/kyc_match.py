"""KYC Match 0.4.0: what we ask about a line, and what each answer means.

The carrier compares at its own side and never tells the name on file. So what we can do is ask
well and read strictly: ``true`` for the name and for the birth date together is a pass,
``not_available`` is undetermined, ``false`` for the birth date is another person, and a score
never makes a pass: at best it sends the question to an officer (docs/adr/0005).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from mrc.infra.carrier.reasons import LineReason
from mrc.kernel.errors import Malformed
from mrc.kernel.findings import Finding, failed, passed, undetermined
from mrc.protocols.oauth.members import optional_integer
from mrc.registry.name_matching.spellings import Spelling
from mrc.registry.people import Registrant
from mrc.registry.phones import PhoneNumber

PATH = "/kyc-match/v0.4/match"
SCOPE = "kyc-match:match"
CHECK = "carrier.own_name"
CLAUSE = "CAMARA KYC Match 0.4.0, match"
WHAT = "KYC Match answer"
NEAR = 90  # of 100, Jaro-Winkler: an officer should look; below it the names are plainly others


class Said(StrEnum):
    """MatchResult."""

    TRUE = "true"
    FALSE = "false"
    NOT_AVAILABLE = "not_available"


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchAnswer:
    """What the carrier said about the attributes that we ask for.

    `parts` are the family and the given name, where both were asked; `score` is beside false only.
    """

    name: Said
    birth_date: Said
    parts: tuple[Said, ...] = ()
    score: int | None = None


def encode_question(
    number: PhoneNumber, registrant: Registrant, spelling: Spelling, document: str | None
) -> dict[str, object]:
    """The least that answers: number, one spelling, birth date; a document only where asked."""
    question: dict[str, object] = {
        "phoneNumber": number,
        "name": spelling.name,
        "birthdate": registrant.birth_date.isoformat(),
    }
    if spelling.family and spelling.given:
        question |= {"familyName": spelling.family, "givenName": spelling.given}
    if document is not None:
        question |= {"idDocument": document, "idDocumentType": "residence_permit"}
    return question


def decode_answer(body: Mapping[str, object]) -> MatchAnswer:
    """Raises `Malformed` for every value that the document does not name."""
    score = optional_integer(body, "nameMatchScore", WHAT)
    if score is not None and not 0 <= score <= 99:
        raise Malformed(WHAT, "nameMatchScore is not 0 to 99")
    parts = ("familyNameMatch", "givenNameMatch")
    return MatchAnswer(
        name=_said(body, "nameMatch"),
        birth_date=_said(body, "birthdateMatch"),
        parts=tuple(_said(body, part) for part in parts if part in body),
        score=score,
    )


def decided(answer: MatchAnswer) -> Finding | None:
    """The finding, or None where the name may be on file in another spelling."""
    if answer.birth_date is Said.FALSE:
        return failed(CHECK, CLAUSE, LineReason.BIRTH_DATE_DIFFERS.value)
    if answer.name is Said.FALSE:
        return None
    whole = answer.name is Said.TRUE or answer.parts == (Said.TRUE, Said.TRUE)
    if not whole:
        return undetermined(CHECK, CLAUSE, LineReason.NAME_NOT_AVAILABLE.value)
    if answer.birth_date is Said.NOT_AVAILABLE:
        return undetermined(CHECK, CLAUSE, LineReason.BIRTH_DATE_NOT_AVAILABLE.value)
    return passed(CHECK, CLAUSE)


def not_in_any_spelling(best_score: int | None) -> Finding:
    """No spelling matched: near is for an officer, far is another person."""
    if best_score is not None and best_score >= NEAR:
        return undetermined(CHECK, CLAUSE, LineReason.NAME_NEARLY_MATCHES.value)
    return failed(CHECK, CLAUSE, LineReason.NAME_DIFFERS.value)


def _said(body: Mapping[str, object], name: str) -> Said:
    value = body.get(name)
    for said in Said:
        if value == said.value:
            return said
    raise Malformed(WHAT, f"{name} is none of the three words")
