"""Operations: what the configuration names, where each value comes from, and what is wrong with it."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from dlt.common.configuration.container import Container
from dlt.common.configuration.specs.pluggable_run_context import PluggableRunContext

from wolkvox_source.errors import ConfigurationError
from wolkvox_source.language import speak
from wolkvox_source.reports.privacy import Privacy
from wolkvox_source.reports.thresholds import Thresholds
from wolkvox_source.settings import Operation, configured_operations, secrets

SECRET = "s3cr3t-token"
WHOLE = {"server": "0010", "token": SECRET}


@pytest.fixture(autouse=True)
def no_bare_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep settings without a section away: dlt falls back to them, and machines often have a TOKEN."""
    for name in Operation.__dataclass_fields__:
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Put settings in the environment, `ventas__server` being SOURCES__WOLKVOX__VENTAS__SERVER."""

    def put(**settings: str) -> None:
        for name, value in settings.items():
            monkeypatch.setenv(f"SOURCES__WOLKVOX__{name.upper()}", value)

    return put


@pytest.fixture
def files(tmp_path: Path) -> Iterator[Callable[..., None]]:
    """Put settings in .dlt/config.toml and .dlt/secrets.toml; dlt reads them once, so it is told to read again."""
    context = Container()[PluggableRunContext]

    def put(config: str = "", secrets: str = "") -> None:
        folder = tmp_path / ".dlt"
        folder.mkdir(exist_ok=True)
        (folder / "config.toml").write_text(config, encoding="utf-8")
        (folder / "secrets.toml").write_text(secrets, encoding="utf-8")
        context.reload_providers()

    yield put
    put()
    context.reload_providers()


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


def sentence(*only: str) -> str:
    """What is said about a configuration that is wrong."""
    with pytest.raises(ConfigurationError) as raised:
        configured_operations(only)
    assert raised.value.exit_code == 78
    return str(raised.value)


# where values come from


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


@pytest.mark.parametrize("token", [f" {SECRET}", f"{SECRET}\n", f"\t{SECRET}\r\n"], ids=repr)
def test_white_space_around_a_token_is_not_the_token(environment: Callable[..., None], token: str) -> None:
    environment(server="0010", token=token)

    (operation,) = configured_operations()

    assert operation.token == SECRET


@pytest.mark.parametrize(
    ("base_url", "address"),
    [
        ("https://wv0010.wolkvox.com", "https://wv0010.wolkvox.com"),
        ("http://127.0.0.1:8420//", "http://127.0.0.1:8420"),
        ("http://[::1]:8420", "http://[::1]:8420"),
        ("https://proxy.example/wolkvox/", "https://proxy.example/wolkvox"),
        ("", "https://wv0010.wolkvox.com"),
    ],
)
def test_the_address_is_the_base_url_or_made_of_the_server(
    environment: Callable[..., None], base_url: str, address: str
) -> None:
    environment(server="0010", token=SECRET, base_url=base_url)

    (operation,) = configured_operations()

    assert operation.address == address


# some of them


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


# what can be wrong


@pytest.mark.parametrize(
    ("given", "said"),
    [
        pytest.param(
            {"token": SECRET},
            "The setting `sources.wolkvox.server` is missing: put it in .dlt/config.toml, or in the environment as "
            "SOURCES__WOLKVOX__SERVER.",
            id="no server",
        ),
        pytest.param(
            {"server": "0010"},
            "The setting `sources.wolkvox.token` is missing: put it in .dlt/secrets.toml, or in the environment as "
            "SOURCES__WOLKVOX__TOKEN.",
            id="no token",
        ),
        pytest.param(
            {"operations": '["ventas"]', "server": "0010"},
            "The setting `sources.wolkvox.ventas.token` is missing: put it in .dlt/secrets.toml, or in the environment "
            "as SOURCES__WOLKVOX__VENTAS__TOKEN.",
            id="no token of one operation",
        ),
        pytest.param(
            {**WHOLE, "operations": '["a b"]'},
            "The operation name 'a b' cannot be used: use letters, digits, `_` and `-` in "
            "`sources.wolkvox.operations`.",
            id="a name with a space",
        ),
        pytest.param(
            {**WHOLE, "operations": '["señal"]'},
            "The operation name 'señal' cannot be used: use letters, digits, `_` and `-` in "
            "`sources.wolkvox.operations`.",
            id="a name with ñ",
        ),
        pytest.param(
            {**WHOLE, "operations": '[""]'},
            "The operation name '' cannot be used: use letters, digits, `_` and `-` in `sources.wolkvox.operations`.",
            id="an empty name",
        ),
        pytest.param(
            {**WHOLE, "operations": '["a", "b", "a"]'},
            "The operation 'a' stands twice in `sources.wolkvox.operations`: name it once.",
            id="a name twice",
        ),
        pytest.param(
            {**WHOLE, "operations": "ventas"},
            "The setting `sources.wolkvox.operations` of operation wolkvox is 'ventas', and must be a list.",
            id="a name that is no list",
        ),
        pytest.param(
            {**WHOLE, "timezone": "America/Bogotá"},
            "The time zone 'America/Bogotá' of operation 0010 does not exist or is not known "
            "to warehouses: use a name such as America/Bogota, "
            "America/Lima or America/Santiago in the setting `timezone`.",
            id="a time zone with an accent",
        ),
        pytest.param(
            {**WHOLE, "timezone": "America"},
            "The time zone 'America' of operation 0010 does not exist or is not known "
            "to warehouses: use a name such as America/Bogota, America/Lima "
            "or America/Santiago in the setting `timezone`.",
            id="a continent",
        ),
        pytest.param(
            {**WHOLE, "timezone": "../../../etc/hostname"},
            "The time zone '../../../etc/hostname' of operation 0010 does not exist or is not known "
            "to warehouses: use a name such as "
            "America/Bogota, America/Lima or America/Santiago in the setting `timezone`.",
            id="a file",
        ),
        pytest.param(
            {**WHOLE, "licences": "many"},
            "The setting `sources.wolkvox.licences` of operation wolkvox is 'many', and must be a whole number.",
            id="a number in words",
        ),
        pytest.param(
            {**WHOLE, "licences": "-1"},
            "The setting `sources.wolkvox.licences` of operation 0010 is -1, and must be 0 or more.",
            id="less than nothing",
        ),
        pytest.param(
            {**WHOLE, "requests_at_most": "0"},
            "The setting `sources.wolkvox.requests_at_most` of operation 0010 is 0, and must be 1 or more.",
            id="no requests",
        ),
        pytest.param(
            {**WHOLE, "guard_vanished_agents": "-1"},
            "The setting `sources.wolkvox.guard_vanished_agents` of operation 0010 is -1, and must be 0 or more.",
            id="fewer than nobody",
        ),
        pytest.param(
            {**WHOLE, "guard_vanished_share": "20"},
            "The setting `sources.wolkvox.guard_vanished_share` of operation 0010 is 20.0, and must be a share from 0 "
            "to 1.",
            id="a percentage",
        ),
        pytest.param(
            {**WHOLE, "guard_rejected_share": "nan"},
            "The setting `sources.wolkvox.guard_rejected_share` of operation 0010 is nan, and must be a share from 0 "
            "to 1.",
            id="not a number",
        ),
        pytest.param(
            {**WHOLE, "privacy_agent_dni": "erase"},
            "The setting `sources.wolkvox.privacy_agent_dni` of operation wolkvox is 'erase', and must be one of keep, "
            "hash, drop.",
            id="a protection that does not exist",
        ),
        pytest.param(
            {**WHOLE, "privacy_agent_dni": "hash", "privacy_agent_name": "hash"},
            "Operation 0010 asks to hash agent_name, agent_dni, and there is no key: put a long random text in the "
            "secret `privacy_key` and keep it, or the hashes will never join again.",
            id="a hash without a key",
        ),
        pytest.param(
            {**WHOLE, "privacy_agent_dni": "hash", "privacy_key": ""},
            "Operation 0010 asks to hash agent_dni, and there is no key: put a long random text in the secret "
            "`privacy_key` and keep it, or the hashes will never join again.",
            id="a hash with an empty key",
        ),
        pytest.param(
            {**WHOLE, "token": " \n"},
            "The setting `sources.wolkvox.token` is missing: put it in .dlt/secrets.toml, or in the environment as "
            "SOURCES__WOLKVOX__TOKEN.",
            id="a blank token",
        ),
        pytest.param(
            {**WHOLE, "token": "two words"},
            "The setting `sources.wolkvox.token` of operation 0010 is 'hidden', and must be one word of letters "
            "and digits.",
            id="a token of two words",
        ),
        pytest.param(
            {**WHOLE, "token": "contraseña"},
            "The setting `sources.wolkvox.token` of operation 0010 is 'hidden', and must be one word of letters "
            "and digits.",
            id="a token that no header holds",
        ),
    ],
)
def test_a_missing_or_wrong_setting_is_one_sentence(
    environment: Callable[..., None], given: dict[str, str], said: str
) -> None:
    environment(**given)

    assert sentence() == said


@pytest.mark.parametrize(
    "base_url",
    [
        "ftp://wolkvox.com",
        "wv0010.wolkvox.com",
        "http://?",
        "http://a b",
        "https://x?y=1",
        "https://u:p@wolkvox.com",
        "http://[::1",
        "http://wolkvox.com:99999",
        "http://wolkvox.com:x",
        "javascript:alert(1)",
    ],
)
def test_an_address_that_is_none_is_refused(environment: Callable[..., None], base_url: str) -> None:
    environment(server="0010", token=SECRET, base_url=base_url)

    shown = base_url.replace("u:p@", "u:<secret>@")
    assert sentence() == (
        f"{shown!r} of operation 0010 is not a web address: check `server` (for example 0010) and `base_url`."
    )


def test_a_wrong_setting_is_one_spanish_sentence(environment: Callable[..., None]) -> None:
    environment(server="0010")

    with pytest.raises(ConfigurationError) as caught:
        configured_operations()

    assert speak("es").tell(caught.value) == (
        "Falta el ajuste `sources.wolkvox.token`: póngalo en .dlt/secrets.toml, o en el entorno como "
        "SOURCES__WOLKVOX__TOKEN."
    )


# secrets


def test_no_repr_of_an_operation_shows_its_secrets(environment: Callable[..., None]) -> None:
    environment(server="0010", token=SECRET, privacy_agent_dni="hash", privacy_key="s3cr3t-key")

    (operation,) = configured_operations()

    for shown in (repr(operation), str(operation), f"{operation}", repr([operation]), repr(operation.privacy)):
        assert "s3cr3t" not in shown


@pytest.mark.parametrize(
    "given",
    [
        {"token": f"{SECRET} {SECRET}"},
        {"timezone": "Mars"},
        {"licences": "many"},
        {"privacy_agent_dni": "hash"},
        {"operations": '["a", "a"]'},
        {"base_url": "x"},
    ],
    ids=str,
)
def test_no_error_shows_a_token(environment: Callable[..., None], given: dict[str, str]) -> None:
    environment(**{"server": "0010", "token": SECRET, "privacy_key": "", **given})

    with pytest.raises(ConfigurationError) as raised:
        configured_operations()

    assert "s3cr3t" not in str(raised.value) + repr(raised.value) + repr(vars(raised.value))


@pytest.mark.parametrize("variable", ["TOKEN", "SOURCES__TOKEN"])
def test_the_token_of_another_service_is_never_taken_for_ours(variable: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCES__WOLKVOX__SERVER", "0010")
    monkeypatch.setenv(variable, "a-secret-of-somebody-else")

    with pytest.raises(ConfigurationError) as refused:
        configured_operations()

    assert "SOURCES__WOLKVOX__TOKEN" in str(refused.value)
    assert "somebody" not in str(refused.value)


@pytest.mark.parametrize(
    ("variable", "value", "hidden"),
    [
        ("SOURCES__WOLKVOX__TOKEN", "abc/def+==", {"abc/def+=="}),
        ("SOURCES__WOLKVOX__VENTAS__PRIVACY_KEY", "long-random", {"long-random"}),
        ("DESTINATION__POSTGRES__CREDENTIALS__PASSWORD", "p w d x", {"p w d x"}),
        ("DESTINATION__POSTGRES__CREDENTIALS", "postgresql://u:p%40ss@h/db", {"p%40ss", "p@ss"}),
        ("DESTINATION__POSTGRES__CREDENTIALS", "postgresql://u:first@second@h/db", {"first@second", "first", "second"}),
        ("DESTINATION__POSTGRES__CREDENTIALS", "postgresql://u:s3cr3t", {"s3cr3t"}),
        ("DESTINATION__POSTGRES__CREDENTIALS", "postgresql://localhost:5432/db", set()),
        ("DESTINATION__DUCKDB__CREDENTIALS", "/srv/wolkvox.duckdb", set()),
        ("SOURCES__WOLKVOX__TOKEN", "abc", set()),
        ("MAX_TOKENS", "4096", set()),
    ],
)
def test_what_a_setting_hides(
    variable: str, value: str, hidden: set[str], environment: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, value)

    assert secrets() == hidden


def test_secrets_of_files_are_known_whatever_operation_they_belong_to(files: Callable[..., None]) -> None:
    files(
        config='[sources.wolkvox.ventas]\nserver = "0010"\n',
        secrets='[sources.wolkvox.ventas]\ntoken = "first-token"\n'
        '[destination.postgres.credentials]\nhost = "db.example.com"\npassword = "second-secret"\n',
    )

    assert secrets() == {"first-token", "second-secret"}


@pytest.mark.parametrize(
    "server", ["0010", "wv0010", "WV0010", " 0010 ", "https://wv0010.wolkvox.com", "wv0010.wolkvox.com/api/v2/"]
)
def test_a_server_is_taken_as_what_it_means(server: str, environment: Callable[..., None]) -> None:
    environment(server=server, token=SECRET)

    (operation,) = configured_operations()

    assert (operation.name, operation.server, operation.address) == ("0010", "0010", "https://wv0010.wolkvox.com")


@pytest.mark.parametrize("server", ["https://example.com", "wolkvox.com", "00 10", ""])
def test_a_server_that_is_none_is_the_setting_that_is_blamed(server: str, environment: Callable[..., None]) -> None:
    environment(server=server, token=SECRET)

    assert sentence().startswith(
        f"The setting `sources.wolkvox.server` of operation {server} is {server!r}, and must be the number in wolkvox's"
    )
