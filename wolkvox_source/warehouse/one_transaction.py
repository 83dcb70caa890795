"""All that a load package brings to our tables in one transaction, the ledger's rows last.

dlt merges each table in a transaction of its own, and a run that is killed between two of them leaves one without the
other.
"""

from collections.abc import Sequence
from pathlib import Path
from types import MethodType
from typing import Any

import dlt
from dlt.common.schema import Schema
from dlt.common.storages.load_package import LoadJobInfo, ParsedLoadJobFileName

_MARK = "wolkvox_merges_at_once"
_LAST = "observations"


def merge_at_once(pipeline: dlt.Pipeline) -> None:
    """Let the loads of `pipeline` merge all of our tables by one job, once every one of them is staged."""
    destination: Any = pipeline.destination
    if destination is None or getattr(destination, _MARK, False):
        return
    setattr(destination, _MARK, True)
    made_by_dlt = destination.client

    def client(*arguments: Any, **named: Any) -> Any:
        made = made_by_dlt(*arguments, **named)
        if hasattr(made, "create_table_chain_completed_followup_jobs"):
            each = made.create_table_chain_completed_followup_jobs

            def at_once(_: Any, chain: Sequence[Any], jobs: Sequence[LoadJobInfo] | None = None) -> list[Any]:
                if not jobs or not _joins(made.schema, chain[0]["name"]):
                    return list(each(chain, jobs))
                return _merged(made, each, jobs)

            made.create_table_chain_completed_followup_jobs = MethodType(at_once, made)
            # where a destination can undo even the making of a table, it can undo what is in one; dlt asks for both
            known = made.capabilities
            known.supports_transactions = known.supports_transactions or known.supports_ddl_transactions
        return made

    destination.client = client


def _joins(schema: Schema, table: str) -> bool:
    """Whether a table is one of a dataset with a ledger, and by itself: what has nested tables dlt merges with them."""
    nested = {each.get("parent") for each in schema.tables.values()} | {schema.tables[table].get("parent") and table}
    return _LAST in schema.tables and not table.startswith("_dlt_") and table not in nested


def _merged(client: Any, each: Any, jobs: Sequence[LoadJobInfo]) -> list[Any]:
    """The job that merges all of our tables of a package; none while one of them is not staged yet."""
    package = Path(jobs[0].file_path).parents[1]
    staged = {job.job_file_info.table_name for job in jobs}
    done = {job.job_file_info.job_id() for job in jobs}
    for folder in ("new_jobs", "started_jobs", "completed_jobs"):
        for file in (package / folder).iterdir():
            job = ParsedLoadJobFileName.parse(file.name)
            if file.suffix in {".sql", ".exception"} or job.job_id() in done:
                continue
            if not _joins(client.schema, job.table_name):
                continue
            if folder != "completed_jobs":
                return []
            staged.add(job.table_name)
    merging: list[Any] = []
    for name in sorted(staged, key=lambda name: (name == _LAST, name)):
        merging.extend(each([client.prepare_load_table(name)], jobs))
    # dlt runs the statements of one job in one transaction, where the destination has them
    files = [Path(job.new_file_path()) for job in merging]
    if len(files) < 2 or not all(file.suffix == ".sql" for file in files):
        return merging
    files[-1].write_text("\n".join(file.read_text(encoding="utf-8") for file in files), encoding="utf-8")
    for file in files[:-1]:
        file.unlink()
    return merging[-1:]
