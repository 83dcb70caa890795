"""The settings that all operations have in common, each read when it is wanted."""

import math
import re
from typing import Optional

from dlt.common.configuration import configspec
from dlt.common.configuration.specs import BaseConfiguration
from dlt.common.typing import TSecretStrValue

from wolkvox_source.language import Phrase
from wolkvox_source.settings.resolving import resolved, wrong_setting
from wolkvox_source.settings.webhook import is_webhook


@configspec
class Connector(BaseConfiguration):
    """What stands right under `sources.wolkvox`, for every operation."""

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
    mode = resolved((), Connector()).copy_mode
    if mode is None:
        return None
    # a program that may write to the copy would lock out its readers
    if not re.fullmatch(r"0?4[04][04]", mode):
        raise wrong_setting("copy_mode", mode, Phrase("wanted_one_of", {"choices": ["0444", "0440", "0400"]}))
    return int(mode, 8)


def wait_seconds() -> float:
    """How long to wait for a warehouse that is held, in seconds; raises a ConfigurationError for less than nothing."""
    seconds = resolved((), Connector()).wait_seconds
    if not 0 <= seconds < math.inf:
        raise wrong_setting("wait_seconds", seconds, Phrase("wanted_at_least", {"least": 0}))
    return seconds


def too_long() -> list[str]:
    """After how many minutes in which categories of status an agent needs attention, as `auxiliary=20`."""
    return [str(each) for each in resolved((), Connector()).too_long or ()]


def alert_webhook() -> str | None:
    """Where alerts are posted, None where nowhere; raises a ConfigurationError for what is no address."""
    url = resolved((), Connector()).alert_webhook
    if url is None or is_webhook(url):
        return url
    raise wrong_setting("alert_webhook", Phrase("value_hidden"), Phrase("wanted_address"))


def archive_url() -> str | None:
    """Where every answer is kept as it was received, None where none is."""
    return resolved((), Connector()).archive_url


def categories_file() -> str | None:
    """The user's own CSV of status categories, None where the shipped one serves."""
    return resolved((), Connector()).status_categories
