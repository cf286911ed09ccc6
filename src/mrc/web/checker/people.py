"""Ten practice people for training (UX V-12): good and bad cards, invented from end to end.

Their answers come from the same rules as those of real cards; only the verdict is written down here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from mrc.formats.catalogue.ages import age_claims
from mrc.formats.mdoc.reasons import Reason as Mdoc
from mrc.formats.x509.reasons import Reason as X509
from mrc.kernel.findings import Finding, failed, passed, undetermined
from mrc.verifier.policy import Verdict, judge
from mrc.verifier.reasons import Reason

_CHECK, _CLAUSE = "training", "UX V-12"


@dataclass(frozen=True, slots=True, kw_only=True)
class PracticePerson:
    """`failure` and `doubt` are what the checks of this card would find."""

    number: int
    family: str
    given: str
    born: date
    nationality: str
    status: str
    work: str
    stay_days: int | None = 400
    failure: str | None = None
    doubt: str | None = None

    @property
    def good(self) -> bool:
        return self.failure is None and self.doubt is None

    @property
    def name(self) -> str:
        return f"{self.family} {self.given}".strip()

    def verdict(self, *, at: datetime) -> Verdict:
        return judge([self._finding()], status_times=[at], at=at, max_status_age=timedelta(hours=1))

    def _finding(self) -> Finding:
        if self.failure is not None:
            return failed(_CHECK, _CLAUSE, self.failure)
        if self.doubt is not None:
            return undetermined(_CHECK, _CLAUSE, self.doubt)
        return passed(_CHECK, _CLAUSE)

    def values(self, *, today: date) -> Mapping[str, object]:
        """Every claim of the questions; empty for a card that is not good, as for a real one."""
        if self.failure is not None:
            return {}
        until = None if self.stay_days is None else today + timedelta(days=self.stay_days)
        found: dict[str, object | None] = {
            "family_name_latin": self.family,
            "given_name_latin": self.given or None,
            "birth_date": self.born.isoformat(),
            "nationality": self.nationality,
            "registration_number": f"{self.born:%y%m%d}-0000000",
            "status_of_stay": self.status,
            "permitted_until": None if until is None else until.isoformat(),
            "work_permission": self.work,
            **age_claims(self.born, today),
        }
        return {key: value for key, value in found.items() if value is not None}


def _person(
    number: int,
    name: tuple[str, str],
    born: date,
    stay: tuple[str, str, str],
    *,
    stay_days: int | None = 400,
    failure: str | None = None,
    doubt: str | None = None,
) -> PracticePerson:
    nationality, status, work = stay
    return PracticePerson(
        number=number,
        family=name[0],
        given=name[1],
        born=born,
        nationality=nationality,
        status=status,
        work=work,
        stay_days=stay_days,
        failure=failure,
        doubt=doubt,
    )


PEOPLE: Mapping[int, PracticePerson] = {
    person.number: person
    for person in (
        _person(1, ("NGUYEN", "THI HUONG"), date(1996, 3, 2), ("VNM", "F-6", "free")),
        _person(2, ("WANG", "XIUYING"), date(1979, 8, 19), ("CHN", "F-5", "free"), stay_days=None),
        _person(3, ("GURUNG", "Bishnu Prasad"), date(1991, 1, 30), ("NPL", "E-9", "within_status")),
        _person(4, ("KARIMOVA", "Nilufar"), date(2003, 11, 5), ("UZB", "D-2", "permit_needed")),
        _person(5, ("Suharto", ""), date(1988, 6, 14), ("IDN", "E-10", "within_status")),
        _person(6, ("SOK", "Sophea"), date(2010, 4, 21), ("KHM", "F-3", "permit_needed")),
        _person(
            7,
            ("PETROV", "Ivan"),
            date(1985, 12, 9),
            ("RUS", "E-7", "within_status"),
            failure=Reason.STATUS_LOCKED,
        ),
        _person(
            8,
            ("SANTOS", "Jose Maria"),
            date(1993, 7, 7),
            ("PHL", "E-9", "within_status"),
            failure=Mdoc.EXPIRED,
        ),
        _person(
            9,
            ("AUNG", "Min Thu"),
            date(1990, 2, 11),
            ("MMR", "E-9", "within_status"),
            failure=X509.ISSUER_UNKNOWN,
        ),
        _person(
            10,
            ("BAT-ERDENE", "Saruul"),
            date(1982, 5, 25),
            ("MNG", "F-2", "free"),
            doubt=Reason.STATUS_NOT_REACHABLE,
        ),
    )
}
