"""Agents in a table, as a person reads them; never a password."""

from collections.abc import Sequence
from typing import Any

from wolkvox_source.cli.terminal import is_terminal
from wolkvox_source.language import Speech

# nobody reads more; those who need a person are always shown
ROWS_SHOWN = 100
_PLAIN = frozenset({"create", "exists", "created", "add_skill", "enable", "done"})
_COLOURS = {
    **dict.fromkeys(("create", "created", "confirmed", "enable", "add_skill", "done"), "green"),
    **dict.fromkeys(("conflict", "refused", "unconfirmed", "edit", "reuse", "disable", "remove_skill"), "red"),
    **dict.fromkeys(("waiting", "not_sent", "left"), "yellow"),
}


def show_table(speech: Speech, title: str, rows: Sequence[tuple[Any, str, str | None, str]], outcome: str) -> None:
    """The rows that need a person, and so many of the others as an administrator reads."""
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    # a log has no width, and must not cut a name at the 80th character
    console = Console(width=None if is_terminal() else 160, highlight=False, emoji=False, no_color=not is_terminal())
    table = Table(title=Text(title), box=box.SIMPLE_HEAD, title_justify="left")
    columns = ("column_line", "column_document", "column_name", outcome, "column_agent_id", "column_note")
    for column in columns:
        table.add_column(speech.say(column), justify="right" if column == "column_line" else "left", overflow="fold")
    left_out = 0
    for index, (agent, word, agent_id, note) in enumerate(rows):
        if index >= ROWS_SHOWN and word in _PLAIN:
            left_out += 1
            continue
        told = Text(speech.say(f"word_{word}"), style=_COLOURS.get(word, ""))
        texts = (str(agent.line or ""), agent.agent_dni, agent.agent_name)
        rest = (agent_id or "", note)
        table.add_row(*map(_cell, texts), told, *map(_cell, rest))
    console.print(table)
    if left_out:
        print(speech.say("plan_more", count=left_out))


def _cell(text: str) -> Any:
    from rich.text import Text

    # a Text, since a name in square brackets is not markup
    return Text(visible(text))


def visible(text: str) -> str:
    """The text without what could move a terminal's cursor."""
    return "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text)
