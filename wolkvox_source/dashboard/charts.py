"""Where the marks of a chart stand: places in per cent of its width and height, so that it fits any screen.

The templates draw them as SVG, whose marks take their colours from the style sheet.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise

from wolkvox_source.dashboard.day import Count, Day
from wolkvox_source.dashboard.words import Words

# those who are logged out would dwarf the others
LAYERS = ("talking", "ringing", "after-call work", "ready", "auxiliary", "unknown")
_HOUR = timedelta(hours=1)
_NARROWEST_TIP = timedelta(minutes=5)


@dataclass(frozen=True)
class Tick:
    """A word on an axis; a phone leaves out the minor ones."""

    place: float
    text: str
    minor: bool = False


@dataclass(frozen=True)
class Mark:
    """A piece of a chart from `start` to `end`, `low` to `high` of its height, and what it says under a finger."""

    start: float
    end: float
    low: float = 0
    high: float = 100
    kind: str = ""
    tip: str = ""

    @property
    def width(self) -> float:
        return max(self.end - self.start, 0)

    @property
    def height(self) -> float:
        return self.high - self.low


@dataclass(frozen=True)
class Chart:
    """Marks between two axes; `gaps` are the spans that nobody looked at."""

    x: Sequence[Tick] = ()
    y: Sequence[Tick] = ()
    marks: Sequence[Mark] = ()
    gaps: Sequence[Mark] = ()
    tips: Sequence[Mark] = ()
    paths: Sequence[tuple[str, str]] = field(default_factory=list)


def kind(category: str) -> str:
    """The style sheet's name of a status category."""
    return category.replace(" ", "-")


def share(parts: Sequence[tuple[str, float, str]]) -> list[Mark]:
    """One bar of (category, value, tip), each as long as its share."""
    whole, reached, marks = sum(value for _, value, _ in parts), 0.0, []
    for name, value, tip in parts:
        if value > 0:
            marks.append(Mark(reached, reached + 100 * value / whole, kind=kind(name), tip=tip))
            reached += 100 * value / whole
    return marks


def columns(values: Sequence[tuple[str, float, str, bool, bool]], words: Words, *, top: float | None = None) -> Chart:
    """Bars side by side: (label, value, tip, whether the operation was observed, whether it is a quieter day)."""
    highest = round_top(max((value for _, value, *_ in values), default=0)) if top is None else top
    each = 100 / max(len(values), 1)
    marks, gaps, ticks, tips = [], [], [], []
    for place, (label, value, tip, looked, faint) in enumerate(values):
        start, end = place * each + each * 0.06, (place + 1) * each - each * 0.06
        if not looked:
            gaps.append(Mark(start, end))
        if value:
            marks.append(Mark(start, end, 0, 100 * value / highest, "faint" if faint else ""))
        tips.append(Mark(place * each, (place + 1) * each, tip=tip))
        ticks.append(Tick((place + 0.5) * each, label, bool(place % 2)))
    return Chart(ticks, _levels(highest, words), marks, gaps, tips)


def areas(day: Day, words: Words) -> Chart:
    """How many agents were in each status through the day, in steps; blank where nobody looked."""
    begins, ends = day.axis

    def place(moment: datetime) -> float:
        return 100 * (moment - begins) / (ends - begins)

    highest = round_top(
        max((sum(count.get(layer, 0) for layer in LAYERS) for each in day.stretches for _, count in each), default=0)
    )
    paths = [
        (kind(layer), "".join(_outline(layer, stretch, place, highest) for stretch in day.stretches))
        for layer in LAYERS
    ]
    return Chart(
        hours(day),
        _levels(highest, words),
        [Mark(place(start), max(place(end), place(start) + 0.2), 0, 1, "watched") for start, end in day.looked],
        [Mark(place(start), place(end)) for start, end in day.gaps],
        _tips(day, words, place),
        [path for path in paths if path[1]],
    )


def hours(day: Day) -> list[Tick]:
    """The hours of the local clock, every second one where there are many."""
    begins, ends = day.axis
    number = (ends - begins) // _HOUR
    every = 1 if number <= 8 else 2
    ticks = []
    for passed in range(number + 1):
        local = (begins + passed * _HOUR).astimezone(day.zone)
        if local.hour % every == 0:
            text = "24:00" if passed and passed == number and local.hour == 0 else f"{local:%H:%M}"
            ticks.append(Tick(100 * passed / number, text, bool(local.hour // every % 2)))
    return ticks


def clock(moment: datetime, day: Day) -> str:
    """11:00 on the clock of the day's operation."""
    return f"{moment.astimezone(day.zone):%H:%M}"


def _outline(
    layer: str, stretch: Sequence[tuple[datetime, Count]], place: Callable[[datetime], float], highest: float
) -> str:
    """One closed outline: along the upper edge in steps, back along the lower one."""
    under = LAYERS[: LAYERS.index(layer)]
    if not any(count.get(layer) for _, count in stretch):
        return ""
    there: list[str] = []
    back: list[str] = []
    for (start, count), (end, _) in pairwise(stretch):
        low = sum(count.get(other, 0) for other in under)
        lower, upper = 100 - 100 * low / highest, 100 - 100 * (low + count.get(layer, 0)) / highest
        there += [f"{place(start):.3f} {upper:.2f}", f"{place(end):.3f} {upper:.2f}"]
        back += [f"{place(start):.3f} {lower:.2f}", f"{place(end):.3f} {lower:.2f}"]
    return f"M{'L'.join(there + back[::-1])}Z" if there else ""


def _tips(day: Day, words: Words, place: Callable[[datetime], float]) -> list[Mark]:
    """What to say over each piece of the areas, pieces shorter than five minutes joined."""
    tips = []
    for stretch in day.stretches:
        begun = 0
        for index, (moment, _) in enumerate(stretch):
            started, count = stretch[begun]
            if moment == started or (moment - started < _NARROWEST_TIP and index + 1 < len(stretch)):
                continue
            lines = [f"{clock(started, day)}–{clock(moment, day)}"]
            lines += [f"{words.category(layer)}: {words.number(count[layer])}" for layer in LAYERS if count.get(layer)]
            tips.append(Mark(place(started), place(moment), tip="\n".join(lines)))
            begun = index
    return tips


def _levels(highest: float, words: Words) -> list[Tick]:
    parts = (0, 1, 2, 3, 4) if highest % 4 == 0 else (0, 2, 4)
    return [Tick(100 - 25 * part, words.number(highest * part / 4), minor=part % 2 == 1) for part in parts]


def round_top(value: float) -> float:
    """The scale's top for a highest value: 4, 8, 20, 40, 60 … always a number that halves well."""
    if value <= 4:
        return 4
    size = 10 ** (len(str(int(value))) - 1)
    tops: list[int] = [round(step * size) for step in (1, 1.2, 1.6, 2, 2.4, 3, 4, 5, 6, 8, 10)]
    return next(top for top in tops if top >= value and top % 2 == 0)
