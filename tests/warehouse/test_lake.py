"""A DuckLake holds what DuckDB would, under the lock of its catalogue, and does not grow without end."""

import os
import re
import shutil
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import psycopg2
import pytest

from tests.worlds import Clock, Lake, minutes, run_once
from wolkvox_source import Place, pipeline_into, sync
from wolkvox_source.simulator import ContactCentre, Simulator
from wolkvox_source.warehouse.lake import SNAPSHOTS_KEPT, keep_up
from wolkvox_source.warehouse.lock import dataset_lock

pytest.importorskip("duckdb_extension_ducklake")

HISTORY = "select agent_status, valid_from, valid_to from agent_history order by valid_from"


@pytest.mark.long
def test_a_lake_holds_what_was_observed_and_answers_as_duckdb_would(
    centre: ContactCentre, simulator: Simulator, clock: Clock, tmp_path: Path
) -> None:
    lake = Lake(tmp_path / "pipelines")
    agent_id = centre.hire()
    assert run_once(lake, clock).error is None
    centre.set_status(agent_id, "Talk")

    with dataset_lock(lake.pipeline(), 0.0):
        late = run_once(lake, clock, wait_seconds=0.2)
    recovered = run_once(lake, clock)
    unchanged = run_once(lake, clock)

    assert late.error
    assert (late.error.reason, late.exit_code) == ("dataset_held", 75)
    assert (recovered.exit_code, [note.reason for note in recovered.notes]) == (0, ["answers_finished"])
    assert (unchanged.exit_code, [each.outcome for each in unchanged.observations]) == (0, ["unchanged"])
    assert lake.rows(HISTORY) == [("Logout", minutes(5), minutes(10)), ("Talk", minutes(10), None)]
    assert lake.rows("select outcome from observations order by observed_at") == [
        ("changed",),
        ("changed",),
        ("unchanged",),
        ("unchanged",),
    ]
    assert lake.rows("select agent_status from agents_now") == [("Talk",)]
    assert sorted(path.name for path in tmp_path.glob("wolkvox*")) == [
        "wolkvox.files",
        "wolkvox.sqlite",
        "wolkvox.sqlite.lock",
    ]


def test_a_catalogue_that_one_connection_alone_can_have_is_refused_in_words(
    centre: ContactCentre, simulator: Simulator, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DESTINATION__DUCKLAKE__CREDENTIALS__CATALOG", f"duckdb:///{tmp_path}/catalogue.duckdb")
    monkeypatch.setenv("DESTINATION__DUCKLAKE__CREDENTIALS__STORAGE__BUCKET_URL", str(tmp_path / "files"))

    refused = sync(Place("ducklake", pipelines_dir="pipelines"))

    assert refused.error
    assert (refused.error.reason, refused.exit_code) == ("lake_catalogue", 78), refused.error
    assert simulator.requests == []


@pytest.mark.long
@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        pytest.param(Path.unlink, "The lake's catalogue .*wolkvox.sqlite is not there, and its files", id="gone"),
        pytest.param(lambda file: file.write_bytes(b"x" * 9999), "The lake's catalogue is no database", id="damaged"),
        pytest.param(
            lambda file: shutil.rmtree(file.with_suffix(".files")),
            "A file of the lake .* is not there",
            id="no files",
        ),
    ],
)
def test_a_lake_that_lost_a_part_is_said_in_a_sentence_and_left_as_it_is(
    spoil: Any, sentence: str, centre: ContactCentre, simulator: Simulator, clock: Clock, tmp_path: Path
) -> None:
    lake = Lake(tmp_path / "pipelines")
    for _ in range(20):
        centre.hire()
    assert run_once(lake, clock).error is None
    spoil(tmp_path / "wolkvox.sqlite")
    before = there(tmp_path)

    failed = run_once(lake, clock)

    assert failed.exit_code == 78
    assert re.match(sentence, str(failed.error)), failed.error
    assert there(tmp_path) == before


@pytest.mark.long
def test_a_catalogue_that_is_gone_from_its_server_is_not_made_anew(
    centre: ContactCentre, simulator: Simulator, clock: Clock, postgres_url: str, monkeypatch: Any, tmp_path: Path
) -> None:
    name = f"lake_{os.urandom(4).hex()}"
    monkeypatch.setenv("DESTINATION__DUCKLAKE__CREDENTIALS__DUCKLAKE_NAME", name)
    monkeypatch.setenv("DESTINATION__DUCKLAKE__CREDENTIALS__CATALOG", postgres_url)
    monkeypatch.setenv("DESTINATION__DUCKLAKE__CREDENTIALS__STORAGE__BUCKET_URL", str(tmp_path / "files"))
    lake = Lake(tmp_path / "pipelines")
    for _ in range(20):
        centre.hire()
    assert run_once(lake, clock).error is None
    before, asked = there(tmp_path), len(simulator.requests)
    with closing(psycopg2.connect(postgres_url)) as connection, connection:
        connection.cursor().execute(f"drop schema {name} cascade")

    failed = run_once(lake, clock)

    assert (failed.exit_code, failed.error and failed.error.reason) == (78, "lake_catalogue_gone"), failed.error
    assert "postgres:x@" not in str(failed.error)
    assert (there(tmp_path), len(simulator.requests)) == (before, asked)


def there(folder: Path) -> dict[str, bytes]:
    """The lake's catalogue and files, byte for byte."""
    files = [*folder.glob("wolkvox.sqlite"), *folder.rglob("*.parquet")]
    return {str(file): file.read_bytes() for file in files}


class Forbidding(BaseHTTPRequestHandler):
    """A store that lets nobody in."""

    def refuse(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.send_response(403)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = refuse  # noqa: N815

    def log_message(self, *_: Any) -> None:
        """The test says what is wrong."""


class Listing(Forbidding):
    """A store that holds one file of a lake and lets its folder be listed."""

    def do_GET(self) -> None:
        listed = "<Contents><Key>lake/contact_center/agents/one.parquet</Key><Size>9</Size></Contents>"
        body = f"<ListBucketResult><Name>nobody</Name><IsTruncated>false</IsTruncated>{listed}</ListBucketResult>"
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())


@contextmanager
def lake_in_bucket(
    store: type[BaseHTTPRequestHandler], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Lake]:
    """A lake whose catalogue is in a folder and whose files are in a store."""
    with ThreadingHTTPServer(("127.0.0.1", 0), store) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        where = "DESTINATION__DUCKLAKE__CREDENTIALS__"
        monkeypatch.setenv(f"{where}CATALOG", f"sqlite:///{folder}/wolkvox.sqlite")
        monkeypatch.setenv(f"{where}STORAGE__BUCKET_URL", "s3://nobody/lake")
        for name, value in (
            ("AWS_ACCESS_KEY_ID", "key"),
            ("AWS_SECRET_ACCESS_KEY", "very-secret"),
            ("ENDPOINT_URL", f"http://127.0.0.1:{server.server_address[1]}"),
        ):
            monkeypatch.setenv(f"{where}STORAGE__CREDENTIALS__{name}", value)
        yield Lake(folder / "pipelines")
        server.shutdown()


def test_a_catalogue_that_is_gone_while_its_files_are_in_a_bucket_is_not_made_anew(
    simulator: Simulator, clock: Clock, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with lake_in_bucket(Listing, tmp_path, monkeypatch) as lake:
        failed = run_once(lake, clock)

    assert (failed.exit_code, failed.error and failed.error.reason) == (78, "lake_catalogue_gone"), failed.error
    assert "s3://nobody/lake" in str(failed.error)
    assert not (tmp_path / "wolkvox.sqlite").exists()
    assert simulator.requests == []


@pytest.mark.long
def test_a_bucket_that_lets_nobody_in_is_said_in_a_sentence_and_what_was_answered_is_kept(
    centre: ContactCentre, simulator: Simulator, clock: Clock, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for _ in range(20):
        centre.hire()
    # dlt would ask the store five times for each table
    monkeypatch.setenv("LOAD__RAISE_ON_MAX_RETRIES", "1")
    with lake_in_bucket(Forbidding, tmp_path, monkeypatch) as lake:
        failed = [run_once(lake, clock) for _ in range(2)]

    for each in failed:
        assert (each.exit_code, each.error and each.error.reason) == (77, "lake_forbidden"), each.error
        assert "very-secret" not in repr(each.error.__dict__) + str(each.error)
    # the second comes no further than to what the first has left
    assert len(simulator.requests) == 1


@pytest.mark.long
def test_small_files_are_merged_and_old_snapshots_let_go(tmp_path: Path) -> None:
    def files() -> int:
        return len([*Path("wolkvox.files").rglob("*.parquet")])

    pipeline = pipeline_into("ducklake", pipelines_dir=str(tmp_path / "pipelines"))
    with pipeline.sql_client() as client:
        client.execute_sql("create schema many")
        client.execute_sql("create table many.small as select range as number from range(100)")
        for begin in range(100, 1600, 100):
            client.execute_sql(f"insert into many.small select * from range({begin}, {begin + 100})")
        for number in range(1600, 1800):
            client.execute_sql(f"insert into many.small values ({number})")
        assert files() >= 16

        keep_up(client, "wolkvox")

        assert files() <= 3
        (snapshots,) = client.execute_sql("select count(*) from ducklake_snapshots('wolkvox')")[0]
        assert snapshots <= SNAPSHOTS_KEPT + 4
        assert client.execute_sql("select count(*), sum(number) from many.small") == [(1800, 1799 * 900)]
