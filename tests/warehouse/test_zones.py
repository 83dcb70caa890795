"""A time zone that Python finds and the warehouse does not: views would fail on it, for every operation."""

import shutil
import zoneinfo
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.worlds import TOKEN, Clock, Warehouse
from wolkvox_source import Place
from wolkvox_source.doctor.examination import Examination
from wolkvox_source.language import speak
from wolkvox_source.settings import Operation
from wolkvox_source.simulator import ContactCentre, Simulator
from wolkvox_source.source import observing
from wolkvox_source.sync.replay import replay
from wolkvox_source.sync.run import sync
from wolkvox_source.warehouse.zones import unknown_zones


@pytest.fixture(params=["Mars/Olympus", "posix/America/Bogota"])
def zone(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A zone in Python's folder of them: a newer edition's, or one of those that systems keep there besides."""
    folder, name = tmp_path / "zones", str(request.param)
    for each in ("America/Bogota", "Etc/UTC", "UTC", name):
        (folder / each).parent.mkdir(parents=True, exist_ok=True)
        (folder / each).write_bytes(zoneinfo_file("America/Bogota"))
    before = zoneinfo.TZPATH
    zoneinfo.reset_tzpath([folder, *before])
    yield name
    zoneinfo.reset_tzpath(before)
    zoneinfo.ZoneInfo.clear_cache()
    shutil.rmtree(folder)


def zoneinfo_file(name: str) -> bytes:
    for folder in zoneinfo.TZPATH:
        if (file := Path(folder) / name).exists():
            return file.read_bytes()
    from importlib.resources import files

    return files("tzdata.zoneinfo").joinpath(*name.split("/")).read_bytes()


def operation(simulator: Simulator, name: str, **settings: object) -> Operation:
    made = Operation(server="demo", token=TOKEN, base_url=simulator.url)
    for setting, value in settings.items():
        setattr(made, setting, value)
    return made.named(name)


@pytest.mark.long
def test_only_the_operation_whose_zone_the_warehouse_does_not_know_is_refused(
    centre: ContactCentre, simulator: Simulator, warehouse: Warehouse, clock: Clock, zone: str
) -> None:
    for name in ("Ana", "Luz", "Sol"):
        centre.hire(name)
    right, wrong = operation(simulator, "lima"), operation(simulator, "olympus", timezone=zone)

    first = sync(warehouse.place(), operations=[wrong, right], clock=clock)
    clock.advance(minutes=5)
    again = sync(warehouse.place(), operations=[wrong, right], clock=clock)

    for run in (first, again):
        outcomes = {each.operation: (each.outcome, each.reason) for each in run.observations}
        assert outcomes["olympus"] == ("refused", "bad_timezone")
        assert outcomes["lima"][0] in {"changed", "unchanged"}
        assert run.exit_code == 78
        assert run.error is None
    assert warehouse.rows("select operation, timezone from operations") == [("lima", "America/Bogota")]
    assert warehouse.rows("select distinct operation, timezone from observations order by 1") == [
        ("lima", "America/Bogota"),
        ("olympus", None),
    ]
    for view in ("agents_now", "licence_usage_daily", "agent_status_daily", "agent_connections_daily"):
        warehouse.rows(f"select * from {view}")


def test_a_plain_run_refuses_it_too(
    centre: ContactCentre, simulator: Simulator, warehouse: Warehouse, clock: Clock, zone: str
) -> None:
    for name in ("Ana", "Luz", "Sol"):
        centre.hire(name)
    both = [operation(simulator, "olympus", timezone=zone), operation(simulator, "lima")]

    warehouse.pipeline().run(observing(both, clock=clock))

    assert warehouse.rows("select operation, outcome, reason from observations order by 1") == [
        ("lima", "changed", None),
        ("olympus", "refused", "bad_timezone"),
    ]


# of these, Python alone finds the first; the second is on many machines, and in no warehouse
@pytest.mark.long
@pytest.mark.parametrize("name", ["Mars/Olympus", "localtime"])
@pytest.mark.parametrize("zone", ["Mars/Olympus"], indirect=True)
def test_the_doctor_names_it_and_what_to_write_instead(
    centre: ContactCentre,
    simulator: Simulator,
    warehouse: Warehouse,
    zone: str,
    name: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    centre.hire("Ana")
    monkeypatch.setenv("SOURCES__WOLKVOX__OPERATIONS", '["lima", "olympus"]')
    monkeypatch.setenv("SOURCES__WOLKVOX__OLYMPUS__TIMEZONE", name)
    told = (
        f"olympus: The time zone '{name}' of operation olympus does not exist or is not known to warehouses: use a name"
        " such as America/Bogota, America/Lima or America/Santiago in the setting `timezone`."
    )

    for made in (False, True):
        found = [*Examination(warehouse.destination, dataset_name=warehouse.dataset, wait_seconds=0.5).findings()]

        failures = [each for each in found if each.state == "fail"]
        assert [(each.exit_code, speak("en").tell(each.phrase)) for each in failures] == [(78, told)]
        if not made:
            # nothing was made to find that out
            assert not list(Path().glob("*.duckdb"))
            sync(warehouse.place())


@pytest.mark.long
def test_an_operation_that_gets_such_a_zone_later_keeps_what_it_has(
    centre: ContactCentre, simulator: Simulator, warehouse: Warehouse, clock: Clock, zone: str
) -> None:
    for name in ("Ana", "Luz", "Sol"):
        centre.hire(name)
    sync(warehouse.place(), operations=[operation(simulator, "lima")], clock=clock)
    clock.advance(minutes=5)

    sync(warehouse.place(), operations=[operation(simulator, "lima", timezone=zone)], clock=clock)

    assert warehouse.rows("select operation, timezone from operations") == [("lima", "America/Bogota")]
    assert warehouse.rows("select count(*) from agents_now") == [(3,)]


def test_a_machines_own_names_are_known_to_no_warehouse(duckdb_warehouse: Warehouse) -> None:
    own = {"localtime", "Factory", "posixrules", "right/UTC", "posix/America/Bogota"}

    with duckdb_warehouse.pipeline().sql_client() as client:
        assert unknown_zones(client, {*own, "America/Bogota", "Factory/x"}) == own | {"Factory/x"}


@pytest.mark.long
def test_a_replay_refuses_what_the_run_refused(
    centre: ContactCentre, simulator: Simulator, duckdb_warehouse: Warehouse, clock: Clock, monkeypatch: Any
) -> None:
    centre.hire("Ana")
    monkeypatch.setenv("SOURCES__WOLKVOX__ARCHIVE_URL", str(Path("archive").absolute()))
    for zone in ("America/Bogota", "localtime"):
        sync(duckdb_warehouse.place(), operations=[operation(simulator, "lima", timezone=zone)], clock=clock)
        clock.advance(minutes=5)
    monkeypatch.delenv("DESTINATION__DUCKDB__CREDENTIALS")

    replay(str(Path("archive").absolute()), Place(pipeline_name="replayed"))

    ledger = "select outcome, reason, timezone from contact_center.observations order by observed_at"
    with duckdb.connect("replayed.duckdb") as replayed:
        assert replayed.execute(ledger).fetchall() == [
            ("changed", None, "America/Bogota"),
            ("refused", "bad_timezone", None),
        ]
