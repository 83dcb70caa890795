"""Every table's columns, key and merge strategies, once."""

from typing import Any

import pyarrow as pa

from wolkvox_source.reports.snapshot import TIMESTAMP

_TEXT, _COUNT, _FLAG = pa.string(), pa.int64(), pa.bool_()
_KEY = {"agent_key": _TEXT, "operation": _TEXT, "agent_id": _TEXT}
_TRACKED = {
    "agent_name": _TEXT,
    "agent_dni": _TEXT,
    "agent_sso": _TEXT,
    "agent_status": _TEXT,
    "enabled": _FLAG,
}
_VERSION = {"present": _FLAG, "row_version": _TEXT}

# the columns of each table from the first load on; wolkvox's newer fields come as they come
SCHEMAS: dict[str, pa.Schema] = {
    name: pa.schema(list(columns.items()))
    for name, columns in {
        "agents": {**_KEY, **_TRACKED, "last_use": TIMESTAMP, "last_use_raw": _TEXT, **_VERSION},
        "agent_history": {**_KEY, **_TRACKED, **_VERSION},
        "agent_connections": {**_KEY, "last_use": TIMESTAMP, "first_observed_at": TIMESTAMP},
        "observations": {
            "operation": _TEXT,
            "observed_at": TIMESTAMP,
            "outcome": _TEXT,
            "http_status": _COUNT,
            "code": _TEXT,
            "message": _TEXT,
            "reason": _TEXT,
            "facts": _TEXT,
            "announced_records": _COUNT,
            "received_records": _COUNT,
            "rejected_records": _COUNT,
            "unparsed_values": _COUNT,
            "appeared": _COUNT,
            "vanished": _COUNT,
            "changed": _COUNT,
            "payload_bytes": _COUNT,
            "duration_seconds": pa.float64(),
            "timezone": _TEXT,
            "interval_seconds": _COUNT,
            "privacy": _TEXT,
        },
        "rejected_records": {
            "operation": _TEXT,
            "observed_at": TIMESTAMP,
            "position": _COUNT,
            "reason": _TEXT,
            "record": _TEXT,
        },
        "operations": {
            "operation": _TEXT,
            "timezone": _TEXT,
            "licences": _COUNT,
            "agents_per_licence": _COUNT,
            "interval_seconds": _COUNT,
        },
    }.items()
}

# Each table's key, and the merge strategies that serve it, best first: the destination's capabilities choose.
# All of them leave alone what is not sent, and make sending a row twice the same as sending it once.
TABLES: dict[str, dict[str, Any]] = {
    "agents": {"primary_key": ("agent_key",), "strategies": ("upsert", "delete-insert")},
    "agent_history": {"merge_key": ("agent_key",), "strategies": ("scd2",)},
    "agent_connections": {"primary_key": ("agent_key", "last_use"), "strategies": ("insert-only", "delete-insert")},
    "observations": {"primary_key": ("operation", "observed_at"), "strategies": ("insert-only", "delete-insert")},
    "rejected_records": {
        "primary_key": ("operation", "observed_at", "position"),
        "strategies": ("insert-only", "delete-insert"),
    },
    "operations": {"primary_key": ("operation",), "strategies": ("upsert", "delete-insert")},
}
