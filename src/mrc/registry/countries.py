"""Nationalities: ISO 3166-1 alpha-3 codes, and the few codes of passports (ICAO Doc 9303-3, 5)."""

from typing import NewType

from mrc.kernel.errors import Malformed

Nationality = NewType("Nationality", str)  # made only by `decode_nationality`

_ISO_3166_1 = """
ABW AFG AGO AIA ALA ALB AND ARE ARG ARM ASM ATA ATF ATG AUS AUT AZE BDI BEL BEN BES BFA BGD BGR
BHR BHS BIH BLM BLR BLZ BMU BOL BRA BRB BRN BTN BVT BWA CAF CAN CCK CHE CHL CHN CIV CMR COD COG
COK COL COM CPV CRI CUB CUW CXR CYM CYP CZE DEU DJI DMA DNK DOM DZA ECU EGY ERI ESH ESP EST ETH
FIN FJI FLK FRA FRO FSM GAB GBR GEO GGY GHA GIB GIN GLP GMB GNB GNQ GRC GRD GRL GTM GUF GUM GUY
HKG HMD HND HRV HTI HUN IDN IMN IND IOT IRL IRN IRQ ISL ISR ITA JAM JEY JOR JPN KAZ KEN KGZ KHM
KIR KNA KOR KWT LAO LBN LBR LBY LCA LIE LKA LSO LTU LUX LVA MAC MAF MAR MCO MDA MDG MDV MEX MHL
MKD MLI MLT MMR MNE MNG MNP MOZ MRT MSR MTQ MUS MWI MYS MYT NAM NCL NER NFK NGA NIC NIU NLD NOR
NPL NRU NZL OMN PAK PAN PCN PER PHL PLW PNG POL PRI PRK PRT PRY PSE PYF QAT REU ROU RUS RWA SAU
SDN SEN SGP SGS SHN SJM SLB SLE SLV SMR SOM SPM SRB SSD STP SUR SVK SVN SWE SWZ SXM SYC SYR TCA
TCD TGO THA TJK TKL TKM TLS TON TTO TUN TUR TUV TWN TZA UGA UKR UMI URY USA UZB VAT VCT VEN VGB
VIR VNM VUT WLF WSM YEM ZAF ZMB ZWE
"""
# British nationals without right of abode, Kosovo, UN staff, stateless persons and refugees.
_PASSPORT_CODES = "GBD GBN GBO GBP GBS RKS UNA UNK UNO XXA XXB XXC XXX"

NATIONALITIES = frozenset(_ISO_3166_1.split()) | frozenset(_PASSPORT_CODES.split())


def decode_nationality(text: str) -> Nationality:
    """Raises `Malformed` for a code that no passport has, and for Korea's own."""
    if text not in NATIONALITIES:
        raise Malformed("nationality", "not an ISO 3166-1 alpha-3 code")
    if text == "KOR":
        raise Malformed("nationality", "a Korean national is not in the register of foreigners")
    return Nationality(text)
