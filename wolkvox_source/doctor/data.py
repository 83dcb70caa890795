"""Whether the tables keep their promises, whatever loaded them: keys, histories, and the ledger beside them."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from wolkvox_source.clock import utc_now
from wolkvox_source.doctor.finding import Finding
from wolkvox_source.errors import NothingObservedError
from wolkvox_source.language import Phrase
from wolkvox_source.reports.catalogue import AGENTS, REPORTS, Report
from wolkvox_source.tables import FURTHER, TABLES
from wolkvox_source.warehouse import DATASET, PIPELINE
from wolkvox_source.warehouse.asking import Query, warehouse

# clocks of several machines differ by seconds
_AHEAD = timedelta(minutes=5)
_BROKEN_PROMISE = 65

_ACCEPTED = """
    select operation, observed_at from {observations}
    where {observations_report} = '{report}' and outcome in ('changed', 'unchanged')
"""

# each names what breaks a promise of a history; a step's `following` is when the key's next version begins
_HISTORY = {
    "data_open": "select name from ({steps}) as steps where valid_to is null and following is not null",
    "data_inverted": "select {key} as name from {history} where valid_to <= valid_from",
    "data_overlap": "select name from ({steps}) as steps where valid_to > valid_from and following < valid_to",
    "data_gap": "select name from ({steps}) as steps where following > valid_to",
    "data_begins_unobserved": """
        select versions.{key} as name from {history} as versions
        left join ({accepted}) as accepted
            on accepted.operation = versions.operation and accepted.observed_at = versions.valid_from
        where accepted.operation is null
    """,
    "data_ends_unobserved": """
        select versions.{key} as name from {history} as versions
        left join ({accepted}) as accepted
            on accepted.operation = versions.operation and accepted.observed_at = versions.valid_to
        where accepted.operation is null and versions.valid_to is not null
    """,
    "data_history_in_the_future": "select {key} as name from {history} where valid_from > %s or valid_to > %s",
}
_STEPS = """
    select {key} as name, valid_from, valid_to,
        lead(valid_from) over (partition by {key} order by valid_from, valid_to) as following
    from {history}
"""
# beside the history, the table of what is so now
_CURRENT = {
    "data_no_history": """
        select rows_now.{key} as name from {current} as rows_now
        left join {history} as versions on versions.{key} = rows_now.{key} and versions.valid_to is null
        where versions.{key} is null
    """,
    "data_history_alone": """
        select versions.{key} as name from {history} as versions
        left join {current} as rows_now on rows_now.{key} = versions.{key}
        where rows_now.{key} is null
    """,
    "data_disagree": """
        select rows_now.{key} as name from {current} as rows_now
        inner join {history} as versions on versions.{key} = rows_now.{key} and versions.valid_to is null
        where versions.row_version <> rows_now.row_version
    """,
}
_ANY = "select 1 from {table} limit 1"
_TWICE = "select {first} as name from {table} group by {columns} having count(*) > 1"
_IN_THE_FUTURE = "select operation as name from {observations} where observed_at > %s"
_FOUND = "select count(*), min(name), max(name) from ({query}) as found"


def examine(
    destination: Any = "duckdb",
    pipeline_name: str = PIPELINE,
    dataset_name: str = DATASET,
    now: datetime | None = None,
) -> Iterator[Finding]:
    """Hold every promise of the tables in a dataset against what is in it at `now`; nothing is changed.

    A promise that is broken is a `fail` which says what mends it, and its exit code is 65. Raises a ConfigurationError
    or an UnavailableError where the warehouse cannot be read.
    """
    moment = (now or utc_now()) + _AHEAD
    with warehouse(destination, pipeline_name, dataset_name, itself=True) as query:
        if not query("select operation from {observations} limit 1"):
            raise NothingObservedError("status_nothing")
        there = [
            report for report in REPORTS if report is AGENTS or query(_ANY.replace("{table}", f"{{{report.latest}}}"))
        ]
        for report in there:
            if report.history:
                yield from _history(query, report, moment)
        further = {name: FURTHER[name] for report in there if report is not AGENTS for name in report.tables}
        for name, table in {**TABLES, **further}.items():
            yield _unique(query, name, (*table.key, "valid_from") if "scd2" in table.strategies else table.key)
        yield _broken(query, "data_ledger_in_the_future", "observations", _IN_THE_FUTURE, moment)


def _history(query: Query, report: Report, moment: datetime) -> Iterator[Finding]:
    table = str(report.history)
    steps = _filled(_STEPS, report)
    for reason, sql in _HISTORY.items():
        values = [moment] * sql.count("%s")
        yield _broken(query, reason, table, _filled(sql, report, steps=steps, accepted=_ACCEPTED), *values)
    if report.current:
        for reason, sql in _CURRENT.items():
            yield _broken(query, reason, table, _filled(sql, report))


def _filled(sql: str, report: Report, **parts: str) -> str:
    """The query for one report; names of tables stay in braces, for the warehouse to fill in."""
    for name, part in {**parts, "key": report.key, "report": report.name}.items():
        sql = sql.replace(f"{{{name}}}", part)
    return sql.replace("{history}", f"{{{report.history}}}").replace("{current}", f"{{{report.current}}}")


def _unique(query: Query, table: str, key: tuple[str, ...]) -> Finding:
    columns = ", ".join(f"{{{table}_report}}" if name == "report" else name for name in key)
    sql = _TWICE.replace("{first}", key[0]).replace("{columns}", columns).replace("{table}", f"{{{table}}}")
    return _broken(query, "data_twice", table, sql)


def _broken(query: Query, reason: str, table: str, sql: str, *values: object) -> Finding:
    """What a query finds that breaks a promise: nothing is well, and is told in the same words as what is not."""
    found = query(_FOUND.replace("{query}", sql), *values)
    count, first, last = found[0] if found else (0, None, None)
    promise = Phrase(reason)
    if not count:
        return Finding("ok", Phrase("data_kept", {"table": table, "promise": promise}))
    names = [first] if first == last else [first, last]
    facts = {"table": table, "promise": promise, "count": count, "names": names, "mend": Phrase(_MENDING[reason])}
    return Finding("fail", Phrase("data_broken", facts), exit_code=_BROKEN_PROMISE)


# a run mends what it would stumble over; of what lies behind it, it knows nothing
_MENDING = {
    "data_open": "mend_sync",
    "data_inverted": "mend_sync",
    "data_overlap": "mend_by_hand",
    "data_gap": "mend_by_hand",
    "data_begins_unobserved": "mend_by_hand",
    "data_ends_unobserved": "mend_by_hand",
    "data_history_in_the_future": "mend_clock",
    "data_ledger_in_the_future": "mend_clock",
    "data_no_history": "mend_sync",
    "data_history_alone": "mend_sync",
    "data_disagree": "mend_sync",
    "data_twice": "mend_twice",
}
