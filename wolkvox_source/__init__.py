"""Wolkvox's agents in DuckDB or a warehouse: typed, historical, and honest about what was not observed.

    from wolkvox_source import pipeline_into, publish_views, wolkvox

    pipeline = pipeline_into("duckdb")
    pipeline.run(wolkvox())
    publish_views(pipeline)

`sync()` is what to run unattended: it adds the lock, what an earlier run left, the views and the readers' copy. Names
are loaded when they are first used, since dlt alone takes a second.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from wolkvox_source.api.client import WolkvoxClient as WolkvoxClient
    from wolkvox_source.errors import RefusedError as RefusedError
    from wolkvox_source.errors import UnavailableError as UnavailableError
    from wolkvox_source.errors import UnconfirmedError as UnconfirmedError
    from wolkvox_source.errors import UnreadableError as UnreadableError
    from wolkvox_source.errors import WolkvoxError as WolkvoxError
    from wolkvox_source.provisioning.apply import apply as apply
    from wolkvox_source.provisioning.planning import plan as plan
    from wolkvox_source.provisioning.policy import Policy as Policy
    from wolkvox_source.settings import Operation as Operation
    from wolkvox_source.source import wolkvox as wolkvox
    from wolkvox_source.sync.run import sync as sync
    from wolkvox_source.warehouse.pipeline import Place as Place
    from wolkvox_source.warehouse.pipeline import pipeline_into as pipeline_into
    from wolkvox_source.warehouse.views import publish_views as publish_views

_HOMES = {
    "wolkvox": "source",
    "Place": "warehouse.pipeline",
    "pipeline_into": "warehouse.pipeline",
    "publish_views": "warehouse.views",
    "Operation": "settings",
    "plan": "provisioning.planning",
    "apply": "provisioning.apply",
    "Policy": "provisioning.policy",
    "WolkvoxClient": "api.client",
    "WolkvoxError": "errors",
    "RefusedError": "errors",
    "UnavailableError": "errors",
    "UnreadableError": "errors",
    "UnconfirmedError": "errors",
}

__all__ = [*_HOMES, "sync"]


def __getattr__(name: str) -> Any:
    if name == "sync":
        # the package, which can be called: see there
        import wolkvox_source.sync

        return wolkvox_source.sync
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
