"""Files with people, tokens or passwords in them: where we make them new, only their owner reads them."""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_OTHERS = 0o077


@contextmanager
def owner_only() -> Iterator[None]:
    """Whatever this process makes meanwhile is readable by its owner only; files that are there keep their mode."""
    before = os.umask(_OTHERS)
    try:
        yield
    finally:
        os.umask(before)


def take_from_others(path: Path) -> None:
    """Let only its owner at a new file or folder, unless a user gave it another mode than new ones get here."""
    umask = os.umask(_OTHERS)
    os.umask(umask)
    usual = 0o777 if path.is_dir() else 0o666
    if stat.S_IMODE(path.stat().st_mode) == usual & ~umask:
        path.chmod(usual & ~_OTHERS)


@contextmanager
def written_anew(file: Path) -> Iterator[Path]:
    """A new file beside `file`, which takes its place whole: with the mode that `file` had, or its owner's only.

    Raises an OSError where it cannot be written; nothing of it stays then.
    """
    fresh = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        with owner_only():
            yield fresh
        if file.exists():
            fresh.chmod(file.stat().st_mode & 0o7777)
        fresh.replace(file)
    finally:
        fresh.unlink(missing_ok=True)
