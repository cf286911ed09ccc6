"""KYC Match 0.4.0 at the carrier's side: attributes compared with what is on file.

Only requested attributes are answered, with the strings ``true``, ``false``, ``not_available``;
a score stands beside ``false`` only. An exact carrier compares letters without case and extra
space; a tolerant one compares as people would.
"""

from collections.abc import Collection, Mapping

from mrc.kernel.errors import Malformed
from mrc.protocols.oauth.members import optional_text
from mrc.web.sandbox_carrier.jaro_winkler import score
from mrc.web.sandbox_carrier.names import same_name
from mrc.web.sandbox_carrier.problems import ApiCode, refusal
from mrc.web.sandbox_carrier.subscribers import Comparison, Subscriber

WHAT = "KYC Match request"
NAMES = ("name", "givenName", "familyName")
OTHERS = ("birthdate", "idDocument")
UNSUPPORTED = (
    ("middleNames", "familyNameAtBirth", "nameKanaHankaku", "nameKanaZenkaku", "address")
    + ("streetName", "streetNumber", "postalCode", "region", "locality", "country")
    + ("houseNumberExtension", "email", "gender", "cityOfBirth", "countryOfBirth", "nationality")
    + ("idDocumentType", "idDocumentExpiryDate")
)
NOT_AVAILABLE = "not_available"


def decode_asked(body: Mapping[str, object]) -> dict[str, str]:
    """The attributes to compare. Raises `Rejected` where there is none beside the number."""
    try:
        asked = {
            name: value
            for name in (*NAMES, *OTHERS, *UNSUPPORTED)
            if (value := optional_text(body, name, WHAT)) is not None
        }
    except Malformed as error:
        raise refusal(ApiCode.INVALID_ARGUMENT) from error
    if not asked:
        raise refusal(ApiCode.INVALID_PARAM_COMBINATION)
    return asked


def match(
    subscriber: Subscriber, asked: Mapping[str, str], *, not_available: Collection[str]
) -> dict[str, object]:
    """The answer's body. Raises `Rejected` where this line needs the right document first."""
    if subscriber.document_required:
        _check_document(subscriber, asked.get("idDocument"))
    on_file = _on_file(subscriber)
    answer: dict[str, object] = {}
    for name, value in asked.items():
        kept = None if name in not_available else on_file.get(name)
        if kept is None:
            answer[f"{name}Match"] = NOT_AVAILABLE
        elif name in NAMES:
            answer |= _name(name, asked, kept, subscriber.comparison)
        else:
            answer[f"{name}Match"] = _wire(value == kept)
    return answer


def _on_file(subscriber: Subscriber) -> dict[str, str | None]:
    born = subscriber.birth_date
    return {
        "name": subscriber.name,
        "givenName": subscriber.given_name,
        "familyName": subscriber.family_name,
        "birthdate": born.isoformat() if born else None,
        "idDocument": subscriber.id_document,
    }


def _check_document(subscriber: Subscriber, document: str | None) -> None:
    if document is None:
        raise refusal(ApiCode.ID_DOCUMENT_REQUIRED)
    if document != subscriber.id_document:
        raise refusal(ApiCode.ID_DOCUMENT_MISMATCH)


def _name(
    attribute: str, question: Mapping[str, str], kept: str, comparison: Comparison
) -> dict[str, object]:
    asked, kept_folded = _folded(question[attribute]), _folded(kept)
    same = asked == kept_folded
    if comparison is Comparison.TOLERANT and not same:
        whole = attribute == "name"
        family = question.get("familyName") if whole else None
        given = question.get("givenName") if whole else None
        same = same_name(question[attribute], kept, family, given)
    if same:
        return {f"{attribute}Match": _wire(True)}
    similarity = min(99, score(asked, kept_folded))
    return {f"{attribute}Match": _wire(False), f"{attribute}MatchScore": similarity}


def _folded(text: str) -> str:
    return " ".join(text.casefold().split())


def _wire(value: bool) -> str:
    return "true" if value else "false"
