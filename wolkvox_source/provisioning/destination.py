"""A dlt destination that creates the agents whom a pipeline's rows want."""

from typing import Any, Optional

import dlt
from dlt.common.destination.exceptions import DestinationTerminalException

from wolkvox_source.errors import RefusedError, WolkvoxError
from wolkvox_source.language import Phrase, say
from wolkvox_source.provisioning.apply import PACE_SECONDS, apply
from wolkvox_source.provisioning.headings import is_password_heading
from wolkvox_source.provisioning.planning import plan
from wolkvox_source.provisioning.policy import Policy


@dlt.destination(
    name="wolkvox_create_agents",
    batch_size=10_000,
    loader_file_format="typed-jsonl",
    naming_convention="direct",
    skip_dlt_columns_and_tables=True,
    max_table_nesting=0,
    loader_parallelism_strategy="sequential",
)
def create_agents(
    items: Any,
    table: Any,
    operation: Optional[str] = None,  # noqa: UP045, dlt resolves this one on Python 3.10
    passwords: Optional[str] = None,  # noqa: UP045, dlt resolves this one on Python 3.10
    journal: Optional[str] = None,  # noqa: UP045, dlt resolves this one on Python 3.10
    pace_seconds: float = PACE_SECONDS,
    accept_empty: bool = False,
) -> None:
    """Create the agents whom a pipeline's rows want, through the same journal.

    The outcomes are loaded by the next `apply` or `load_record`. A row that carries a password is refused, since
    dlt has written it to files by then. Whatever keeps an agent from existing fails the load, and the same
    pipeline run again goes on with the others: dlt never sends a row twice by itself.
    """
    rows = [dict(item) for item in items]
    policy = Policy(only_creations=True, accept_empty=accept_empty)
    try:
        for heading in {heading for row in rows for heading in row}:
            if is_password_heading(heading):
                raise RefusedError("sink_password", heading=heading, table=table["name"])
        wanted = plan(rows, operation, policy=policy, journal=journal)
        result = apply(wanted, passwords=passwords, pace_seconds=pace_seconds, load=False)
    except WolkvoxError as error:
        raise DestinationTerminalException(str(error)) from error
    if result.exit_code:
        unfinished = [row for row in result.rows if row.exit_code]
        first = unfinished[0]
        told = {
            "outcome": Phrase(f"word_{first.outcome}"),
            "message": say(first.reason, **first.facts) if first.reason else "",
        }
        raise DestinationTerminalException(say("sink_unfinished", count=len(unfinished), wanted=len(rows), **told))
