"""One run through a plan: what stops it, and what it goes on after."""

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest

from tests.provisioning.machines import NOON
from tests.provisioning.office import PEOPLE, Office, no, outcomes
from wolkvox_source.provisioning.planned import PlannedAgent
from wolkvox_source.simulator import Answer, Cut, Delay, Hang, HangUp


def hang(office: Office, did_create: bool) -> None:
    office.simulator.misbehave(Hang(), api="create_agent", after_effect=did_create)


def cut(office: Office, did_create: bool) -> None:
    office.simulator.misbehave(Cut(5), api="create_agent", after_effect=did_create)


def refuse(office: Office, did_create: bool) -> None:
    office.simulator.misbehave(HangUp(), api="create_agent", after_effect=did_create)


def fail(office: Office, did_create: bool) -> None:
    office.simulator.misbehave(Answer(500, "<html>"), api="create_agent", after_effect=did_create)


def say_nothing(office: Office, did_create: bool) -> None:
    office.simulator.misbehave(Answer(403, "<html>"), api="create_agent", after_effect=did_create)


def not_there(office: Office, did_create: bool) -> None:
    office.simulator.misbehave(Answer(404, "<html>"), api="create_agent", after_effect=did_create)


def clash(office: Office, did_create: bool) -> None:
    no = {"code": 409, "error": "CONFLICT", "msg": "DUPLICATE"}
    office.simulator.misbehave(Answer(409, no), api="create_agent", after_effect=did_create)


def ask_for_patience(office: Office, did_create: bool) -> None:
    office.simulator.misbehave(Answer(429, ""), api="create_agent", after_effect=did_create)


@pytest.mark.long
@pytest.mark.parametrize("did_create", [True, False], ids=["did create", "did not"])
@pytest.mark.parametrize(
    "misbehave",
    [hang, cut, refuse, fail, say_nothing, not_there, clash, ask_for_patience],
    ids=["timeout", "cut", "closed", "500", "403", "404", "409", "429"],
)
def test_an_answer_that_is_not_clear_stops_the_run_and_is_asked_for_once(
    office: Office, misbehave: Callable[[Office, bool], None], did_create: bool
) -> None:
    misbehave(office, did_create)
    first = office.run(PEOPLE[:3], answer_seconds=0.5)
    assert [row.outcome for row in first.rows] == ["unconfirmed", "not_sent", "not_sent"]
    assert first.exit_code == 75
    assert office.creations() == 1

    second = office.run(PEOPLE[:3], at=NOON + timedelta(minutes=1))
    expected = "confirmed" if did_create else "waiting"
    assert [row.outcome for row in second.rows] == [expected, "created", "created"]
    assert second.exit_code == (0 if did_create else 75)

    third = office.run(PEOPLE[:3], at=NOON + timedelta(minutes=16))
    assert [row.outcome for row in third.rows] == ["exists" if did_create else "created", "exists", "exists"]
    assert third.exit_code == 0
    assert list(office.holders().values())[:3] == [1, 1, 1]


def test_a_refused_row_goes_on_to_the_next_and_its_password_is_not_quoted(office: Office) -> None:
    people = [PEOPLE[0], {**PEOPLE[1], "clave": "Clave#2026"}, PEOPLE[2]]
    office.simulator.misbehave(Delay(0), api="create_agent")
    office.simulator.misbehave(
        no(400, "CLAVE Clave#2026 IS NOT STRONG"),
        api="create_agent",
    )
    result = office.run(people)
    assert [row.outcome for row in result.rows] == ["created", "refused", "created"]
    assert result.exit_code == 77
    assert "Clave#2026" not in repr(result.rows[1]) + str(result.rows[1].error)
    # a clear no is safe to send again at once
    assert [row.outcome for row in office.run(people).rows] == ["exists", "created", "exists"]


def test_a_full_contact_centre_refuses_each_of_the_rest(open_office: Callable[..., Office]) -> None:
    office = open_office(licences=1, agents=8)
    result = office.run(PEOPLE[:4])
    assert [row.outcome for row in result.rows] == ["created", "created", "refused", "refused"]


def test_a_budget_spent_half_way_stops_the_run_and_the_next_day_goes_on(office: Office) -> None:
    office.centre.spend(8_000 - 12)
    first = office.run()
    assert outcomes(first) == {"created": 10, "refused": 1, "not_sent": 9}
    assert first.stopped is not None
    assert (first.stopped.reason, first.exit_code) == ("budget_spent", 75)
    office.centre.spend(-8_000)
    second = office.run()
    assert (outcomes(second), second.exit_code) == ({"exists": 10, "created": 10}, 0)
    assert office.saved() == office.made()


@pytest.mark.long
@pytest.mark.parametrize(
    ("answer", "reason", "exit_code"),
    [
        (no(403, "PLEASE VALIDATE TOKEN"), "bad_token", 77),
        (no(403, "TOKEN LIMIT EXCEEDED"), "budget_spent", 75),
        (no(403, "EXCEEDS THE LIMIT OF SIMULTANEOUS REQUESTS PER TOKEN (2)"), "too_many_at_once", 75),
    ],
    ids=["bad token", "budget", "too many at once"],
)
def test_a_documented_no_that_every_other_row_would_meet_too_stops_the_run(
    office: Office, answer: Answer, reason: str, exit_code: int
) -> None:
    office.simulator.misbehave(answer, api="create_agent")
    result = office.run(PEOPLE[:3])
    assert result.stopped is not None
    assert (result.stopped.reason, result.exit_code) == (reason, exit_code)
    assert office.creations() == 1
    # nothing happened, so it is safe to send again at once
    assert office.run(PEOPLE[:3]).exit_code == 0


@pytest.mark.long
@pytest.mark.parametrize(
    "answer",
    [
        Answer(403, "<html><h1>Forbidden</h1></html>"),
        Answer(403, {"code": "403", "error": "FORBIDDEN", "msg": ""}),
        Answer(404, {"code": "404", "error": "NOT FOUND", "msg": "Validate dates entered"}),
        Answer(404, "<html>"),
        Answer(405, {"code": "405", "error": "METHOD NOT ALLOWED", "msg": "METHOD NOT ALLOWED"}),
        Answer(409, {"code": "409", "error": "CONFLICT", "msg": "CONFLICT"}),
        Answer(429, ""),
        Answer(400, "<html>"),
    ],
    ids=["403 page", "403 without words", "404", "404 page", "405", "409", "429", "400 page"],
)
def test_a_4xx_that_nobody_documents_may_come_after_the_commit(
    open_office: Callable[..., Office], answer: Answer
) -> None:
    office = open_office(lag=timedelta(minutes=10))
    office.simulator.misbehave(answer, api="create_agent", after_effect=True)
    first = office.run(PEOPLE[:4])
    assert [row.outcome for row in first.rows] == ["unconfirmed", "not_sent", "not_sent", "not_sent"]
    # the report does not list the first yet, and nobody is asked for twice
    second = office.run(PEOPLE[:4], at=NOON + timedelta(minutes=1))
    assert [row.outcome for row in second.rows] == ["waiting", "created", "created", "created"]
    office.centre.advance(timedelta(minutes=16))
    last = office.run(PEOPLE[:4], at=NOON + timedelta(minutes=16))
    assert [row.outcome for row in last.rows] == ["confirmed", "exists", "exists", "exists"]
    assert [*office.holders().values()][:4] == [1, 1, 1, 1]
    assert office.saved() == office.made()


def test_a_server_that_goes_away_between_two_leaves_nothing_in_doubt(office: Office) -> None:
    def close(step: str, row: PlannedAgent) -> None:
        if step == "wanted" and row.agent.line == 3:
            office.simulator.__exit__(None, None, None)

    result = office.run(PEOPLE[:4], on_step=close)
    assert [row.outcome for row in result.rows] == ["created", "created", "refused", "not_sent"]
    assert result.stopped is not None
    assert (result.stopped.reason, result.stopped.exit_code) == ("unreachable", 75)
    with office.simulator:
        assert office.run(PEOPLE[:4]).exit_code == 0


def test_creations_keep_their_pace_and_stop_between_two_agents(office: Office) -> None:
    stop = threading.Event()

    def on_step(step: str, row: PlannedAgent) -> None:
        if step == "settled" and row.agent.line == 2:
            threading.Timer(0.1, stop.set).start()

    result = office.run(PEOPLE[:4], pace_seconds=0.4, stop=stop, on_step=on_step)
    assert [row.outcome for row in result.rows] == ["created", "created", "not_sent", "not_sent"]
    times = [request.seconds for request in office.simulator.requests if request.method == "POST"]
    assert times[1] - times[0] >= 0.4
    assert result.exit_code == 75
