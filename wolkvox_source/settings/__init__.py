"""Which operations there are: name, server, token, time zone and the rest, as dlt configuration.

Each operation is resolved under `sources.wolkvox.<operation>` and falls back to `sources.wolkvox`, so a
value may come from `.dlt/config.toml`, `.dlt/secrets.toml` or the environment.
"""

from wolkvox_source.settings.configured import configured_operations, operation_names
from wolkvox_source.settings.connector import (
    Connector,
    alert_webhook,
    archive_url,
    categories_file,
    copy_mode,
    too_long,
    wait_seconds,
)
from wolkvox_source.settings.operation import Operation, server_number
from wolkvox_source.settings.redaction import secrets
from wolkvox_source.settings.resolving import missing_setting
from wolkvox_source.settings.webhook import is_webhook

__all__ = [
    "Connector",
    "Operation",
    "alert_webhook",
    "archive_url",
    "categories_file",
    "configured_operations",
    "copy_mode",
    "is_webhook",
    "missing_setting",
    "operation_names",
    "secrets",
    "server_number",
    "too_long",
    "wait_seconds",
]
