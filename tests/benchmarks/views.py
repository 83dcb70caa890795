"""Times the views over 10 million closed versions and a year of observations, each beside one plain group by.

    python tests/benchmarks/views.py [--versions 10000000] [--file views.duckdb]

500 agents of one operation are looked at every five minutes for a year. Their status changes all day long, one
agent in ten is renamed, disabled or away for a while, and six times the looking stops for an hour. What matters
is the ratio to the group by of the same run: machines differ.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from pathlib import Path

import duckdb

from wolkvox_source.warehouse.view_files import views_in_order

VIEWS = Path(__file__).parents[2] / "wolkvox_source" / "views"
AGENTS = 500
LOOKS = 105_120  # a year of five minutes

BUILD = """
set TimeZone = 'UTC';
create table operations as select 'ventas' as operation, 'America/Santiago' as timezone,
    cast(50 as bigint) as licences, cast(10 as bigint) as agents_per_licence, cast(300 as bigint) as interval_seconds;
create table observations as
    select 'ventas' as operation, 'agents' as report,
        timestamptz '2025-01-01 00:00:00+00' + to_minutes(cast(5 * i as bigint)) as observed_at,
        case when i % 17000 between 100 and 112 then 'unavailable' when i % 3 = 0 then 'unchanged' else 'changed' end
            as outcome,
        'America/Santiago' as timezone, cast(300 as bigint) as interval_seconds, 'all: keep' as privacy,
        cast(null as varchar) as hours
    from range({looks}) as r(i);
create table agent_history as
    with spans as (
        select a, v,
            cast(floor(v * {looks} / ({each} + 1)) as bigint) as look,
            cast(floor((v + 1) * {looks} / ({each} + 1)) as bigint) as next_look
        from range({agents}) as r(a), range({each} + 1) as s(v)
    )
    select 'ventas:' || (12000 + a) as agent_key, 'ventas' as operation, cast(12000 + a as varchar) as agent_id,
        case when a % 10 = 0 and v > {each} / 2 then 'PEREZ GOMEZ  MARIA ' else 'GOMEZ PEREZ  ANA ' end || a
            as agent_name,
        cast(1000000000 + a as varchar) as agent_dni, 'sso' || a as agent_sso,
        (['Ready', 'Talk', 'ACW', 'Almuerzo', 'Baño', 'Logout'])[1 + (a + v * 7 + v // 5) % 6] as agent_status,
        not (a % 10 = 1 and v % {each} > {each} * 0.7) as enabled,
        not (a % 10 = 2 and v = 777) as present,
        md5(a || ':' || v) as row_version,
        timestamptz '2025-01-01 00:00:00+00' + to_minutes(5 * look) as valid_from,
        case when v < {each} then timestamptz '2025-01-01 00:00:00+00' + to_minutes(5 * next_look) end as valid_to
    from spans
    order by valid_from;
create table agent_connections as
    select 'ventas:' || (12000 + a) as agent_key, 'ventas' as operation, cast(12000 + a as varchar) as agent_id,
        timestamptz '2025-01-01 11:00:00+00' + to_hours(cast(12 * d as bigint))
            + to_minutes(cast(a % 60 as bigint)) as last_use,
        last_use + interval 5 minutes as first_observed_at
    from range({agents}) as r(a), range(730) as s(d)
    where (a + d) % 5 > 0;
create table agents as
    select h.agent_key, h.operation, h.agent_id, agent_name, agent_dni, agent_sso, agent_status, enabled,
        c.last_use, cast(c.last_use as varchar) as last_use_raw, present, row_version
    from agent_history as h
    left join (select agent_key, max(last_use) as last_use from agent_connections group by all) as c using (agent_key)
    where valid_to is null;
create table provisioned_agents as
    select agent_key as request_id, operation, agent_dni, agent_id, last_use as requested_at, 'created' as outcome,
        '' as message, 'create' as action, cast(null as varchar) as reason, cast(null as varchar) as facts,
        true as password_known from agents;
create table planned_shifts (
    shift_id varchar, operation varchar, agent_id varchar, agent_dni varchar, weekday bigint, starts_minute bigint,
    ends_minute bigint, valid_from date, valid_to date, loaded_at timestamptz, replaced_at timestamptz
);
create table opening_hours (
    operation varchar, hours varchar, position bigint, weekday bigint, day date, opens_minute bigint,
    closes_minute bigint
);
create table agent_live (
    agent_key varchar, agent_status varchar, status_since timestamptz, present boolean, valid_from timestamptz,
    valid_to timestamptz
);
create table skills (skill_key varchar, skill_name varchar, skill_description varchar, valid_to timestamptz);
create table agent_skills (
    operation varchar, agent_key varchar, agent_id varchar, agent_name varchar, skill_key varchar, skill_id varchar,
    expertise bigint, present boolean, valid_from timestamptz, valid_to timestamptz
);
create table agent_sessions (
    operation varchar, agent_key varchar, agent_id varchar, agent_name varchar, login_at timestamptz,
    logout_at timestamptz, login_time bigint
);
create table agent_status_events (
    operation varchar, agent_key varchar, agent_id varchar, agent_name varchar, agent_status varchar,
    began_at timestamptz, ended_at timestamptz
);
create table status_categories as
    select * from read_csv('{categories}', header = true, types = {{'productive': 'boolean', 'paid': 'boolean'}});
"""

QUERIES = {
    "agents_now": ("select * from agents_now", 1.0),
    "agent_status_daily, one day": ("select * from agent_status_daily where local_day = date '2025-10-14'", 2.0),
    "agent_status_daily, one month": (
        "select * from agent_status_daily where local_day between date '2025-10-01' and date '2025-10-31'",
        None,
    ),
    "agent_status_daily, the year": ("select * from agent_status_daily", None),
    "agent_status_intervals, one agent": (
        "select * from agent_status_intervals where agent_key = 'ventas:12345'",
        None,
    ),
    "agent_status_intervals, everything": ("select count(*), sum(observed_seconds) from agent_status_intervals", None),
    "agent_connections_daily": ("select * from agent_connections_daily", None),
    "roster_changes": ("select * from roster_changes", None),
    "licence_usage_daily": ("select * from licence_usage_daily", None),
    "coverage_daily": ("select * from coverage_daily", None),
    "provisioned_agents_now": ("select * from provisioned_agents_now", None),
    "agent_people": ("select * from agent_people", None),
    "looks": ("select * from looks", None),
}


def install(connection: duckdb.DuckDBPyConnection) -> None:
    """Create the views, those that others read first."""
    for view in views_in_order():
        connection.execute(f"create or replace view {view.name} as {view.query}")


def seconds(connection: duckdb.DuckDBPyConnection, sql: str, times: int) -> tuple[float, int]:
    """The median of several runs, and how many rows came back."""
    runs = []
    for _ in range(times):
        start = time.perf_counter()
        rows = connection.execute(sql).to_arrow_table().num_rows
        runs.append(time.perf_counter() - start)
    return statistics.median(runs), rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--versions", type=int, default=10_000_000)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--times", type=int, default=3)
    parser.add_argument("--file", type=Path, help="keep the database here, and use it again")
    options = parser.parse_args()

    with tempfile.TemporaryDirectory() as folder:
        file = options.file or Path(folder) / "views.duckdb"
        built = file.exists()
        connection = duckdb.connect(str(file), config={"threads": options.threads})
        if not built:
            start = time.perf_counter()
            each = options.versions // AGENTS
            connection.execute(
                BUILD.format(agents=AGENTS, each=each, looks=LOOKS, categories=VIEWS / "status_categories.csv")
            )
            connection.execute("checkpoint")
            print(f"built in {time.perf_counter() - start:.1f} s, {file.stat().st_size / 1e6:.0f} MB")
        install(connection)
        scan = "select agent_key, agent_status, count(*), max(valid_to) from agent_history group by all"
        baseline, _ = seconds(connection, scan, options.times)
        (versions,) = connection.execute("select count(*) from agent_history").fetchone()
        print(f"{versions:,} versions, {options.threads} threads; one plain group by takes {baseline:.2f} s\n")
        print(f"{'query':<36}{'seconds':>9}{'ratio':>8}{'rows':>10}  limit")
        for name, (sql, limit) in QUERIES.items():
            took, rows = seconds(connection, sql, options.times)
            verdict = "" if limit is None else f"{limit:.0f} s {'kept' if took < limit else 'MISSED'}"
            print(f"{name:<36}{took:>9.2f}{took / baseline:>8.1f}{rows:>10,}  {verdict}", flush=True)


if __name__ == "__main__":
    main()
