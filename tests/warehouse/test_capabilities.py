"""What a destination can do is worked out once, and said as dlt says it."""

import dlt
from dlt.common.destination import DestinationCapabilitiesContext
from dlt.common.schema import Schema

from wolkvox_source.warehouse.capabilities import asked_once


class Counted(dlt.destinations.duckdb):
    """A destination that counts how often it works out what it can do."""

    times = 0

    def _raw_capabilities(self) -> DestinationCapabilitiesContext:
        self.times += 1
        return super()._raw_capabilities()


def test_it_is_what_dlt_says_and_is_worked_out_once_for_each_naming() -> None:
    naming = Schema("wolkvox").naming
    destination = asked_once(asked_once(Counted("wolkvox.duckdb")))

    said = [dict(destination.capabilities(naming=each)) for each in (None, None, naming, naming)]

    assert destination.times == 2
    plain = dlt.destinations.duckdb("wolkvox.duckdb")
    assert said == [dict(plain.capabilities(naming=each)) for each in (None, None, naming, naming)]


def test_what_dlt_writes_into_an_answer_is_in_no_later_one() -> None:
    destination = asked_once(dlt.destinations.duckdb("wolkvox.duckdb"))
    before = destination.capabilities().preferred_loader_file_format
    destination.capabilities().preferred_loader_file_format = "csv"
    assert destination.capabilities().preferred_loader_file_format == before != "csv"


def test_a_configuration_that_is_given_is_heeded() -> None:
    destination = asked_once(Counted("wolkvox.duckdb"))
    config = destination.configuration(destination.spec(), accept_partial=True)
    destination.capabilities(config)
    destination.capabilities(config)
    assert destination.times == 2
