"""The reports as data: where each is asked for, which columns it has, and which tables it fills."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

# every kind keeps wolkvox's own text beside it, in the column `<name>_raw`, but a text, a flag and what is worked out
Kind = Literal["text", "flag", "time", "day", "seconds", "number", "percent", "since"]
_WITHOUT_RAW = frozenset({"text", "flag", "since"})


@dataclass(frozen=True)
class Column:
    """One column of a report.

    Attributes:
        name: its name in every table
        kind: what wolkvox's text is read as: `time` is UTC, `day` a date, `seconds` a duration such as 25:04:09 or
            a number, `percent` is 34.64 for 34.64 %, `flag` a boolean, `since` the moment so many seconds before the
            observation
        fields: wolkvox's spellings of the field, the first that occurs; the column's name where there is none
        of: the column whose text it is read from, in place of a field of its own
        tracked: whether another value opens a new version
        personal: whether a setting `privacy_<name>` may hash or drop it
        lasting: whether a column that had values, not all the same, has such in every later report too
        identifies: whether it says who a person is, so that few change at once
        advances: whether its times only ever move on
    """

    name: str
    kind: Kind = "text"
    fields: tuple[str, ...] = ()
    of: str | None = None
    tracked: bool = True
    personal: bool = False
    lasting: bool = False
    identifies: bool = False
    advances: bool = False

    @property
    def spellings(self) -> tuple[str, ...]:
        return self.fields or (self.name,)

    @property
    def raw(self) -> str | None:
        """The column that keeps wolkvox's own text, None where the column itself or another one does."""
        return None if self.kind in _WITHOUT_RAW or self.of else f"{self.name}_raw"


@dataclass(frozen=True)
class Report:
    """One report of wolkvox's API.

    Attributes:
        name: what settings and the ledger call it
        rows: the reason of the word for its rows, such as agents
        page, api: where it is, `https://wv0010.wolkvox.com/api/v2/<page>?api=<api>`
        kind: `state`, a full list of now, or `dated`, a window whose rows may still move
        ids: the columns that together name a record
        keys: each key column and the ids that it is made of, after the operation; the first is the tables' own
        columns: the documented ones, the ids not among them
        current: the table with one row a key, as in the latest accepted report
        history: the table with one row a version of the tracked columns
        moments: a table, and the column of times of which it keeps every value ever seen
        events: the table of a dated report, one row a key
        begin: the column of times that says into which window a row of a dated report falls
        newest: the column whose greater text wins where two records have the same ids
        each: the report of which every row is asked for, and the id of it that goes into the question
        complete: whether it lists everybody, so that who is missing is gone
    """

    name: str
    rows: str
    page: str
    api: str
    kind: Literal["state", "dated"]
    ids: tuple[Column, ...]
    keys: tuple[tuple[str, tuple[str, ...]], ...]
    columns: tuple[Column, ...]
    current: str | None = None
    history: str | None = None
    moments: tuple[str, str] | None = None
    events: str | None = None
    begin: str | None = None
    newest: str | None = None
    each: tuple[str, str] | None = None
    complete: bool = True

    @property
    def key(self) -> str:
        """The key column."""
        return self.keys[0][0]

    @property
    def tables(self) -> tuple[str, ...]:
        """The tables that it fills."""
        named = (self.current, self.history, self.moments[0] if self.moments else None, self.events)
        return tuple(name for name in named if name)

    @property
    def latest(self) -> str:
        """The table that says what is so now: of a report without a current one, the open versions of its history."""
        return self.current or self.history or self.events or ""

    @property
    def key_columns(self) -> tuple[str, ...]:
        """What names a row: keys, operation, ids."""
        return (*(name for name, _ in self.keys), "operation", *(column.name for column in self.ids))

    @property
    def documented(self) -> tuple[Column, ...]:
        """The columns with a field of their own."""
        return tuple(column for column in (*self.ids, *self.columns) if not column.of)

    @property
    def untracked(self) -> frozenset[str]:
        """The columns that may change without opening a version."""
        loose = [column for column in self.columns if not column.tracked]
        return frozenset([*(column.name for column in loose), *(column.raw for column in loose if column.raw)])

    def named(self, name: str) -> Column:
        """The column of a name; raises a KeyError where there is none."""
        return {column.name: column for column in (*self.ids, *self.columns)}[name]


_AGENT_ID = Column("agent_id", fields=("agent_id", "id_agent"))

# https://www.wolkvox.com/en/apis-v2-2/5-agents/
AGENTS = Report(
    name="agents",
    rows="rows_agents",
    page="information.php",
    api="agents",
    kind="state",
    ids=(_AGENT_ID,),
    keys=(("agent_key", ("agent_id",)),),
    columns=(
        Column("agent_name", personal=True, lasting=True, identifies=True),
        Column("agent_dni", personal=True, lasting=True, identifies=True),
        Column("agent_sso", personal=True),
        # at night nobody may have one
        Column("agent_status"),
        Column("enabled", "flag"),
        Column("last_use", "time", tracked=False, lasting=True, advances=True),
    ),
    current="agents",
    history="agent_history",
    moments=("agent_connections", "last_use"),
    newest="last_use",
)

# https://www.wolkvox.com/en/apis-v2-2/3-skills/
SKILLS = Report(
    name="skills",
    rows="rows_skills",
    page="information.php",
    api="skills",
    kind="state",
    ids=(Column("skill_id"),),
    keys=(("skill_key", ("skill_id",)),),
    columns=(
        Column("skill_name"),
        Column("skill_description"),
        # moves on every day
        Column("last_use", "time", tracked=False),
    ),
    history="skills",
)

# Postman collection "wolkvox APIs (ES)", Información / 8
AGENT_SKILLS = Report(
    name="agent_skills",
    rows="rows_agent_skills",
    page="information.php",
    api="agents_in_skill",
    kind="state",
    ids=(Column("skill_id"), _AGENT_ID),
    keys=(
        ("agent_skill_key", ("skill_id", "agent_id")),
        ("agent_key", ("agent_id",)),
        ("skill_key", ("skill_id",)),
    ),
    columns=(
        Column("expertise", "number"),
        # the roster has both, and has them up to date
        Column("agent_name", tracked=False, personal=True),
        Column("last_use", "time", tracked=False),
    ),
    history="agent_skills",
    each=("skills", "skill_id"),
)

# Postman collection "wolkvox APIs (ES)", Tiempo real / 1
LIVE = Report(
    name="live",
    rows="rows_agents",
    page="real_time.php",
    api="agents",
    kind="state",
    ids=(_AGENT_ID,),
    keys=(("agent_key", ("agent_id",)),),
    columns=(
        Column("agent_name", tracked=False, personal=True),
        Column("agent_status"),
        Column("time_state_now", "seconds", tracked=False),
        Column("status_since", "since", of="time_state_now", tracked=False),
        *(Column(name, "number") for name in ("calls", "inbound", "outbound", "internal")),
        *(
            Column(f"{name}_time", "seconds")
            for name in ("ready", "inbound", "outbound", "acw", "ring", "login", "aht", "aux")
        ),
        # seen as `ocupation` in the vendor's collection
        Column("occupancy", "percent", fields=("ocupation", "occupation", "occupancy")),
    ),
    history="agent_live",
    # whether it lists who is logged out is not documented
    complete=False,
)

# reports_manager.php; formats as seen in public clients, since the vendor's samples are empty
SESSIONS = Report(
    name="sessions",
    rows="rows_sessions",
    page="reports_manager.php",
    api="agent_7",
    kind="dated",
    ids=(_AGENT_ID, Column("login")),
    keys=(("session_key", ("agent_id", "login")), ("agent_key", ("agent_id",))),
    columns=(
        Column("agent_name", personal=True),
        Column("agent_dni", personal=True),
        Column("session_day", "day", fields=("date",)),
        Column("login_at", "time", of="login"),
        # of an agent who is still connected it moves on
        Column("logout_at", "time", fields=("logout",)),
        Column("login_time", "seconds"),
    ),
    events="agent_sessions",
    begin="login_at",
    newest="logout_at",
)

STATUS_EVENTS = Report(
    name="status_events",
    rows="rows_status_events",
    page="reports_manager.php",
    api="agent_14",
    kind="dated",
    ids=(_AGENT_ID, Column("date_ini"), Column("agent_status")),
    keys=(("event_key", ("agent_id", "date_ini", "agent_status")), ("agent_key", ("agent_id",))),
    columns=(
        Column("agent_name", personal=True),
        Column("agent_dni", personal=True),
        Column("began_at", "time", of="date_ini"),
        Column("ended_at", "time", fields=("date_end",)),
        Column("seconds", "seconds", fields=("time",)),
        Column("conn_id"),
        Column("type_interaction"),
        # seen as `destinity` where the same report of one agent says `destiny`
        Column("destination", fields=("destinity", "destiny", "destination"), personal=True),
        Column("telephone", personal=True),
        Column("campaign_id"),
    ),
    events="agent_status_events",
    begin="began_at",
    newest="ended_at",
)

# in the order in which they are asked for: what matters most comes before the day's requests are spent
REPORTS: tuple[Report, ...] = (AGENTS, LIVE, SKILLS, AGENT_SKILLS, SESSIONS, STATUS_EVENTS)

# what the setting `reports` may name; a report that asks about each row of another comes with that one
CHOICES = tuple(report.name for report in REPORTS if not report.each)

PERSONAL_COLUMNS = tuple(
    dict.fromkeys(column.name for report in REPORTS for column in report.columns if column.personal)
)

# columns that are ours, whatever wolkvox may call a field one day
RESERVED = frozenset(
    ["operation", "present", "row_version", "valid_from", "valid_to", "open_version", "connection_held", "open_since"]
    + ["first_observed_at", "last_observed_at"]
    + [name for report in REPORTS for name, _ in report.keys]
    + [column.raw for report in REPORTS for column in report.columns if column.raw]
    + [column.name for report in REPORTS for column in report.columns if column.of]
)


def chosen(names: Iterable[str]) -> tuple[Report, ...]:
    """The reports of a setting `reports`, in the order in which they are asked for."""
    wanted = set(names)
    return tuple(report for report in REPORTS if (report.each[0] if report.each else report.name) in wanted)
