"""The calls behind statuses, and the spellings of times and shares that the reports have in common.

Spellings seen in public clients: HH:MM:SS past 24 hours, `34.64 %`, `15,233.33 %`, "-" for what there is none of.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from ..world.diary import Spell

NONE = "-"
OF_A_CALL = ("Ring", "Talk", "ACW")


class Call(NamedTuple):
    """One telephone call: the UTC second at which it began, and whether it came in."""

    began: int
    inbound: bool
    telephone: str


def with_calls(agent_id: str, spells: Iterable[Spell]) -> Iterator[tuple[Spell, Call | None]]:
    """Each status with the call that it belongs to; Ring, Talk and ACW in a row are one call."""
    call: Call | None = None
    before = ""
    for spell in spells:
        if spell.status not in OF_A_CALL:
            call = None
        elif call is None or OF_A_CALL.index(spell.status) <= OF_A_CALL.index(before):
            call = _call(int(agent_id) if agent_id.isdigit() else 0, spell.since)
        before = spell.status
        yield spell, call


def duration(seconds: int) -> str:
    """HH:MM:SS, with as many hours as there are."""
    minutes, second = divmod(seconds, 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours:02}:{minute:02}:{second:02}"


def share(part: float, whole: float) -> str:
    """A percentage with two decimals and a blank."""
    return f"{100 * part / whole:,.2f} %" if whole > 0 else "0 %"


def _call(number: int, began: int) -> Call:
    dice = (began * 2_654_435_761 + number * 40_503) & 0xFFFFFFFF
    return Call(began, dice >> 8 & 3 != 0, f"300555{dice % 10_000:04}")
