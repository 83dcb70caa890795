"""The copy of a DuckDB file that readers open, so that they and the sync never wait for each other."""

import os
import shutil
import subprocess
from pathlib import Path

import duckdb

from wolkvox_source.private import owner_only
from wolkvox_source.settings import copy_mode

# readers who open it for writing, by mistake, would lock each other out
_MODE = 0o444
_WRITING = 0o222
_COPIES_AT_MOST = 3


def readers_copy(writer: Path) -> Path:
    """Where the copy of a DuckDB file is that readers open: `wolkvox_read.duckdb` beside `wolkvox.duckdb`."""
    return writer.with_name(f"{writer.stem}_read{writer.suffix}")


def publish_copy(writer: Path, dataset: str) -> Path:
    """Put a consistent copy of the closed DuckDB file `writer` in the readers' place, atomically.

    What dlt keeps for itself beside our tables and views of `dataset` is not in it, and it is read-only, with the mode
    of the setting `copy_mode` or of the copy before. A crash
    at any moment leaves the copy before whole. Raises an OSError where the copy cannot be written, and a
    duckdb.Error where the file cannot be checkpointed.
    """
    target = readers_copy(writer)
    mode = _mode(target)
    _remove_leftovers(target)
    fresh = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        for _ in range(_COPIES_AT_MOST):
            if writer.with_name(f"{writer.name}.wal").exists():
                # what a killed process left in the log belongs to the file
                with duckdb.connect(str(writer)) as connection:
                    connection.execute("checkpoint")
            before = _stamp(writer)
            with owner_only():
                _copy(writer, fresh)
            if _stamp(writer) == before:
                _keep_ours(fresh, dataset)
                with fresh.open("rb+") as copied:
                    os.fsync(copied.fileno())
                fresh.chmod(mode)
                fresh.replace(target)
                return target
        raise OSError(f"{writer.name} kept changing while it was copied")
    finally:
        _remove_leftovers(target)


def _mode(target: Path) -> int:
    """The mode that the setting says, or that a user gave the copy before, or that lets everybody read."""
    wanted = copy_mode()
    if wanted is not None:
        return wanted
    try:
        return target.stat().st_mode & 0o777 & ~_WRITING
    except OSError:
        return _MODE


def _remove_leftovers(target: Path) -> None:
    for leftover in target.parent.glob(f".{target.name}.*"):
        leftover.unlink(missing_ok=True)


def _keep_ours(file: Path, dataset: str) -> None:
    """Drop dlt's staging schemas and its own tables; what others keep in the file is theirs."""
    with duckdb.connect(str(file), config={"threads": 1}) as connection:
        tables = connection.execute(
            "select schema_name, table_name from duckdb_tables()"
            " where schema_name = ? and starts_with(table_name, '_dlt_') or starts_with(schema_name, ?)",
            [dataset, f"{dataset}_staging"],
        ).fetchall()
        schemas = {schema for schema, _ in tables if schema != dataset}
        ours = [f'drop table "{schema}"."{table}";' for schema, table in tables if schema == dataset]
        dropped = [*ours, *(f'drop schema "{schema}" cascade;' for schema in sorted(schemas))]
        if dropped:
            connection.execute("".join(["begin;", *dropped, "commit; checkpoint;"]))


def _stamp(file: Path) -> tuple[int, int]:
    stat = file.stat()
    return stat.st_mtime_ns, stat.st_size


def _copy(source: Path, target: Path) -> None:
    """Copy a file in another process: closing it in this one would let go of a lock that DuckDB holds on it."""
    cp = shutil.which("cp")
    if cp is None:
        shutil.copyfile(source, target)
        return
    done = subprocess.run([cp, "--", str(source), str(target)], capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        # cp names both files before it says why, and the reason is what a person needs
        raise OSError(done.stderr.strip().rpartition("': ")[2] or "cp failed")
