"""How practice people are distributed: nationalities, statuses, ages.

Weights follow the published monthly statistics of registered foreigners and overseas Koreans in
their order of size, rounded; they are meant to look right on a screen, not to be cited.
"""

from collections.abc import Mapping
from dataclasses import dataclass

NATIONALITIES: Mapping[str, int] = {
    "CHN": 360,
    "VNM": 165,
    "UZB": 52,
    "NPL": 50,
    "KHM": 46,
    "PHL": 42,
    "IDN": 40,
    "MMR": 40,
    "USA": 38,
    "MNG": 34,
    "THA": 32,
    "RUS": 30,
    "KAZ": 26,
    "LKA": 24,
    "BGD": 20,
    "JPN": 16,
    "PAK": 11,
    "IND": 11,
    "CAN": 10,
    "KGZ": 8,
    "TWN": 8,
    "TLS": 5,
    "FRA": 4,
    "DEU": 4,
    "GBR": 4,
    "AUS": 3,
    "EGY": 3,
    "NGA": 3,
    "BRA": 2,
    "ESP": 2,
    "ETH": 2,
    "IRN": 2,
    "MDG": 1,
    "ISL": 1,
    "POL": 1,
    "TUR": 2,
    "SAU": 1,
    "XXA": 1,
}

_DIASPORA = frozenset({"CHN", "USA", "UZB", "RUS", "KAZ", "CAN", "KGZ", "AUS"})
_PERMIT_SYSTEM = frozenset(
    [
        "CHN",
        "VNM",
        "UZB",
        "NPL",
        "KHM",
        "PHL",
        "IDN",
        "MMR",
        "MNG",
        "THA",
        "LKA",
        "BGD",
        "PAK",
        "KGZ",
        "TLS",
    ]
)
_WORKING_HOLIDAY = frozenset(
    ["JPN", "FRA", "DEU", "GBR", "AUS", "CAN", "TWN", "ESP", "POL", "BRA", "USA"]
)


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusShare:
    """One status: its weight, the ages of its holders, the years it is permitted for at most."""

    status: str
    weight: int
    ages: tuple[int, int]
    years: int
    only: frozenset[str] | None = None


def _share(
    status: str, weight: int, ages: tuple[int, int], years: int, only: frozenset[str] | None = None
) -> StatusShare:
    return StatusShare(status=status, weight=weight, ages=ages, years=years, only=only)


STATUSES = (
    _share("A-2", 4, (28, 60), 3),
    _share("D-2-1", 12, (18, 27), 2),
    _share("D-2-2", 60, (18, 27), 2),
    _share("D-2-3", 28, (22, 33), 2),
    _share("D-4-1", 40, (18, 27), 1),
    _share("D-6", 3, (30, 65), 2),
    _share("D-7", 3, (28, 55), 2),
    _share("D-8-1", 8, (28, 65), 2),
    _share("D-9-1", 3, (28, 65), 2),
    _share("D-10-1", 12, (23, 33), 1),
    _share("E-1", 3, (30, 64), 3),
    _share("E-2-1", 14, (23, 50), 2, frozenset({"USA", "GBR", "CAN", "AUS"})),
    _share("E-3", 4, (27, 50), 3),
    _share("E-6-1", 2, (19, 40), 1),
    _share("E-7-1", 18, (25, 50), 3),
    _share("E-7-4", 14, (25, 45), 3, _PERMIT_SYSTEM),
    _share("E-8-2", 8, (20, 50), 1, _PERMIT_SYSTEM),
    _share("E-9-1", 230, (19, 40), 3, _PERMIT_SYSTEM),
    _share("E-9-3", 40, (19, 40), 3, _PERMIT_SYSTEM),
    _share("E-10-2", 18, (20, 45), 3, frozenset({"VNM", "IDN", "MMR"})),
    _share("F-1", 60, (0, 70), 2),
    _share("F-2", 12, (1, 60), 3),
    _share("F-2-7", 12, (26, 50), 3),
    _share("F-3", 26, (0, 55), 2),
    _share("F-4", 260, (19, 79), 3, _DIASPORA),
    _share("F-5", 90, (20, 80), 0),
    _share("F-6-1", 110, (21, 60), 3),
    _share("G-1-5", 14, (18, 60), 1),
    _share("H-1", 5, (18, 30), 1, _WORKING_HOLIDAY),
    _share("H-2-1", 60, (25, 68), 3, _DIASPORA - {"USA", "CAN", "AUS"}),
)


def shares_of(nationality: str) -> tuple[StatusShare, ...]:
    return tuple(s for s in STATUSES if s.only is None or nationality in s.only)
