"""The journal keeps what was asked for, whatever becomes of its file, of tokens and of names."""

import sqlite3
from datetime import timedelta
from pathlib import Path

import pytest

from tests.provisioning.machines import Machine, outcomes, people
from wolkvox_source.errors import ConfigurationError
from wolkvox_source.provisioning.journal import Journal
from wolkvox_source.provisioning.planning import chosen_operation, whose


def test_another_token_of_the_operation_is_the_same_people(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    machine.run(people(2))
    with Journal(machine.journal) as journal:
        monkeypatch.setenv("SOURCES__WOLKVOX__TOKEN", "another-token")
        assert len(journal.requests.of(whose(chosen_operation(None)))) == 2


def test_another_operation_of_the_same_server_is_other_people(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine.run(people(2))
    monkeypatch.setenv("SOURCES__WOLKVOX__OPERATIONS", '["demo", "otra"]')
    monkeypatch.setenv("SOURCES__WOLKVOX__DEMO__TOKEN", "demo-token")
    monkeypatch.setenv("SOURCES__WOLKVOX__OTRA__TOKEN", "token-of-another")
    with Journal(machine.journal) as journal:
        assert len(journal.requests.of(whose(chosen_operation("demo")))) == 2
        assert journal.requests.of(whose(chosen_operation("otra"))) == {}


@pytest.mark.parametrize("how", ["deleted", "emptied", "another"])
def test_a_journal_that_was_there_and_is_gone_is_a_sentence(machine: Machine, how: str, tmp_path: Path) -> None:
    machine.run(people(2))
    if how == "deleted":
        machine.journal.unlink()
    elif how == "emptied":
        machine.journal.write_bytes(b"")
    else:
        other = tmp_path / "other.sqlite"
        with Journal(other):
            other.replace(machine.journal)
    with pytest.raises(ConfigurationError) as caught:
        machine.run(people(2))
    assert caught.value.reason == "journal_gone"
    # which says how to begin anew
    Path(str(machine.journal) + ".id").unlink()
    machine.journal.unlink(missing_ok=True)
    assert outcomes(machine.run(people(2))) == {"exists": 2}


def test_a_damaged_journal_is_a_sentence(machine: Machine) -> None:
    machine.run(people(40))
    content = bytearray(machine.journal.read_bytes())
    content[4096:] = b"\xff" * (len(content) - 4096)
    machine.journal.write_bytes(content)
    with pytest.raises(ConfigurationError) as caught:
        machine.run(people(40))
    assert caught.value.reason == "journal_unusable"


def test_a_journal_of_an_earlier_version_is_gone_on_with(machine: Machine) -> None:
    machine.journal.touch()
    with sqlite3.connect(machine.journal) as base:
        base.executescript(
            "create table keys (key blob not null); insert into keys values (x'00');"
            "create table requests (request_id text primary key, operation text not null, fingerprint text not null,"
            " agent_dni text, requested_at text not null, outcome text, agent_id text, message text);"
        )
    with Journal(machine.journal) as journal:
        fingerprint = journal.fingerprint("17001")
    with sqlite3.connect(machine.journal) as base:
        base.execute(
            "insert into requests (request_id, operation, fingerprint, requested_at, outcome, agent_id)"
            " values ('1', 'demo', ?, '2026-03-02T11:59:00+00:00', 'created', '12009')",
            [fingerprint],
        )
    machine.centre.lag = timedelta(minutes=10)
    assert outcomes(machine.run(people(1))) == {"exists": 1}
