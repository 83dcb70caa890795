"""`wolkvox demo`: a simulated working morning, synced for real into a file of its own."""

import shutil
from datetime import datetime, timedelta, timezone
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from wolkvox_source.cli import options
from wolkvox_source.cli.sync import tell
from wolkvox_source.cli.terminal import mark, progress
from wolkvox_source.language import Phrase, Speech

NAME = "wolkvox_demo"
RUNS = 19
BETWEEN_RUNS = timedelta(minutes=10)
_ZONE = "America/Bogota"
_TOKEN = "demo-token"  # noqa: S105 - the simulator's own

_BY_STATUS = """
select coalesce(agent_status, '') as status, status_category as category, count(*) as agents,
    max(status_seconds) // 60 as longest_minutes
from contact_center.agents_now group by all order by agents desc, status limit 12
"""
_CONNECTIONS = """
select c.agent_id, a.agent_name, strftime(c.last_use at time zone 'America/Bogota', '%H:%M') as connected,
    a.agent_status as now
from contact_center.agent_connections c join contact_center.agents a using (agent_key)
where a.present order by c.last_use desc limit 8
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
            options.number(speech, "--agents", about="option_agents", default=60),
            options.number(speech, "--seed", about="option_seed", default=7),
            options.verbose(speech),
        ],
    )


def run(speech: Speech, *, agents: int, seed: int) -> int:
    """Sync a simulated morning, then show what arrived; returns the exit code of the worst run."""
    from wolkvox_source.settings import Operation
    from wolkvox_source.simulator import ContactCentre, Simulator
    from wolkvox_source.source import utc_now
    from wolkvox_source.sync.run import sync
    from wolkvox_source.warehouse.pipeline import Place
    from wolkvox_source.warehouse.readers_copy import readers_copy

    file = Path(f"{NAME}.duckdb").absolute()
    _forget(file)
    centre = ContactCentre(seed=seed, agents=agents, timezone=_ZONE, now=_last_working_morning(utc_now()), token=_TOKEN)
    with Simulator(centre) as simulator, progress(total=RUNS, title=speech.say("demo_title")) as advance:
        operation = Operation(
            server="demo",
            token=_TOKEN,
            base_url=simulator.url,
            licences=centre.licences,
            interval_seconds=int(BETWEEN_RUNS.total_seconds()),
        ).named("demo")
        place = Place(_duckdb(file), NAME, wait_seconds=5)
        for _ in range(RUNS):
            done = sync(place, operations=[operation], clock=lambda: centre.now)
            if done.exit_code:
                tell(done, speech)
                return done.exit_code
            advance(f"{centre.now.astimezone(ZoneInfo(_ZONE)):%H:%M}")
            centre.advance(BETWEEN_RUNS)
    _show(speech, readers_copy(file))
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


def _last_working_morning(now: datetime) -> datetime:
    """07:00 of the last day from Monday to Friday whose morning is over."""
    day = now.astimezone(ZoneInfo(_ZONE)).replace(hour=7, minute=0, second=0, microsecond=0)
    while day + RUNS * BETWEEN_RUNS > now or day.weekday() > 4:
        day -= timedelta(days=1)
    return day.astimezone(timezone.utc)


def _show(speech: Speech, copy: Path) -> None:
    import duckdb
    from rich.console import Console
    from rich.table import Table

    console = Console(highlight=False)
    with duckdb.connect(str(copy), read_only=True) as connection:
        for title, query in (("demo_statuses", _BY_STATUS), ("demo_connections", _CONNECTIONS)):
            answer = connection.execute(query)
            headings = [speech.say(f"demo_{column[0]}") for column in answer.description]
            table = Table(*headings, title=speech.say(title), title_justify="left")
            for row in answer.fetchall():
                table.add_row(*[_cell(speech, value) for value in row])
            console.print(table)
        counts = connection.execute(_COUNTS).fetchall()[0]
    names = ("observations", "agents", "versions", "connections")
    counted = {name: Phrase(f"count_{name}", {"count": count}) for name, count in zip(names, counts, strict=True)}
    console.print(speech.say("demo_counts", **counted), soft_wrap=True)
    print(mark(speech.say("demo_next", file=copy.name), "bold"))
    query = "select agent_name, agent_status, status_since, last_connection_at from contact_center.agents_now"
    print(f"  python -c \"import duckdb; duckdb.connect('{copy.name}', read_only=True).sql('{query}').show()\"")


def _cell(speech: Speech, value: object) -> str:
    """A value as a person reads it; a category is a word of ours."""
    from wolkvox_source.dashboard.words import CATEGORIES, Words

    return Words(speech.language).category(str(value)) if value in CATEGORIES else "" if value is None else str(value)
