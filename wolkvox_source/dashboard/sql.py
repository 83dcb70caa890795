"""Values as SQL writes them."""

from collections.abc import Iterable
from datetime import date, datetime


def literal(value: object) -> str:
    """A text, date or moment as SQL writes it."""
    if isinstance(value, datetime):
        return f"cast('{value.isoformat()}' as timestamp with time zone)"
    text = str(value).replace("'", "''").replace("\0", "")
    return f"date '{text}'" if isinstance(value, date) else f"'{text}'"


def among(values: Iterable[object]) -> str:
    """Values in brackets, for `in`."""
    return "(" + ", ".join(map(literal, values)) + ")"
