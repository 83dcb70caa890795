"""A warehouse whose tables are written by hand, of each kind."""

from collections.abc import Iterator
from pathlib import Path

import duckdb
import psycopg2
import pytest

from tests.warehouse.handwritten import Warehouse


@pytest.fixture(params=["duckdb", "postgres"])
def handwritten(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Warehouse]:
    """Our tables, empty, and our views."""
    if request.param == "duckdb":
        connection = duckdb.connect(str(tmp_path / "handwritten.duckdb"))
    else:
        connection = psycopg2.connect(request.getfixturevalue("postgres_url"))
    # all of a test happens in one transaction, which PostgreSQL then forgets
    warehouse = Warehouse(connection, request.param)
    warehouse.install()
    yield warehouse
    connection.close()
