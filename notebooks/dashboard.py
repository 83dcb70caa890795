# /// script
# requires-python = ">=3.10"
# dependencies = ["dlt-source-wolkvox[dashboard]"]
#
# [tool.marimo.display]
# theme = "system"
# ///
"""The dashboard on the readers' copy, a marimo app.

`wolkvox dashboard` serves it. By hand: `WOLKVOX_FILE=wolkvox_read.duckdb marimo run notebooks/dashboard.py`, or
`marimo edit` to change it. An address such as `?lang=es&operation=ventas&day=2026-03-02` opens it as filtered.
"""

import marimo

app = marimo.App(width="medium", app_title="wolkvox")


with app.setup:
    import os
    from pathlib import Path

    import marimo as mo

    from wolkvox_source.dashboard.answers import Copy, days, operations, utc_now
    from wolkvox_source.dashboard.page import View, section, style, title, trouble, wrapped
    from wolkvox_source.dashboard.words import Words
    from wolkvox_source.errors import WolkvoxError


@app.cell
def _():
    file = Path(os.environ.get("WOLKVOX_FILE", "wolkvox_read.duckdb")).absolute()
    asked = mo.query_params().to_dict()
    # what was chosen outlives a filter that is drawn again, in another language or with one more day
    chosen = {"operation": asked.get("operation"), "day": asked.get("day")}
    return asked, chosen, file


@app.cell
def _(asked):
    languages = {"English": "en", "Español": "es"}
    _wanted = asked.get("lang", os.environ.get("WOLKVOX_LANG"))
    language = mo.ui.dropdown(languages, value="Español" if _wanted == "es" else "English")
    refresh = mo.ui.refresh(options=["1m", "5m", "15m"], default_interval="1m")
    return language, refresh


@app.cell
def _():
    copy, put_copy = mo.state(None)
    return copy, put_copy


@app.cell
def _(copy, file, put_copy, refresh):
    refresh.value
    # a copy that is still the same sets nothing off, so tables stay where they were scrolled to
    try:
        _found = Copy.at(file)
        operations(_found)
    except WolkvoxError as error:
        _found = error
    if str(_found) != str(copy()):
        put_copy(_found)
    return


@app.cell
def _(chosen, copy, language):
    words = Words(language.value)
    operation = day = None
    if isinstance(copy(), Copy):
        _names = [row["operation"] for row in operations(copy())]
        _options = {words("all_operations"): None, **{name: name for name in _names}}
        _held = chosen["operation"] if chosen["operation"] in _names else None
        operation = mo.ui.dropdown(
            _options,
            value=_held or words("all_operations"),
            on_change=lambda value: chosen.update(operation=value),
        )
        _days = {str(each): each for each in days(copy(), None)}
        _latest = words("latest_day")
        day = mo.ui.dropdown(
            {_latest: None, **{f"{words.date(each)}": each for each in _days.values()}},
            value=words.date(_days[chosen["day"]]) if chosen["day"] in _days else _latest,
            searchable=len(_days) > 10,
            on_change=lambda value: chosen.update(day=value and str(value)),
        )
    return day, operation, words


@app.cell
def _(day, language, operation, refresh, words):
    _named = [("operation", operation), ("day", day), ("language", language), ("refresh", refresh)]
    _filters = mo.hstack(
        [
            mo.vstack([mo.Html(wrapped(f'<label class="filter">{words(name)}</label>')), element], gap=0.2)
            for name, element in _named
            if element is not None
        ],
        justify="start",
        align="end",
        wrap=True,
        gap=1,
    )
    mo.vstack([mo.Html(style() + title(words)), _filters], gap=0.5)
    return


@app.cell
def _(copy, day, language, operation):
    if not isinstance(copy(), Copy):
        mo.stop(True, mo.Html(trouble(copy(), language.value)) if copy() else None)
    view = View(copy(), language.value, operation.value, day.value)
    return (view,)


@app.cell
def _(refresh, view):
    refresh.value
    mo.Html(view.freshness(utc_now()))
    return


@app.cell
def _(view):
    mo.Html(view.headlines())
    return


@app.cell
def _(words):
    search = mo.ui.text(placeholder=words("search"), debounce=250, full_width=True)
    return (search,)


@app.cell
def _(search, view, words):
    mo.vstack(
        [
            mo.Html(section("agents", words("agents_now"), "")),
            search,
            mo.Html(view.agents(search.value) + view.agents_note()),
        ],
        gap=0.3,
    )
    return


@app.cell
def _(view):
    mo.Html(view.the_day())
    return


@app.cell
def _(view):
    mo.Html(view.month())
    return


@app.cell
def _(view):
    mo.Html(view.coverage())
    return


@app.cell
def _(view):
    mo.Html(view.radar())
    return


@app.cell
def _(view):
    mo.Html(view.changes())
    return


if __name__ == "__main__":
    app.run()
