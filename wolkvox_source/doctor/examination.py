"""What is wrong, looked for from the bottom up, until something explains the rest."""

from collections.abc import Generator, Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from wolkvox_source.clock import utc_now
from wolkvox_source.doctor import machine
from wolkvox_source.doctor.finding import Finding, failed
from wolkvox_source.errors import WolkvoxError
from wolkvox_source.language import Phrase
from wolkvox_source.warehouse import DATASET, PIPELINE

if TYPE_CHECKING:
    from wolkvox_source.settings import Operation

REQUESTS_AT_MOST = 2
_HELD_SECONDS = 10.0


class Examination:
    """One walk from the libraries up to the latest observation; `requests` counts those made to wolkvox."""

    def __init__(
        self,
        destination: str = "duckdb",
        only: Sequence[str] = (),
        pipeline_name: str = PIPELINE,
        dataset_name: str = DATASET,
        now: datetime | None = None,
        wait_seconds: float = _HELD_SECONDS,
    ) -> None:
        self.destination, self.only = destination, only
        self.pipeline_name, self.dataset_name = pipeline_name, dataset_name
        self.now = now or utc_now()
        self.wait_seconds = wait_seconds
        self.requests = 0
        self.failure: Exception | None = None

    def findings(self) -> Iterator[Finding]:
        """Each finding as soon as it is made; the last one is a `fail` where something explains the rest."""
        try:
            yield from machine.versions(self.destination)
            yield machine.files()
            operations = yield from machine.settings(self.only)
            well = []
            for operation in operations:
                if (yield from self.of_operation(operation)):
                    well.append(operation)  # noqa: PERF401 - no comprehension yields
            # what keeps every operation from answering has to be mended first
            if well:
                yield from self._warehouse(operations, well)
        except Exception as failure:  # noqa: BLE001 - whatever it is, a person is told in words
            self.failure = failure
            yield failed(failure)

    def of_operation(self, operation: "Operation") -> Generator[Finding, None, bool]:
        """From the operation's host up to its report; returns whether all of it is well."""
        from wolkvox_source.api.client import WolkvoxClient
        from wolkvox_source.doctor.operation import budget, reached, report

        try:
            yield reached(operation)
            # a sync may hold the token for the length of one request
            with WolkvoxClient(
                operation.server, operation.token, operation.base_url, requests_at_most=1, seconds_at_most=70
            ) as client:
                self.requests += 1
                yield budget(operation, client, self.now)
                self.requests += 1
                payload = client.agents()
            yield from report(operation, payload, self.now)
        except WolkvoxError as error:
            about = {"operation": operation.name, "problem": error.phrase}
            yield Finding("fail", Phrase("doctor_failed", about), exit_code=error.exit_code)
            return False
        return True

    def _warehouse(self, operations: "Sequence[Operation]", well: "Sequence[Operation]") -> Iterator[Finding]:
        """From the place itself up to the latest observation in it; `well` are those that answered."""
        from wolkvox_source.doctor.further import further_reports
        from wolkvox_source.doctor.warehouse import latest, pending, place, zones

        where = (self.destination, self.pipeline_name, self.dataset_name)
        yield place(*where, self.wait_seconds)
        yield from zones(*where, well)
        yield pending(*where)
        yield from latest(*where, operations, self.now)
        yield from further_reports(*where, operations)
