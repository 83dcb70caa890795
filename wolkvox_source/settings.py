"""Which operations there are: name, server, token, time zone and the rest, as dlt configuration.

Each operation is resolved under `sources.wolkvox.<operation>` and falls back to `sources.wolkvox`, so a
value may come from `.dlt/config.toml`, `.dlt/secrets.toml` or the environment.
"""

import contextlib
import math
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any, Literal, Optional, TypeVar, get_args, get_origin
from urllib.parse import unquote, urlsplit
from zoneinfo import ZoneInfo

import dlt
import tomlkit
from dlt.common.configuration import configspec, resolve_configuration
from dlt.common.configuration.exceptions import (
    ConfigFieldMissingException,
    ConfigValueCannotBeCoercedException,
    ValueNotSecretException,
)
from dlt.common.configuration.providers.doc import CustomLoaderDocProvider
from dlt.common.configuration.providers.toml import TomlProviderReadException
from dlt.common.configuration.specs import BaseConfiguration
from dlt.common.runtime.telemetry import stop_telemetry
from dlt.common.typing import TSecretStrValue

from wolkvox_source.errors import ConfigurationError, quote, without_passwords
from wolkvox_source.hours import HoursError, Row, holidays, week
from wolkvox_source.language import Phrase
from wolkvox_source.reports.catalogue import CHOICES, PERSONAL_COLUMNS
from wolkvox_source.reports.privacy import Privacy, Protection
from wolkvox_source.reports.thresholds import Thresholds

SECTION = ("sources", "wolkvox")

# dlt would report each run to its makers; who wants that says so in this setting
# (a file of settings that cannot be read is told where it is needed)
with contextlib.suppress(TomlProviderReadException):
    if dlt.config.get("runtime.dlthub_telemetry") is None:
        os.environ["RUNTIME__DLTHUB_TELEMETRY"] = "false"
        stop_telemetry()

_Configuration = TypeVar("_Configuration", bound=BaseConfiguration)

_GUARD = tuple(f"guard_{each.name}" for each in fields(Thresholds))
# shorter ones are words like others
_SHORTEST_SECRET = 4
_NAME = re.compile(r"[A-Za-z0-9_-]+")
# `0010` as people write it who look at wolkvox's address
_ADDRESS_OF_SERVER = re.compile(r"(?:https?://)?wv([\w-]+)\.wolkvox\.com(?:[:/].*)?|wv(\d[\w-]*)", re.IGNORECASE)


@configspec
class Operation(BaseConfiguration):
    """One wolkvox customer. Its repr shows no value, and so no token."""

    server: str = None  # type: ignore[assignment]
    """The number in wolkvox's address, `0010` of wv0010.wolkvox.com."""
    token: TSecretStrValue = None  # type: ignore[assignment]
    """The operation's token for wolkvox's API."""
    timezone: str = "America/Bogota"
    """The IANA zone of the times that wolkvox prints for this operation."""
    base_url: Optional[str] = None
    """Where the API is, `https://wv{server}.wolkvox.com` if left out."""
    licences: Optional[int] = None
    """How many licences the operation has, for the view of free slots."""
    agents_per_licence: int = 10
    """Named agents per licence: 10 on a shared server, 50 on a dedicated one."""
    interval_seconds: int = 300
    """How often the operation is meant to be observed, for coverage and gaps, in seconds."""
    hours: Optional[str] = None
    """When the centre is open, on its own clock, such as `mon-fri 06:30-19:30; sat 08:00-14:00`; always if left out."""
    holidays: Optional[str] = None
    """A CSV of days on which it is closed, or has other hours."""
    document_pattern: Optional[str] = None
    """The regular expression of a whole identity document, for lists of wanted agents; a wide one if left out."""
    requests_at_most: int = 3
    """How often one observation may be asked for when wolkvox fails; each request costs the daily budget."""
    reports: Optional[list[str]] = None
    """What to ask for: agents, live, skills, sessions, status_events; agents alone if left out."""
    requests_per_day: Optional[int] = None
    """How many requests the day may cost; the agents report is the last to go without."""
    reread_days: int = 2
    """How many days of a dated report may still move, today being one of them."""
    guard_vanished_agents: int = Thresholds.vanished_agents
    guard_vanished_share: float = Thresholds.vanished_share
    guard_rejected_records: int = Thresholds.rejected_records
    guard_rejected_share: float = Thresholds.rejected_share
    guard_duplicate_share: float = Thresholds.duplicate_share
    guard_appeared_agents: int = Thresholds.appeared_agents
    guard_appeared_share: float = Thresholds.appeared_share
    guard_replaced_agents: int = Thresholds.replaced_agents
    guard_replaced_share: float = Thresholds.replaced_share
    guard_emptied_agents: int = Thresholds.emptied_agents
    guard_emptied_share: float = Thresholds.emptied_share
    guard_constant_agents: int = Thresholds.constant_agents
    guard_constant_share: float = Thresholds.constant_share
    guard_moved_back_agents: int = Thresholds.moved_back_agents
    guard_moved_back_share: float = Thresholds.moved_back_share
    guard_future_agents: int = Thresholds.future_agents
    guard_future_share: float = Thresholds.future_share
    """More than this number and more than this share of agents or records at once are suspicious."""
    guard_accept_after_runs: Optional[int] = Thresholds.accept_after_runs
    """After how many runs a suspicion that repeats itself unchanged is accepted by itself; never if left out."""
    privacy_agent_name: Protection = "keep"
    privacy_agent_dni: Protection = "keep"
    privacy_agent_sso: Protection = "keep"
    privacy_destination: Protection = "keep"
    privacy_telephone: Protection = "keep"
    """What becomes of each personal column before anything is written: keep, hash or drop."""
    privacy_key: Optional[TSecretStrValue] = None
    """The secret under which `hash` works."""

    def named(self, name: str) -> "Operation":
        """This operation under `name`, checked; raises a ConfigurationError that names the wrong setting."""
        self.name = name
        self.server = server_number(self.server)
        if not _NAME.fullmatch(self.server) and (self.base_url is None or self.server == name):
            raise self._wrong("server", self.server, Phrase("wanted_server"))
        if not _NAME.fullmatch(name):
            raise ConfigurationError("bad_operation_name", name=name)
        self._check_token()
        self._check_timezone()
        self._check_address()
        self._check_numbers()
        self._check_pattern()
        self._check_privacy()
        self._check_reports()
        self.opening = self._opening()
        return self

    @property
    def opening(self) -> list[Row] | None:
        """When the centre is open, as `hours.py` has it; None for one that always is."""
        return self.__dict__.get("_opening")

    @opening.setter
    def opening(self, rows: list[Row] | None) -> None:
        self.__dict__["_opening"] = rows

    def _opening(self) -> list[Row] | None:
        if self.hours is None and self.holidays is None:
            return None
        try:
            rows = week("mon-sun 00:00-24:00" if self.hours is None else self.hours)
        except HoursError as error:
            raise self._wrong("hours", error.text, Phrase("wanted_hours")) from None
        if self.holidays is None:
            return rows
        try:
            return [*rows, *holidays(Path(self.holidays).read_text(encoding="utf-8-sig"))]
        except HoursError as error:
            raise ConfigurationError(
                "bad_holidays", operation=self.name, file=self.holidays, line=error.line, quoted=quote(error.text)
            ) from None
        except (OSError, ValueError) as error:
            problem = quote(getattr(error, "strerror", None) or str(error))
            raise ConfigurationError("no_holidays", operation=self.name, file=self.holidays, problem=problem) from error

    @property
    def address(self) -> str:
        """Where the API is, without a slash at the end."""
        return (self.base_url or f"https://wv{self.server}.wolkvox.com").rstrip("/")

    @property
    def asks_for(self) -> list[str]:
        """The reports to ask for."""
        return ["agents"] if self.reports is None else [str(name) for name in self.reports]

    @property
    def thresholds(self) -> Thresholds:
        return Thresholds(**{each.name: getattr(self, f"guard_{each.name}") for each in fields(Thresholds)})

    @property
    def privacy(self) -> Privacy:
        protections = {column: getattr(self, f"privacy_{column}") for column in PERSONAL_COLUMNS}
        return Privacy(protections, (self.privacy_key or "").encode())

    def _check_token(self) -> None:
        # a secret that was read from a file often ends in a new line
        self.token = self.token.strip()
        if not self.token:
            raise missing_setting(f"{'.'.join(SECTION)}.token")
        if not re.fullmatch(r"[!-~]+", self.token):
            raise self._wrong("token", Phrase("value_hidden"), Phrase("wanted_word"))

    def _check_timezone(self) -> None:
        try:
            ZoneInfo(self.timezone)
        except (OSError, ValueError, KeyError):
            raise ConfigurationError("bad_timezone", name=self.timezone, operation=self.name) from None

    def _check_address(self) -> None:
        try:
            # the port is read only when it is asked for
            usable = re.fullmatch(r"https?://[^\s/?#@]+[^\s?#@]*", self.address) and urlsplit(self.address).port != 0
        except ValueError:
            usable = False
        if not usable:
            raise ConfigurationError("bad_address", address=without_passwords(self.address), operation=self.name)

    def _check_numbers(self) -> None:
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
            value = getattr(self, setting)
            if value is not None and value < least:
                raise self._wrong(setting, value, Phrase("wanted_at_least", {"least": least}))
        for setting in (each for each in _GUARD if each.endswith("_share") and each != "guard_appeared_share"):
            if not 0 <= getattr(self, setting) <= 1:
                raise self._wrong(setting, getattr(self, setting), Phrase("wanted_share"))

    def _check_pattern(self) -> None:
        try:
            re.compile(self.document_pattern or "")
        except re.error:
            raise self._wrong("document_pattern", self.document_pattern, Phrase("wanted_pattern")) from None

    def _check_reports(self) -> None:
        names = self.asks_for
        if not names or not set(names) <= set(CHOICES):
            raise self._wrong("reports", ", ".join(names), Phrase("wanted_some_of", {"choices": [*CHOICES]}))

    def _check_privacy(self) -> None:
        hashed = [column for column in PERSONAL_COLUMNS if self.privacy.of(column) == "hash"]
        if hashed and not self.privacy_key:
            raise ConfigurationError("no_privacy_key", operation=self.name, columns=", ".join(hashed))

    def _wrong(self, setting: str, value: object, wanted: Phrase) -> ConfigurationError:
        return ConfigurationError(
            "bad_setting", setting=f"{'.'.join(SECTION)}.{setting}", operation=self.name, value=value, wanted=wanted
        )


@configspec
class _Connector(BaseConfiguration):
    operations: Optional[list[str]] = None
    """Names of the operations; left out, there is one, configured right here."""
    status_categories: Optional[str] = None
    """A CSV of your own in place of the shipped categories of status words."""
    archive_url: Optional[str] = None
    """A folder, or an address such as s3://bucket/folder, where every answer is kept as it was received."""
    copy_mode: Optional[str] = None
    """Who may read the readers' copy, as chmod's octal number: 0444 is everybody, 0440 the group, 0400 its owner."""
    too_long: Optional[list[str]] = None
    """After how many minutes in a status category an agent needs attention, such as auxiliary=20."""
    alert_webhook: Optional[TSecretStrValue] = None
    """The address to which alerts are posted, which is a secret."""
    wait_seconds: float = 120
    """How long a run waits for a warehouse that another run is loading or that a program holds, in seconds."""


def copy_mode() -> int | None:
    """The mode of the readers' copy, None where no setting says it; a ConfigurationError for one that is none."""
    mode = _resolved((), _Connector()).copy_mode
    if mode is None:
        return None
    # a program that may write to the copy would lock out its readers
    if not re.fullmatch(r"0?4[04][04]", mode):
        raise ConfigurationError(
            "bad_setting",
            setting=f"{'.'.join(SECTION)}.copy_mode",
            operation="wolkvox",
            value=mode,
            wanted=Phrase("wanted_one_of", {"choices": ["0444", "0440", "0400"]}),
        )
    return int(mode, 8)


def wait_seconds() -> float:
    """How long to wait for a warehouse that is held, in seconds; raises a ConfigurationError for less than nothing."""
    seconds = _resolved((), _Connector()).wait_seconds
    if not 0 <= seconds < math.inf:
        raise ConfigurationError(
            "bad_setting",
            setting=f"{'.'.join(SECTION)}.wait_seconds",
            operation="wolkvox",
            value=seconds,
            wanted=Phrase("wanted_at_least", {"least": 0}),
        )
    return seconds


def too_long() -> list[str]:
    """After how many minutes in which categories of status an agent needs attention, as `auxiliary=20`."""
    return [str(each) for each in _resolved((), _Connector()).too_long or ()]


def alert_webhook() -> str | None:
    """Where alerts are posted, None where nowhere; raises a ConfigurationError for what is no address."""
    url = _resolved((), _Connector()).alert_webhook
    if url is None or is_webhook(url):
        return url
    raise ConfigurationError(
        "bad_setting",
        setting=f"{'.'.join(SECTION)}.alert_webhook",
        operation="wolkvox",
        value=Phrase("value_hidden"),
        wanted=Phrase("wanted_address"),
    )


def is_webhook(url: str) -> bool:
    """Whether `url` is an address that can be posted to."""
    try:
        parts = urlsplit(url)
        return bool(re.fullmatch(r"https?://[!-~]+", url) and parts.hostname and parts.port != 0)
    except ValueError:
        return False


def archive_url() -> str | None:
    """Where every answer is kept as it was received, None where none is."""
    return _resolved((), _Connector()).archive_url


def server_number(server: str) -> str:
    """`0010` of `0010`, of `wv0010` and of `https://wv0010.wolkvox.com`; anything else as it is."""
    address = _ADDRESS_OF_SERVER.fullmatch(server.strip())
    return address[1] or address[2] if address else server.strip()


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


def categories_file() -> str | None:
    """The user's own CSV of status categories, None where the shipped one serves."""
    return _resolved((), _Connector()).status_categories


def operation_names() -> list[str]:
    """The operations that the configuration names, complete or not; none where there is one without a name."""
    return [str(name) for name in _resolved((), _Connector()).operations or ()]


def configured_operations(only: Sequence[str] = ()) -> list[Operation]:
    """The operations of the configuration, or those of them named in `only`, in the configuration's order.

    Without the setting `operations` there is one, configured right under `sources.wolkvox` and named after
    its server. Raises a ConfigurationError where a setting is missing or wrong.
    """
    names = operation_names()
    if not names:
        one = _resolved((), Operation())
        name = server_number(one.server)
        _check_known(only, [name])
        return [one.named(name)]
    for name in names:
        if names.count(name) > 1:
            raise ConfigurationError("twice_named", name=name)
    _check_known(only, names)
    # an operation that is not wanted need not be complete
    return [_resolved((name,), Operation()).named(name) for name in names if not only or name in only]


def _check_known(only: Sequence[str], names: Sequence[str]) -> None:
    for name in only:
        if name not in names:
            raise ConfigurationError("unknown_operation", name=name, known=", ".join(names))


def _resolved(section: tuple[str, ...], wanted: _Configuration) -> _Configuration:
    path = ".".join((*SECTION, *section))
    try:
        resolved = resolve_configuration(wanted, sections=(*SECTION, *section))
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
    if isinstance(resolved, Operation):
        _check_token_is_ours(resolved, path)
    return resolved


def _check_token_is_ours(operation: Operation, path: str) -> None:
    """Refuse a token that was found outside `sources.wolkvox`.

    dlt goes on looking up to a bare `TOKEN`, which on many machines is the secret of another service.
    """
    ours = (f"{path}.token", f"{'.'.join(SECTION)}.token")
    outside = ("token", f"{SECTION[0]}.token")
    if all(dlt.secrets.get(each) is None for each in ours) and operation.token in [
        dlt.secrets.get(each) for each in outside
    ]:
        raise missing_setting(f"{path}.token")


_WANTED = {int: "wanted_whole_number", float: "wanted_number", list: "wanted_list", list[str]: "wanted_names"}


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
