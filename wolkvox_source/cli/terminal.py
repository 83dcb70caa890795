"""What a terminal is shown, and what a log must not be: colour, progress, secrets."""

import contextlib
import os
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_COLOURS = {"red": "31", "green": "32", "yellow": "33", "bold": "1"}
_URL_PASSWORD = re.compile(r"(://[^:/@\s]+:)[^@\s]+(@)")


def is_terminal() -> bool:
    """Whether a person is looking: both streams are a terminal, and NO_COLOR does not say otherwise."""
    return sys.stdout.isatty() and sys.stderr.isatty()


def mark(text: str, colour: str) -> str:
    """The text in a colour on a terminal, and as it is in a log."""
    if not is_terminal() or os.environ.get("NO_COLOR"):
        return text
    return f"\033[{_COLOURS[colour]}m{text}\033[0m"


@contextmanager
def progress(
    *, shown: bool = True, total: int | None = None, title: str = "wolkvox"
) -> Iterator[Callable[[str], None]]:
    """A progress bar on a terminal and nothing elsewhere; yields what moves it on, given what was done."""
    if not shown or not is_terminal():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(title, total=total)
        yield lambda done: bar.update(task, advance=1, description=f"{title} {done}")


def redacted(text: str) -> str:
    """The text without any secret of the configuration: tokens, keys and the passwords of addresses."""
    for secret in sorted(_secrets(), key=len, reverse=True):
        text = text.replace(secret, "<secret>")
    return _URL_PASSWORD.sub(r"\1<secret>\2", text)


def _secrets() -> set[str]:
    words = ("TOKEN", "PASSWORD", "PRIVACY_KEY", "SECRET", "CREDENTIALS")
    found = {value for name, value in os.environ.items() if any(word in name.upper() for word in words)}
    with contextlib.suppress(Exception):
        from wolkvox_source.settings import configured_operations

        for operation in configured_operations():
            found |= {operation.token, operation.privacy_key or ""}
    return {value for value in found if len(value) > 3}
