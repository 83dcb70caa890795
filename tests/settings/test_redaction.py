"""What of the configuration must never be shown, wherever it stands."""

from collections.abc import Callable

import pytest

from wolkvox_source.settings import secrets


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
