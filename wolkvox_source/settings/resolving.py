"""How dlt finds a setting, and what is said where it is missing, misplaced or wrong."""

import contextlib
import os
from typing import Literal, TypeVar, get_args, get_origin

import dlt
from dlt.common.configuration import resolve_configuration
from dlt.common.configuration.exceptions import (
    ConfigFieldMissingException,
    ConfigValueCannotBeCoercedException,
    ValueNotSecretException,
)
from dlt.common.configuration.providers.toml import TomlProviderReadException
from dlt.common.configuration.specs import BaseConfiguration
from dlt.common.runtime.telemetry import stop_telemetry

from wolkvox_source.errors import ConfigurationError
from wolkvox_source.language import Phrase

SECTION = ("sources", "wolkvox")

# dlt would report each run to its makers; who wants that says so in this setting
# (a file of settings that cannot be read is told where it is needed)
with contextlib.suppress(TomlProviderReadException):
    if dlt.config.get("runtime.dlthub_telemetry") is None:
        os.environ["RUNTIME__DLTHUB_TELEMETRY"] = "false"
        stop_telemetry()

_Configuration = TypeVar("_Configuration", bound=BaseConfiguration)
_WANTED = {int: "wanted_whole_number", float: "wanted_number", list: "wanted_list", list[str]: "wanted_names"}


def resolved(section: tuple[str, ...], wanted: _Configuration) -> _Configuration:
    """`wanted` with what dlt finds under `sources.wolkvox` and a section of it; raises a ConfigurationError."""
    path = ".".join((*SECTION, *section))
    try:
        return resolve_configuration(wanted, sections=(*SECTION, *section))
    except ConfigFieldMissingException as missing:
        raise missing_setting(f"{path}.{next(iter(missing.fields))}") from missing
    except ValueNotSecretException as misplaced:
        raise ConfigurationError("secret_in_config", setting=misplaced.key) from misplaced
    except ConfigValueCannotBeCoercedException as wrong:
        raise ConfigurationError(
            "bad_setting",
            setting=f"{path}.{wrong.field_name}",
            operation=section[0] if section else "wolkvox",
            value=Phrase("value_hidden")
            if wrong.field_name in {"token", "privacy_key", "alert_webhook"}
            else wrong.field_value,
            wanted=_readable(wrong.hint),
        ) from None


def _readable(hint: object) -> Phrase:
    """What a setting of this type must be."""
    if get_origin(hint) is Literal:
        return Phrase("wanted_one_of", {"choices": [*get_args(hint)]})
    for type_, reason in _WANTED.items():
        if hint == type_ or type_ in get_args(hint):
            return Phrase(reason)
    return Phrase("wanted_text")


def missing_setting(setting: str) -> ConfigurationError:
    """The error that says where to put a setting, named by its path."""
    return ConfigurationError(
        "missing_setting",
        setting=setting,
        file=".dlt/secrets.toml" if setting.endswith(("token", "key", "webhook")) else ".dlt/config.toml",
        variable=setting.upper().replace(".", "__"),
    )


def wrong_setting(setting: str, value: object, wanted: Phrase, operation: str = "wolkvox") -> ConfigurationError:
    """The error that says what a setting is and what it must be."""
    return ConfigurationError(
        "bad_setting", setting=f"{'.'.join(SECTION)}.{setting}", operation=operation, value=value, wanted=wanted
    )
