"""What the page asks of further reports and of shifts, which a warehouse may not hold."""

from datetime import date
from functools import cached_property

from wolkvox_source.dashboard.copy import Query, Row
from wolkvox_source.dashboard.sql import literal

# what later reports bring: the page shows it as soon as a copy has these columns
_OPTIONAL = {
    "planned_shifts": {"replaced_at"},
    "missing_now": {"agent_key", "planned_start_at", "missing_seconds_at_least"},
    "attendance_daily": {"agent_key", "local_day", "planned_start_at", "late_seconds_at_least", "late_seconds_at_most"},
    "open_times": {"opens_at", "closes_at"},
    "agent_skills_now": {"agent_key", "skill_id", "skill_name"},
    "agent_sessions_daily": {"agent_key", "local_day", "first_login_at", "last_logout_at", "sessions"},
}


class Further:
    """What there is beside the roster; where there is nothing yet, an answer is None or has no rows."""

    def __init__(self, query: Query) -> None:
        self.query = query

    @cached_property
    def columns(self) -> dict[str, set[str]]:
        """The columns of every table and view of the warehouse."""
        found: dict[str, set[str]] = {}
        for row in self.query("select table_name, column_name from information_schema.columns"):
            found.setdefault(row["table_name"], set()).add(row["column_name"])
        return found

    def holds(self, relation: str) -> bool:
        """Whether a view is there with the columns that the page shows."""
        return self.columns.get(relation, set()) >= _OPTIONAL[relation]

    def _has_shifts(self, view: str) -> bool:
        # the views of shifts are there before any shift is
        if not (self.holds(view) and self.holds("planned_shifts")):
            return False
        return bool(self.query("select 1 as planned from planned_shifts where replaced_at is null limit 1"))

    def missing(self) -> list[Row] | None:
        """Who is planned now and not there; None where no shifts are known."""
        if not self._has_shifts("missing_now"):
            return None
        return self.query("select agent_key, planned_start_at, missing_seconds_at_least from missing_now")

    def late(self, day: date) -> list[Row] | None:
        """Who came late on a day, between two bounds; None where no shifts are known."""
        if not self._has_shifts("attendance_daily"):
            return None
        return self.query(f"""
            select agent_key, planned_start_at, late_seconds_at_least, late_seconds_at_most from attendance_daily
            where local_day = {literal(day)} and late_seconds_at_least > 0
        """)

    def skills(self) -> dict[str, list[str]]:
        """The names of each agent's skills, by agent_key."""
        found: dict[str, list[str]] = {}
        if self.holds("agent_skills_now"):
            named = "coalesce(skill_name, skill_id) as skill_name"
            for row in self.query(f"select agent_key, {named} from agent_skills_now order by agent_key, skill_name"):
                found.setdefault(row["agent_key"], []).append(row["skill_name"])
        return found

    def sessions(self, day: date) -> dict[str, Row]:
        """Each agent's sessions on a day, by agent_key."""
        if not self.holds("agent_sessions_daily"):
            return {}
        columns = "agent_key, first_login_at, last_logout_at, sessions"
        rows = self.query(f"select {columns} from agent_sessions_daily where local_day = {literal(day)}")
        return {row["agent_key"]: row for row in rows}
