"""`wolkvox export`: a view or a table of the readers' copy, or of another warehouse, as one file to take away."""

import errno
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import click

from wolkvox_source.cli import options
from wolkvox_source.errors import ConfigurationError, NothingObservedError, UsageError, held_file, quote
from wolkvox_source.language import Speech
from wolkvox_source.private import written_anew

if TYPE_CHECKING:
    import duckdb

_PATH = click.Path(path_type=Path)
_FORMATS = {".csv": "format csv, header", ".parquet": "format parquet", ".xlsx": ""}
# Excel's own, the headings among them
_ROWS_OF_A_SHEET = 1_048_576
_ROWS_AT_ONCE = 10_000
_OF_OURS = """
select table_name from information_schema.tables where table_schema = ? and not starts_with(table_name, '_dlt_')
order by table_name
"""


def command(speech: Speech) -> click.Command:
    """`wolkvox export` and its options."""
    return options.command(
        "export",
        run,
        speech,
        [
            click.Argument(["view"], metavar=speech.say("metavar_view")),
            options.option(speech, "--to", about="option_export_to", metavar="file", type=_PATH, required=True),
            options.option(speech, "--file", about="option_file_to_export", metavar="file", type=_PATH),
            *options.place(speech),
            options.verbose(speech),
        ],
    )


def run(
    speech: Speech, *, view: str, to: Path, file: Path | None, destination: str, pipeline: str, dataset: str
) -> int:
    """Write the rows of a view; returns the exit code."""
    kind = to.suffix.lower()
    if kind not in _FORMATS:
        raise UsageError("export_format", file=to, formats=[*_FORMATS])
    if destination != "duckdb" and file:
        raise UsageError("one_place", option="--file")
    copy = file or Path(f"{pipeline}_read.duckdb")
    if destination == "duckdb" and not copy.exists():
        raise ConfigurationError("export_no_data", file=copy)
    if not to.absolute().parent.is_dir():
        raise UsageError("not_written", file=to, problem=quote(os.strerror(errno.ENOENT)))
    import duckdb

    try:
        with ExitStack() as stack:
            if destination == "duckdb":
                connection = stack.enter_context(duckdb.connect(str(copy), read_only=True))
            else:
                connection = stack.enter_context(_taken(destination, pipeline, dataset, view))
            count = _written(connection, view, dataset, to, kind)
    except duckdb.Error as error:
        if str(to.name) in str(error):
            raise UsageError("not_written", file=to, problem=quote(str(error).splitlines()[0])) from error
        unreadable = ConfigurationError("export_unreadable", file=copy, problem=quote(str(error).splitlines()[0]))
        raise held_file(str(error)) or unreadable from error
    except OSError as error:
        raise UsageError("not_written", file=to, problem=quote(error.strerror or str(error))) from error
    print(speech.say("exported", file=to, view=view, count=count))
    return 0


@contextmanager
def _taken(destination: str, pipeline: str, dataset: str, view: str) -> "Iterator[duckdb.DuckDBPyConnection]":
    """A view or table of a warehouse in a DuckDB file of its own, which is gone afterwards."""
    import duckdb

    from wolkvox_source.warehouse.connection import opened
    from wolkvox_source.warehouse.contents import batches_of, relations_in
    from wolkvox_source.warehouse.failures import in_words
    from wolkvox_source.warehouse.pipeline import pipeline_into

    with TemporaryDirectory(prefix="wolkvox-") as folder, duckdb.connect(f"{folder}/taken.duckdb") as connection:
        try:
            there = pipeline_into(destination, pipeline, dataset, folder)
            with opened(there) as client:
                known = relations_in(client)
                if not known:
                    raise NothingObservedError("status_nothing")
                if view not in known:
                    raise UsageError("export_unknown", view=view, known=known)
                connection.execute(f'create schema "{dataset}"')
                for number, batch in enumerate(batches_of(there, client, view)):
                    connection.register("batch", batch)
                    into = "insert into {} from batch" if number else "create table {} as from batch"
                    connection.execute(into.format(f'"{dataset}"."{view}"'))
        except Exception as failure:
            raise in_words(failure) from failure
        yield connection


def _written(connection: "duckdb.DuckDBPyConnection", view: str, dataset: str, to: Path, kind: str) -> int:
    """Write the file whole or not at all, readable by its owner only; returns how many rows it has."""
    known = [str(row[0]) for row in connection.execute(_OF_OURS, [dataset]).fetchall()]
    if view not in known:
        raise UsageError("export_unknown", view=view, known=known)
    connection.execute("set TimeZone = 'UTC'")
    query = f'select * from "{dataset}"."{view}" order by all'  # noqa: S608 - both names are checked
    count = int(connection.execute(f'select count(*) from "{dataset}"."{view}"').fetchall()[0][0])  # noqa: S608
    with written_anew(to) as fresh:
        if kind == ".xlsx":
            _write_sheet(connection, query, view, fresh, count)
        else:
            target = str(fresh).replace("'", "''")
            connection.execute(f"copy ({query}) to '{target}' ({_FORMATS[kind]})")
    return count


def _write_sheet(connection: "duckdb.DuckDBPyConnection", query: str, view: str, file: Path, count: int) -> None:
    """One sheet; times are UTC, since Excel has no zones, and text that looks like a formula stays text."""
    try:
        import xlsxwriter
    except ModuleNotFoundError:
        raise ConfigurationError("export_no_excel") from None
    if count >= _ROWS_OF_A_SHEET:
        raise UsageError("export_too_many", count=count, most=_ROWS_OF_A_SHEET - 1)
    settings = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "remove_timezone": True,
        "default_date_format": "yyyy-mm-dd hh:mm:ss",
    }
    answer = connection.execute(query)
    with xlsxwriter.Workbook(str(file), settings) as book:
        sheet = book.add_worksheet(view[:31])
        sheet.freeze_panes(1, 0)
        sheet.write_row(0, 0, [str(column[0]) for column in answer.description or ()])
        number = 1
        while rows := answer.fetchmany(_ROWS_AT_ONCE):
            for row in rows:
                sheet.write_row(number, 0, row)
                number += 1
