"""One run at a time changes an operation, held by its token: two journals are no way around it."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager

from wolkvox_source.api.token_lock import lock_folder
from wolkvox_source.warehouse.lock import file_lock


@contextmanager
def holding_operation(operation: str, token: str) -> Iterator[None]:
    """Hold an operation against every other run of this user on this machine.

    Raises a HeldError, naming the process, where another run holds it, and what `lock_folder` raises.
    """
    name = hashlib.sha256(token.encode()).hexdigest()[:32]
    with file_lock(lock_folder() / f"{name}.provisioning.lock", 0.0, "provisioning_running", operation=operation):
        yield
