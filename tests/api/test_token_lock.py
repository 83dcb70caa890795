"""One request at a time per token, and what happens where the locks cannot be kept."""

import errno
import itertools
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.worlds import ROOT
from wolkvox_source.api.administration import Administration
from wolkvox_source.api.client import WolkvoxClient
from wolkvox_source.errors import ConfigurationError, HeldError, UnavailableError
from wolkvox_source.language import speak
from wolkvox_source.simulator import ContactCentre, Delay, Hang, Simulator


@pytest.fixture
def strict() -> Iterator[Simulator]:
    """A simulator that refuses a second request of a token while the first is under way."""
    tokens = ("one", "two")
    with Simulator(ContactCentre(agents=1, licences=9, token=tokens, lively=False, simultaneous=1)) as running:
        yield running


def starts(simulator: Simulator) -> list[float]:
    return sorted(request.seconds for request in simulator.requests)


def statuses(simulator: Simulator) -> list[int | None]:
    return [request.status for request in simulator.requests]


def test_threads_with_one_token_take_turns(strict: Simulator, ask: Callable[..., WolkvoxClient]) -> None:
    strict.misbehave(Delay(0.1), times=None)

    with ThreadPoolExecutor(5) as pool:
        clients = [ask("one", strict.url) for _ in range(5)]
        assert all(payload.records for payload in pool.map(lambda client: client.agents(), clients))

    assert statuses(strict) == [200] * 5
    times = starts(strict)
    assert min(later - earlier for earlier, later in itertools.pairwise(times)) >= 0.1


def test_a_client_that_threads_share_takes_turns(strict: Simulator, ask: Callable[..., WolkvoxClient]) -> None:
    strict.misbehave(Delay(0.05), times=None)
    client = ask("one", strict.url)

    with ThreadPoolExecutor(4) as pool:
        assert all(payload.records for payload in pool.map(lambda _: client.agents(), range(4)))

    assert statuses(strict) == [200] * 4


def test_processes_with_one_token_take_turns(strict: Simulator) -> None:
    strict.misbehave(Delay(0.1), times=None)
    script = (
        "import sys\n"
        "from wolkvox_source.api.client import WolkvoxClient\n"
        "with WolkvoxClient('demo', 'one', sys.argv[1], requests_at_most=1) as client:\n"
        "    assert client.agents().records and client.agents().records\n"
    )

    processes = [
        subprocess.Popen([sys.executable, "-c", script, strict.url], cwd=ROOT, stderr=subprocess.PIPE, text=True)
        for _ in range(3)
    ]

    assert [process.communicate(timeout=20)[1] for process in processes] == ["", "", ""]
    assert statuses(strict) == [200] * 6
    times = starts(strict)
    assert min(later - earlier for earlier, later in itertools.pairwise(times)) >= 0.1


def test_two_tokens_are_used_side_by_side(strict: Simulator, ask: Callable[..., WolkvoxClient]) -> None:
    strict.misbehave(Hang(), token="one")
    hanging = ask("one", strict.url, requests_at_most=1)

    with ThreadPoolExecutor(1) as pool:
        under_way = pool.submit(hanging.agents)
        while not strict.requests:
            time.sleep(0.01)
        assert ask("two", strict.url).agents().records
        assert not under_way.done()
        strict.__exit__(None, None, None)


@pytest.mark.long
@pytest.mark.parametrize("create", [False, True], ids=["read", "creation"])
def test_a_token_that_stays_in_use_is_not_used(
    strict: Simulator, ask: Callable[..., WolkvoxClient], administer: Callable[..., Administration], create: bool
) -> None:
    strict.misbehave(Delay(1.0))
    other = ask("one", strict.url)
    client = (administer if create else ask)("one", strict.url, seconds_at_most=0.2)

    with ThreadPoolExecutor(1) as pool:
        under_way = pool.submit(other.agents)
        while not strict.requests:
            time.sleep(0.01)
        with pytest.raises(HeldError) as raised:
            client.create_agent("52", "ANA") if isinstance(client, Administration) else client.agents()
        assert under_way.result().records

    assert raised.value.reason == "token_in_use"
    assert [request.api for request in strict.requests] == ["agents"]


# where the locks are


@pytest.fixture
def folder() -> Path:
    """The folder of this user's locks, not made yet."""
    return Path(tempfile.gettempdir()) / f"wolkvox-{os.getuid()}"


def test_the_locks_are_this_users_alone(ask: Callable[..., WolkvoxClient], folder: Path) -> None:
    ask().agents()

    assert (folder.stat().st_mode & 0o777, folder.stat().st_uid) == (0o700, os.getuid())
    assert "demo-token" not in " ".join(path.name for path in folder.iterdir())


def as_a_file(folder: Path) -> None:
    folder.write_text("")


def as_a_link_to_nothing(folder: Path) -> None:
    folder.symlink_to(folder.parent / "nowhere")


def as_a_strangers(folder: Path) -> None:
    folder.mkdir()
    try:
        os.chown(folder, os.getuid() + 1, -1)
    except PermissionError:
        pytest.skip("giving a folder away needs root")


def as_a_link_to_a_strangers(folder: Path) -> None:
    elsewhere = folder.with_name("elsewhere")
    as_a_strangers(elsewhere)
    folder.symlink_to(elsewhere)


@pytest.mark.parametrize(
    "made", [as_a_file, as_a_link_to_nothing, as_a_strangers, as_a_link_to_a_strangers], ids=lambda made: made.__name__
)
def test_a_folder_of_locks_that_is_not_ours_is_for_a_person_to_move(
    simulator: Simulator, ask: Callable[..., WolkvoxClient], folder: Path, made: Callable[[Path], None]
) -> None:
    made(folder)

    with pytest.raises(ConfigurationError) as raised:
        ask().agents()

    assert raised.value.exit_code == 78
    assert str(raised.value).startswith(f"This user's locks cannot be kept in {folder} (")
    assert str(raised.value).endswith("delete that folder or give it to this user, or name another place in TMPDIR.")
    assert simulator.requests == []


def test_whose_folder_it_is_is_told_in_the_language_of_the_sentence(
    ask: Callable[..., WolkvoxClient], folder: Path
) -> None:
    as_a_strangers(folder)

    with pytest.raises(ConfigurationError) as raised:
        ask().agents()

    assert f"en {folder} (es de otro usuario)" in speak("es").tell(raised.value)


def test_a_disk_without_room_for_a_lock_is_for_later(
    simulator: Simulator,
    administer: Callable[..., Administration],
    small_disk: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    client = administer()
    monkeypatch.setattr(tempfile, "tempdir", str(small_disk))
    subprocess.run(["mount", "-o", "remount,nr_inodes=2", str(small_disk)], check=True)
    (small_disk / f"wolkvox-{os.getuid()}").mkdir(mode=0o700)

    for verb in (client.agents, lambda: client.create_agent("52", "ANA")):
        with pytest.raises(UnavailableError) as raised:
            verb()

        assert (raised.value.exit_code, raised.value.reason) == (75, "disk_full")
        assert os.strerror(errno.ENOSPC) in str(raised.value)
    assert simulator.requests == []
