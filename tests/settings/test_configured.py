"""Operations: what the configuration names, and where each value comes from."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.settings.sayings import SECRET, sentence
from wolkvox_source.errors import ConfigurationError
from wolkvox_source.reports.privacy import Privacy
from wolkvox_source.reports.thresholds import Thresholds
from wolkvox_source.settings import Operation, configured_operations


def named(*only: str) -> list[str]:
    return [operation.name for operation in configured_operations(only)]


def settings(operation: Operation) -> dict[str, Any]:
    return {
        "name": operation.name,
        "address": operation.address,
        "token": operation.token,
        "timezone": operation.timezone,
        "licences": operation.licences,
    }


def test_two_variables_are_enough(environment: Callable[..., None]) -> None:
    environment(server="0010", token=SECRET)

    (operation,) = configured_operations()

    assert settings(operation) == {
        "name": "0010",
        "address": "https://wv0010.wolkvox.com",
        "token": SECRET,
        "timezone": "America/Bogota",
        "licences": None,
    }
    assert (operation.agents_per_licence, operation.interval_seconds, operation.requests_at_most) == (10, 300, 3)
    assert operation.thresholds == Thresholds(5, 0.20, 5, 0.05)
    assert operation.privacy == Privacy(
        dict.fromkeys(["agent_name", "agent_dni", "agent_sso", "destination", "telephone"], "keep")
    )


def test_every_setting_may_stand_in_the_environment(environment: Callable[..., None]) -> None:
    environment(
        server="0010",
        token=SECRET,
        timezone="America/Santiago",
        base_url="http://127.0.0.1:8420/",
        licences="8",
        agents_per_licence="50",
        interval_seconds="60",
        requests_at_most="1",
        guard_vanished_agents="9",
        guard_vanished_share="0.5",
        guard_rejected_records="7",
        guard_rejected_share="1",
        privacy_agent_name="hash",
        privacy_agent_dni="drop",
        privacy_destination="hash",
        privacy_telephone="drop",
        privacy_key="long",
        reports='["agents", "skills"]',
        requests_per_day="900",
        reread_days="3",
    )

    (operation,) = configured_operations()

    assert settings(operation) == {
        "name": "0010",
        "address": "http://127.0.0.1:8420",
        "token": SECRET,
        "timezone": "America/Santiago",
        "licences": 8,
    }
    assert (operation.agents_per_licence, operation.interval_seconds, operation.requests_at_most) == (50, 60, 1)
    assert (operation.asks_for, operation.requests_per_day, operation.reread_days) == (["agents", "skills"], 900, 3)
    assert operation.thresholds == Thresholds(9, 0.5, 7, 1.0)
    assert operation.privacy == Privacy(
        {
            "agent_name": "hash",
            "agent_dni": "drop",
            "agent_sso": "keep",
            "destination": "hash",
            "telephone": "drop",
        },
        b"long",
    )


def test_settings_may_stand_in_the_files_of_dlt(files: Callable[..., None]) -> None:
    files(
        config="""
            [sources.wolkvox]
            operations = ["ventas", "soporte-2"]
            timezone = "America/Lima"
            [sources.wolkvox.ventas]
            server = "0010"
            licences = 8
            [sources.wolkvox.soporte-2]
            server = "0011"
            timezone = "America/Santiago"
        """,
        secrets="""
            [sources.wolkvox.ventas]
            token = "one"
            [sources.wolkvox.soporte-2]
            token = "two"
        """,
    )

    assert [settings(operation) for operation in configured_operations()] == [
        {
            "name": "ventas",
            "address": "https://wv0010.wolkvox.com",
            "token": "one",
            "timezone": "America/Lima",
            "licences": 8,
        },
        {
            "name": "soporte-2",
            "address": "https://wv0011.wolkvox.com",
            "token": "two",
            "timezone": "America/Santiago",
            "licences": None,
        },
    ]


def test_one_operation_in_files_is_named_after_its_server(files: Callable[..., None]) -> None:
    files(config="[sources.wolkvox]\nserver = 10\n", secrets="[sources.wolkvox]\ntoken = 777\n")

    (operation,) = configured_operations()

    assert (operation.name, operation.address, operation.token) == ("10", "https://wv10.wolkvox.com", "777")


def test_the_environment_wins_over_the_files(files: Callable[..., None], environment: Callable[..., None]) -> None:
    files(
        config='[sources.wolkvox]\noperations = ["ventas"]\n[sources.wolkvox.ventas]\nserver = "0010"\n',
        secrets='[sources.wolkvox.ventas]\ntoken = "one"\n',
    )
    environment(ventas__token="two", timezone="America/Lima")

    (operation,) = configured_operations()

    assert (operation.token, operation.timezone) == ("two", "America/Lima")


def test_an_operation_falls_back_to_what_all_share(environment: Callable[..., None]) -> None:
    environment(operations='["ventas", "soporte"]', server="0010", ventas__token="one", soporte__token="two")

    assert [(one.name, one.server, one.token) for one in configured_operations()] == [
        ("ventas", "0010", "one"),
        ("soporte", "0010", "two"),
    ]


def test_no_operations_are_one(environment: Callable[..., None]) -> None:
    environment(server="0010", token=SECRET, operations="[]")

    assert named() == ["0010"]


def test_a_name_may_be_a_number(environment: Callable[..., None]) -> None:
    environment(operations='["ventas", 5]', server="0010", token=SECRET)

    assert named() == ["ventas", "5"]


@pytest.mark.parametrize(
    ("only", "names"),
    [
        ((), ["a", "b", "c"]),
        (("b",), ["b"]),
        (("c", "a"), ["a", "c"]),
        (("a", "a"), ["a"]),
    ],
)
def test_a_sync_may_want_some_operations(
    environment: Callable[..., None], only: tuple[str, ...], names: list[str]
) -> None:
    environment(operations='["a", "b", "c"]', server="0010", token=SECRET)

    assert named(*only) == names


def test_the_only_operation_is_wanted_by_its_server(environment: Callable[..., None]) -> None:
    environment(server="0010", token=SECRET)

    assert named("0010") == ["0010"]


def test_an_operation_that_is_not_wanted_need_not_be_complete(environment: Callable[..., None]) -> None:
    environment(operations='["a", "b"]', a__server="0010", a__token=SECRET)

    assert named("a") == ["a"]


@pytest.mark.parametrize(
    ("operations", "known"), [('["a", "b"]', "a, b"), (None, "0010")], ids=["of several", "of one"]
)
def test_an_operation_that_does_not_exist_is_named(
    environment: Callable[..., None], operations: str | None, known: str
) -> None:
    environment(server="0010", token=SECRET, **({"operations": operations} if operations else {}))

    assert sentence("z") == f"There is no operation 'z' in the configuration: it names {known}."


@pytest.mark.parametrize("variable", ["TOKEN", "SOURCES__TOKEN"])
def test_the_token_of_another_service_is_never_taken_for_ours(variable: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCES__WOLKVOX__SERVER", "0010")
    monkeypatch.setenv(variable, "a-secret-of-somebody-else")

    with pytest.raises(ConfigurationError) as refused:
        configured_operations()

    assert "SOURCES__WOLKVOX__TOKEN" in str(refused.value)
    assert "somebody" not in str(refused.value)
