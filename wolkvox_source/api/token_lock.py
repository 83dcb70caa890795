"""One request at a time per token, among all processes of this user on this machine.

The documentation asks for it: https://www.wolkvox.com/en/apis-v2-2/5-agents/.
"""

import errno
import hashlib
import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import filelock

from wolkvox_source.errors import ConfigurationError, HeldError, UnavailableError, WolkvoxError, quote
from wolkvox_source.language import Phrase


@contextmanager
def holding(token: str, wait_seconds: float, patience_seconds: float) -> Iterator[None]:
    """Hold the token, waiting `wait_seconds` at most; `patience_seconds` is what a refusal says.

    Raises a HeldError where another process keeps it, and what `lock_folder` raises.
    """
    try:
        lock = filelock.FileLock(lock_folder() / f"{hashlib.sha256(token.encode()).hexdigest()[:32]}.lock")
        lock.acquire(timeout=max(0.0, wait_seconds))
    except filelock.Timeout:
        raise HeldError("token_in_use", seconds=int(patience_seconds)) from None
    except OSError as error:
        raise _unusable(error) from error
    try:
        yield
    finally:
        lock.release()


def lock_folder() -> Path:
    """The folder of this user's locks, made where it is not there.

    Raises a ConfigurationError where it is not this user's, and an UnavailableError where the disk is full.
    """
    user = os.getuid() if hasattr(os, "getuid") else None
    folder = Path(tempfile.gettempdir()) / f"wolkvox-{'user' if user is None else user}"
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        found = folder.lstat()
    except OSError as error:
        raise _unusable(error) from error
    # a stranger who made it first could take the locks out of it
    if not stat.S_ISDIR(found.st_mode) or user not in {None, found.st_uid}:
        raise ConfigurationError("lock_folder", folder=folder, problem=Phrase("problem_of_another_user"))
    return folder


def _unusable(error: OSError) -> WolkvoxError:
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return UnavailableError("disk_full", problem=quote(str(error), 200))
    return ConfigurationError("lock_folder", folder=error.filename or "TMPDIR", problem=quote(error.strerror or ""))
