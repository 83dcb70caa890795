"""The way to wolkvox: a proxy or certificates that cannot be used are a sentence, and nothing is asked."""

import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.api.talking import server
from tests.worlds import Clock, Warehouse, run_once
from wolkvox_source.api.client import WolkvoxClient
from wolkvox_source.api.route import proxy_for, tls
from wolkvox_source.errors import ConfigurationError, UnavailableError
from wolkvox_source.simulator import ContactCentre, Simulator

OUTSIDE = "http://wv0000.wolkvox.invalid"


@pytest.fixture(autouse=True)
def no_proxy_around(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy", "ftp_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.mark.parametrize(
    ("environment", "address", "proxy"),
    [
        ({}, "https://wv0010.wolkvox.com", None),
        ({"HTTPS_PROXY": "http://proxy:8080"}, "https://wv0010.wolkvox.com", "http://proxy:8080"),
        ({"https_proxy": "proxy:8080"}, "https://wv0010.wolkvox.com", "http://proxy:8080"),
        ({"HTTP_PROXY": "http://proxy:8080"}, "https://wv0010.wolkvox.com", None),
        ({"ALL_PROXY": "http://proxy:8080"}, "https://wv0010.wolkvox.com", "http://proxy:8080"),
        ({"ALL_PROXY": "http://all", "HTTPS_PROXY": "http://one"}, "https://wv0010.wolkvox.com", "http://one"),
        ({"ALL_PROXY": "http://proxy", "NO_PROXY": "wolkvox.com"}, "https://wv0010.wolkvox.com", None),
        ({"ALL_PROXY": "socks5://proxy", "NO_PROXY": "*"}, "https://wv0010.wolkvox.com", None),
        ({"FTP_PROXY": "ftp://proxy"}, "https://wv0010.wolkvox.com", None),
    ],
    ids=lambda value: str(value),
)
def test_the_environment_names_the_proxy(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], address: str, proxy: str | None
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)

    assert proxy_for(address) == proxy


@pytest.mark.parametrize(
    ("proxy", "shown"),
    [
        ("socks5://127.0.0.1:1080", "socks5://127.0.0.1:1080"),
        ("socks5h://user:s3cr3t@127.0.0.1:1080", "socks5h://127.0.0.1:1080"),
        ("ftp://user:s3cr3t@127.0.0.1:21", "ftp://127.0.0.1:21"),
        ("http://127.0.0.1:port", "http://127.0.0.1:port"),
        ("http://", "http://"),
        ("http://[::1", "http://[::1"),
        ("http://próxy:80", "http://próxy:80"),
    ],
)
@pytest.mark.parametrize("variable", ["ALL_PROXY", "HTTP_PROXY"])
def test_a_proxy_that_cannot_be_used_is_named_without_its_password(
    monkeypatch: pytest.MonkeyPatch, ask: Callable[..., WolkvoxClient], variable: str, proxy: str, shown: str
) -> None:
    monkeypatch.setenv(variable, proxy)

    with pytest.raises(ConfigurationError) as raised:
        ask(url=OUTSIDE)

    assert raised.value.exit_code == 78
    assert str(raised.value) == (
        f"The proxy “{shown}” of this machine's environment cannot be used: name one that begins with http:// or "
        "https:// in HTTPS_PROXY, HTTP_PROXY or ALL_PROXY, or put wv0000.wolkvox.invalid into NO_PROXY."
    )


def test_a_sync_behind_a_proxy_that_cannot_be_used_says_so(
    simulator: Simulator, duckdb_warehouse: Warehouse, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALL_PROXY", "socks5://127.0.0.1:1080")

    run = run_once(duckdb_warehouse, clock)

    assert run.exit_code == 78
    assert [(one.outcome, one.reason) for one in run.observations] == [("refused", "bad_proxy")]
    assert simulator.requests == []


def test_a_request_goes_through_the_proxy(monkeypatch: pytest.MonkeyPatch, ask: Callable[..., WolkvoxClient]) -> None:
    heard: list[bytes] = []

    def talk(line: socket.socket) -> None:
        line.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n{"data": []}')

    with server(talk, heard=heard) as url:
        monkeypatch.setenv("HTTP_PROXY", url.replace("http://", "http://user:pass%40word@"))

        assert ask(url=OUTSIDE).agents().records == []

    assert heard[0].startswith(b"GET http://wv0000.wolkvox.invalid/api/v2/information.php?api=agents HTTP/1.1\r\n")
    assert b"Host: wv0000.wolkvox.invalid\r\n" in heard[0]
    assert b"roxy-Authorization: Basic dXNlcjpwYXNzQHdvcmQ=\r\n" in heard[0]


def test_a_proxy_that_lets_nothing_through_is_for_later(
    monkeypatch: pytest.MonkeyPatch, ask: Callable[..., WolkvoxClient]
) -> None:
    with server(lambda line: line.sendall(b"HTTP/1.1 407 No\r\nContent-Length: 0\r\n\r\n")) as url:
        monkeypatch.setenv("HTTPS_PROXY", url)

        with pytest.raises(UnavailableError) as raised:
            ask(url=OUTSIDE.replace("http", "https"), requests_at_most=1).agents()

    assert "(the proxy does not let it through)" in str(raised.value)
    assert raised.value.unsent


def test_a_proxy_that_drips_is_given_up_at_its_time(
    monkeypatch: pytest.MonkeyPatch, ask: Callable[..., WolkvoxClient]
) -> None:
    def talk(line: socket.socket) -> None:
        while True:
            line.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")

    with server(talk) as url:
        monkeypatch.setenv("HTTPS_PROXY", url)

        with pytest.raises(UnavailableError) as raised:
            ask(url=OUTSIDE.replace("http", "https"), answer_seconds=0.3, requests_at_most=1).agents()

    assert "(no whole answer in time)" in str(raised.value)


# certificates


@pytest.mark.parametrize("content", [None, "", "no certificate"], ids=["missing", "empty", "something else"])
def test_a_file_of_certificates_that_cannot_be_read_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, ask: Callable[..., WolkvoxClient], content: str | None
) -> None:
    file = tmp_path / "company.pem"
    if content is not None:
        file.write_text(content)
    monkeypatch.setenv("SSL_CERT_FILE", str(file))

    with pytest.raises(ConfigurationError) as raised:
        ask(url="https://127.0.0.1:9")

    assert raised.value.exit_code == 78
    assert str(raised.value).startswith(f"The certificates that SSL_CERT_FILE names cannot be read ({file}, “")
    assert str(raised.value).endswith("): correct or remove that variable of the environment.")


def test_a_folder_of_certificates_that_is_not_there_is_named(
    monkeypatch: pytest.MonkeyPatch, ask: Callable[..., WolkvoxClient]
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    monkeypatch.setenv("SSL_CERT_DIR", "/nowhere")

    with pytest.raises(ConfigurationError) as raised:
        ask(url="https://127.0.0.1:9")

    assert str(raised.value).startswith("The certificates that SSL_CERT_DIR names cannot be read (/nowhere")


def test_certificates_are_read_once_for_all_clients() -> None:
    assert tls() is tls()


def test_an_address_without_tls_needs_no_certificates(
    monkeypatch: pytest.MonkeyPatch, centre: ContactCentre, ask: Callable[..., WolkvoxClient]
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", "/nowhere")
    centre.hire("GÓMEZ ANA", "51", "")

    assert len(ask().agents().records) == 1


def test_a_client_starts_without_more_of_http_than_it_needs() -> None:
    script = (
        "import sys, wolkvox_source.api.administration\n"
        "print([name for name in ('httpx', 'rich', 'dlt') if name in sys.modules])"
    )

    assert subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout == "[]\n"
