"""The operations in even parts that stay where they are."""

import pytest

from tests.worlds import Clock, Warehouse, run_once
from wolkvox_source.errors import UsageError
from wolkvox_source.settings import Operation
from wolkvox_source.simulator import ContactCentre, Simulator
from wolkvox_source.sync.shard import part


def operations(number: int) -> list[Operation]:
    return [Operation(server="0010", token="t").named(f"operation_{nth}") for nth in range(number)]


def names(shard: str, number: int) -> list[str]:
    return [operation.name for operation in part(operations(number), shard)]


@pytest.mark.parametrize("number", [0, 1, 3, 4, 103])
def test_the_parts_are_even_and_each_operation_is_in_one_of_them(number: int) -> None:
    parts = [names(f"{nth}/4", number) for nth in range(1, 5)]

    assert sorted(name for each in parts for name in each) == sorted(f"operation_{nth}" for nth in range(number))
    assert max(map(len, parts)) - min(map(len, parts)) <= 1


def test_one_more_operation_moves_few_others() -> None:
    before = {name: nth for nth in range(1, 5) for name in names(f"{nth}/4", 100)}
    after = {name: nth for nth in range(1, 5) for name in names(f"{nth}/4", 101)}

    assert sum(after[name] != nth for name, nth in before.items()) <= 3


def test_the_whole_is_one_part() -> None:
    assert names("1/1", 3) == ["operation_0", "operation_1", "operation_2"]


@pytest.mark.parametrize("shard", ["5/4", "0/4", "2", "2/0", "a/b", "", "-1/4", "2/4/8"])
def test_a_shard_that_there_cannot_be_is_usage(shard: str) -> None:
    with pytest.raises(UsageError) as refused:
        part(operations(4), shard)

    assert (refused.value.reason, refused.value.exit_code) == ("bad_shard", 64)


@pytest.mark.long
def test_the_shards_of_one_machine_do_not_keep_each_other_from_running(
    centre: ContactCentre, simulator: Simulator, duckdb_warehouse: Warehouse, clock: Clock
) -> None:
    """Each has a working folder of its own, and a part without an operation has nothing to do."""
    centre.hire()
    inside: list[int] = []

    def the_other_runs(_: object) -> None:
        inside.extend(run_once(duckdb_warehouse, clock, shard=f"{nth}/2").exit_code for nth in (1, 2) if not inside)

    assert run_once(duckdb_warehouse, clock, shard="5/4").exit_code == 64
    codes = [run_once(duckdb_warehouse, clock, shard=f"{nth}/2", listener=the_other_runs).exit_code for nth in (1, 2)]

    assert codes == [0, 0] or sorted([*codes, *inside]) == [0, 0, 0, 75]
    assert duckdb_warehouse.rows("select count(*) from agents") == [(1,)]
