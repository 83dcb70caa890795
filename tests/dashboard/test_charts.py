"""The charts' scales and gaps."""

import pytest

from wolkvox_source.dashboard.charts import columns, round_top
from wolkvox_source.dashboard.words import Words


@pytest.mark.parametrize(("highest", "top"), [(0, 4), (5, 6), (37, 40), (101, 120), (999, 1000), (8123, 10_000)])
def test_a_scale_ends_on_a_round_number(highest: float, top: float) -> None:
    assert round_top(highest) == top


def test_a_day_that_was_not_observed_is_hatched_and_a_day_of_none_is_not() -> None:
    chart = columns([("1", 0, "none", True, False), ("2", 0, "not observed", False, False)], Words("en"))
    assert [round(mark.start) for mark in chart.gaps] == [53]
