"""One request on real sockets: what the network says of it, and that its token stays here."""

import re
import socket
from collections.abc import Callable

import pytest

from tests.api.talking import server, spoken
from wolkvox_source.api.administration import Administration
from wolkvox_source.api.client import WolkvoxClient
from wolkvox_source.errors import RefusedError, UnavailableError, UnconfirmedError, WolkvoxError
from wolkvox_source.language import speak
from wolkvox_source.simulator import Answer, ContactCentre, Cut, Hang, HangUp, Simulator

CREATE = {"agent_dni": "0010203", "agent_name": "PEÑA  INÉS"}


@pytest.fixture
def closed() -> str:
    """The address of a port where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return f"http://127.0.0.1:{taken.getsockname()[1]}"


def test_a_port_where_nobody_listens_may_be_the_allow_list(ask: Callable[..., WolkvoxClient], closed: str) -> None:
    with pytest.raises(UnavailableError) as raised:
        ask(url=closed).agents()

    assert str(raised.value) == (
        "No connection to 127.0.0.1 (the connection is refused): if the address is right, this machine's IP "
        "address may not be on the operation's allow-list; add it in wolkvox Manager."
    )
    assert speak("es").tell(raised.value) == (
        "No hay conexión con 127.0.0.1 (la conexión es rechazada): si la dirección es correcta, puede que la IP de "
        "este equipo no esté en la lista permitida de la operación; agréguela en wolkvox Manager."
    )


def test_silence_may_be_the_allow_list(simulator: Simulator, ask: Callable[..., WolkvoxClient]) -> None:
    simulator.misbehave(Hang())

    with pytest.raises(UnavailableError) as raised:
        ask(answer_seconds=0.2, requests_at_most=1).agents()

    assert str(raised.value) == (
        "No connection to 127.0.0.1 (no whole answer in time): if the address is right, this machine's IP address may "
        "not be on the operation's allow-list; add it in wolkvox Manager."
    )


def test_a_full_queue_of_connections_may_be_the_allow_list(ask: Callable[..., WolkvoxClient]) -> None:
    # a backlog that is full makes Linux drop what else arrives, as a firewall does
    with socket.socket() as full, socket.socket() as first, socket.socket() as second:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        for line in (first, second):
            line.setblocking(False)
            line.connect_ex(full.getsockname())
        url = f"http://127.0.0.1:{full.getsockname()[1]}"

        with pytest.raises(UnavailableError) as raised:
            ask(url=url, connect_seconds=0.3, requests_at_most=1).agents()

    assert str(raised.value).startswith("No connection to 127.0.0.1 (it does not answer): if the address is right")


@pytest.mark.parametrize("host", ["wv0000.wolkvox.invalid", "wv..wolkvox.invalid", f"wv{'0' * 64}.invalid", "ñ..com"])
def test_a_host_that_does_not_exist_is_named(ask: Callable[..., WolkvoxClient], host: str) -> None:
    with pytest.raises(UnavailableError) as raised:
        ask(url=f"http://{host}").agents()

    assert str(raised.value) == (
        f"There is no server named {host}: check `server` and `base_url`, and this machine's connection to the "
        "internet."
    )


@pytest.mark.parametrize("said", [b"z" * 5000 + b"\r\n\r\n", b"HTTP/1.1 zzzz\r\n\r\n"], ids=["noise", "status"])
def test_of_a_server_that_speaks_something_else_nothing_is_quoted(
    ask: Callable[..., WolkvoxClient], said: bytes
) -> None:
    with server(lambda line: line.sendall(said)) as url, pytest.raises(UnavailableError) as raised:
        ask(url=url, requests_at_most=1).agents()

    assert "(what answers there broke off, or does not speak HTTP)" in str(raised.value)
    assert "zz" not in spoken(raised.value)


def test_an_answer_that_breaks_off_is_told_as_such(simulator: Simulator, ask: Callable[..., WolkvoxClient]) -> None:
    simulator.misbehave(Cut(5))

    with pytest.raises(UnavailableError) as raised:
        ask(requests_at_most=1).agents()

    assert str(raised.value).startswith("The connection to 127.0.0.1 broke before the answer was whole (what answers")


def test_an_ipv6_address_is_asked_like_any_other(ask: Callable[..., WolkvoxClient]) -> None:
    asked: list[bytes] = []

    def talk(line: socket.socket) -> None:
        line.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n{"data": []}')

    with server(talk, host="::1", heard=asked) as url:
        assert ask(url=url).agents().records == []

    assert f"Host: {url.removeprefix('http://')}\r\n".encode() in asked[0]


# what is counted


def test_every_request_that_went_out_is_counted(
    simulator: Simulator, ask: Callable[..., WolkvoxClient], closed: str
) -> None:
    client = ask(answer_seconds=0.3, requests_at_most=4)
    for trouble in (Answer(500), HangUp(), Hang()):
        simulator.misbehave(trouble)

    client.agents()

    assert (client.requests, len(simulator.requests)) == (4, 4)

    unheard = ask(url=closed, requests_at_most=2)
    with pytest.raises(UnavailableError):
        unheard.agents()

    assert unheard.requests == 0


# redirects


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("create", [False, True], ids=["read", "creation"])
def test_a_redirect_is_not_followed_so_the_token_stays_here(
    simulator: Simulator,
    ask: Callable[..., WolkvoxClient],
    administer: Callable[..., Administration],
    status: int,
    create: bool,
) -> None:
    with Simulator(ContactCentre(agents=1, token="demo-token", lively=False)) as elsewhere:
        target = f"{elsewhere.url}/api/v2/information.php?api=agents"
        simulator.misbehave(Answer(status, headers={"Location": target}), times=None)

        with pytest.raises(WolkvoxError) as raised:
            administer().create_agent(**CREATE) if create else ask().agents()

        assert elsewhere.requests == []
    assert len(simulator.requests) == 1
    if create:
        assert isinstance(raised.value, UnconfirmedError)
    else:
        assert raised.value.reason == "redirected"
        assert f"sent the request on to another address (“{elsewhere.url}/api/v2/information.php?" in str(raised.value)


def test_a_redirect_that_carries_the_token_does_not_tell_it(
    simulator: Simulator, ask: Callable[..., WolkvoxClient]
) -> None:
    simulator.misbehave(Answer(302, headers={"Location": "http://elsewhere.invalid/?token=demo-token"}))

    with pytest.raises(RefusedError) as raised:
        ask().agents()

    assert "“http://elsewhere.invalid/?token=***”" in str(raised.value)


# what is never told


@pytest.mark.parametrize("token", ["s3cr3t-token", "s3cr3t\0token", "s3cr3t\ntoken", "s3cr3tñ"], ids=ascii)
@pytest.mark.parametrize("create", [False, True], ids=["read", "creation"])
def test_no_error_tells_the_token(
    ask: Callable[..., WolkvoxClient], administer: Callable[..., Administration], token: str, create: bool
) -> None:
    client = administer(token) if create else ask(token)

    with pytest.raises(WolkvoxError) as raised:
        client.create_agent(**CREATE) if isinstance(client, Administration) else client.agents()

    assert "s3cr3t" not in spoken(raised.value) + repr(client)


def test_a_token_that_cannot_be_sent_is_named_as_the_trouble(ask: Callable[..., WolkvoxClient]) -> None:
    with pytest.raises(UnavailableError) as raised:
        ask("s3cr3t\ntoken", requests_at_most=1).agents()

    assert re.search(r"\(the token holds characters that cannot be sent\)", str(raised.value))


def test_an_address_that_holds_a_password_is_shown_without_it() -> None:
    with WolkvoxClient("demo", "demo-token", "http://user:s3cr3t@127.0.0.1:9") as client:
        assert repr(client) == "WolkvoxClient('http://127.0.0.1:9/api/v2/')"
