# /// script
# requires-python = ">=3.10"
# dependencies = ["dlt-source-wolkvox[notebook]"]
#
# [tool.marimo.display]
# theme = "system"
# ///
"""Ask the readers' copy, see the answer, change the question: a marimo notebook for analysts.

`marimo edit notebooks/dashboard.py` opens it; `WOLKVOX_FILE` names another copy than `wolkvox_read.duckdb`, and
`WOLKVOX_DESTINATION=postgres` or `ducklake` asks such a warehouse itself. The supervisor's page is `wolkvox dashboard`.
"""

import marimo

app = marimo.App(width="medium", app_title="wolkvox")

with app.setup:
    import os
    from datetime import date

    import duckdb
    import marimo as mo
    import matplotlib.pyplot as plt

    from wolkvox_source import pipeline_into


@app.cell
def _():
    mo.md("""
    # Ask

    Every view of the README stands in the copy: `agents_now`, `agent_status_intervals`, `agent_status_daily`,
    `agent_connections_daily`, `roster_changes`, `licence_usage_daily`, `coverage_daily`. Change the SQL below and run it.
    """)
    return


@app.function
def ask(question: str):
    """A data frame with the answer; the copy is opened for the question alone, so that no sync waits for it."""
    if destination := os.environ.get("WOLKVOX_DESTINATION"):
        with pipeline_into(destination).sql_client() as warehouse, warehouse.execute_query(question) as answer:
            return answer.df()
    with duckdb.connect(os.environ.get("WOLKVOX_FILE", "wolkvox_read.duckdb"), read_only=True) as copy:
        copy.execute("set schema = 'contact_center'")
        return copy.sql(question).df()


@app.cell
def _():
    question = mo.ui.code_editor(
        "select status_category, agent_status, count(*) as agents, max(status_seconds) / 60 as longest_minutes\n"
        "from agents_now group by status_category, agent_status order by agents desc",
        language="sql",
    )
    question
    return (question,)


@app.cell
def _(question):
    mo.ui.table(ask(question.value))
    return


@app.cell
def _():
    mo.md("""
    # See

    For how long each status was observed on a day, hour of observed time by hour of observed time. Read the coverage
    first: what was not observed is not zero.
    """)
    return


@app.cell
def _():
    days = ask("select distinct local_day from agent_status_daily order by local_day desc")["local_day"]
    day = mo.ui.dropdown([str(each)[:10] for each in days], value=str(days[0])[:10], label="day")
    day
    return (day,)


@app.cell
def _(day):
    chosen = date.fromisoformat(day.value)
    hours = ask(f"""
        select coalesce(agent_status, '(none)') as status, sum(observed_seconds) / 3600 as hours
        from agent_status_daily where local_day = date '{chosen}' and status_category <> 'logged out'
        group by coalesce(agent_status, '(none)') order by hours
    """)
    covered = ask(f"select operation, coverage_percent from coverage_daily where local_day = date '{chosen}'")
    figure, axes = plt.subplots(figsize=(8, 0.4 * len(hours) + 1))
    axes.barh(hours["status"], hours["hours"])
    axes.set_xlabel("observed hours, all agents together")
    axes.set_title(f"{chosen}: " + ", ".join(f"{name} {share:.0f} % observed" for name, share in covered.values))
    figure.tight_layout()
    figure
    return


@app.cell
def _():
    mo.md("""
    # Change

    A cell that you edit runs again, and so does every cell that reads what it made. A question worth keeping belongs
    into a view of your own.
    """)
    return


if __name__ == "__main__":
    app.run()
