"""The day as stacked areas: how many agents were in each status, and when nobody looked."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from html import escape

from wolkvox_source.dashboard.answers import Day
from wolkvox_source.dashboard.figures import areas, round_top, table
from wolkvox_source.dashboard.words import Words, key

# those who are logged out would dwarf the others
LAYERS = ("talking", "ringing", "after-call work", "ready", "auxiliary", "unknown")
_HOUR = timedelta(hours=1)
_NARROWEST_TIP = timedelta(minutes=5)
_FEWEST_HOURS = 5


def day_figures(words: Words, days: Sequence[Day]) -> str:
    """One figure an operation, since each has its own looks and its own clock."""
    several = len(days) > 1
    return "".join(_figure(words, day, several) for day in days)


def _figure(words: Words, day: Day, several: bool) -> str:
    name = day.operation["operation"]
    title = f"{words('areas')}{f' · {name}' if several else ''}"
    heading = f"<h3>{escape(title)}</h3>"
    if day.coverage is None or not day.looked:
        return f'<div class="figure">{heading}<p class="none">{escape(words("no_day", operation=name))}</p></div>'
    begins, ends = _axis(day)

    def place(moment: datetime) -> float:
        return 100 * (moment - begins) / (ends - begins)

    stretches = [[*_counted(day, *span)] for span in day.looked]
    seconds = dict(day.seconds)
    observed = {name: f"{words.number(seconds[name] / 3600, 1)} h" for name in LAYERS if seconds.get(name)}
    highest = round_top(max(sum(count.get(layer, 0) for layer in LAYERS) for each in stretches for _, count in each))
    figure = areas(
        {layer: [_layer(layer, stretch, place) for stretch in stretches] for layer in LAYERS},
        highest=highest,
        gaps=[(place(start), place(end)) for start, end in _gaps(day)],
        watched=[(place(start), place(end)) for start, end in day.looked],
        ticks=[*_ticks(day, begins, ends)],
        tips=[*_tips(words, day, stretches, begins, ends)],
        gap_label=words("not_looked"),
        label=f"{title}, {words.date(day.local_day)}",
        number=words.number,
    )
    return (
        f'<div class="figure">{heading}{key(words, observed, "day")}{figure}'
        f'<p class="note">{escape(words("areas_note"))}</p>{_as_table(words, day, stretches)}</div>'
    )


def _axis(day: Day) -> tuple[datetime, datetime]:
    """The whole hours of the day that count: from the first attempt ever, to the latest one."""
    assert day.coverage is not None  # noqa: S101 - a day without coverage has no axis
    starts_at, ends_at = day.coverage["day_starts_at"], day.coverage["day_ends_at"]
    first = max(starts_at, day.operation["first_at"])
    last = min(ends_at, day.operation["last_at"])
    begins = starts_at + (first - starts_at) // _HOUR * _HOUR
    ends = min(ends_at, starts_at - (starts_at - last) // _HOUR * _HOUR)
    if ends - begins < _FEWEST_HOURS * _HOUR:
        ends = min(ends_at, begins + _FEWEST_HOURS * _HOUR)
        begins = max(starts_at, ends - _FEWEST_HOURS * _HOUR)
    return begins, ends


def _gaps(day: Day) -> Iterator[tuple[datetime, datetime]]:
    """The times between the first and the last attempt of the day in which nobody looked."""
    assert day.coverage is not None  # noqa: S101
    reached = max(day.coverage["day_starts_at"], day.operation["first_at"])
    for start, end in day.looked:
        if start > reached:
            yield reached, start
        reached = end
    last = min(day.coverage["day_ends_at"], day.operation["last_at"])
    if last > reached:
        yield reached, last


def _counted(day: Day, start: datetime, end: datetime) -> Iterator[tuple[datetime, dict[str, int]]]:
    """How many were in each category from each moment of a stretch on; its end closes it."""
    current: dict[str, int] = {}
    for moment, count in day.steps:
        if moment <= start:
            current = count
    yield start, current
    for moment, count in day.steps:
        if start < moment < end:
            current = count
            yield moment, count
    yield end, current


def _layer(
    layer: str, stretch: Sequence[tuple[datetime, dict[str, int]]], place: Callable[[datetime], float]
) -> list[tuple[float, float, float]]:
    """One category's (place, lower, upper) on top of the categories before it."""
    under = LAYERS[: LAYERS.index(layer)]
    points: list[tuple[float, float, float]] = []
    for moment, count in stretch:
        lower = sum(count.get(other, 0) for other in under)
        points.append((place(moment), lower, lower + count.get(layer, 0)))
    return points


def _ticks(day: Day, begins: datetime, ends: datetime) -> Iterator[tuple[float, str, bool]]:
    """The hours of the local clock, every second one where there are many; a phone leaves out the minor ones."""
    hours = (ends - begins) // _HOUR
    every = 1 if hours <= 8 else 2
    for passed in range(hours + 1):
        local = (begins + passed * _HOUR).astimezone(day.zone)
        if local.hour % every == 0:
            text = "24:00" if passed and passed == hours and local.hour == 0 else f"{local:%H:%M}"
            yield 100 * passed / hours, text, bool(local.hour // every % 2)


def _tips(
    words: Words,
    day: Day,
    stretches: Sequence[Sequence[tuple[datetime, dict[str, int]]]],
    begins: datetime,
    ends: datetime,
) -> Iterator[tuple[float, float, str]]:
    """What to say over each piece of the figure, pieces shorter than five minutes joined."""
    for stretch in stretches:
        begun = 0
        for place, (moment, _) in enumerate(stretch):
            started, count = stretch[begun]
            if (moment - started < _NARROWEST_TIP and place + 1 < len(stretch)) or moment == started:
                continue
            lines = [f"{started.astimezone(day.zone):%H:%M}–{moment.astimezone(day.zone):%H:%M}"]
            lines += [f"{words(layer)}: {words.number(count[layer])}" for layer in LAYERS if count.get(layer)]
            yield (
                100 * (started - begins) / (ends - begins),
                100 * (moment - begins) / (ends - begins),
                "\n".join(lines),
            )
            begun = place


def _as_table(words: Words, day: Day, stretches: Sequence[Sequence[tuple[datetime, dict[str, int]]]]) -> str:
    """The same numbers at each full hour, for who cannot see the figure or hover over it."""
    assert day.coverage is not None  # noqa: S101
    shown = [layer for layer in LAYERS if any(layer in count for stretch in stretches for _, count in stretch)]
    rows = []
    moment = day.coverage["day_starts_at"]
    while moment < day.coverage["day_ends_at"]:
        count = _at(moment, stretches)
        if count is not None:
            cells = [words.number(count.get(layer, 0)) for layer in shown]
            rows.append([f"{moment.astimezone(day.zone):%H:%M}", *cells])
        moment += _HOUR
    headings = [("", words("time")), *(("number", words(layer)) for layer in shown)]
    return f"<details><summary>{escape(words('as_table'))}</summary>{table(headings, rows, 'hours')}</details>"


def _at(moment: datetime, stretches: Sequence[Sequence[tuple[datetime, dict[str, int]]]]) -> dict[str, int] | None:
    """How many were in each category at a moment, None where nobody looked."""
    for stretch in stretches:
        if stretch[0][0] <= moment < stretch[-1][0]:
            return [count for began, count in stretch if began <= moment][-1]
    return None
