"""The readers' copy: opened read-only for each question and closed at once, so that no sync waits for a reader."""

import contextlib
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import duckdb

from wolkvox_source.errors import ConfigurationError, held_file, quote

Row = dict[str, Any]
Query = Callable[[str], list[Row]]

_ANSWERS_AT_MOST = 512
_SCHEMA = """
select table_schema from information_schema.tables where table_name in ('agents_now', 'coverage_daily', 'observations')
group by table_schema having count(*) = 3 order by table_schema <> 'contact_center', table_schema limit 1
"""
_LOADED = "select 1 from information_schema.tables where table_name = 'observations'"

# two readers of one process would share DuckDB's handle, and with it a file that was replaced long ago
_one_at_a_time = threading.RLock()
_answers: dict[tuple["Copy", str], list[Row]] = {}


class Asked(Protocol):
    """A warehouse as it was at a moment; two are equal where nothing has come since."""

    def query(self, sql: str) -> list[Row]:
        """The rows that a question is answered with, as dicts named like its columns; times are aware and in UTC."""


@dataclass(frozen=True)
class Copy:
    """The readers' copy as it was when its stamp was taken; the same question of an equal stamp is answered once."""

    file: Path
    stamp: tuple[int, int, int]

    @classmethod
    def at(cls, file: Path) -> "Copy":
        """The copy at this path now; raises a ConfigurationError where there is none."""
        try:
            stat = file.stat()
        except OSError:
            raise ConfigurationError("dashboard_no_data", file=file.name) from None
        return cls(file, (stat.st_ino, stat.st_mtime_ns, stat.st_size))

    def query(self, sql: str) -> list[Row]:
        """The rows that a question is answered with, as dicts named like its columns; times are aware and in UTC.

        Raises a ConfigurationError where the file holds no data or is no database, a HeldError while it is held.
        """
        known = _answers.get((self, sql))
        if known is not None:
            return known
        with _one_at_a_time:
            if (self, sql) not in _answers:
                with self._reading() as connection:
                    # Arrow gives times their zone without pytz, which DuckDB's own rows would want
                    rows: list[Row] = connection.execute(sql).to_arrow_table().to_pylist()
                for other in [key for key in _answers if key[0].file == self.file and key[0] != self]:
                    del _answers[other]
                while len(_answers) >= _ANSWERS_AT_MOST:
                    del _answers[next(iter(_answers))]
                _answers[self, sql] = rows
            return _answers[self, sql]

    @contextlib.contextmanager
    def _reading(self) -> Iterator[duckdb.DuckDBPyConnection]:
        try:
            with duckdb.connect(str(self.file), read_only=True) as connection:
                connection.execute("set TimeZone = 'UTC'; set enable_progress_bar = false")
                schema = connection.execute(_SCHEMA).fetchone()
                if schema is None:
                    loaded = connection.execute(_LOADED).fetchone()
                    raise ConfigurationError(
                        "dashboard_no_views" if loaded else "dashboard_no_data", file=self.file.name
                    )
                connection.execute(f"set schema = '{schema[0]}'")
                yield connection
        except duckdb.Error as error:
            problem = quote(str(error).splitlines()[0])
            unreadable = ConfigurationError("dashboard_unreadable", file=self.file.name, problem=problem)
            raise held_file(str(error)) or unreadable from None
