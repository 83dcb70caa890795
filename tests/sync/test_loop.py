import os
import random
import signal
import statistics
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path

import pytest

from tests.worlds import Warehouse, environment
from wolkvox_source.language import Phrase, speak
from wolkvox_source.simulator import Answer, ContactCentre, Cut, Delay, HangUp, Simulator, Truncate
from wolkvox_source.sync.loop import begins, every, seconds, slot_of

LONG = bool(os.environ.get("WOLKVOX_LONG"))
RUNS, WARM = (500, 60) if LONG else (20, 6)


@pytest.mark.parametrize(("text", "expected"), [("30s", 30), ("5m", 300), ("1h", 3600), (" 1d ", 86_400)])
def test_an_interval_is_a_number_and_a_unit(text: str, expected: int) -> None:
    assert seconds(text) == expected


@pytest.mark.parametrize("text", ["", "5", "0m", "-5m", "5 m", "1.5h", "5min", "٥m", "m"])
def test_anything_else_is_no_interval(text: str) -> None:
    with pytest.raises(ValueError):
        seconds(text)


@pytest.mark.parametrize("interval", [0, 86_401])
def test_an_interval_is_a_day_at_most(interval: int) -> None:
    with pytest.raises(ValueError):
        every(interval, lambda: 0, tell=print)


class World:
    """A clock of its own, on which waiting takes no time; runs are noted, and after so many it ends."""

    def __init__(self, now: str, runs: int, *codes: int) -> None:
        self.now = datetime.fromisoformat(f"2026-03-02T{now}+00:00").timestamp()
        self.left, self.codes = runs, list(codes)
        self.began: list[str] = []
        self.told: list[str] = []
        self.takes: dict[int, float] = {}
        self.waits: Callable[[], None] | None = None

    def one_run(self) -> int:
        self.began.append(f"{datetime.fromtimestamp(self.now, timezone.utc):%H:%M:%S}")
        self.now += self.takes.get(len(self.began), 1.0)
        self.left -= 1
        return self.codes.pop(0) if self.codes else 0

    def wait(self, seconds: float) -> bool:
        if self.left <= 0:
            return True
        self.now += seconds
        if self.waits:
            waits, self.waits = self.waits, None
            waits()
        return False

    def hear(self, phrase: Phrase) -> None:
        self.told.append(speak("en").tell(phrase))

    def run(self, interval: int = 300) -> int:
        return every(interval, self.one_run, tell=self.hear, clock=lambda: self.now, wait=self.wait)


def test_the_first_run_is_at_once_and_the_others_are_on_the_clock() -> None:
    world = World("11:57:12", 4)

    assert world.run() == 0
    assert world.began == ["11:57:12", "12:00:00", "12:05:00", "12:10:00"]
    assert world.told == []


def test_an_interval_that_does_not_divide_the_day_begins_anew_at_midnight() -> None:
    world = World("23:41:00", 5)

    world.run(7 * 60)

    assert world.began == ["23:41:00", "23:48:00", "23:55:00", "00:00:00", "00:07:00"]


@pytest.mark.parametrize("interval", [1, 7, 300, 420, 3600, 5400, 86_400])
def test_every_moment_falls_into_one_slot(interval: int) -> None:
    for moment in range(1_772_409_000, 1_772_409_000 + 100_000, 997):
        slot = slot_of(moment, interval)
        assert begins(slot, interval) <= moment < begins(slot + 1, interval)
        assert slot_of(begins(slot, interval), interval) == slot


def test_runs_that_a_long_one_ran_through_are_skipped_and_told() -> None:
    world = World("12:00:00", 3)
    world.takes = {2: 11 * 60}

    world.run()

    assert world.began == ["12:00:00", "12:05:00", "12:20:00"]
    assert "\n".join(world.told) == (
        "2 runs were missed and skipped, since one took too long, or this machine slept or its clock was set. The next "
        "one is on Mar 2, 2026 12:20:00 UTC."
    )


def test_a_run_that_ends_a_moment_after_the_next_was_due_delays_it_only() -> None:
    world = World("12:00:00", 3)
    world.takes = {1: 302.0}

    world.run()

    assert world.began == ["12:00:00", "12:05:02", "12:10:00"]
    assert world.told == []


def test_a_clock_that_jumps_ahead_costs_the_runs_between_and_no_more() -> None:
    world = World("12:00:00", 3)

    def sleep_until_the_afternoon() -> None:
        world.now += 3 * 3600 + 60

    world.waits = sleep_until_the_afternoon
    world.run()

    assert world.began == ["12:00:00", "15:05:00", "15:10:00"]
    assert [sentence.partition(",")[0] for sentence in world.told] == ["36 runs were missed and skipped"]


def test_a_clock_that_goes_back_is_told_and_the_runs_go_on_from_there() -> None:
    world = World("12:00:00", 3)

    def set_right() -> None:
        world.now -= 2 * 3600

    world.waits = set_right
    world.run()

    assert world.began == ["12:00:00", "10:05:00", "10:10:00"]
    assert world.told == [
        "This machine's clock went back, to Mar 2, 2026 10:00:02 UTC: the next run is on Mar 2, 2026 10:05:00 UTC."
    ]


def test_a_clock_that_is_corrected_by_seconds_repeats_no_run() -> None:
    world = World("12:00:00", 3)

    def correct() -> None:
        world.now -= 4

    world.waits = correct
    world.run()

    assert world.began == ["12:00:00", "12:05:00", "12:10:00"]
    assert world.told == []


@pytest.mark.parametrize("code", [77, 78])
def test_the_runs_end_where_only_a_person_can_help(code: int) -> None:
    world = World("12:00:00", 9, 0, 75, code)

    assert world.run() == code
    assert len(world.began) == 3
    assert world.told == [
        f"The runs end here (exit code {code}), since going on would not help until a setting is changed."
    ]


def test_no_other_failure_ends_the_runs() -> None:
    world = World("12:00:00", 6, 75, 65, 70, 64, 1)

    assert world.run() == 0
    assert len(world.began) == 6


def test_a_run_that_raises_is_told_and_the_next_one_follows() -> None:
    world = World("12:00:00", 3)

    def broken() -> int:
        world.one_run()
        raise RuntimeError("the disk went away")

    assert every(300, broken, tell=world.hear, clock=lambda: world.now, wait=world.wait) == 0
    assert len(world.began) == 3
    assert world.told[0] == (
        "Something unexpected happened (“RuntimeError: the disk went away”): run again with --verbose and report "
        "what it prints."
    )


RESIDENT = """
import os, sys, time
from wolkvox_source.cli import main as cli
from wolkvox_source.language import speak
from wolkvox_source.sync import loop as schedule

def say(line):
    # whole, whatever another thread says meanwhile
    os.write(1, f"{line}\\n".encode())

def run():
    say("begin")
    time.sleep(float(sys.argv[1]))
    say("end")
    return 0

try:
    sys.exit(schedule.every(int(sys.argv[2]), run, tell=lambda phrase: say(speak("en").tell(phrase))))
except KeyboardInterrupt:
    sys.exit(130)
"""


def resident(*words: str) -> "subprocess.Popen[str]":
    """A process of its own that makes runs, once it has begun to."""
    process = subprocess.Popen(
        [sys.executable, "-c", RESIDENT, *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=environment(),
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "begin\n"
    return process


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "Ctrl-C"])
def test_between_two_runs_a_signal_ends_it_at_once(number: int) -> None:
    process = resident("0", "86400")
    assert process.stdout is not None and process.stdout.readline() == "end\n"
    time.sleep(0.1)
    process.send_signal(number)

    # the next run would be tomorrow
    assert process.wait(10) == 0
    assert process.stdout.read() == ""


@pytest.mark.long
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "Ctrl-C"])
def test_during_a_run_a_signal_lets_it_finish(number: int) -> None:
    process = resident("1", "1")
    process.send_signal(number)
    said, _ = process.communicate(timeout=10)

    assert process.returncode == 0
    assert said == "Stopping after the run under way; Ctrl-C again to stop at once.\nend\n"


def test_a_second_ctrl_c_does_not_wait_for_the_run() -> None:
    process = resident("60", "300")
    process.send_signal(signal.SIGINT)
    assert process.stdout is not None and process.stdout.readline().startswith("Stopping")
    time.sleep(1.1)
    process.send_signal(signal.SIGINT)

    assert process.wait(10) == 130


@pytest.mark.long
def test_the_same_signal_twice_at_once_or_another_beside_it_is_one() -> None:
    """A wrapper passes on what the terminal has already told everybody."""
    process = resident("1", "1")
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGINT, signal.SIGTERM):
        process.send_signal(number)
    said, _ = process.communicate(timeout=10)

    assert process.returncode == 0
    assert said == "Stopping after the run under way; Ctrl-C again to stop at once.\nend\n"


def sync_every(interval: str, folder: Path) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "wolkvox_source.cli.main", "sync", "--every", interval]
    return subprocess.Popen(
        command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment()
    )


@pytest.mark.long
def test_a_sync_that_is_told_to_stop_loads_what_it_has_asked_for(
    centre: ContactCentre, simulator: Simulator, duckdb_warehouse: Warehouse, tmp_path: Path
) -> None:
    centre.hire("PÉREZ  ANA", "1001")
    simulator.misbehave(Delay(1.5))
    process = sync_every("1h", tmp_path)
    while not simulator.requests:
        time.sleep(0.02)
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=60)

    assert process.returncode == 0
    assert out.split()[1:4] == ["demo", "changed", "records=1"]
    assert [line.split(" ", 1)[1] for line in err.splitlines()] == [
        "A run every 1h, the first one now, then on the clock. Ctrl-C ends it after the run under way.",
        "Stopping after the run under way; Ctrl-C again to stop at once.",
    ]
    assert duckdb_warehouse.rows("select agent_name, present from agents") == [("PÉREZ  ANA", True)]
    assert (tmp_path / "wolkvox_read.duckdb").exists()


@pytest.mark.long
def test_a_token_that_is_refused_ends_the_runs(
    simulator: Simulator, duckdb_warehouse: Warehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCES__WOLKVOX__TOKEN", "no-longer-good")
    process = sync_every("1s", tmp_path)
    out, err = process.communicate(timeout=60)

    assert process.returncode == 77
    assert out == ""
    assert "wolkvox did not accept the token" in err
    assert err.endswith("The runs end here (exit code 77), since going on would not help until a setting is changed.\n")
    assert "no-longer-good" not in err


MANY = """
import os, random, sys
os.environ["RUNTIME__LOG_LEVEL"] = "CRITICAL"
from wolkvox_source.cli import sync as syncing
from wolkvox_source.language import speak
from wolkvox_source.sync import loop as schedule

speech = speak("en")
chosen = syncing.command(speech).make_context("sync", []).params
del chosen["every"]
runs, chance, now, done = int(sys.argv[1]), random.Random(7), 1_772_409_600.0, 0

def run():
    global done
    done += 1
    if chance.random() < 0.03:
        raise RuntimeError("the ground shakes")
    return syncing.one_run(speech, **chosen).exit_code

def wait(seconds):
    global now
    now += seconds
    if now % 300 == 0:
        pages = int(open("/proc/self/statm").read().split()[1])
        print("memory", pages * os.sysconf("SC_PAGE_SIZE"), flush=True)
    return done >= runs

sys.exit(schedule.every(300, run, tell=lambda text: None, clock=lambda: now, wait=wait))
"""


@pytest.mark.long
@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="reads memory as Linux tells it")
def test_memory_stays_flat_however_many_runs_fail(
    centre: ContactCentre, simulator: Simulator, duckdb_warehouse: Warehouse, tmp_path: Path
) -> None:
    """One in ten fails in a random way, and each of the others brings somebody's new status."""
    for number in range(40):
        centre.hire(f"AGENTE {number}", str(1000 + number))
    agents, chance = [*centre.agents], random.Random(11)
    failures: list[Callable[[], None]] = [
        lambda: simulator.misbehave(Answer(500, "boom")),
        lambda: simulator.misbehave(Answer(503, {"code": "503", "msg": "busy"})),
        lambda: simulator.misbehave(Answer(200, "<html>PHP Warning</html>")),
        lambda: simulator.misbehave(Answer(403, "Forbidden")),
        lambda: simulator.misbehave(Answer(403, {"code": "403", "error": "FORBIDDEN", "msg": "TOKEN LIMIT EXCEEDED"})),
        lambda: simulator.misbehave(Cut()),
        lambda: simulator.misbehave(HangUp()),
        lambda: simulator.misbehave(Truncate(3)),
    ]
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(MANY), str(RUNS)],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=environment(),
    )
    memory, said = [], []
    assert process.stdout is not None
    for line in process.stdout:
        said.append(line)
        if line.startswith("memory"):
            memory.append(int(line.split()[1]))
            centre.set_status(chance.choice(agents), chance.choice(["Ready", "Talk", "ACW", "Almuerzo"]))
            if chance.random() < 0.1:
                chance.choice(failures)()

    assert process.wait(60) == 0, "".join(said[-20:])
    assert not any("Traceback" in line for line in said)
    assert len(memory) >= RUNS - 1
    tail = len(memory) // 10 + 3
    print(f"{memory[WARM]} bytes after {WARM} runs, {memory[-1]} after {len(memory)}")
    assert statistics.median(memory[-tail:]) < 1.1 * statistics.median(memory[WARM : WARM + tail])
    outcomes = dict(duckdb_warehouse.rows("select outcome, count(*) from observations group by outcome"))
    assert outcomes["changed"] > RUNS / 2
    assert RUNS * 0.8 < sum(outcomes.values()) <= RUNS
