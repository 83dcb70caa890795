"""What a terminal is shown, and what a log must not be: colour, progress, secrets."""

import contextlib
import errno
import io
import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from wolkvox_source.errors import SECRET, without_passwords

_COLOURS = {"red": "31", "green": "32", "yellow": "33", "bold": "1"}
# a cut secret of fewer characters is a word like another
_BEGINNING = 4


def is_terminal() -> bool:
    """Whether a person is looking: both streams are a terminal, and NO_COLOR does not say otherwise."""
    return all(stream is not None and stream.isatty() for stream in (sys.stdout, sys.stderr))


def mark(text: str, colour: str) -> str:
    """The text in a colour on a terminal, and as it is in a log."""
    if not is_terminal() or os.environ.get("NO_COLOR"):
        return text
    return f"\033[{_COLOURS[colour]}m{text}\033[0m"


def complain(sentence: str, colour: str = "red") -> None:
    """Tell on stderr what needs a person."""
    print(mark(sentence, colour), file=sys.stderr, flush=True)


def print_object(value: Any) -> None:
    """One JSON object on a line of its own, for programs; times are ISO 8601."""
    plain = (sys.stdout is None) or (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
    print(json.dumps(value, ensure_ascii=not plain, default=_plain), flush=True)


def _plain(value: Any) -> str:
    return str(value.isoformat() if hasattr(value, "isoformat") else value)


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


class Screen:
    """One of the two streams that people read, through which everything goes that a command says.

    Secrets are left out, a character that it cannot show is a `?`, and a reader who goes away is no error: what is
    said after that is lost, and `lost` says why.
    """

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self._secrets: Sequence[str] | None = None
        self.lost: OSError | None = None
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")

    def write(self, text: str) -> int:
        """Write the text without its secrets."""
        self._trying(lambda: self._stream.write(redacted(text, self._known_secrets())))
        return len(text)

    def flush(self) -> None:
        """Write out what is waiting."""
        self._trying(self._stream.flush)

    def _known_secrets(self) -> Sequence[str]:
        """None until the settings are imported, which takes a second: nothing can have read a secret before."""
        if self._secrets is None:
            known = getattr(sys.modules.get("wolkvox_source.settings"), "secrets", None)
            if known is None:
                return ()
            self._secrets = sorted(known(), key=len, reverse=True)
        return self._secrets

    def _trying(self, what: Callable[[], object]) -> None:
        if self.lost is None:
            try:
                what()
            except OSError as error:
                self.lost = error
                self._let_go()

    def _let_go(self) -> None:
        # what is still waiting would fail once more when Python ends
        with contextlib.suppress(OSError, ValueError):
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self._stream.fileno())
            os.close(nowhere)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


@contextmanager
def screens() -> Iterator[Callable[[], OSError | None]]:
    """Let everything go through a Screen; yields what says why stdout could not be written, None where it could."""
    before = sys.stdout, sys.stderr
    # a stream that was closed before Python began is None, and print says nothing then
    screen = None if before[0] is None else Screen(before[0])
    sys.stdout = screen
    sys.stderr = None if before[1] is None else Screen(before[1])

    def lost() -> OSError | None:
        if screen is None:
            return None
        screen.flush()
        # `| head` has read enough
        return None if screen.lost is None or screen.lost.errno == errno.EPIPE else screen.lost

    try:
        yield lost
    finally:
        for stream in (sys.stdout, sys.stderr):
            if stream is not None:
                stream.flush()
        sys.stdout, sys.stderr = before


def redacted(text: str, secrets: Sequence[str]) -> str:
    """The text without these secrets, the longest first, and without the passwords of addresses."""
    for secret in secrets:
        text = text.replace(secret, SECRET)
        # a quotation may end within a secret
        for end in range(len(secret) - 1, _BEGINNING - 1, -1):
            text = text.replace(f"{secret[:end]}…", f"{SECRET}…")
    return without_passwords(text)
