"""What runs the loads: the plain dlt script, the crontab, the DAG, and the README's timer and workflow."""

import ast
import os
import re
import shutil
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from tests.worlds import TOKEN
from wolkvox_source.simulator import ContactCentre, Delay, Simulator

ROOT = Path(__file__).parents[1]
PIPELINES = ROOT / "pipelines"
CRONTAB = (PIPELINES / "wolkvox.cron").read_text(encoding="utf-8")
AIRFLOW_DAG = (PIPELINES / "airflow_dag.py").read_text(encoding="utf-8")
README = ROOT / "README.md"


@pytest.fixture
def bin_folder(tmp_path: Path) -> Path:
    """A folder whose `wolkvox` is this very code, installed or not."""
    folder = tmp_path / "bin"
    folder.mkdir()
    command = folder / "wolkvox"
    command.write_text(
        f'#!/bin/sh\nPYTHONPATH="{ROOT}" exec "{sys.executable}" -m wolkvox_source.cli.main "$@"\n', encoding="utf-8"
    )
    command.chmod(command.stat().st_mode | stat.S_IXUSR)
    return folder


@pytest.fixture
def project(tmp_path: Path, simulator: Simulator) -> Path:
    """A user's folder, whose settings point to the simulator."""
    folder = tmp_path / "project"
    (folder / ".dlt").mkdir(parents=True)
    write_token(folder, TOKEN)
    (folder / ".dlt" / "config.toml").write_text(
        f'[sources.wolkvox]\nserver = "demo"\nbase_url = "{simulator.url}"\n', encoding="utf-8"
    )
    return folder


def write_token(project: Path, token: str) -> None:
    (project / ".dlt" / "secrets.toml").write_text(f'[sources.wolkvox]\ntoken = "{token}"\n', encoding="utf-8")


def rows(file: Path, query: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(file), read_only=True) as connection:
        return connection.execute(query).fetchall()


@pytest.mark.long
def test_the_plain_script_fills_duckdb_in_the_folder_where_it_runs(
    centre: ContactCentre, simulator: Simulator, tmp_path: Path
) -> None:
    centre.hire(name="Ximena Ñáñez", dni="0042", sso="ximena")

    for _ in range(2):
        done = subprocess.run(
            [sys.executable, str(PIPELINES / "load_agents.py")],
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=True,
        )

    assert "1 load package(s) were loaded to destination duckdb and into dataset contact_center" in done.stdout
    assert TOKEN not in done.stdout + done.stderr
    file = tmp_path / "wolkvox.duckdb"
    assert rows(file, "select operation, agent_name, agent_dni, agent_sso from contact_center.agents") == [
        ("demo", "Ximena Ñáñez", "0042", "ximena")
    ]
    assert rows(file, "select outcome from contact_center.observations order by observed_at") == [
        ("changed",),
        ("unchanged",),
    ]


@pytest.mark.long
def test_the_plain_script_fills_the_folder_where_it_runs_wherever_it_ran_first(
    centre: ContactCentre, simulator: Simulator, tmp_path: Path
) -> None:
    centre.hire()
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        subprocess.run(
            [sys.executable, str(PIPELINES / "load_agents.py")],
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            cwd=tmp_path / name,
            capture_output=True,
            check=True,
        )

        assert rows(tmp_path / name / "wolkvox.duckdb", "select outcome from contact_center.observations") == [
            ("changed",)
        ]


def test_the_plain_script_is_no_longer_than_a_reader_expects() -> None:
    code = ast.parse((PIPELINES / "load_agents.py").read_text(encoding="utf-8"))

    assert len(ast.unparse(code.body[1:]).splitlines()) <= 15


def cron_lines(text: str) -> tuple[dict[str, str], list[tuple[str, str]]]:
    """The environment and the jobs (schedule, command) of a crontab, as crontab(5) reads them."""
    environment, jobs = {}, []
    for line in text.splitlines():
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        setting = re.fullmatch(r"\s*([A-Z_]+)\s*=\s*(.*?)\s*", line)
        if setting:
            environment[setting[1]] = setting[2]
        else:
            *schedule, command = line.split(None, 5)
            jobs.append((" ".join(schedule), command))
    return environment, jobs


class Cron:
    """Runs a line of the crontab as cron does: by the SHELL, with next to nothing in the environment."""

    def __init__(self, project: Path, bin_folder: Path, tmp_path: Path) -> None:
        environment, _ = cron_lines(CRONTAB)
        self.log = project / "wolkvox.log"
        self.environment = {
            "HOME": str(tmp_path),
            "LOGNAME": "wolkvox",
            "PATH": "/usr/bin:/bin",
            **environment,
            "PROJECT": str(project),
            "BIN": str(bin_folder),
            "DLT_DATA_DIR": str(tmp_path / "dlt"),
        }

    def start(self, command: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [self.environment["SHELL"], "-c", command],
            env=self.environment,
            cwd="/",
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, command: str) -> tuple[int, str]:
        """The exit code, and what cron would mail."""
        with self.start(command) as job:
            printed, _ = job.communicate(timeout=60)
        return job.returncode, printed

    def scheduled(self) -> tuple[int, str]:
        """What cron's own line does, once."""
        return self.run(cron_lines(CRONTAB)[1][0][1])


needs_sh = pytest.mark.skipif(
    shutil.which("timeout") is None or os.name == "nt", reason="cron's own commands are needed"
)


@pytest.fixture
def cron(project: Path, bin_folder: Path, tmp_path: Path) -> Cron:
    return Cron(project, bin_folder, tmp_path)


def test_the_crontab_has_one_job_every_five_minutes_and_two_folders_to_edit() -> None:
    environment, jobs = cron_lines(CRONTAB)

    assert [schedule for schedule, _ in jobs] == ["*/5 * * * *"]
    assert environment == {
        "SHELL": "/bin/sh",
        "PROJECT": "/srv/wolkvox",
        "BIN": "/srv/wolkvox/.venv/bin",
        "LANG": "C.UTF-8",
    }


def test_no_line_of_the_crontab_means_something_else_to_cron_than_to_a_reader() -> None:
    environment, jobs = cron_lines(CRONTAB)

    # cron takes a comment behind a value as the value, and a % in a command as the end of a line
    assert not [value for value in environment.values() if "#" in value or '"' in value]
    assert not [command for _, command in jobs if "%" in command]


def checks_crontabs() -> bool:
    # to other crons than Debian's the same option means another thing
    usage = (
        subprocess.run(["crontab", "-h"], capture_output=True, text=True, check=False)
        if shutil.which("crontab")
        else None
    )
    return usage is not None and "dry run: checks the syntax" in usage.stdout + usage.stderr


@pytest.mark.skipif(not checks_crontabs(), reason="Debian's cron is not installed")
def test_cron_itself_accepts_the_crontab(tmp_path: Path) -> None:
    active = tmp_path / "active.cron"
    active.write_text(re.sub(r"^#(\d|MAILTO)", r"\1", CRONTAB, flags=re.MULTILINE), encoding="utf-8")

    for file in (PIPELINES / "wolkvox.cron", active):
        done = subprocess.run(["crontab", "-n", str(file)], capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, "The syntax of the crontab file was successfully checked.\n")


@pytest.mark.long
@needs_sh
def test_the_cron_line_loads_and_leaves_nothing_to_read(centre: ContactCentre, cron: Cron, project: Path) -> None:
    centre.hire()

    assert cron.scheduled() == (0, "")

    assert cron.log.read_text(encoding="utf-8") == ""
    assert rows(project / "wolkvox_read.duckdb", "select outcome from contact_center.observations") == [("changed",)]


@pytest.mark.long
@needs_sh
def test_of_two_cron_runs_at_once_one_is_turned_away_and_says_so_in_the_log(
    centre: ContactCentre, simulator: Simulator, cron: Cron, project: Path
) -> None:
    centre.hire()
    simulator.misbehave(Delay(4), times=None)
    command = cron_lines(CRONTAB)[1][0][1]

    jobs = [cron.start(command), cron.start(command)]
    for job in jobs:
        job.communicate(timeout=60)

    assert sorted(job.returncode for job in jobs) == [0, 75]
    assert re.fullmatch(
        r"[\d-]+T[\d:]+Z Another sync of this pipeline is running \(PID \d+, .* UTC\): nothing was done; .*\n",
        cron.log.read_text(encoding="utf-8"),
    )
    assert rows(project / "wolkvox_read.duckdb", "select count(*) from contact_center.observations") == [(1,)]


@pytest.mark.long
@needs_sh
def test_what_needs_an_administrator_stands_in_the_cron_log_with_its_time_and_no_token(
    cron: Cron, project: Path
) -> None:
    write_token(project, "a-wrong-token")

    assert cron.scheduled() == (77, "")

    line = cron.log.read_text(encoding="utf-8")
    assert re.match(r"[\d-]+T[\d:]+Z demo refused .*wolkvox did not accept the token", line)
    assert "a-wrong-token" not in line


@needs_sh
def test_a_project_folder_that_is_not_there_is_mailed_by_cron(cron: Cron, tmp_path: Path) -> None:
    cron.environment["PROJECT"] = str(tmp_path / "elsewhere")

    code, mail = cron.scheduled()

    assert code != 0
    assert "elsewhere" in mail


@pytest.mark.long
@needs_sh
def test_the_hourly_line_mails_only_when_the_data_stands_still(centre: ContactCentre, cron: Cron) -> None:
    (line,) = re.findall(r"^#(\d+ \* \* \* \* .*)$", CRONTAB, re.MULTILINE)
    command = line.split(None, 5)[5]

    before = cron.run(command)
    centre.hire()
    cron.scheduled()
    after = cron.run(command)

    assert before[1].strip()
    assert after == (0, "")


@pytest.mark.skipif(shutil.which("logrotate") is None, reason="logrotate is not installed")
def test_logrotate_accepts_the_rotation_of_the_cron_log(tmp_path: Path) -> None:
    (stanza,) = re.findall(r"^#   (/srv/wolkvox/wolkvox\.log \{\n(?:#.*\n)*?#   \})", CRONTAB, re.MULTILINE)
    config = tmp_path / "wolkvox"
    config.write_text(re.sub(r"^#   ", "", stanza, flags=re.MULTILINE) + "\n", encoding="utf-8")
    config.chmod(0o644)

    done = subprocess.run(["logrotate", "--debug", str(config)], capture_output=True, text=True, check=False)

    assert "error" not in done.stderr
    assert "monthly (12 rotations)" in done.stderr


def test_reading_the_dag_file_imports_nothing_heavy() -> None:
    imports = [node for node in ast.parse(AIRFLOW_DAG).body if isinstance(node, (ast.Import, ast.ImportFrom))]

    assert [ast.unparse(node) for node in imports] == [
        "from __future__ import annotations",
        "from datetime import datetime, timedelta, timezone",
        "from typing import Any",
        "from airflow.sdk import dag, task",
    ]


def test_the_dag_runs_every_five_minutes_one_at_a_time_in_the_pool_that_its_text_makes() -> None:
    arguments = {
        keyword.arg: ast.unparse(keyword.value)
        for function in ast.parse(AIRFLOW_DAG).body
        if isinstance(function, ast.FunctionDef)
        for decorator in function.decorator_list
        if isinstance(decorator, ast.Call)
        for keyword in decorator.keywords
    }

    assert arguments["schedule"] == "'*/5 * * * *'"
    assert arguments["catchup"] == "False"
    assert arguments["max_active_runs"] == "1"
    assert "sync(Place(destination, pipelines_dir=folder), shard=shard)" in AIRFLOW_DAG
    assert f"airflow pools set {arguments['pool'].strip(chr(39))} 1 " in AIRFLOW_DAG


def readme_blocks(language: str) -> dict[str, str]:
    """The README's fenced blocks of a language that name their file in the first line, by the file's name."""
    fenced = re.findall(rf"^```{language}\n(.*?)^```", README.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    named = ((re.match(r"# (\S+)\n", block), block) for block in fenced)
    return {Path(name[1]).name: block for name, block in named if name}


def systemd_units() -> dict[str, str]:
    units = {name: block for name, block in readme_blocks("ini").items() if Path(name).suffix in {".service", ".timer"}}
    assert units.keys() == {"wolkvox.service", "wolkvox.timer"}
    return units


needs_systemd = pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")


@needs_systemd
def test_systemd_accepts_the_timer_and_the_service(tmp_path: Path, bin_folder: Path) -> None:
    files = []
    for name, unit in systemd_units().items():
        files.append(tmp_path / name)
        files[-1].write_text(unit.replace("/srv/wolkvox/.venv/bin", str(bin_folder)), encoding="utf-8")

    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", "--recursive-errors=no", *map(str, files)],
        capture_output=True,
        text=True,
        check=False,
    )

    assert sorted(Path(file).suffix for file in files) == [".service", ".timer"]
    assert (done.returncode, [line for line in done.stderr.splitlines() if "wolkvox" in line]) == (0, [])


@needs_systemd
def test_the_timer_runs_every_five_minutes() -> None:
    (calendar,) = re.findall(r"^OnCalendar=(.*)$", systemd_units()["wolkvox.timer"], re.MULTILINE)

    done = subprocess.run(["systemd-analyze", "calendar", calendar], capture_output=True, text=True, check=True)

    assert re.search(r"Normalized form: \*-\*-\* \*:00/5:00", done.stdout)


@pytest.mark.long
@needs_sh
def test_the_service_runs_a_command_that_works(centre: ContactCentre, cron: Cron, project: Path) -> None:
    centre.hire()
    (command,) = re.findall(r"^ExecStart=(.*)$", systemd_units()["wolkvox.service"], re.MULTILINE)

    assert cron.run(f'cd "$PROJECT" && {command.replace("/srv/wolkvox/.venv/bin", "$BIN")}') == (0, "")
    assert rows(project / "wolkvox_read.duckdb", "select outcome from contact_center.observations") == [("changed",)]


def workflow() -> dict[Any, Any]:
    blocks = readme_blocks("yaml")
    found: dict[Any, Any] = yaml.safe_load(blocks["wolkvox.yml"])
    return found


def test_the_workflow_runs_every_five_minutes_one_at_a_time_and_takes_its_secrets_from_github() -> None:
    found = workflow()
    (job,) = found["jobs"].values()

    # in YAML 1.1, which the parser speaks and GitHub does not, `on` is a truth value
    assert found.get("on", found.get(True))["schedule"] == [{"cron": "*/5 * * * *"}]
    assert found["concurrency"]
    assert job["timeout-minutes"] == 15
    secrets = {name: value for name, value in job["env"].items() if name.endswith(("TOKEN", "CREDENTIALS"))}
    assert len(secrets) == 2
    assert all(re.fullmatch(r"\$\{\{ secrets\.[A-Z_]+ \}\}", value) for value in secrets.values())


@pytest.mark.long
@needs_sh
def test_the_steps_of_the_workflow_load_a_warehouse_from_runners_that_forget_their_disk(
    centre: ContactCentre, simulator: Simulator, bin_folder: Path, postgres_url: str, tmp_path: Path
) -> None:
    centre.hire()
    (job,) = workflow()["jobs"].values()
    commands = [step["run"] for step in job["steps"] if "wolkvox " in step.get("run", "")]

    printed = []
    for runner in ("first", "second"):
        (tmp_path / runner).mkdir()
        environment = {
            **os.environ,
            **{name: str(value) for name, value in job["env"].items()},
            "SOURCES__WOLKVOX__SERVER": "demo",
            "SOURCES__WOLKVOX__TOKEN": TOKEN,
            "DESTINATION__POSTGRES__CREDENTIALS": postgres_url,
            "DLT_DATA_DIR": str(tmp_path / runner / "dlt"),
            "PATH": f"{bin_folder}:{os.environ['PATH']}",
        }
        for command in commands:
            done = subprocess.run(
                ["bash", "-e", "-c", command],
                env=environment,
                cwd=tmp_path / runner,
                capture_output=True,
                text=True,
                check=False,
            )
            assert (done.returncode, done.stderr) == (0, "")
            printed.append(done.stdout)

    assert len(commands) == 2
    assert "demo changed records=1 appeared=1" in printed[0]
    assert "demo unchanged records=1 appeared=0" in printed[2]
