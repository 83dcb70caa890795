"""Wolkvox's agents in DuckDB or a warehouse: typed, historical, and honest about what was not observed.

    import dlt
    from wolkvox_source import publish_views, wolkvox

    pipeline = dlt.pipeline("wolkvox", destination="duckdb", dataset_name="contact_center")
    pipeline.run(wolkvox())
    publish_views(pipeline)

Names are loaded when they are first used, since dlt alone takes a second.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from wolkvox_source.api.client import WolkvoxClient as WolkvoxClient
    from wolkvox_source.errors import RefusedError as RefusedError
    from wolkvox_source.errors import UnavailableError as UnavailableError
    from wolkvox_source.errors import UnconfirmedError as UnconfirmedError
    from wolkvox_source.errors import UnreadableError as UnreadableError
    from wolkvox_source.errors import WolkvoxError as WolkvoxError
    from wolkvox_source.source import wolkvox as wolkvox
    from wolkvox_source.warehouse.views import publish_views as publish_views

_HOMES = {
    "wolkvox": "source",
    "publish_views": "warehouse.views",
    "WolkvoxClient": "api.client",
    "WolkvoxError": "errors",
    "RefusedError": "errors",
    "UnavailableError": "errors",
    "UnreadableError": "errors",
    "UnconfirmedError": "errors",
}

__all__ = [*_HOMES]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
