"""The claims of every card type.

Common elements are those of ISO/IEC 23220-2 (``org.iso.23220.1``), the driver's licence is
ISO/IEC 18013-5:2021, table 5, without biometric templates. SD-JWT VC names are the registered
JWT claims where there is one (``family_name``, ``birthdate``, ``picture``, ``address``), else the
mdoc element's name. Longer than a module should be because it is one table.
"""

from mrc.formats.catalogue.ages import AGE_THRESHOLDS
from mrc.formats.catalogue.claim import Claim, DisplayName, Kind

COMMON = "org.iso.23220.1"
DOMESTIC = "kr.go.moj.residence.1"
RESIDENT = "kr.go.mois.resident.1"
MDL = "org.iso.18013.5.1"
AGE_PATH = "age_equal_or_over"


def _claim(
    namespace: str,
    key: str,
    kind: Kind,
    ko: str,
    en: str,
    *,
    element: str = "",
    path: tuple[str, ...] = (),
    mandatory: bool = False,
    selective: bool = True,
) -> Claim:
    """One line of the table: element and path are the key unless named."""
    return Claim(
        key=key,
        namespace=namespace,
        element=element or key,
        path=path or (key,),
        kind=kind,
        display=DisplayName(ko=ko, en=en),
        mandatory=mandatory,
        selective=selective,
    )


def _ages(namespace: str) -> tuple[Claim, ...]:
    over = tuple(
        _claim(
            namespace,
            f"age_over_{nn}",
            Kind.BOOLEAN,
            f"만 {nn}세 이상",
            f"Aged {nn} or over",
            path=(AGE_PATH, str(nn)),
            mandatory=namespace == COMMON,
        )
        for nn in AGE_THRESHOLDS
    )
    year = _claim(namespace, "age_birth_year", Kind.INTEGER, "출생 연도", "Year of birth")
    return (*over, year)


T, D, I, B = Kind.TEXT, Kind.DATE, Kind.INTEGER, Kind.BOOLEAN  # noqa: E741  # read as columns
_LATIN_NAMES = (
    ("family_name_latin", "성 (로마자)", "Family name", "family_name_latin1", "family_name"),
    ("given_name_latin", "이름 (로마자)", "Given names", "given_name_latin1", "given_name"),
)
_HANGUL_NAMES = (
    ("family_name_hangul", "성 (한글)", "Family name (Hangul)", "family_name_unicode"),
    ("given_name_hangul", "이름 (한글)", "Given names (Hangul)", "given_name_unicode"),
)


def _names(*, mandatory: frozenset[str]) -> tuple[Claim, ...]:
    """Both forms of the name; a mononym has no given name, so that is never mandatory alone."""
    latin = (
        _claim(COMMON, key, T, ko, en, element=element, path=(path,), mandatory=key in mandatory)
        for key, ko, en, element, path in _LATIN_NAMES
    )
    hangul = (
        _claim(COMMON, key, T, ko, en, element=element, path=(key,), mandatory=key in mandatory)
        for key, ko, en, element in _HANGUL_NAMES
    )
    return (*latin, *hangul)


def _common(*, mandatory_names: frozenset[str]) -> tuple[Claim, ...]:
    ns = COMMON
    return (
        *_names(mandatory=mandatory_names),
        _claim(
            ns, "birth_date", D, "생년월일", "Date of birth", path=("birthdate",), mandatory=True
        ),
        _claim(ns, "sex", I, "성별", "Sex", mandatory=True),
        _claim(ns, "nationality", T, "국적", "Nationality", mandatory=True),
        _claim(ns, "portrait", Kind.IMAGE, "사진", "Portrait", path=("picture",), mandatory=True),
        _claim(ns, "issue_date", D, "발급일", "Date of issue", mandatory=True),
        _claim(ns, "expiry_date", D, "만료일", "Date of expiry", mandatory=True),
        _claim(ns, "document_number", T, "문서번호", "Document number", mandatory=True),
        _claim(
            ns,
            "issuing_authority",
            T,
            "발급기관",
            "Issuing authority",
            element="issuing_authority_unicode",
            mandatory=True,
            selective=False,
        ),
        _claim(
            ns, "issuing_country", T, "발급국", "Issuing country", mandatory=True, selective=False
        ),
        _claim(
            ns,
            "resident_address",
            T,
            "주소",
            "Address",
            element="resident_address_unicode",
            path=("address", "formatted"),
        ),
        *_ages(ns),
    )


def _domestic() -> tuple[Claim, ...]:
    ns = DOMESTIC
    return (
        _claim(ns, "registration_number", T, "등록번호", "Registration number", mandatory=True),
        _claim(ns, "card_type", T, "카드 종류", "Card type", mandatory=True),
        _claim(ns, "status_of_stay", T, "체류자격", "Status of stay", mandatory=True),
        _claim(ns, "permitted_until", D, "체류기간 만료일", "Stay permitted until"),
        _claim(ns, "registering_office", T, "관할 관서", "Registering office", mandatory=True),
        _claim(ns, "work_permission", T, "취업활동", "Work permission"),
    )


_RESIDENCE_NAMES = frozenset({"family_name_latin"})
RESIDENCE_CLAIMS = (*_common(mandatory_names=_RESIDENCE_NAMES), *_domestic())
RESIDENT_REGISTRATION_CLAIMS = (
    *_common(mandatory_names=frozenset({"family_name_hangul", "given_name_hangul"})),
    _claim(RESIDENT, "registration_number", T, "주민등록번호", "Resident number", mandatory=True),
)

DRIVING_LICENCE_CLAIMS = (
    _claim(
        MDL,
        "family_name_latin",
        T,
        "성 (로마자)",
        "Family name",
        element="family_name",
        path=("family_name",),
        mandatory=True,
    ),
    _claim(
        MDL,
        "given_name_latin",
        T,
        "이름 (로마자)",
        "Given names",
        element="given_name",
        path=("given_name",),
        mandatory=True,
    ),
    _claim(MDL, "birth_date", D, "생년월일", "Date of birth", path=("birthdate",), mandatory=True),
    _claim(MDL, "issue_date", D, "발급일", "Date of issue", mandatory=True),
    _claim(MDL, "expiry_date", D, "만료일", "Date of expiry", mandatory=True),
    _claim(MDL, "issuing_country", T, "발급국", "Issuing country", mandatory=True, selective=False),
    _claim(
        MDL,
        "issuing_authority",
        T,
        "발급기관",
        "Issuing authority",
        mandatory=True,
        selective=False,
    ),
    _claim(MDL, "document_number", T, "면허번호", "Licence number", mandatory=True),
    _claim(MDL, "portrait", Kind.IMAGE, "사진", "Portrait", path=("picture",), mandatory=True),
    _claim(
        MDL,
        "driving_privileges",
        Kind.DRIVING_PRIVILEGES,
        "운전 자격",
        "Driving privileges",
        mandatory=True,
    ),
    _claim(
        MDL, "un_distinguishing_sign", T, "국가 식별 기호", "UN distinguishing sign", mandatory=True
    ),
    _claim(MDL, "administrative_number", T, "관리번호", "Administrative number"),
    _claim(MDL, "sex", I, "성별", "Sex"),
    _claim(MDL, "height", I, "키 (cm)", "Height (cm)"),
    _claim(MDL, "weight", I, "몸무게 (kg)", "Weight (kg)"),
    _claim(MDL, "eye_colour", T, "눈 색", "Eye colour"),
    _claim(MDL, "hair_colour", T, "머리 색", "Hair colour"),
    _claim(MDL, "birth_place", T, "출생지", "Place of birth"),
    _claim(MDL, "resident_address", T, "주소", "Address", path=("address", "formatted")),
    _claim(MDL, "portrait_capture_date", Kind.TIME, "사진 촬영일", "Portrait taken on"),
    _claim(MDL, "age_in_years", I, "나이", "Age in years"),
    *_ages(MDL),
    _claim(MDL, "issuing_jurisdiction", T, "발급 관할", "Issuing jurisdiction"),
    _claim(MDL, "nationality", T, "국적", "Nationality"),
    _claim(MDL, "resident_city", T, "도시", "City", path=("address", "locality")),
    _claim(MDL, "resident_state", T, "시·도", "State or province", path=("address", "region")),
    _claim(
        MDL, "resident_postal_code", T, "우편번호", "Postal code", path=("address", "postal_code")
    ),
    _claim(
        MDL, "resident_country", T, "거주 국가", "Country of residence", path=("address", "country")
    ),
    _claim(
        MDL,
        "family_name_hangul",
        T,
        "성 (한글)",
        "Family name (Hangul)",
        element="family_name_national_character",
    ),
    _claim(
        MDL,
        "given_name_hangul",
        T,
        "이름 (한글)",
        "Given names (Hangul)",
        element="given_name_national_character",
    ),
    _claim(MDL, "signature_usual_mark", Kind.IMAGE, "서명", "Signature"),
)
