"""A value in a question is only a value."""

from datetime import date, datetime, timezone

from wolkvox_source.dashboard.sql import literal


def test_a_value_in_a_question_is_only_a_value() -> None:
    assert literal("o'brien\0") == "'o''brien'"
    assert literal(date(2026, 3, 2)) == "date '2026-03-02'"
    moment = datetime(2026, 3, 2, 12, tzinfo=timezone.utc)
    assert literal(moment) == "cast('2026-03-02T12:00:00+00:00' as timestamp with time zone)"
