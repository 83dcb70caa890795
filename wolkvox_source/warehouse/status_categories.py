"""Which status word means what: the shipped CSV or the user's own, as the table `status_categories`."""

import csv
import unicodedata
from collections import Counter
from importlib.resources import files
from pathlib import Path
from typing import Any

from dlt.destinations.sql_client import SqlClientBase

from wolkvox_source.errors import ConfigurationError, quote

CATEGORY_COLUMNS = ("agent_status", "operation", "category", "productive", "paid")

Category = tuple[str, str, str, bool, bool]


def status_categories(file: str | None = None) -> list[Category]:
    """The rows of a CSV of status categories, the shipped one if left out.

    Raises a ConfigurationError where the file is missing or lacks a column.
    """
    shipped = files("wolkvox_source").joinpath("views").joinpath("status_categories.csv")
    try:
        text = Path(file).read_text(encoding="utf-8-sig") if file else shipped.read_text(encoding="utf-8")
        rows = csv.DictReader(text.splitlines())
        for column in CATEGORY_COLUMNS:
            if column not in (rows.fieldnames or ()):
                raise ValueError(f"no column {column}")
        return [
            (
                unicodedata.normalize("NFC", row["agent_status"].strip()),
                row["operation"].strip() or "*",
                row["category"].strip(),
                _yes(row["productive"]),
                _yes(row["paid"]),
            )
            for row in rows
        ]
    except AttributeError:
        problem = f"line {rows.line_num} is too short"
        raise ConfigurationError("bad_categories", path=file, problem=quote(problem)) from None
    except (OSError, ValueError, csv.Error) as error:
        raise ConfigurationError("bad_categories", path=file, problem=quote(str(error))) from None


def _yes(word: str) -> bool:
    word = word.strip().lower()
    if word in {"true", "yes", "si", "sí", "1"}:
        return True
    if word in {"false", "no", "0"}:
        return False
    raise ValueError(f"{word!r} is neither true nor false")


def put_categories(client: SqlClientBase[Any], rows: list[Category]) -> None:
    """Make the table, which is there, hold these rows and no others; as it is where it does already."""
    table = client.make_qualified_table_name("status_categories")
    columns = ", ".join(CATEGORY_COLUMNS)
    held = client.execute_sql(f"SELECT {columns} FROM {table}") or ()  # noqa: S608 - the name is dlt's own
    if Counter(map(tuple, held)) == Counter(rows):
        return
    with client.begin_transaction():
        client.execute_sql(f"DELETE FROM {table} WHERE 1 = 1")  # noqa: S608
        if rows:
            places = ", ".join(["(%s, %s, %s, %s, %s)"] * len(rows))
            values = [value for row in rows for value in row]
            client.execute_sql(f"INSERT INTO {table} ({columns}) VALUES {places}", *values)  # noqa: S608
