"""What a destination can do, asked of dlt once."""

from typing import Any


def asked_once(destination: Any) -> Any:
    """The same destination, which remembers what it can do.

    dlt asks it a dozen times a run, and resolves the destination's whole configuration for each answer.
    """
    if "capabilities" in vars(destination):
        return destination
    made_by_dlt = destination.capabilities
    known: dict[Any, Any] = {}

    def capabilities(config: Any = None, naming: Any = None) -> Any:
        if config is not None:
            return made_by_dlt(config, naming)
        key = naming and (naming.name(), naming.max_length)
        if key not in known:
            known[key] = made_by_dlt(None, naming)
        # dlt writes into what it is given
        return known[key].copy()

    destination.capabilities = capabilities
    return destination
