"""One run at a time changes an operation, held by its token: two journals are no way around it."""

import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import filelock

from wolkvox_source.errors import ConfigurationError, HeldError, quote


@contextmanager
def holding_operation(operation: str, token: str) -> Iterator[None]:
    """Hold an operation against every other run of this user on this machine.

    Raises a HeldError, naming the process, where another run holds it.
    """
    folder = Path(tempfile.gettempdir()) / f"wolkvox-{os.getuid() if hasattr(os, 'getuid') else 'user'}"
    name = hashlib.sha256(token.encode()).hexdigest()[:32]
    holder = folder / f"{name}.provisioning-holder"
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        lock = filelock.FileLock(folder / f"{name}.provisioning.lock", mode=0o600, blocking=False)
        lock.acquire()
    except filelock.Timeout:
        pid = (holder.read_text(encoding="ascii").strip() if holder.exists() else "") or "?"
        raise HeldError("provisioning_running", operation=operation, pid=pid) from None
    except OSError as error:
        raise ConfigurationError("journal_unusable", path=folder, problem=quote(str(error))) from error
    try:
        holder.write_text(str(os.getpid()), encoding="ascii")
        yield
    finally:
        lock.release()
