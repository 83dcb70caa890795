"""What follows from the settings of an operation."""

from collections.abc import Callable

import pytest

from tests.settings.sayings import SECRET
from wolkvox_source.settings import configured_operations


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


@pytest.mark.parametrize(
    "server", ["0010", "wv0010", "WV0010", " 0010 ", "https://wv0010.wolkvox.com", "wv0010.wolkvox.com/api/v2/"]
)
def test_a_server_is_taken_as_what_it_means(server: str, environment: Callable[..., None]) -> None:
    environment(server=server, token=SECRET)

    (operation,) = configured_operations()

    assert (operation.name, operation.server, operation.address) == ("0010", "0010", "https://wv0010.wolkvox.com")


def test_no_repr_of_an_operation_shows_its_secrets(environment: Callable[..., None]) -> None:
    environment(server="0010", token=SECRET, privacy_agent_dni="hash", privacy_key="s3cr3t-key")

    (operation,) = configured_operations()

    for shown in (repr(operation), str(operation), f"{operation}", repr([operation]), repr(operation.privacy)):
        assert "s3cr3t" not in shown
