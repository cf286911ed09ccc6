"""The driving licence that is issued and shown: 25 claims, one of them a portrait of 20 kB."""

from datetime import date

from mrc.formats.catalogue.card_types import STANDARD, CardType
from mrc.formats.status_list.reference import StatusReference
from mrc.infra.keys.software import LOADED_KEYS
from mrc.infra.practice_cards import licence_values
from mrc.registry.practice.people import practice_people

DEFINITION = STANDARD.get(CardType.DRIVING_LICENCE)
PORTRAIT_BYTES = 20_000
CLAIMS = 25
DAYS = 14
CLIENT = "x509_hash:Uvo3HtuIxuhC92rShpgqcT3YXwrqRxWEviRiA0OZszk"
NONCE = "kXw7pQ1mT0e3VvC9s8sYzQ"
RESPONSE_URI = "https://verifier.example/response"
STATUS = StatusReference(uri="https://issuer.example/status/1", idx=4711)

HOLDERS = LOADED_KEYS + 8
"""Presentations are shown in turn by more holders than the verifier keeps keys of: each one's key
is new to it, as it is in life."""


def values() -> dict[str, object]:
    """The claims by their keys in the catalogue."""
    person = next(iter(practice_people(seed=1, count=1, today=date(2026, 6, 1))))
    found = licence_values(person, date(2026, 6, 1))
    extra = {"nationality": "VNM", "resident_address": "Seoul", "issuing_jurisdiction": "KR-11"}
    merged = {**found, **extra, "height": 170, "age_in_years": 24, "eye_colour": "brown"}
    merged["portrait"] = b"\xff\xd8" + bytes(PORTRAIT_BYTES - 4) + b"\xff\xd9"
    return dict(list(merged.items())[:CLAIMS])
