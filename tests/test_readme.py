"""The README is true: its commands run, and every command, option, setting, table and view is in it."""

import re
from dataclasses import fields
from importlib import import_module
from pathlib import Path

import dlt
import duckdb
import pytest
from dlt import destinations
from dlt.common.destination.reference import DestinationReference

from tests.warehouse.test_views import DIALECTS
from wolkvox_source.cli import main as cli
from wolkvox_source.errors import SEVERITY, ConfigurationError
from wolkvox_source.language import speak
from wolkvox_source.provisioning import outcomes as record
from wolkvox_source.reports.catalogue import REPORTS, Report
from wolkvox_source.settings import Connector, Operation
from wolkvox_source.simulator import ContactCentre, Simulator
from wolkvox_source.tables import BESIDE, EVERY_TABLE, FURTHER, SCHEMAS
from wolkvox_source.warehouse.pipeline import TESTED, check_can_hold

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
OF_THE_SOURCE = (ROOT / "wolkvox_source" / "README.md").read_text(encoding="utf-8")
VIEWS = sorted(file.stem for file in (ROOT / "wolkvox_source" / "views").glob("*.sql"))
MODULES = sorted(
    file.name if file.is_file() else f"{file.name}/"
    for file in (ROOT / "wolkvox_source").iterdir()
    if file.suffix == ".py" or any(file.glob("*.py"))
)


def section(heading: str) -> str:
    """The text under a heading, up to the next one of its level or above."""
    level = len(heading) - len(heading.lstrip("#"))
    begin = README.index(f"\n{heading}\n")
    end = re.compile(rf"^#{{1,{level}}} ", re.MULTILINE).search(README, begin + len(heading) + 2)
    return README[begin : end.start() if end else None]


def options(command: str) -> set[str]:
    """The options of a command and of what it can do, but those that every command has."""
    module = import_module(f"wolkvox_source.cli.{command.replace('-', '_')}")
    made = module.command(speak("en"))
    params = [param for each in (made, *getattr(made, "commands", {}).values()) for param in each.params]
    return {name for param in params for name in param.opts if name.startswith("--")} - {"--lang"}


@pytest.mark.parametrize("command", cli.COMMANDS)
def test_every_option_of_a_command_is_in_its_line(command: str) -> None:
    line = next(line for line in section("## Commands").splitlines() if line.startswith(f"| `wolkvox {command}"))

    assert options(command) == set(re.findall(r"--[a-z][a-z-]*", line))


def test_every_setting_is_in_the_table_with_its_default() -> None:
    table = section("## Settings")
    for setting in (*fields(Operation), *fields(Connector)):
        if setting.name.startswith("_"):
            continue
        assert f"`{setting.name}`" in table, setting.name
        if isinstance(setting.default, (int, float)) and setting.default is not None:
            assert f"`{setting.default:g}`" in table, setting.name


@pytest.mark.parametrize("name", sorted({*destinations.__all__} - {"destination", "dummy"}))
def test_the_table_of_destinations_says_what_the_code_does(name: str) -> None:
    """What is expected to work has views that were written in its dialect; see `test_views`."""
    (line,) = [
        line for line in section("## Settings").splitlines() if re.match(rf"\|[^|]*`{name}`[^|]*\|[^|]+\|", line)
    ]
    said = line.split("|")[2].strip()
    if name in TESTED:
        assert said == "tested here"
        return
    # as dlt makes it, without the settings and the packages that a connection takes
    capabilities = DestinationReference.from_reference(name)._raw_capabilities()
    mergeable = "scd2" in (capabilities.supported_merge_strategies or ()) and name != "sqlalchemy"
    assert said == ("expected to work" if mergeable else "refused")
    if mergeable:
        assert capabilities.sqlglot_dialect in DIALECTS
        return
    with pytest.raises(ConfigurationError) as refused:
        check_can_hold(dlt.pipeline("refused", destination=name))
    assert (refused.value.reason, refused.value.exit_code) == ("destination_cannot", 78)


COLUMNS = {**{name: schema.names for name, schema in SCHEMAS.items()}, "provisioned_agents": record.SCHEMA.names}


@pytest.mark.parametrize("table", list(COLUMNS))
def test_every_column_of_a_table_is_in_its_line(table: str) -> None:
    line = next(line for line in section("## Tables").splitlines() if line.startswith(f"- `{table}`:"))
    columns = set(COLUMNS[table]) | ({"valid_from", "valid_to"} if table == "agent_history" else set())

    assert set(re.findall(r"`(\w+)`", line.partition(":")[2])) == columns


@pytest.mark.parametrize("table", list(FURTHER))
def test_every_column_of_a_further_report_is_in_the_line_of_its_table(table: str) -> None:
    line = next(line for line in section("## Further reports").splitlines() if line.startswith(f"- `{table}`:"))

    assert set(re.findall(r"`(\w+)`", line.partition(":")[2])) == set(BESIDE[table].names)


@pytest.mark.parametrize("report", REPORTS, ids=[report.name for report in REPORTS])
def test_every_report_is_in_the_table_with_where_it_is_asked_for(report: Report) -> None:
    name = report.each[0] if report.each else report.name
    line = next(line for line in section("## Further reports").splitlines() if line.startswith(f"| `{name}` |"))

    assert report.api in line and (report.each or f"{report.page}?api={report.api}" in line)
    assert report.name == "agents" or all(f"`{table}`" in line for table in report.tables)


@pytest.mark.parametrize("view", VIEWS)
def test_every_view_is_in_the_table_of_views(view: str) -> None:
    assert f"| `{view}` |" in section("## Views")


def test_the_page_of_the_source_has_its_resources_with_how_they_are_merged() -> None:
    said = re.findall(r"^\| `(\w+)` \|[^|]+\| `([\w-]+)` on (.+?) \|", OF_THE_SOURCE, re.MULTILINE)
    assert {name: (strategy, tuple(re.findall(r"`(\w+)`", keys))) for name, strategy, keys in said} == {
        name: (table.strategies[0], tuple(table.key)) for name, table in EVERY_TABLE.items()
    }


@pytest.mark.long
def test_the_lines_on_the_page_of_the_source_load_and_publish(
    centre: ContactCentre, simulator: Simulator, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    centre.hire()
    (lines,) = re.findall(r"```python\n(.+?)```", OF_THE_SOURCE, re.DOTALL)
    exec(lines, {})
    assert "1 load package(s) were loaded" in capsys.readouterr().out
    with duckdb.connect(str(tmp_path / "wolkvox.duckdb"), read_only=True) as connection:
        assert connection.execute("select count(*) from contact_center.agents_now").fetchone() == (1,)


@pytest.mark.parametrize("module", [module for module in MODULES if module != "__init__.py"])
def test_every_module_is_on_the_map_of_the_house(module: str) -> None:
    assert re.search(rf"^  {re.escape(module)} ", section("## The house"), re.MULTILINE)


def test_every_exit_code_is_explained() -> None:
    table = section("## Commands")
    assert all(f"| {code} |" in table for code in SEVERITY)


def test_every_link_inside_the_page_leads_somewhere() -> None:
    headings = {
        re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
        for heading in re.findall(r"^#+ (.+)$", README, re.MULTILINE)
    }

    assert set(re.findall(r"\]\(#([^)]+)\)", README)) <= headings
    assert set(re.findall(r"\]\(\.\./README\.md#([^)]+)\)", OF_THE_SOURCE)) <= headings


def test_the_two_quick_starts_stand_on_the_first_screen() -> None:
    first_screen = "\n".join(README.splitlines()[:30])

    assert '.venv/bin/pip install -q ".[dashboard]" && .venv/bin/wolkvox demo\n' in first_screen
    assert '.venv/bin/pip install -q -e ".[test]" && .venv/bin/pytest\n' in first_screen


def test_the_top_level_is_exactly_the_house() -> None:
    shown = {path.name for path in ROOT.iterdir() if not path.name.startswith(".") and path.name != "__pycache__"}
    # what the README's own commands leave here: what was built, and the demo's data
    made = {"build", "dist", *(name for name in shown if re.search(r"\.egg-info$|\.duckdb(\.|$)", name))}

    assert shown - made == {
        "README.md",
        "pyproject.toml",
        "wolkvox_source",
        "pipelines",
        "notebooks",
        "tests",
    }
