"""Arrow takes from the system what a report needs, and is as it was after."""

import pyarrow as pa
import pytest

from wolkvox_source.reports.memory import from_the_system


def test_what_is_made_inside_comes_from_the_system_and_nothing_made_later_does() -> None:
    before = pa.default_memory_pool().backend_name
    with from_the_system():
        taken = pa.system_memory_pool().bytes_allocated()
        made = pa.array(range(10_000))
        assert pa.system_memory_pool().bytes_allocated() - taken >= made.nbytes
    assert pa.default_memory_pool().backend_name == before
    assert made.to_pylist() == [*range(10_000)]


def test_it_is_as_it_was_after_a_failure_too() -> None:
    before = pa.default_memory_pool().backend_name
    with pytest.raises(ZeroDivisionError), from_the_system():
        raise ZeroDivisionError
    assert pa.default_memory_pool().backend_name == before
