"""`wolkvox doctor`: what is wrong, looked for from the bottom up, until something explains the rest."""

import argparse
import contextlib
import json
import platform
import shutil
import sys
import tempfile
import time
import traceback
from collections.abc import Generator, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta, timezone
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal
from zoneinfo import ZoneInfo

from wolkvox_source.cli.terminal import mark, redacted
from wolkvox_source.errors import (
    ConfigurationError,
    HeldError,
    NothingObservedError,
    RefusedError,
    UnavailableError,
    UnreadableError,
    WolkvoxError,
    quote,
    worst,
)
from wolkvox_source.language import say

if TYPE_CHECKING:
    import dlt

    from wolkvox_source.api.client import WolkvoxClient
    from wolkvox_source.api.envelope import Payload
    from wolkvox_source.settings import Operation

PACKAGE = "dlt-source-wolkvox"
# as in pyproject.toml, where the reasons are
WORKING: dict[str, str] = {
    "dlt": ">=1.31,<2",
    "duckdb": ">=1.5.5,<2",
    "sqlglot": ">=26.32,<30.22",
    "pyarrow": ">=17",
    "httpcore": ">=1,<2",
    "orjson": ">=3.10.1",
    "filelock": ">=3.16",
    "tenacity": ">=8.3",
}
# what a destination can do without, but only as SQL text, which takes longer
QUICKER = {"postgres": ("adbc-driver-manager", "adbc-driver-postgresql")}

REQUESTS_AT_MOST = 2
_HELD_SECONDS = 10.0
# clocks differ by seconds, time zones by a quarter of an hour and up to a day
_AHEAD_AT_LEAST, _AHEAD_AT_MOST = timedelta(minutes=5), timedelta(hours=26)
_SPARE_BYTES = 100_000_000
_COLOURS = {"ok": "green", "note": "yellow", "fail": "red"}


@dataclass(frozen=True)
class Finding:
    """One line of the examination; only a `fail` counts for the exit code."""

    state: Literal["ok", "note", "fail"]
    sentence: str
    details: tuple[str, ...] = ()
    exit_code: int = 0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `wolkvox doctor`."""
    parser.add_argument("--destination", default="duckdb", help="where you load to, a destination of dlt; duckdb")
    parser.add_argument("--operation", action="append", default=[], metavar="NAME", help="only this one; repeatable")
    parser.add_argument("--pipeline", default="wolkvox", metavar="NAME", help="name of the dlt pipeline; wolkvox")
    parser.add_argument(
        "--dataset", default="contact_center", metavar="NAME", help="schema you load into; contact_center"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object, for programs")
    parser.add_argument("--verbose", action="store_true", help="print the traceback of what failed, without secrets")


def run(args: argparse.Namespace, now: datetime | None = None) -> int:
    """Examine and tell; returns the exit code that a sync would have, the worst of what was found."""
    examination = Examination(args.destination, args.operation, args.pipeline, args.dataset, now)
    if not args.json:
        print(say("doctor_begins", requests=REQUESTS_AT_MOST))
    findings: list[Finding] = []
    for finding in examination.findings():
        findings.append(finding)
        if not args.json:
            _print(finding)
    if args.verbose and examination.failure:
        sys.stderr.write(redacted("".join(traceback.format_exception(examination.failure))))
    code = worst(*(finding.exit_code for finding in findings))
    if args.json:
        found = [asdict(finding) for finding in findings]
        print(json.dumps({"exit_code": code, "requests": examination.requests, "findings": found}, ensure_ascii=False))
    else:
        print(say("doctor_sick" if code else "doctor_well", requests=examination.requests))
    return code


def _print(finding: Finding) -> None:
    word = say(f"doctor_{finding.state}")
    print(f"{mark(f'{word:<5}', _COLOURS[finding.state])} {finding.sentence}", flush=True)
    for detail in finding.details:
        print(f"        {detail}", flush=True)


class Examination:
    """One walk from the libraries up to the latest observation; `requests` counts those made to wolkvox."""

    def __init__(
        self,
        destination: str = "duckdb",
        only: Sequence[str] = (),
        pipeline_name: str = "wolkvox",
        dataset_name: str = "contact_center",
        now: datetime | None = None,
        wait_seconds: float = _HELD_SECONDS,
    ) -> None:
        self.destination, self.only = destination, only
        self.pipeline_name, self.dataset_name = pipeline_name, dataset_name
        self.now = now or datetime.now(timezone.utc)
        self.wait_seconds = wait_seconds
        self.requests = 0
        self.failure: Exception | None = None

    def findings(self) -> Iterator[Finding]:
        """Each finding as soon as it is made; the last one is a `fail` where something explains the rest."""
        try:
            yield from _versions(self.destination)
            yield _files()
            operations = yield from _settings(self.only)
            well = 0
            for operation in operations:
                well += yield from self._operation(operation)
            # what keeps every operation from answering has to be mended first
            if well:
                yield from self._destination(operations)
        except Exception as failure:  # noqa: BLE001 - whatever it is, a person is told in words
            self.failure = failure
            yield _failed(failure)

    def _operation(self, operation: "Operation") -> Generator[Finding, None, bool]:
        """From the operation's host up to its report; returns whether all of it is well."""
        from wolkvox_source.api.client import WolkvoxClient

        name = operation.name
        try:
            yield _reached(operation)
            # a sync may hold the token for the length of one request
            with WolkvoxClient(
                operation.server, operation.token, operation.base_url, requests_at_most=1, seconds_at_most=70
            ) as client:
                yield self._budget(operation, client)
                self.requests += 1
                payload = client.agents()
            yield from _report(operation, payload, self.now)
        except WolkvoxError as error:
            yield Finding("fail", f"{name}: {error}", exit_code=error.exit_code)
            return False
        return True

    def _budget(self, operation: "Operation", client: "WolkvoxClient") -> Finding:
        """Whether the token is accepted, and what is left of the day's requests where wolkvox tells."""
        self.requests += 1
        try:
            records = client.token_info().records
        except WolkvoxError as error:
            # a server without this report says so in one of these ways; the agents report will tell the rest
            if not (
                isinstance(error, UnreadableError) or (isinstance(error, RefusedError) and error.status in {400, 404})
            ):
                raise
            records = []
        left, limit = (_number(records, name) for name in ("available_consumption_options", "token_limit"))
        if left is None or limit is None:
            return Finding("note", say("doctor_budget_unknown", operation=operation.name))
        here = self.now.astimezone(ZoneInfo(operation.timezone))
        midnight = (here + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
        needed = int((midnight - here).total_seconds() // operation.interval_seconds)
        key = "doctor_budget" if left >= needed else "doctor_budget_short"
        sentence = say(key, operation=operation.name, left=left, limit=limit, needed=needed)
        return Finding("ok" if left >= needed else "note", sentence)

    def _destination(self, operations: "Sequence[Operation]") -> Iterator[Finding]:
        """From the place itself up to the latest observation in it."""
        from wolkvox_source.warehouse.connection import duckdb_file
        from wolkvox_source.warehouse.pipeline import pipeline_into

        with tempfile.TemporaryDirectory(prefix="wolkvox-") as elsewhere:
            pipeline = pipeline_into(self.destination, self.pipeline_name, self.dataset_name, elsewhere)
            file = duckdb_file(pipeline)
            yield _file_found(pipeline, file, self.wait_seconds) if file else _place_found(pipeline, self.destination)
        yield self._pending()
        yield from self._latest(operations)

    def _pending(self) -> Finding:
        """What an earlier run left in the pipeline's working folder, which is only looked at."""
        import dlt
        from dlt.common.pipeline import get_dlt_pipelines_dir

        from wolkvox_source.warehouse.pipeline import pipeline_into

        folder = Path(dlt.config.get("pipelines_dir", str) or get_dlt_pipelines_dir())
        if not (folder / self.pipeline_name).exists():
            return Finding("ok", say("doctor_no_pending"))
        try:
            pipeline = pipeline_into(self.destination, self.pipeline_name, self.dataset_name, str(folder))
            packages = [*pipeline.list_extracted_load_packages(), *pipeline.list_normalized_load_packages()]
        except Exception as failure:  # noqa: BLE001 - a folder that is broken breaks dlt where it likes
            problem = quote(f"{type(failure).__name__}: {failure}")
            return Finding("note", say("doctor_folder", folder=folder / self.pipeline_name, problem=problem))
        if packages:
            return Finding("note", say("doctor_pending", packages=", ".join(packages)))
        return Finding("ok", say("doctor_no_pending"))

    def _latest(self, operations: "Sequence[Operation]") -> Iterator[Finding]:
        from wolkvox_source.warehouse.freshness import freshness, sentences, span, warehouse

        try:
            with warehouse(self.destination, self.pipeline_name, self.dataset_name) as query:
                for operation in operations:
                    limit = 3 * operation.interval_seconds
                    (each,) = freshness(query, self.now, limit, [operation.name])
                    for sentence in sentences(each, self.now, span(limit)):
                        yield Finding("ok" if each.fresh else "note", sentence)
        except NothingObservedError as error:
            yield Finding("note", str(error))


def _versions(destination: str) -> Iterator[Finding]:
    """The versions that are installed; raises a ConfigurationError for one that does not work."""
    installed = {name: _version(name) for name in WORKING}
    wrong = unsuitable(installed)
    if wrong:
        raise ConfigurationError("doctor_version", found=", ".join(wrong), wanted=" ".join(wrong.values()))
    quicker = QUICKER.get(destination, ())
    there = {name: version for name in (PACKAGE, *WORKING, *quicker) if (version := _version(name))}
    named = ", ".join(f"{name} {version}" for name, version in there.items())
    yield Finding("ok", f"Python {platform.python_version()}, {named}")
    missing = [name for name in quicker if name not in there]
    if missing:
        yield Finding("note", say("doctor_slow", destination=destination, missing=", ".join(missing)))


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def unsuitable(installed: dict[str, str | None]) -> dict[str, str]:
    """What is installed, or missing, and does not work here -> what pip has to be told in quotation marks."""
    from packaging.specifiers import SpecifierSet

    return {
        f"{name} {version or '?'}": f"'{name}{WORKING.get(name, '')}'"
        for name, version in installed.items()
        if version is None or not SpecifierSet(WORKING.get(name, ""), prereleases=True).contains(version)
    }


def _files() -> Finding:
    """Which files of settings dlt reads here, and which it would read if they were there."""
    import dlt

    providers = [provider for provider in dlt.config.config_providers if provider.locations]
    there = {str(Path(path).absolute()) for provider in providers for path in provider.present_locations}
    places = [str(Path(path).absolute()) for provider in providers for path in provider.locations]
    absent = say("doctor_absent")
    details = tuple(place if place in there else f"{place} ({absent})" for place in places)
    return Finding("ok", say("doctor_files", folder=Path.cwd()), details)


def _settings(only: Sequence[str]) -> "Generator[Finding, None, list[Operation]]":
    """Where each setting of each operation came from; returns the operations."""
    from dlt.common.configuration.utils import get_resolved_traces

    from wolkvox_source.settings import categories_file, configured_operations
    from wolkvox_source.warehouse.status_categories import status_categories

    traces = get_resolved_traces()
    traces.clear()
    try:
        operations = configured_operations(only)
        for operation in operations:
            found = {trace.key: trace for trace in traces.resolved_traces if trace.config is operation}
            details = [_origin(trace) for trace in found.values()]
            if "timezone" not in found:
                details.append(f"timezone = {operation.timezone} ({say('doctor_default')})")
            sentence = say("doctor_operation", operation=operation.name, address=operation.address)
            yield Finding("ok", sentence, tuple(details))
    finally:
        traces.clear()
    status_categories(categories_file())
    return operations


def _origin(trace: Any) -> str:
    """One setting, its value unless it is a secret, and the file or variable that it came from."""
    import dlt
    from dlt.common.configuration import is_secret_hint

    value = say("doctor_secret") if is_secret_hint(trace.hint) else str(trace.value)
    section = ".".join(trace.sections)
    provider = next(each for each in dlt.config.config_providers if each.name == trace.provider_name)
    named = [path for path in provider.present_locations if Path(path).name == trace.provider_location.split(":")[-1]]
    if named:
        # dlt reads the folder of the project first, then the one that all projects share
        file = named[-1] if trace.provider_location.startswith("global:") else named[0]
        origin = f"{Path(file).absolute()} [{section}]"
    elif trace.provider_name == "Environment Variables":
        origin = "__".join([*trace.sections, trace.key]).upper()
    else:
        origin = f"{trace.provider_name} [{section}]"
    return f"{trace.key} = {value} ({origin})"


def _reached(operation: "Operation") -> Finding:
    from wolkvox_source.doctor.reachability import reach

    found = reach(operation.address)
    facts = {"host": found.host, "port": found.port, "address": found.address}
    sentence = say("doctor_reached", operation=operation.name, took=f"{found.seconds * 1000:.0f} ms", **facts)
    return Finding("ok", sentence + (say("doctor_proxy", host=found.behind) if found.behind else ""))


def _number(records: Sequence[Any], name: str) -> int | None:
    record = records[0] if records and isinstance(records[0], dict) else {}
    try:
        return int(str(record.get(name)).replace(",", "").strip())
    except ValueError:
        return None


def _report(operation: "Operation", payload: "Payload", now: datetime) -> Iterator[Finding]:
    """That the report says what it announces, and its times are possible."""
    import pyarrow as pa
    import pyarrow.compute as pc

    from wolkvox_source.reports.catalogue import AGENTS
    from wolkvox_source.reports.snapshot import snapshot

    name, zone = operation.name, operation.timezone
    seen = snapshot(AGENTS, name, payload.records, zone, operation.privacy)
    if payload.announced is not None and payload.announced != seen.received:
        raise UnreadableError("doctor_announced", announced=payload.announced, received=seen.received)
    if not seen.received:
        yield Finding("note", say("doctor_empty", operation=name))
        return
    announced = "?" if payload.announced is None else payload.announced
    yield Finding("ok", say("doctor_report", operation=name, received=seen.received, announced=announced))
    if seen.rejected:
        yield Finding("note", say("doctor_rejected", operation=name, rejected=len(seen.rejected)))
    possible = seen.table.filter(pc.less(seen.table["last_use"], pa.scalar(now + _AHEAD_AT_MOST)))
    latest = pc.max(possible["last_use"]).as_py()
    if latest is None:
        yield Finding("note", say("doctor_no_times", operation=name, zone=zone))
        return
    here = now.astimezone(ZoneInfo(zone))
    facts: dict[str, Any] = {
        "zone": zone,
        "here": f"{here:%Y-%m-%d %H:%M:%S}",
        "latest": f"{latest.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M:%S}",
    }
    if latest - now > _AHEAD_AT_LEAST:
        raise ConfigurationError("doctor_timezone", **facts)
    yield Finding("ok", say("doctor_times", operation=name, **facts))


def _file_found(pipeline: "dlt.Pipeline", file: Path, wait_seconds: float) -> Finding:
    """That DuckDB's file and folder can be written, that nobody holds it, and that the disk has room."""
    try:
        # it has no name, so nothing of it stays
        with tempfile.TemporaryFile(dir=file.parent):
            free = shutil.disk_usage(file.parent).free
    except OSError as error:
        key = "disk_full" if error.errno == 28 else "destination_unwritable"
        kind = UnavailableError if error.errno == 28 else ConfigurationError
        raise kind(key, problem=quote(str(error))) from error
    size = file.stat().st_size if file.exists() else 0
    facts: dict[str, Any] = {"file": file.absolute(), "size": _megabytes(size), "free": _megabytes(free)}
    if free < size + _SPARE_BYTES:
        raise UnavailableError("doctor_little_room", **facts)
    if not file.exists():
        return Finding("ok", say("doctor_new_file", **facts))
    _await_file(pipeline, wait_seconds)
    return Finding("ok", say("doctor_file", **facts))


def _await_file(pipeline: "dlt.Pipeline", wait_seconds: float) -> None:
    """Write to the file and take it back; a sync that holds it is waited for a little."""
    from wolkvox_source.warehouse.failures import in_words

    deadline = time.monotonic() + wait_seconds
    while True:
        try:
            _write_and_take_back(pipeline)
        except Exception as failure:
            error = in_words(failure)
            if not isinstance(error, HeldError) or time.monotonic() > deadline:
                raise error from failure
            time.sleep(0.25)
        else:
            return


def _place_found(pipeline: "dlt.Pipeline", destination: str) -> Finding:
    from wolkvox_source.warehouse.connection import check_reachable
    from wolkvox_source.warehouse.failures import in_words

    check_reachable(pipeline)
    facts = {"destination": destination, "dataset": pipeline.dataset_name}
    if pipeline.destination is None or not pipeline.destination.capabilities().supports_ddl_transactions:
        return Finding("note", say("doctor_place_untried", **facts))
    try:
        _write_and_take_back(pipeline)
    except Exception as failure:
        raise in_words(failure) from failure
    return Finding("ok", say("doctor_place", **facts))


class _TakeBackError(Exception):
    """Ends a transaction in which nothing was meant to stay."""


def _write_and_take_back(pipeline: "dlt.Pipeline") -> None:
    with contextlib.suppress(_TakeBackError), pipeline.sql_client() as client, client.begin_transaction():
        if not client.has_dataset():
            client.create_dataset()
        client.execute_sql(f"CREATE TABLE {client.make_qualified_table_name('wolkvox_doctor')} (n INTEGER)")
        raise _TakeBackError


def _megabytes(size: int) -> str:
    return f"{size / 1e9:.1f} GB" if size >= 1e9 else f"{size / 1e6:.1f} MB"


def _failed(failure: Exception) -> Finding:
    try:
        from wolkvox_source.warehouse.failures import in_words

        error: Any = in_words(failure)
        return Finding("fail", redacted(str(error)) if type(error) is WolkvoxError else str(error), (), error.exit_code)
    except ImportError:
        # a library that is too broken to be imported
        problem = quote(f"{type(failure).__name__}: {failure}")
        return Finding("fail", redacted(say("unexpected", problem=problem)), (), WolkvoxError.exit_code)
