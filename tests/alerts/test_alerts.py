"""Alerts: what is posted, once, and what a webhook cannot do to a sync."""

import json
import socket
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.worlds import MONDAY, TOKEN, Clock, Warehouse, environment, run_once
from wolkvox_source.api.webhook import post
from wolkvox_source.cli import main as cli
from wolkvox_source.errors import UnavailableError
from wolkvox_source.settings import Operation, secrets
from wolkvox_source.simulator import Answer, ContactCentre, Simulator
from wolkvox_source.sync.run import Run


class Webhook:
    """A server that keeps what is posted to it, and answers with `status`."""

    def __init__(self) -> None:
        self.posted: list[dict[str, Any]] = []
        self.status = 200
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                assert self.headers["Content-Type"] == "application/json"
                if outer.status == 200:
                    outer.posted.append(json.loads(body))
                self.send_response(outer.status)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self._server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/services/T00/secret-path"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def states(self) -> list[list[tuple[str, str]]]:
        """What the messages say, each as pairs of an operation and its state."""
        return [[(each["operation"], each["state"]) for each in message["alerts"]] for message in self.posted]

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def webhook(monkeypatch: pytest.MonkeyPatch) -> Iterator[Webhook]:
    running = Webhook()
    monkeypatch.setenv("SOURCES__WOLKVOX__ALERT_WEBHOOK", running.url)
    yield running
    running.close()


@pytest.fixture(autouse=True)
def somebody(centre: ContactCentre) -> None:
    centre.hire("PÉREZ  ANA", "1001")


def run(warehouse: Warehouse, clock: Clock, **options: Any) -> Run:
    done = run_once(warehouse, clock, **options)
    assert done.error is None, done.error
    return done


@pytest.mark.long
def test_what_goes_wrong_and_what_recovers_is_told_once_each(
    centre: ContactCentre, simulator: Simulator, warehouse: Warehouse, clock: Clock, webhook: Webhook
) -> None:
    run(warehouse, clock)
    assert webhook.posted == []

    for _ in range(2):
        simulator.misbehave(Answer(403, '{"code": "403", "msg": "PLEASE VALIDATE TOKEN"}'))
        run(warehouse, clock)
    assert webhook.states() == [[("demo", "refused")]]

    for _ in range(2):
        simulator.misbehave(Answer(200, '{"code": "200", "error": null, "msg": "9 records were found", "data": []}'))
        run(warehouse, clock)
    assert webhook.states()[1:] == [[("demo", "suspicious")]]

    # an outage that may pass is neither an alert nor a recovery, until it has lasted
    simulator.misbehave(Answer(503, "busy"))
    run(warehouse, clock)
    assert len(webhook.posted) == 2
    for _ in range(2):
        run(warehouse, clock)
    assert webhook.states()[2:] == [[("demo", "recovered")]]

    for _ in range(5):
        simulator.misbehave(Answer(503, "busy"))
        run(warehouse, clock)
    assert webhook.states()[3:] == [[("demo", "stale")]]
    run(warehouse, clock)
    assert webhook.states()[4:] == [[("demo", "recovered")]]


@pytest.mark.long
def test_one_message_is_for_slack_teams_and_programs_and_says_nothing_that_wolkvox_said(
    centre: ContactCentre, simulator: Simulator, warehouse: Warehouse, clock: Clock, webhook: Webhook
) -> None:
    simulator.misbehave(Answer(403, '{"code": "403", "msg": "PLEASE VALIDATE TOKEN of ANA PÉREZ"}'))
    run(warehouse, clock, language="es")

    text = "demo: wolkvox rechazó la solicitud del 2 mar 2026 12:05:00 UTC. Ejecute wolkvox doctor donde se sincroniza."
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": [{"type": "TextBlock", "text": text, "wrap": True}],
    }
    kind = "application/vnd.microsoft.card.adaptive"
    assert webhook.posted == [
        {
            "type": "message",
            "text": text,
            "attachments": [{"contentType": kind, "contentUrl": None, "content": card, "fallback": text}],
            "alerts": [{"operation": "demo", "state": "refused", "since": "2026-03-02T12:05:00+00:00"}],
        }
    ]


@pytest.mark.long
def test_what_did_not_arrive_is_told_by_the_next_run_and_fails_none(
    centre: ContactCentre, simulator: Simulator, warehouse: Warehouse, clock: Clock, webhook: Webhook
) -> None:
    run(warehouse, clock)
    webhook.status = 500
    simulator.misbehave(Answer(403, '{"code": "403", "msg": "PLEASE VALIDATE TOKEN"}'))
    failed = run(warehouse, clock)

    assert str(failed.untold) == (
        "The alert did not reach the webhook at 127.0.0.1: it answered 500. It is tried again the next time; check the "
        "setting `alert_webhook`."
    )
    assert failed.exit_code == 77
    webhook.status = 200
    simulator.misbehave(Answer(403, '{"code": "403", "msg": "PLEASE VALIDATE TOKEN"}'))
    assert run(warehouse, clock).untold is None
    assert webhook.states() == [[("demo", "refused")]]


@pytest.mark.long
def test_machines_that_write_into_one_dataset_tell_a_thing_once_among_them(
    centre: ContactCentre,
    simulator: Simulator,
    postgres_warehouse: Warehouse,
    clock: Clock,
    webhook: Webhook,
    tmp_path: Path,
) -> None:
    machines = [Warehouse("postgres", postgres_warehouse.dataset, tmp_path / name) for name in ("one", "two")]
    for _ in range(2):
        for machine in machines:
            simulator.misbehave(Answer(403, '{"code": "403", "msg": "PLEASE VALIDATE TOKEN"}'))
            run(machine, clock)

    assert webhook.states() == [[("demo", "refused")]]
    assert postgres_warehouse.rows("select operation, state, told_at from alerts") == [
        ("demo", "refused", MONDAY.replace(minute=5))
    ]


@pytest.mark.long
def test_each_operation_is_told_of_by_itself(
    centre: ContactCentre, simulator: Simulator, duckdb_warehouse: Warehouse, clock: Clock, webhook: Webhook
) -> None:
    good = Operation(server="1", token=TOKEN, base_url=simulator.url, requests_at_most=1).named("ventas")
    bad = Operation(server="2", token="wrong", base_url=simulator.url, requests_at_most=1).named("soporte")
    run(duckdb_warehouse, clock, operations=[good, bad])
    run(duckdb_warehouse, clock, operations=[good])

    assert webhook.states() == [[("soporte", "refused")]]


@pytest.mark.long
def test_the_memory_beside_a_duckdb_file_is_its_owners(
    centre: ContactCentre, simulator: Simulator, duckdb_warehouse: Warehouse, clock: Clock, webhook: Webhook
) -> None:
    simulator.misbehave(Answer(403, '{"code": "403", "msg": "PLEASE VALIDATE TOKEN"}'))
    run(duckdb_warehouse, clock)

    assert stat.S_IMODE(Path("wolkvox_alerts.duckdb").stat().st_mode) == 0o600


def status(*options: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "wolkvox_source.cli.main", "status", *options]
    return subprocess.run(command, env=environment(), capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.long
def test_status_tells_of_a_sync_that_does_not_run_any_more_once(
    centre: ContactCentre,
    simulator: Simulator,
    duckdb_warehouse: Warehouse,
    clock: Clock,
    webhook: Webhook,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run(duckdb_warehouse, clock)
    monkeypatch.delenv("SOURCES__WOLKVOX__ALERT_WEBHOOK")
    assert status().returncode == 75
    assert webhook.posted == []

    for _ in range(2):
        done = status("--webhook", webhook.url)
        assert (done.returncode, done.stderr) == (75, "")
    assert webhook.states() == [[("demo", "stale")]]
    # a wider limit makes it fresh, and nothing happened
    assert status("--webhook", webhook.url, "--max-age", "90000d").returncode == 0
    assert webhook.states() == [[("demo", "stale")]]


@pytest.mark.long
def test_a_webhook_that_fails_changes_no_exit_code_and_is_never_shown(
    centre: ContactCentre, simulator: Simulator, duckdb_warehouse: Warehouse, clock: Clock, webhook: Webhook
) -> None:
    run(duckdb_warehouse, clock)
    webhook.close()
    done = status("--verbose")

    assert done.returncode == 75
    assert done.stderr.startswith("The alert did not reach the webhook at 127.0.0.1: the connection is refused.")
    assert "secret-path" not in done.stdout + done.stderr
    assert {webhook.url, "services/T00/secret-path"} <= secrets()


def test_an_address_that_is_none_is_refused_and_not_shown(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["status", "--webhook", "hooks.slack.com/secret-path"]) == 64
    monkeypatch.setenv("SOURCES__WOLKVOX__ALERT_WEBHOOK", "hooks.slack.com/secret-path")
    assert cli.main(["status"]) == 78
    said = capsys.readouterr()

    assert "secret-path" not in said.out + said.err
    assert "and must be a whole address that starts with https://." in said.err


@contextmanager
def raw(answer: bytes, *, every: float = 0.0) -> Iterator[str]:
    """A server that sends `answer` byte by byte, one `every` so many seconds, and never ends."""
    stopped = threading.Event()
    with closing(socket.create_server(("127.0.0.1", 0))) as listening:

        def serve() -> None:
            connection, _ = listening.accept()
            with closing(connection):
                position = 0
                while not stopped.wait(every):
                    try:
                        connection.send(answer[position : position + 1])
                    except OSError:
                        return
                    position = (position + 1) % len(answer)

        threading.Thread(target=serve, daemon=True).start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/hook"
        stopped.set()


@pytest.mark.parametrize("every", [0.05, 60.0], ids=["one that drips", "one that is silent"])
def test_a_webhook_that_never_ends_is_given_up(every: float) -> None:
    with raw(b"HTTP/1.1 100 Continue\r\n\r\n", every=every) as url, pytest.raises(UnavailableError) as raised:
        post(url, {"text": "x"}, seconds=0.5)

    assert raised.value.reason == "webhook_failed"
    assert str(raised.value.facts["problem"]) == "no whole answer in time"


def test_a_name_server_that_hangs_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    hanging = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: hanging.wait() and [])
    with pytest.raises(UnavailableError) as raised:
        post("http://hooks.invalid/x", {}, seconds=0.1)

    assert str(raised.value.facts["problem"]) == "no whole answer in time"
    assert not hanging.is_set()
    hanging.set()
