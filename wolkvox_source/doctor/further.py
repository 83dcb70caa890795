"""What the configured reports cost a day, and whether those that may be missing on a server ever had a row."""

from collections.abc import Iterator, Sequence
from datetime import timedelta

from wolkvox_source.doctor.finding import Finding
from wolkvox_source.language import Phrase
from wolkvox_source.reports.catalogue import AGENTS, Report, chosen
from wolkvox_source.settings import Operation
from wolkvox_source.warehouse.asking import Query, warehouse

_A_DAY = timedelta(days=1).total_seconds()
# https://www.wolkvox.com/en/apis-v2-2/5-agents/: "number of licences × 1000" a day
_REQUESTS_PER_LICENCE = 1000
_LISTED = "select count(*) from {latest} where operation = %s and valid_to is null and present"
_ANY = "select 1 from {latest} where operation = %s limit 1"
_ACCEPTED = """
select count(*) from {observations}
where operation = %s and {observations_report} = %s and outcome in ('changed', 'unchanged')
"""


def further_reports(
    destination: str, pipeline_name: str, dataset_name: str, operations: Sequence[Operation]
) -> Iterator[Finding]:
    """Of each operation with a budget or more reports than the agents: its cost, and its reports without a row."""
    asking = [each for each in operations if each.asks_for != [AGENTS.name] or each.requests_per_day is not None]
    if not asking:
        return
    with warehouse(destination, pipeline_name, dataset_name) as query:
        for operation in asking:
            yield _cost(query, operation)
            for report in chosen(operation.asks_for):
                if report.kind == "dated":
                    yield from _without_a_row(query, operation, report)


def _cost(query: Query, operation: Operation) -> Finding:
    """Each run asks for each report once, and for the agents of each skill; dated reports may take several windows."""
    each = {report.name: _requests(query, operation, report) for report in chosen(operation.asks_for)}
    runs = int(_A_DAY // operation.interval_seconds)
    cost = runs * sum(each.values())
    budget = None if operation.licences is None else operation.licences * _REQUESTS_PER_LICENCE
    facts = {
        "operation": operation.name,
        "count": cost,
        "reports": [f"{name} {runs * requests}" for name, requests in each.items()],
        "interval": timedelta(seconds=operation.interval_seconds),
        "most": operation.requests_per_day,
        "budget": budget,
    }
    # a lower limit of our own keeps what the agents report needs
    if budget is not None and cost > budget and (operation.requests_per_day or cost) > budget:
        return Finding("note", Phrase("doctor_cost_over_budget", facts))
    if operation.requests_per_day is None:
        return Finding("ok", Phrase("doctor_cost", facts))
    if cost <= operation.requests_per_day:
        return Finding("ok", Phrase("doctor_cost_within", facts))
    return Finding("note", Phrase("doctor_cost_beyond", facts))


def _requests(query: Query, operation: Operation, report: Report) -> int:
    if report.each is None:
        return 1
    parent = next(each for each in chosen(operation.asks_for) if each.name == report.each[0])
    found = query(_LISTED.replace("{latest}", f"{{{parent.latest}}}"), operation.name)
    return int(found[0][0]) if found else 0


def _without_a_row(query: Query, operation: Operation, report: Report) -> Iterator[Finding]:
    found = query(_ACCEPTED, operation.name, report.name)
    times = int(found[0][0]) if found else 0
    if times and not query(_ANY.replace("{latest}", f"{{{report.latest}}}"), operation.name):
        facts = {"operation": operation.name, "report": report.name, "count": times}
        yield Finding("note", Phrase("doctor_never_a_row", facts))
