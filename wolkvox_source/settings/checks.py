"""What may be wrong with the settings of one operation, each told in a sentence that names the setting."""

import re
from dataclasses import fields
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from wolkvox_source.errors import ConfigurationError, without_passwords
from wolkvox_source.language import Phrase
from wolkvox_source.reports.catalogue import CHOICES, PERSONAL_COLUMNS
from wolkvox_source.reports.thresholds import Thresholds
from wolkvox_source.settings.resolving import SECTION, missing_setting, wrong_setting

if TYPE_CHECKING:
    from wolkvox_source.settings.operation import Operation

_GUARD = tuple(f"guard_{each.name}" for each in fields(Thresholds))
_NAME = re.compile(r"[A-Za-z0-9_-]+")


def check(operation: "Operation") -> None:
    """Raises a ConfigurationError that names the first wrong setting of an operation that has its name."""
    _check_server(operation)
    _check_token(operation)
    _check_timezone(operation)
    _check_address(operation)
    _check_numbers(operation)
    _check_pattern(operation)
    _check_privacy(operation)
    _check_reports(operation)


def _check_server(operation: "Operation") -> None:
    if not operation.server:
        raise missing_setting(f"{'.'.join(SECTION)}.server")
    named_after_it = operation.base_url is None or operation.server == operation.name
    if not _NAME.fullmatch(operation.server) and named_after_it:
        raise wrong_setting("server", operation.server, Phrase("wanted_server"), operation.name)
    if not _NAME.fullmatch(operation.name):
        raise ConfigurationError("bad_operation_name", name=operation.name)


def _check_token(operation: "Operation") -> None:
    if not operation.token:
        raise missing_setting(f"{'.'.join(SECTION)}.token")
    if not re.fullmatch(r"[!-~]+", operation.token):
        raise wrong_setting("token", Phrase("value_hidden"), Phrase("wanted_word"), operation.name)


def _check_timezone(operation: "Operation") -> None:
    try:
        ZoneInfo(operation.timezone)
    except (OSError, ValueError, KeyError):
        raise ConfigurationError("bad_timezone", name=operation.timezone, operation=operation.name) from None


def _check_address(operation: "Operation") -> None:
    address = operation.address
    try:
        # the port is read only when it is asked for
        usable = re.fullmatch(r"https?://[^\s/?#@]+[^\s?#@]*", address) and urlsplit(address).port != 0
    except ValueError:
        usable = False
    if not usable:
        raise ConfigurationError("bad_address", address=without_passwords(address), operation=operation.name)


def _check_numbers(operation: "Operation") -> None:
    for setting, least in (
        ("licences", 0),
        ("agents_per_licence", 1),
        ("requests_at_most", 1),
        ("interval_seconds", 1),
        ("requests_per_day", 1),
        ("reread_days", 2),
        ("guard_appeared_share", 0),
        ("guard_accept_after_runs", 1),
        *((setting, 0) for setting in _GUARD if setting.endswith(("_agents", "_records"))),
    ):
        value = getattr(operation, setting)
        if value is not None and value < least:
            raise wrong_setting(setting, value, Phrase("wanted_at_least", {"least": least}), operation.name)
    for setting in (each for each in _GUARD if each.endswith("_share") and each != "guard_appeared_share"):
        value = getattr(operation, setting)
        if not 0 <= value <= 1:
            raise wrong_setting(setting, value, Phrase("wanted_share"), operation.name)


def _check_pattern(operation: "Operation") -> None:
    try:
        re.compile(operation.document_pattern or "")
    except re.error:
        pattern = operation.document_pattern
        raise wrong_setting("document_pattern", pattern, Phrase("wanted_pattern"), operation.name) from None


def _check_privacy(operation: "Operation") -> None:
    hashed = [column for column in PERSONAL_COLUMNS if operation.privacy.of(column) == "hash"]
    if hashed and not operation.privacy_key:
        raise ConfigurationError("no_privacy_key", operation=operation.name, columns=", ".join(hashed))


def _check_reports(operation: "Operation") -> None:
    names = operation.asks_for
    if not names or not set(names) <= set(CHOICES):
        wanted = Phrase("wanted_some_of", {"choices": [*CHOICES]})
        raise wrong_setting("reports", ", ".join(names), wanted, operation.name)
