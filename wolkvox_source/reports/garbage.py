"""When Python looks for garbage: not while something is loaded, be it a report or a library."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def collecting_later() -> Iterator[None]:
    """Look for garbage afterwards: a report is many small objects in no cycle, beside all of dlt's."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
