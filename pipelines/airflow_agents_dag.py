"""Plan the agents of a list every day, and ask a person before anything is changed: a DAG of Airflow 3.2 or later.

Put this file and `airflow_dag.py` into your DAGs folder, and do what the first lines of the latter say: its pool, its
connections and its variables serve here too. Then, once:

    airflow variables set wolkvox_agents_list /srv/wolkvox/people.csv
    airflow variables set wolkvox_agents_folder /srv/wolkvox/agents

The folder must outlive a worker, and be one that all workers see: it holds the journal, which knows who was asked for,
the plans, and the passwords, readable by the user only that tasks run as. A variable `wolkvox_agents_operation` names
the operation where there are several, and `wolkvox_agents_policy` holds what a plan may do, such as
{"reset_passwords": true, "complete": true, "accept_disable": 37}.

Nobody has to answer where nothing differs. What was approved is carried out as it was read: whatever has changed since
is left out, and in the next day's plan.
"""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from airflow.providers.standard.operators.hitl import ApprovalOperator
from airflow.sdk import dag, task

RECENT = timedelta(hours=20)


@dag(
    schedule="0 12 * * *",
    start_date=datetime(2026, 1, 1, tzinfo=timezone.utc),
    catchup=False,
    # two plans at once would ask about the same people
    max_active_runs=1,
    doc_md=__doc__,
    tags=["wolkvox"],
)
def wolkvox_agents_of_a_list() -> None:
    """Who is wanted and who is there, and what a person says to the difference."""
    made = plan_agents()
    ask = ApprovalOperator(
        task_id="ask",
        subject="Agents of wolkvox: {{ ti.xcom_pull(task_ids='plan_agents')['changes'] }} changes",
        body="{{ ti.xcom_pull(task_ids='plan_agents')['told'] }}",
        # a plan that nobody has read by then is made anew
        response_timeout=RECENT,
        fail_on_reject=False,
    )
    made >> ask >> apply_agents(made)


@task.short_circuit(pool="wolkvox", retries=2, retry_delay=timedelta(minutes=5))
def plan_agents() -> Any:
    """A plan in a file of its own, and what it says; nothing where there is nothing to do."""
    from airflow.sdk import Variable
    from airflow.sdk.exceptions import AirflowFailException

    from wolkvox_source.errors import UnavailableError, WolkvoxError
    from wolkvox_source.provisioning.plan_file import save_plan

    with settings():
        from wolkvox_source import Policy, plan

        try:
            made = plan(
                Variable.get("wolkvox_agents_list"),
                Variable.get("wolkvox_agents_operation", default=None),
                policy=Policy(**(Variable.get("wolkvox_agents_policy", default=None, deserialize_json=True) or {})),
                journal=folder() / "journal.sqlite",
                pipeline=warehouse,
            )
            made.check_many()
        except UnavailableError:
            raise
        except WolkvoxError as error:
            raise AirflowFailException(str(error)) from error
        if not made.actions:
            return None
        file = folder() / f"plan-{datetime.now(timezone.utc):%Y%m%dT%H%M%S}.json"
        save_plan(made, file)
        # no agent's name and no document goes into Airflow's own database
        return {"file": str(file), "changes": len(made.actions), "told": told(made, file)}


@task(pool="wolkvox", retries=0)
def apply_agents(made: Any) -> None:
    """Carry out the plan that an administrator approved; agents not as wanted after it fail the task and say why."""
    from airflow.sdk.exceptions import AirflowFailException

    from wolkvox_source.errors import WolkvoxError
    from wolkvox_source.provisioning.plan_file import read_plan

    with settings():
        from wolkvox_source import apply

        try:
            result = apply(
                read_plan(made["file"]), passwords=Path(made["file"]).with_suffix(".passwords.csv"), pipeline=warehouse
            )
        except WolkvoxError as error:
            raise AirflowFailException(str(error)) from error
    counts: dict[str, int] = {}
    for row in result.rows:
        counts[row.outcome] = counts.get(row.outcome, 0) + 1
    print(", ".join(f"{outcome}: {count}" for outcome, count in sorted(counts.items())))
    print(f"passwords that nobody knows: {len(result.unknown_passwords)}")
    if result.exit_code:
        raise AirflowFailException(str(result.stopped or "Not everybody is as wanted: see provisioned_agents_now."))


def told(made: Any, file: Path) -> str:
    """How many of each action a plan has, and where a person reads the rest."""
    counts: dict[str, int] = {}
    for row in made.actions:
        counts[row.action] = counts.get(row.action, 0) + 1
    lines = [f"- {action}: {count}" for action, count in counts.items()]
    conflicts = sum(row.action == "conflict" for row in made.rows)
    return "\n".join([*lines, f"- conflicts, which are left alone: {conflicts}", "", f"Every row is in `{file}`."])


def folder() -> Path:
    """Where the journal, the plans and the passwords are."""
    from airflow.sdk import Variable

    place = Path(Variable.get("wolkvox_agents_folder"))
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    return place


def warehouse() -> Any:
    """The pipeline into the warehouse of `airflow_dag.py`."""
    from airflow.sdk import Variable

    from wolkvox_source.provisioning.outcomes import provisioning_pipeline

    return provisioning_pipeline(Variable.get("wolkvox_destination", default="duckdb"), pipelines_dir=str(folder()))


def settings() -> Any:
    """What Airflow's connections and variables say, as `airflow_dag.py` finds it, for as long as it is entered."""
    import os

    os.environ.setdefault("RUNTIME__DLTHUB_TELEMETRY", "false")
    os.environ.setdefault("PROVIDERS__AIRFLOW_SECRETS__ONLY_TOML_FRAGMENTS", "true")
    import dlt
    from airflow.sdk import Variable
    from airflow_dag import settings as found

    return dlt.secrets.values(found(Variable.get("wolkvox_destination", default="duckdb")))


wolkvox_agents_of_a_list()
