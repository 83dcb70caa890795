"""The worlds that tests share: a warehouse and what is in it, a clock, runs in processes of their own, a reader."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import closing
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import dlt
import duckdb

from wolkvox_source.language import say
from wolkvox_source.observation import Observation
from wolkvox_source.sync.run import Run, sync
from wolkvox_source.tables import SCHEMAS
from wolkvox_source.warehouse.pipeline import Place, pipeline_into

MONDAY = datetime(2026, 3, 2, 12, 0, tzinfo=timezone.utc)
TOKEN = "demo-token"
TEMPORARY = tempfile.gettempdir()
LONG = bool(os.environ.get("WOLKVOX_LONG"))
ROOT = Path(__file__).parents[1]


class Warehouse:
    """One destination in its own dataset, and what is in it."""

    def __init__(self, destination: Any, dataset: str, pipelines_dir: Path) -> None:
        self.destination = destination
        self.dataset = dataset
        self.pipelines_dir = pipelines_dir

    def pipeline(self, name: str = "wolkvox") -> dlt.Pipeline:
        """A pipeline into this warehouse, whose working directory is the same each time."""
        return dlt.pipeline(
            name,
            destination=self.destination,
            dataset_name=self.dataset,
            pipelines_dir=str(self.pipelines_dir),
        )

    def place(self, wait_seconds: float | None = None) -> Place:
        """This warehouse as a value for `sync`."""
        return Place(
            self.destination,
            dataset_name=self.dataset,
            pipelines_dir=str(self.pipelines_dir),
            wait_seconds=wait_seconds,
        )

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """The answer to a query in which tables stand without their dataset; times are UTC."""
        # the database itself, with nothing of dlt's or ours between
        if self.destination == "postgres":
            import psycopg2

            url = os.environ["DESTINATION__POSTGRES__CREDENTIALS"]
            with closing(psycopg2.connect(url, options=f"-csearch_path={self.dataset}")) as connection:
                cursor = connection.cursor()
                cursor.execute(query)
                rows = cursor.fetchall()
        else:
            with duckdb.connect(os.environ["DESTINATION__DUCKDB__CREDENTIALS"]) as connection:
                connection.execute(f"set search_path = '{self.dataset}'")
                rows = connection.execute(query).fetchall()
        return [tuple(_utc(value) for value in row) for row in rows]

    def lose_working_directory(self) -> None:
        shutil.rmtree(self.pipelines_dir, ignore_errors=True)


class Lake(Warehouse):
    """A DuckLake: in this folder, unless the environment names its catalogue and the place of its files."""

    def __init__(self, pipelines_dir: Path) -> None:
        super().__init__("ducklake", "contact_center", pipelines_dir)

    def pipeline(self, name: str = "wolkvox") -> dlt.Pipeline:
        return pipeline_into("ducklake", name, pipelines_dir=str(self.pipelines_dir))

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with self.pipeline().sql_client() as client:
            return [tuple(_utc(value) for value in row) for row in client.execute_sql(query) or ()]


def _utc(value: Any) -> Any:
    return value.astimezone(timezone.utc) if isinstance(value, datetime) else value


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self, now: datetime = MONDAY) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **span: float) -> datetime:
        self.now += timedelta(**span)
        return self.now


def minutes(number: int) -> datetime:
    return MONDAY + timedelta(minutes=number)


def run_once(warehouse: Warehouse, clock: Clock, **options: Any) -> Run:
    """One sync into the warehouse, five minutes after the one before."""
    clock.advance(minutes=5)
    return sync(warehouse.place(options.pop("wait_seconds", None)), clock=clock, **options)


def everything(warehouse: Warehouse) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table but the ledger, in an order of its own."""
    return {
        table: sorted(warehouse.rows(f"select * from {table}"), key=repr)
        for table in SCHEMAS
        if table != "observations"
    }


def sentence(observation: Observation) -> str:
    """What a person is told of an observation that brought nothing."""
    return say(observation.reason, **observation.facts) if observation.reason else ""


def environment() -> dict[str, str]:
    root = str(ROOT)
    return {**os.environ, "PYTHONPATH": os.pathsep.join([root, os.environ.get("PYTHONPATH", "")])}


# forks a process of its own for each run that it is told to make; the run's file operations, or those that name what
# it is told, are counted, and before the one that it is told, it is killed as a power cut would
FORKING = """
import json, os, signal, sys
from datetime import datetime, timedelta
from wolkvox_source.language import say
from wolkvox_source.observation import Observation
from wolkvox_source.settings import configured_operations
from wolkvox_source.source import observing
from wolkvox_source.sync.run import sync
from wolkvox_source.warehouse.pipeline import Place

for line in sys.stdin:
    order = json.loads(line)
    child = os.fork()
    if child:
        print(child, flush=True)
        _, status = os.waitpid(child, 0)
        print(json.dumps({"code": os.waitstatus_to_exitcode(status)}), flush=True)
        continue
    seen = 0

    def count(event, arguments):
        global seen
        changes = event in {"os.rename", "os.remove", "os.rmdir", "os.mkdir", "shutil.rmtree", "subprocess.Popen"}
        if changes or event == "open" and arguments[1] and set(arguments[1]) & set("wa+"):
            if order["dies_before"] not in f"{event} {arguments}":
                return
            seen += 1
            if seen == (order["dies_at"] or bool(order["dies_before"])):
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(count)
    if order["plain"]:
        pipeline = Place(order["destination"], "plain", order["dataset"], order["pipelines_dir"]).pipeline()
        pipeline.run(observing(configured_operations(), clock=lambda: datetime.fromisoformat(order["now"])))
        os._exit(0)
    run = sync(
        Place(order["destination"], dataset_name=order["dataset"], pipelines_dir=order["pipelines_dir"]),
        only=order["only"],
        clock=lambda: datetime.fromisoformat(order["now"]),
    )
    with open(order["told"], "w") as file:
        notes = [note.reason for note in run.notes]
        json.dump({"seen": seen, "error": run.error and str(run.error), "notes": notes}, file)
    os._exit(run.exit_code)
"""


READER = """
import sys, duckdb
connection = duckdb.connect(sys.argv[1], read_only=sys.argv[2] == "reading")
print("open", flush=True)
sys.stdin.readline()
"""


class Runner:
    """Makes each run in a process that can be killed."""

    def __init__(self, warehouse: Warehouse) -> None:
        self.warehouse = warehouse
        self.told_in = warehouse.pipelines_dir.parent / f"{warehouse.pipelines_dir.name}.json"
        root = str(ROOT)
        self._process = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-c", FORKING],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": root, "RUNTIME__LOG_LEVEL": "CRITICAL"},
        )

    def start(
        self,
        clock: Clock,
        *,
        dies_at: int = 0,
        dies_before: str = "",
        only: Sequence[str] = (),
        minutes: float = 5,
        plain: bool = False,
    ) -> int:
        """Begin a run, or a plain run of dlt, so many minutes after the one before; returns its PID."""
        self.warehouse.pipelines_dir.mkdir(parents=True, exist_ok=True)
        order = {
            "now": clock.advance(minutes=minutes).isoformat(),
            "only": only,
            "told": str(self.told_in),
            "destination": self.warehouse.destination,
            "dataset": self.warehouse.dataset,
            "pipelines_dir": str(self.warehouse.pipelines_dir),
            "dies_at": dies_at,
            "dies_before": dies_before,
            "plain": plain,
        }
        assert self._process.stdin and self._process.stdout
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())

    def finish(self) -> int:
        """Wait for the run's end; returns its exit code, or the signal that killed it as a negative number."""
        assert self._process.stdout
        return int(json.loads(self._process.stdout.readline())["code"])

    def run(self, clock: Clock, **options: Any) -> int:
        self.start(clock, **options)
        return self.finish()

    def told(self) -> dict[str, Any]:
        """What the last run that was not killed says."""
        return dict(json.loads(self.told_in.read_text()))

    def close(self) -> None:
        self._process.kill()
        self._process.communicate()


class Reader:
    """Another program that holds a DuckDB file open until it is told to let go."""

    def __init__(self, file: Path, how: str = "reading") -> None:
        command = [sys.executable, "-c", READER, str(file), how]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout
        assert self._process.stdout.readline() == "open\n"
        self.pid = self._process.pid

    def __enter__(self) -> "Reader":
        return self

    def __exit__(self, *_: object) -> None:
        self.let_go()

    def let_go(self) -> None:
        self._process.communicate("\n")


def fill(disk: Path, leaving: int = 0) -> Path:
    """A file that takes all the room but so many bytes."""
    free = os.statvfs(disk)
    filler = disk / "filler"
    filler.write_bytes(bytes(max(0, free.f_bavail * free.f_frsize - leaving)))
    return filler


def ledger(warehouse: Warehouse) -> list[tuple[Any, ...]]:
    return warehouse.rows("select observed_at, outcome from observations order by observed_at, operation")


def litter(warehouse: Warehouse) -> list[str]:
    """Files that a run should not leave behind."""
    working = warehouse.pipelines_dir / "wolkvox"
    kept = [
        *working.glob("load/*/*"),
        *working.glob("normalize/extracted/*"),
        *Path().glob(".*"),
        *Path().glob("*.wal"),
    ]
    # dlt gives what it has not finished writing a name of 16 digits
    return [path.name for path in (*kept, *(path for path in working.rglob("*") if len(path.name) == 16))]
