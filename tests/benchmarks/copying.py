"""The readers' copy of a DuckDB file of 300 MB, beside the machine's own cp. The bar: under 2 seconds."""

import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import duckdb

sys.path.insert(0, str(Path(__file__).parents[2]))

from wolkvox_source.warehouse.readers_copy import publish_copy, readers_copy

MEGABYTES = 300


def warehouse(folder: Path) -> Path:
    """A DuckDB file of at least that size, full of what does not compress."""
    file = folder / "wolkvox.duckdb"
    with duckdb.connect(str(file)) as connection:
        connection.execute("create table noise as select random() as a, uuid() as b from range(13_000_000)")
        connection.execute("checkpoint")
    return file


def seconds(copy: Callable[[], object]) -> float:
    """The best of three."""
    taken = []
    for _ in range(3):
        began = time.monotonic()
        copy()
        taken.append(time.monotonic() - began)
    return min(taken)


def main() -> None:
    folder = Path(tempfile.mkdtemp())
    try:
        file = warehouse(folder)
        size = file.stat().st_size
        assert size >= MEGABYTES * 1_000_000, size
        cp = seconds(lambda: subprocess.run(["cp", str(file), str(folder / "cp")], check=True))
        ours = seconds(lambda: publish_copy(file, "contact_center"))
        assert readers_copy(file).stat().st_size == size
    finally:
        shutil.rmtree(folder)
    print(f"copying: {size / 1e6:.0f} MB in {ours:.2f} s, {ours / cp:.1f} times cp's {cp:.2f} s; the bar is 2 s")


if __name__ == "__main__":
    main()
