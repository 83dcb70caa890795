"""When a centre is open, as its settings `hours` and `holidays` say."""

from pathlib import Path

from wolkvox_source.errors import ConfigurationError, quote
from wolkvox_source.hours import HoursError, Row, holidays, week
from wolkvox_source.language import Phrase
from wolkvox_source.settings.resolving import wrong_setting


def opening_rows(operation: str, hours: str | None, file: str | None) -> list[Row] | None:
    """The hours and the CSV of closed days as `hours.py` has them; None for a centre that is always open."""
    if hours is None and file is None:
        return None
    try:
        rows = week("mon-sun 00:00-24:00" if hours is None else hours)
    except HoursError as error:
        raise wrong_setting("hours", error.text, Phrase("wanted_hours"), operation) from None
    if file is None:
        return rows
    try:
        return [*rows, *holidays(Path(file).read_text(encoding="utf-8-sig"))]
    except HoursError as error:
        raise ConfigurationError(
            "bad_holidays", operation=operation, file=file, line=error.line, quoted=quote(error.text)
        ) from None
    except (OSError, ValueError) as error:
        problem = quote(getattr(error, "strerror", None) or str(error))
        raise ConfigurationError("no_holidays", operation=operation, file=file, problem=problem) from error
