"""The reports as data: where each is asked for, which columns it has, and which tables it fills."""

from dataclasses import dataclass
from typing import Literal

# every kind but text keeps wolkvox's own text beside it, in the column `<name>_raw`, unless it is a flag
Kind = Literal["text", "flag", "time"]


@dataclass(frozen=True)
class Column:
    """One column of a report.

    Attributes:
        name: its name in every table
        kind: what wolkvox's text is read as: `time` is UTC, `flag` is a boolean
        fields: wolkvox's spellings of the field, the first that occurs; the column's name where there is none
        tracked: whether another value opens a new version
        personal: whether a setting `privacy_<name>` may hash or drop it
        lasting: whether a column that had values, not all the same, has such in every later report too
        identifies: whether it says who somebody is, so that few change at once
        advances: whether its times only ever move on
    """

    name: str
    kind: Kind = "text"
    fields: tuple[str, ...] = ()
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
        """The column that keeps wolkvox's own text, None where the column itself does."""
        return f"{self.name}_raw" if self.kind == "time" else None


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
        newest: the column whose greater text wins where two records have the same ids
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
    newest: str | None = None

    @property
    def key(self) -> str:
        """The key column."""
        return self.keys[0][0]

    @property
    def key_columns(self) -> tuple[str, ...]:
        """What names a row: keys, operation, ids."""
        return (*(name for name, _ in self.keys), "operation", *(column.name for column in self.ids))

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

REPORTS: tuple[Report, ...] = (AGENTS,)

PERSONAL_COLUMNS = tuple(
    dict.fromkeys(column.name for report in REPORTS for column in report.columns if column.personal)
)

# columns that are ours, whatever wolkvox may call a field one day
RESERVED = frozenset(
    ["operation", "present", "row_version", "valid_from", "valid_to", "open_version", "connection_held"]
    + ["first_observed_at"]
    + [name for report in REPORTS for name, _ in report.keys]
    + [column.raw for report in REPORTS for column in report.columns if column.raw]
)
