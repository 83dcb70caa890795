"""A warehouse that is asked while others load into it, for the page: one connection, and no question asked twice."""

import contextlib
import tempfile
import threading
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from dlt.destinations.exceptions import DatabaseUndefinedRelation

from wolkvox_source.errors import ConfigurationError
from wolkvox_source.warehouse.catalogue import is_lake, is_postgres
from wolkvox_source.warehouse.connection import opened
from wolkvox_source.warehouse.failures import in_words
from wolkvox_source.warehouse.pipeline import pipeline_into

Row = dict[str, Any]

_STAMP = "select count(*) as observations, max(observed_at) as latest from observations"


class Live:
    """A warehouse of any destination, connected when it is first asked and again after a failure."""

    def __init__(self, destination: str, pipeline_name: str, dataset_name: str) -> None:
        self._named = destination, pipeline_name, dataset_name
        self._stack, self._client = ExitStack(), None
        self._one_at_a_time = threading.RLock()
        self._stamp: tuple[Any, ...] = ()
        self._answers: dict[str, list[Row]] = {}

    def now(self) -> "Standing":
        """The warehouse as it is now; raises a ConfigurationError where nothing is in it, and what keeps it away."""
        with self._one_at_a_time:
            (row,) = self._ask(_STAMP, "dashboard_no_data")
            stamp = (row["observations"], row["latest"])
            if stamp != self._stamp:
                self._stamp = stamp
                self._answers.clear()
        return Standing(self, stamp)

    def query(self, sql: str) -> list[Row]:
        """The answer of now, as dicts named like its columns; times are aware and in UTC."""
        with self._one_at_a_time:
            if sql not in self._answers:
                self._answers[sql] = self._ask(sql, "dashboard_no_views")
            return self._answers[sql]

    def _ask(self, sql: str, absent: str) -> list[Row]:
        try:
            client: Any = self._connected()
            with client.execute_query(sql) as cursor:
                if not is_postgres(client):
                    # Arrow gives times their zone without pytz, which DuckDB's own rows would want
                    answer: list[Row] = cursor.arrow().to_pylist()
                    return answer
                names = [column[0] for column in cursor.description]
                return [
                    {name: _utc(value) for name, value in zip(names, row, strict=True)} for row in cursor.fetchall()
                ]
        except DatabaseUndefinedRelation:
            raise ConfigurationError(absent, file=f"{self._named[0]} ({self._named[2]})") from None
        except Exception as failure:
            self.close()
            raise in_words(failure) from failure

    def _connected(self) -> Any:
        if self._client is None:
            # a pipeline of its own, since the real one's folder may be in use by a sync
            folder = self._stack.enter_context(tempfile.TemporaryDirectory(prefix="wolkvox-"))
            pipeline = pipeline_into(*self._named, folder)
            client = self._stack.enter_context(opened(pipeline))
            name = client.fully_qualified_dataset_name()
            client.execute_sql(f"set search_path to {name}" if is_postgres(client) else f"use {name}")
            client.execute_sql("set timezone = 'UTC'")
            if is_lake(client):
                # one is enough for a run, and a page waits for the views
                client.execute_sql("reset threads")
            self._client = client
        return self._client

    def close(self) -> None:
        """Let go of the connection."""
        self._client = None
        # it may be lost already
        with contextlib.suppress(Exception):
            self._stack.close()


@dataclass(frozen=True)
class Standing:
    """A warehouse as it was when its stamp was taken."""

    live: Live
    stamp: tuple[Any, ...]

    def query(self, sql: str) -> list[Row]:
        """What `Live.query` answers."""
        return self.live.query(sql)


def _utc(value: Any) -> Any:
    return value.astimezone(timezone.utc) if isinstance(value, datetime) else value
