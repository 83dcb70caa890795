"""What of dlt's configuration must never be shown."""

import contextlib
import os
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

import dlt
import tomlkit
from dlt.common.configuration.providers.doc import CustomLoaderDocProvider
from dlt.common.configuration.providers.toml import TomlProviderReadException

from wolkvox_source.settings.webhook import is_webhook

# shorter ones are words like others
_SHORTEST_SECRET = 4
_SECRET_NAMES = (
    "token",
    "password",
    "secret",
    "privacy_key",
    "api_key",
    "access_key",
    "private_key",
    "credentials",
    "alert_webhook",
)


def secrets() -> set[str]:
    """Every secret that dlt's configuration holds, of any source and destination, as text that must not be shown."""
    settings = [*os.environ.items()]
    # what cannot be read holds no secret that anything here knows
    with contextlib.suppress(TomlProviderReadException):
        for provider in dlt.config.config_providers:
            if isinstance(provider, CustomLoaderDocProvider):
                settings += _leaves(tomlkit.parse(provider.to_toml()).unwrap())
    found = {secret for name, value in settings for secret in _hidden_in(name.lower(), value.strip())}
    return {secret for secret in found if len(secret) >= _SHORTEST_SECRET}


def _leaves(table: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in table.items():
        if isinstance(value, Mapping):
            yield from _leaves(value)
        elif isinstance(value, str):
            # as a variable of the environment is called, which tells it from those of other programs
            yield f"__{name}", value


def _hidden_in(name: str, value: str) -> set[str]:
    """The secrets in the value of a setting; an address holds its password, and DuckDB's credentials are a path."""
    if "__" not in name or not name.endswith(_SECRET_NAMES):
        return set()
    if name.endswith("alert_webhook"):
        # everyone who has the path may post there
        return {value, urlsplit(value).path.strip("/")} if is_webhook(value) else {value}
    if "://" in value:
        # up to the last @, whatever a password holds; and each part of it, since what reads it may split it elsewhere
        userinfo, _, _ = value.partition("://")[2].rpartition("@")
        password = (userinfo or value.partition("://")[2].partition("/")[0]).partition(":")[2]
        parts = {password, *password.split("@")}
        return {"" if part.isdecimal() and not userinfo else part for part in parts | {unquote(part) for part in parts}}
    is_path = name.endswith("credentials") and not value.startswith("{")
    return set() if is_path else {value}
