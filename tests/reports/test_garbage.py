"""Garbage: looked for afterwards, and only where it was before."""

import gc

import pytest

from wolkvox_source.reports.garbage import collecting_later


def test_it_is_looked_for_again_afterwards_however_it_ends() -> None:
    assert gc.isenabled()
    with pytest.raises(ZeroDivisionError), collecting_later():
        _ = 1 / gc.isenabled()
    assert gc.isenabled()


def test_one_within_another_leaves_the_end_to_the_outer_one() -> None:
    with collecting_later():
        with collecting_later():
            pass
        assert not gc.isenabled()
    assert gc.isenabled()


def test_who_has_switched_it_off_keeps_it_off() -> None:
    gc.disable()
    try:
        with collecting_later():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()
