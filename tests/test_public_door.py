"""`pipeline.run(wolkvox())`, as a dlt user runs it, with every way of configuring."""

import inspect
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from dlt.common.configuration.container import Container
from dlt.common.configuration.specs.pluggable_run_context import PluggableRunContext
from dlt.pipeline.exceptions import PipelineStepFailed

from tests.worlds import MONDAY, Warehouse
from wolkvox_source import wolkvox
from wolkvox_source.errors import ConfigurationError
from wolkvox_source.simulator import ContactCentre, Simulator
from wolkvox_source.warehouse.failures import in_words

Put = Callable[[str], None]


@pytest.fixture
def server() -> Iterator[Simulator]:
    """Two contact centres of one agent each."""
    centres = [
        ContactCentre(agents=0, licences=10, token=f"token-{name}", now=MONDAY, lively=False)
        for name in ("norte", "sur")
    ]
    for centre in centres:
        centre.hire()
    with Simulator(centres) as running:
        yield running


@pytest.fixture(params=["config.toml", "secrets.toml", "both files", "environment"])
def configured(
    request: pytest.FixtureRequest, server: Simulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    """Two operations, configured in the way of the test's name."""
    common = f'[sources.wolkvox]\noperations = ["norte", "sur"]\nbase_url = "{server.url}"\n'
    servers = "".join(f'[sources.wolkvox.{name}]\nserver = "{name}"\n' for name in ("norte", "sur"))
    tokens = "".join(f'[sources.wolkvox.{name}]\ntoken = "token-{name}"\n' for name in ("norte", "sur"))
    each = "".join(
        f'[sources.wolkvox.{name}]\nserver = "{name}"\ntoken = "token-{name}"\n' for name in ("norte", "sur")
    )
    folder = tmp_path / ".dlt"
    folder.mkdir()
    if request.param == "config.toml":
        (folder / "config.toml").write_text(common + servers)
        for name in ("norte", "sur"):
            monkeypatch.setenv(f"SOURCES__WOLKVOX__{name.upper()}__TOKEN", f"token-{name}")
    elif request.param == "secrets.toml":
        (folder / "secrets.toml").write_text(common + each)
    elif request.param == "both files":
        (folder / "config.toml").write_text(common + servers)
        (folder / "secrets.toml").write_text(tokens)
    else:
        monkeypatch.setenv("SOURCES__WOLKVOX__OPERATIONS", '["norte", "sur"]')
        monkeypatch.setenv("SOURCES__WOLKVOX__BASE_URL", server.url)
        for name in ("norte", "sur"):
            monkeypatch.setenv(f"SOURCES__WOLKVOX__{name.upper()}__SERVER", name)
            monkeypatch.setenv(f"SOURCES__WOLKVOX__{name.upper()}__TOKEN", f"token-{name}")
    context = Container()[PluggableRunContext]
    context.reload_providers()
    yield request.param
    for file in folder.iterdir():
        file.unlink()
    context.reload_providers()


def outcomes(warehouse: Warehouse) -> list[tuple[str, str]]:
    return warehouse.rows("select operation, outcome from observations order by observed_at, operation")


def test_every_way_of_configuring_loads_both_operations(configured: str, duckdb_warehouse: Warehouse) -> None:
    duckdb_warehouse.pipeline().run(wolkvox())

    assert outcomes(duckdb_warehouse) == [("norte", "changed"), ("sur", "changed")]
    assert duckdb_warehouse.rows("select operation, count(*) from agents group by 1 order by 1") == [
        ("norte", 1),
        ("sur", 1),
    ]


@pytest.mark.long
def test_an_argument_limits_the_operations_however_they_are_configured(
    configured: str, duckdb_warehouse: Warehouse
) -> None:
    duckdb_warehouse.pipeline().run(wolkvox(only=["sur"]))
    duckdb_warehouse.pipeline().run(wolkvox(["norte"], accept_loss=["norte"]))

    assert outcomes(duckdb_warehouse) == [("sur", "changed"), ("norte", "changed")]


@pytest.mark.long
def test_a_source_that_is_renamed_or_cloned_by_dlt_still_runs(configured: str, duckdb_warehouse: Warehouse) -> None:
    duckdb_warehouse.pipeline().run(wolkvox.clone(name="telefonia")())

    assert outcomes(duckdb_warehouse) == [("norte", "changed"), ("sur", "changed")]


@pytest.mark.long
@pytest.mark.parametrize("setting", ["ONLY", "ACCEPT_LOSS", "CLOCK", "LISTENER"])
def test_no_setting_takes_an_arguments_place(
    setting: str, server: Simulator, duckdb_warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A loss that a setting accepts would be accepted for ever."""
    for name, value in (("SERVER", "norte"), ("TOKEN", "token-norte"), ("BASE_URL", server.url)):
        monkeypatch.setenv(f"SOURCES__WOLKVOX__{name}", value)
    monkeypatch.setenv(f"SOURCES__WOLKVOX__{setting}", '["lejos"]')

    duckdb_warehouse.pipeline().run(wolkvox())

    assert outcomes(duckdb_warehouse) == [("norte", "changed")]


def test_the_signature_has_what_a_user_may_say_and_nothing_for_tests() -> None:
    assert list(inspect.signature(wolkvox).parameters) == ["only", "accept_loss"]


def test_what_is_wrong_is_said_where_the_source_is_made() -> None:
    with pytest.raises(ConfigurationError, match=r"sources\.wolkvox\.server"):
        wolkvox()


def test_an_operation_that_does_not_exist_is_said_where_the_source_is_made(configured: str) -> None:
    with pytest.raises(ConfigurationError, match="lejos"):
        wolkvox(accept_loss=["lejos"])
    with pytest.raises(ConfigurationError, match="lejos"):
        wolkvox(only=["lejos"])


@pytest.mark.long
@pytest.mark.parametrize(
    "how",
    [
        {"refresh": "drop_sources"},
        {"refresh": "drop_resources"},
        {"refresh": "drop_data"},
        {"write_disposition": "replace"},
        {"write_disposition": "append"},
        {"write_disposition": "merge"},
        {"write_disposition": {"disposition": "merge", "strategy": "delete-insert"}},
    ],
    ids=str,
)
def test_a_run_that_would_throw_the_past_away_is_refused_before_wolkvox_is_asked(
    how: dict[str, Any], simulator: Simulator, centre: ContactCentre, duckdb_warehouse: Warehouse
) -> None:
    centre.hire("ANA")
    duckdb_warehouse.pipeline().run(wolkvox())
    asked = len(simulator.requests)

    with pytest.raises(PipelineStepFailed) as raised:
        duckdb_warehouse.pipeline().run(wolkvox(), **how)

    error = in_words(raised.value)
    assert isinstance(error, ConfigurationError)
    assert f"leave `{next(iter(how))}` out" in str(error)
    assert len(simulator.requests) == asked
    assert duckdb_warehouse.rows("select agent_name from agents") == [("ANA",)]
    # nothing is left of it that would stand in the way of the next
    duckdb_warehouse.pipeline().run(wolkvox())
    assert outcomes(duckdb_warehouse) == [("demo", "changed"), ("demo", "unchanged")]
