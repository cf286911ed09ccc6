"""Which phone read a request first decides the number of its screen."""

from mrc.verifier.readings import MOST, Reading, Readings
from mrc.verifier.transactions import RequestId

ONE = RequestId("one")


def test_a_second_reading_gets_no_number_and_is_told() -> None:
    readings = Readings()
    readings.note(ONE, 41)
    readings.note(ONE, 77)
    assert readings.find(ONE) == Reading(number=41, contested=True)


def test_what_nobody_read_has_no_reading() -> None:
    readings = Readings()
    readings.note(ONE, None)
    assert readings.find(ONE) == Reading(number=None)
    assert readings.find(RequestId("two")) is None


def test_a_flood_of_readings_drops_the_oldest() -> None:
    readings = Readings()
    for number in range(MOST + 1):
        readings.note(RequestId(str(number)), None)
    assert readings.find(RequestId("0")) is None
    assert readings.find(RequestId(str(MOST))) is not None
