"""`wolkvox demo`: weeks of two simulated operations, observed for real into a file of its own."""

import shutil
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from wolkvox_source.cli import options
from wolkvox_source.cli.sync import tell
from wolkvox_source.cli.terminal import mark, progress
from wolkvox_source.errors import UsageError
from wolkvox_source.language import Phrase, Speech

NAME = "wolkvox_demo"
# what a year of observations would take is more than a demo's time
_DAYS_AT_MOST = 120

_BY_STATUS = """
select coalesce(agent_status, '') as status, status_category as category, count(*) as agents,
    max(status_seconds) // 60 as longest_minutes
from contact_center.agents_now group by all order by agents desc, status limit 12
"""
_ATTENDANCE = """
select strftime(local_day, '%Y-%m-%d') as day, count(*) filter (where attendance <> 'not planned') as planned,
    count(*) filter (where attendance = 'present') as present,
    count(*) filter (where late_seconds_at_least >= 300) as late,
    count(*) filter (where attendance = 'absent') as absent,
    count(*) filter (where attendance = 'not observed') as not_observed
from contact_center.attendance_daily group by all order by day desc limit 7
"""
_COUNTS = """
select (select count(*) from contact_center.observations), (select count(*) from contact_center.agents),
    (select count(*) from contact_center.agent_history), (select count(*) from contact_center.agent_connections)
"""


def command(speech: Speech) -> click.Command:
    """`wolkvox demo` and its options."""
    return options.command(
        "demo",
        run,
        speech,
        [
            options.number(speech, "--agents", about="option_agents", default=90),
            options.number(speech, "--days", about="option_days", default=21),
            options.number(speech, "--seed", about="option_seed", default=7),
            options.verbose(speech),
        ],
    )


def run(speech: Speech, *, agents: int, days: int, seed: int, now: datetime | None = None) -> int:
    """Observe the simulated weeks up to `now`, then show what arrived; returns the exit code of the last run."""
    if not 1 <= days <= _DAYS_AT_MOST:
        raise UsageError("demo_days", days=days, most=_DAYS_AT_MOST)
    from wolkvox_source.cli.demo_weeks import Weeks
    from wolkvox_source.clock import utc_now
    from wolkvox_source.warehouse.pipeline import Place
    from wolkvox_source.warehouse.readers_copy import readers_copy

    file = Path(f"{NAME}.duckdb").absolute()
    _forget(file)
    weeks = Weeks(agents=agents, seed=seed, days=days, now=now or utc_now())
    with progress(total=len(weeks.moments) + 1, title=speech.say("demo_title")) as advance:
        done = weeks.load(
            Place(_duckdb(file), NAME, wait_seconds=5),
            lambda at: advance(f"{at.astimezone(weeks.zone):%Y-%m-%d %H:%M}"),
        )
    if done.exit_code:
        tell(done, speech)
        return done.exit_code
    _show(speech, readers_copy(file), weeks.zone, days)
    return 0


def _duckdb(file: Path) -> object:
    import dlt

    return dlt.destinations.duckdb(str(file))


def _forget(file: Path) -> None:
    """A demo begins anew: what an earlier one left would lie in this one's future."""
    from dlt.common.pipeline import get_dlt_pipelines_dir

    for leftover in (*file.parent.glob(f"{NAME}*.duckdb*"), *Path(get_dlt_pipelines_dir()).glob(f"{NAME}.*.answers")):
        leftover.unlink()
    shutil.rmtree(Path(get_dlt_pipelines_dir()) / NAME, ignore_errors=True)


def _show(speech: Speech, copy: Path, zone: ZoneInfo, days: int) -> None:
    import duckdb
    from rich.console import Console
    from rich.table import Table

    console = Console(highlight=False)
    with duckdb.connect(str(copy), read_only=True) as connection:
        for title, query in (("demo_statuses", _BY_STATUS), ("demo_attendance", _ATTENDANCE)):
            answer = connection.execute(query)
            headings = [speech.say(f"demo_{column[0]}") for column in answer.description]
            table = Table(*headings, title=speech.say(title), title_justify="left")
            for row in answer.fetchall():
                table.add_row(*[_cell(speech, value) for value in row])
            console.print(table)
        counts = connection.execute(_COUNTS).fetchall()[0]
    names = ("observations", "agents", "versions", "connections")
    counted = {name: Phrase(f"count_{name}", {"count": count}) for name, count in zip(names, counts, strict=True)}
    console.print(speech.say("demo_counts", **counted, count=days, zone=zone.key), soft_wrap=True)
    print(speech.say("demo_ask", file=copy.name))
    query = "select agent_name, agent_status, status_since, last_connection_at from contact_center.agents_now"
    print(f"  python -c \"import duckdb; duckdb.connect('{copy.name}', read_only=True).sql('{query}').show()\"")
    print(mark(speech.say("demo_next"), "bold"))
    print("  wolkvox dashboard --demo")


def _cell(speech: Speech, value: object) -> str:
    """A value as a person reads it; a category is a word of ours."""
    from wolkvox_source.dashboard.words import CATEGORIES, Words

    return Words(speech.language).category(str(value)) if value in CATEGORIES else "" if value is None else str(value)
