"""Numbers, dates, spans and failures in the words of the page's language."""

from datetime import date

import pytest

from wolkvox_source.dashboard.words import Words


@pytest.mark.parametrize(
    ("seconds", "duration"),
    [(45, "45 s"), (600, "10 min"), (3600, "1 h"), (7500, "2 h 05 min"), (90_000, "1 d 1 h"), (172_800, "2 d")],
)
def test_durations_read_as_people_say_them(seconds: int, duration: str) -> None:
    assert Words("en").duration(seconds) == duration


@pytest.mark.parametrize(
    ("least", "most", "span"),
    [
        (600, 900, "10–15 min"),
        (3600, 3900, "1 h – 1 h 05 min"),
        (1200, None, "≥ 20 min"),
        (None, None, "–"),
        (0, 300, "0 s – 5 min"),
    ],
)
def test_a_span_has_two_bounds(least: int | None, most: int | None, span: str) -> None:
    assert Words("en").between(least, most) == span


def test_numbers_and_dates_are_those_of_the_language() -> None:
    english, spanish = Words("en"), Words("es")
    assert (english.number(1234.5, 1), spanish.number(1234.5, 1)) == ("1,234.5", "1.234,5")
    assert (english.percent(99.99), spanish.percent(97.54), english.percent(100)) == ("99.9 %", "97,5 %", "100 %")
    assert english.date(date(2026, 3, 2)) == "Mon 2 Mar 2026"
    assert spanish.date(date(2026, 8, 5)) == "mié 5 ago 2026"
    assert (english.weekday(date(2026, 8, 5)), spanish.weekday(date(2026, 8, 5))) == ("Wednesday", "miércoles")


def test_why_an_observation_failed_is_said_in_the_readers_language_and_an_unknown_reason_in_wolkvoxs_words() -> None:
    told = {"reason": "bad_token", "facts": '{"quoted": "“no”"}', "message": "no"}
    assert Words("es").failure(told).startswith("wolkvox no aceptó el token (“no”)")
    assert Words("es").failure({"reason": "of_another_version", "facts": "{}", "message": "no"}) == "no"
    assert Words("es").failure({"reason": None, "facts": None, "message": "no"}) == "no"
    assert Words("es").failure({"message": None}) == ""
