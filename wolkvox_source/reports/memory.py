"""Where the memory for reports comes from: from the system, to which what is freed goes back at once."""

from collections.abc import Iterator
from contextlib import contextmanager

import pyarrow as pa


@contextmanager
def from_the_system() -> Iterator[None]:
    """Let Arrow take memory from the system, and not from a store of its own, which keeps what a report has freed."""
    before = pa.default_memory_pool()
    pa.set_memory_pool(pa.system_memory_pool())
    try:
        yield
    finally:
        pa.set_memory_pool(before)
