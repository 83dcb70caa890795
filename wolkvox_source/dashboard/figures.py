"""Charts as plain HTML and SVG: no script, no font, nothing to fetch.

Every place is in per cent of the figure, so one figure fits any width, and colours are the style sheet's
variables, so it fits any light. What a figure says on hover or touch is in `data-tip`.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise

Span = tuple[float, float]


@dataclass(frozen=True)
class Bar:
    """One bar of a row of bars; `hatched` is a span that nobody looked at."""

    label: str
    value: float
    tip: str
    hatched: bool = False
    minor: bool = False
    faint: bool = False


def share_bar(parts: Iterable[tuple[str, float, str]]) -> str:
    """One horizontal bar of (css class, value, tip), each as long as its share."""
    pieces = "".join(
        f'<i class="{kind}" style="flex-grow:{value:g}" tabindex="0" data-tip="{escape(tip)}"></i>'
        for kind, value, tip in parts
        if value > 0
    )
    return f'<div class="share">{pieces}</div>'


def bars(row: Sequence[Bar], *, number: Callable[[float], str], tall: bool = True, top: float | None = None) -> str:
    """A row of bars over their labels, with the scale's top on the left."""
    highest = round_top(max((bar.value for bar in row), default=0)) if top is None else top
    columns = "".join(_column(bar, highest, place, len(row)) for place, bar in enumerate(row))
    scale = f'<span class="scale" style="bottom:100%">{escape(number(highest))}</span>' if tall else ""
    return f'<div class="bars{"" if tall else " low"}">{scale}{columns}</div>'


def _column(bar: Bar, highest: float, place: int, of: int) -> str:
    kinds = f"column{' hatched' if bar.hatched else ''}{' faint' if bar.faint else ''} {_side(place / max(of, 1))}"
    height = 100 * bar.value / highest if highest else 0
    return (
        f'<div class="{kinds}" tabindex="0" data-tip="{escape(bar.tip)}"><div class="shaft">'
        f'<b style="height:{height:.2f}%"></b></div>'
        f'<span class="tick{" minor" if bar.minor else ""}">{escape(bar.label)}</span></div>'
    )


def areas(
    layers: Mapping[str, Sequence[Sequence[tuple[float, float, float]]]],
    *,
    highest: float,
    gaps: Sequence[Span],
    watched: Sequence[Span],
    ticks: Sequence[tuple[float, str, bool]],
    tips: Sequence[tuple[float, float, str]],
    gap_label: str,
    label: str,
    number: Callable[[float], str],
) -> str:
    """Stacked areas: a layer is a css class and its stretches of (place, lower, upper), in steps.

    `gaps` are left blank but for a hatch, `watched` are underlined; all places are from 0 to 100.
    """
    shapes = "".join(
        f'<path class="{kind(layer)}" d="{"".join(_steps(stretch, highest) for stretch in stretches)}"/>'
        for layer, stretches in layers.items()
    )
    lines = "".join(
        f'<div class="line" style="bottom:{100 * level / highest:.2f}%"><span>{escape(number(level))}</span></div>'
        for level in _levels(highest)
    )
    blanks = "".join(
        f'<div class="gap" style="left:{start:.3f}%;width:{end - start:.3f}%">'
        f"{f'<span>{escape(gap_label)}</span>' if end - start > 9 else ''}</div>"
        for start, end in gaps
    )
    seen = "".join(f'<i style="left:{start:.3f}%;width:{max(end - start, 0.2):.3f}%"></i>' for start, end in watched)
    columns = "".join(
        f'<div class="hover {_side(start / 100)}" style="left:{start:.3f}%;width:{end - start:.3f}%" '
        f'data-tip="{escape(tip)}"></div>'
        for start, end, tip in tips
    )
    hours = "".join(
        f'<span class="tick{" minor" if minor else ""}" style="left:{place:.3f}%">{escape(text)}</span>'
        for place, text, minor in ticks
    )
    return (
        f'<div class="areas" role="img" aria-label="{escape(label)}">{lines}{blanks}'
        f'<svg viewBox="0 0 100 100" preserveAspectRatio="none" aria-hidden="true">{shapes}</svg>'
        f'<div class="watched">{seen}</div>{columns}<div class="ticks">{hours}</div></div>'
    )


def _steps(stretch: Sequence[tuple[float, float, float]], highest: float) -> str:
    """One closed outline: along the upper edge in steps, back along the lower one."""
    if not any(upper > lower for _, lower, upper in stretch):
        return ""
    there: list[str] = []
    back: list[str] = []
    for (start, lower, upper), (end, _, _) in pairwise(stretch):
        high, low = 100 - 100 * upper / highest, 100 - 100 * lower / highest
        there += [f"{start:.3f} {high:.2f}", f"{end:.3f} {high:.2f}"]
        back += [f"{start:.3f} {low:.2f}", f"{end:.3f} {low:.2f}"]
    return f"M{'L'.join(there + back[::-1])}Z" if there else ""


def _levels(highest: float) -> list[float]:
    return [highest * part / 4 for part in (1, 2, 3)] + [highest] if highest % 4 == 0 else [highest / 2, highest]


def _side(place: float) -> str:
    """Where a tip opens, so that it stays on the page."""
    return "leftward" if place > 0.6 else "rightward" if place < 0.4 else "middle"


def round_top(value: float) -> float:
    """The scale's top for a highest value: 4, 8, 20, 40, 60 … always a number that halves well."""
    if value <= 4:
        return 4
    size = 10 ** (len(str(int(value))) - 1)
    tops: list[int] = [round(step * size) for step in (1, 1.2, 1.6, 2, 2.4, 3, 4, 5, 6, 8, 10)]
    return next(top for top in tops if top >= value and top % 2 == 0)


def table(headings: Sequence[tuple[str, str]], rows: Iterable[Sequence[str]], name: str = "") -> str:
    """A table of cells that are HTML already; a heading is (css class of its column, text)."""
    head = "".join(f'<th class="{kind}">{escape(text)}</th>' for kind, text in headings)
    kinds = [kind for kind, _ in headings]
    body = "".join(
        "<tr>" + "".join(f'<td class="{kind}">{cell}</td>' for kind, cell in zip(kinds, row, strict=True)) + "</tr>"
        for row in rows
    )
    return (
        f'<div class="scroll"><table class="{name}"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'
    )


def badge(text: str) -> str:
    """A word that marks what stands before it."""
    return f' <em class="badge">{escape(text)}</em>'


def kind(category: str) -> str:
    """The css class of a status category."""
    return category.replace(" ", "-")


def coded(text: str) -> str:
    """The text escaped, what stands in backticks set as code."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text))
