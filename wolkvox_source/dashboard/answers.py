"""Everything that the page asks: one short question each, in SQL that DuckDB and PostgreSQL both speak.

The questions are put to whatever `query` stands for: today the readers' copy. Rows are dicts named as the views'
columns; times are aware and in UTC. What a copy does not hold yet, such as shifts or skills, has no rows.
"""

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from wolkvox_source.coverage import coverage
from wolkvox_source.dashboard.copy import Query, Row
from wolkvox_source.dashboard.further import Further
from wolkvox_source.dashboard.sql import among, literal

DAYS = 30
WEEKS_BACK = 4
DEFAULT_ZONE = "America/Bogota"
DEFAULT_INTERVAL_SECONDS = 300

_AGENT_COLUMNS = """operation, agent_key, agent_id, agent_name, enabled, agent_status, status_category, status_since,
    status_seconds, status_seconds_at_most, last_connection_at, days_since_last_use, days_until_purge, never_connected,
    dormant, purge_soon, free_to_reuse, observed_at"""


class Answers:
    """What is asked of one warehouse as it is now; each answer is a list of rows."""

    def __init__(self, query: Query) -> None:
        self.query = query
        self.further = Further(query)

    @property
    def _observations(self) -> str:
        # other reports have observations of their own, and the roster's coverage is that of its own report
        if "report" not in self.further.columns.get("observations", ()):
            return "observations as o"
        return "(select * from observations where coalesce(report, 'agents') = 'agents') as o"

    def operations(self) -> list[Row]:
        """One row per operation ever observed: its settings, its first and latest observation, its latest success."""
        return self.query(f"""
            select o.operation,
                coalesce(max(s.timezone), '{DEFAULT_ZONE}') as timezone,
                coalesce(max(s.interval_seconds), {DEFAULT_INTERVAL_SECONDS}) as interval_seconds,
                max(s.licences) as licences,
                max(s.licences * s.agents_per_licence) as slots,
                min(o.observed_at) as first_at,
                max(o.observed_at) as last_at,
                max(case when o.outcome in ('changed', 'unchanged') then o.observed_at end) as looked_at
            from {self._observations} left join operations as s on s.operation = o.operation
            group by o.operation order by o.operation
        """)

    def failures(self, operation: str, starts_at: datetime, ends_at: datetime) -> list[Row]:
        """The latest observations between two moments that did not succeed, five at most; both ends are included."""
        return self.query(f"""
            select o.* from {self._observations}
            where o.operation = {literal(operation)} and o.outcome not in ('changed', 'unchanged')
                and o.observed_at >= {literal(starts_at)} and o.observed_at <= {literal(ends_at)}
            order by o.observed_at desc limit 5
        """)

    def looks(self, operation: str, starts_at: datetime, ends_at: datetime) -> list[datetime]:
        """The moments between two others at which the operation was looked at."""
        rows = self.query(f"""
            select o.observed_at from {self._observations}
            where o.operation = {literal(operation)} and o.outcome in ('changed', 'unchanged')
                and o.observed_at between {literal(starts_at)} and {literal(ends_at)}
            order by o.observed_at
        """)
        return [row["observed_at"] for row in rows]

    def agents(self) -> list[Row]:
        """Who is on the roster now."""
        return self.query(f"select {_AGENT_COLUMNS} from agents_now order by operation, agent_id")

    def coverage(self, last: date, now: datetime) -> list[Row]:
        """How much of each of the thirty days to `last` was looked at, the latest of them judged as of `now`."""
        answer = self.query(f"""
            select * from coverage_daily
            where local_day between {literal(last - timedelta(days=DAYS - 1))} and {literal(last)}
            order by operation, local_day
        """)
        # an answer is kept for other readers, and stays as it is
        rows = [dict(row) for row in answer]
        # the view stops when observing does, and a day goes on until it is over
        for row in {row["operation"]: row for row in rows}.values():
            moment = min(now, row["day_ends_at"] - timedelta(seconds=1))
            until_now = coverage(self._open(row), moment)
            row["coverage_percent"] = until_now.get(row["operation"], row["coverage_percent"])
        return rows

    def _open(self, row: Row) -> list[tuple[object, ...]]:
        """A row of coverage beside each span in which the centre is open, as `wolkvox_source.coverage` wants it."""
        if not self.further.holds("open_times") or "last_look_at" not in row:
            return []
        known = [
            row[name]
            for name in ("operation", "coverage_percent", "covered_seconds", "last_look_at", "interval_seconds")
        ]
        # no moment is in the question, so that its answer serves until the next copy comes
        spans = self.query(f"""
            select opens_at, closes_at from open_times
            where operation = {literal(row["operation"])} and local_day = {literal(row["local_day"])} order by opens_at
        """)
        found = [(max(span["opens_at"], row["counts_from"]), span["closes_at"]) for span in spans]
        return [(*known, *span) for span in found or [(None, None)]]

    def is_closed(self, operation: str, day: date) -> bool:
        """Whether a centre that has operating hours is closed on the whole of an observed day."""
        if not self.further.holds("open_times"):
            return False
        of_day = f"operation = {literal(operation)} and local_day = {literal(day)}"
        return not self.query(f"select 1 as open from open_times where {of_day} limit 1")

    def moves(self, operation: str, starts_at: datetime, ends_at: datetime) -> list[Row]:
        """By how many agents each status grew or shrank, and when, between two moments."""
        # the intervals of a day would say the same, and take as long as those of a year: nothing bounds them
        return self.query(f"""
            with versions as (
                select agent_status, greatest(valid_from, {literal(starts_at)}) as moment,
                    least(coalesce(valid_to, {literal(ends_at)}), {literal(ends_at)}) as until
                from agent_history
                where operation = {literal(operation)} and present and valid_from < {literal(ends_at)}
                    and (valid_to is null or valid_to > {literal(starts_at)})
            )
            select moment, agent_status, cast(sum(agents) as bigint) as agents
            from (
                select moment, agent_status, 1 as agents from versions
                union all
                select until, agent_status, -1 from versions
            ) as m
            group by moment, agent_status having sum(agents) <> 0 order by moment
        """)

    def statuses(self, days: Iterable[date]) -> list[Row]:
        """For how long agents were observed in each status on each of some days, and how many they were."""
        return self.query(f"""
            select operation, local_day, agent_status, status_category,
                cast(sum(observed_seconds) as bigint) as observed_seconds, count(distinct agent_key) as agents
            from agent_status_daily where local_day in {among(sorted(days))}
            group by operation, local_day, agent_status, status_category
            order by operation, local_day, agent_status
        """)

    def arrivals(self, day: date) -> list[Row]:
        """Each agent's first connection on a day, and on that weekday of the four weeks before."""
        days = [day - timedelta(weeks=back) for back in range(WEEKS_BACK + 1)]
        return self.query(f"""
            select operation, agent_key, local_day, first_connection_at, connections
            from agent_connections_daily where local_day in {among(days)}
            order by agent_key, local_day
        """)

    def connections(self, last: date) -> list[Row]:
        """How many connections were seen on each of the thirty days to `last`, and of how many agents."""
        return self.query(f"""
            select operation, local_day, cast(sum(connections) as bigint) as connections,
                count(distinct agent_key) as agents
            from agent_connections_daily
            where local_day between {literal(last - timedelta(days=DAYS - 1))} and {literal(last)}
            group by operation, local_day order by local_day
        """)

    def changes(self, starts_at: datetime, ends_at: datetime) -> list[Row]:
        """What changed on the roster between two moments, the latest first."""
        return self.query(f"""
            select operation, agent_key, agent_id, agent_name, agent_name_before, changed_at, what, value_from, value_to
            from roster_changes where changed_at >= {literal(starts_at)} and changed_at < {literal(ends_at)}
            order by changed_at desc, agent_name, what
        """)

    def intervals(self, starts_at: datetime, ends_at: datetime, agent_key: str | None = None) -> list[Row]:
        """One agent's observed statuses between two moments, or everybody's."""
        # an agent's own are quickly found, everybody's are a matter of seconds in a year's history
        whose = "" if agent_key is None else f"agent_key = {literal(agent_key)} and "
        return self.query(f"""
            select agent_key, agent_name, agent_status, status_category, interval_from, interval_to, changed_after,
                ended_by
            from agent_status_intervals
            where {whose}interval_from < {literal(ends_at)} and interval_to > {literal(starts_at)}
            order by agent_key, interval_from
        """)

    def own_connections(self, last: date, agent_key: str | None = None) -> list[Row]:
        """One agent's connections on each of the thirty days to `last`, the latest first, or everybody's."""
        whose = "" if agent_key is None else f"agent_key = {literal(agent_key)} and "
        return self.query(f"""
            select agent_key, local_day, first_connection_at, last_connection_at, connections
            from agent_connections_daily
            where {whose}local_day between {literal(last - timedelta(days=DAYS - 1))} and {literal(last)}
            order by agent_key, local_day desc
        """)
