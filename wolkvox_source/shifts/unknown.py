"""Whom a file of shifts plans though the roster has nobody of that id or document."""

from collections.abc import Mapping

from wolkvox_source.language import Phrase
from wolkvox_source.warehouse.catalogue import Client, relations_of

_NAMED = 5


def not_on_the_roster(client: Client, operation: str, names: Mapping[tuple[str, str], str]) -> list[Phrase]:
    """A note of the agents in a file who are not on the roster as it was last observed; none before that.

    `names` has what the file calls each agent, by the column that names them and its value in the warehouse. They may
    be people who are still to come, whose shifts then wait for them.
    """
    present = _on_the_roster(client, operation)
    unknown = [name for agent, name in names.items() if agent not in present]
    if not present or not unknown:
        return []
    facts = {"operation": operation, "count": len(unknown), "names": ", ".join(unknown[:_NAMED])}
    return [Phrase("shifts_unknown" if len(unknown) <= _NAMED else "shifts_unknown_many", facts)]


def _on_the_roster(client: Client, operation: str) -> set[tuple[str, str]]:
    """Who is on it, by each column that a file may name an agent with."""
    if "agents" not in relations_of(client):
        return set()
    agents = client.make_qualified_table_name("agents")
    query = f"select agent_id, agent_dni from {agents} where present and operation = %s"  # noqa: S608
    rows = client.execute_sql(query, operation) or ()
    return {pair for agent_id, dni in rows for pair in (("agent_id", agent_id), ("agent_dni", dni))}
