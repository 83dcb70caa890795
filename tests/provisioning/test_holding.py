"""One run at a time changes an operation: the one that comes too late is told which process it is."""

import hashlib
import os
import threading
from pathlib import Path

import filelock
import pytest

from wolkvox_source.errors import ConfigurationError, HeldError
from wolkvox_source.language import speak
from wolkvox_source.provisioning.holding import holding_operation


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where this user's locks are, made by the first of them."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return tmp_path / f"wolkvox-{os.getuid() if hasattr(os, 'getuid') else 'user'}"


def refused(token: str = "demo-token") -> HeldError:
    with pytest.raises(HeldError) as raised, holding_operation("demo", token):
        pass
    return raised.value


def test_the_process_that_changes_an_operation_is_named_in_both_languages() -> None:
    with holding_operation("demo", "demo-token"):
        error = refused()

    holder = error.facts["holder"]
    assert holder.startswith(f"PID {os.getpid()}, ")
    assert str(error) == (
        f"Another run is changing the agents of demo ({holder}): wait for its end, then run the same command again."
    )
    assert speak("es").tell(error) == (
        f"Otra ejecución está cambiando los agentes de demo ({holder}): espere a que termine y ejecute el mismo "
        "comando de nuevo."
    )


def test_a_process_that_has_just_begun_is_waited_for_until_it_has_said_which_it_is(folder: Path) -> None:
    folder.mkdir(mode=0o700)
    file = folder / f"{hashlib.sha256(b'demo-token').hexdigest()[:32]}.provisioning.lock"
    with filelock.FileLock(file):
        writing = threading.Timer(0.2, file.write_text, ["PID 7"])
        writing.start()
        assert "(PID 7)" in str(refused())
        writing.join()


def test_an_operation_of_another_token_is_free() -> None:
    with holding_operation("demo", "demo-token"), holding_operation("demo", "another-token"):
        assert "PID" in str(refused("another-token"))


def test_an_operation_is_free_again_after_a_run_that_failed() -> None:
    with pytest.raises(RuntimeError), holding_operation("demo", "demo-token"):
        raise RuntimeError
    with holding_operation("demo", "demo-token"):
        pass


def test_a_folder_that_cannot_be_made_is_named(folder: Path) -> None:
    folder.write_text("in the way")
    with pytest.raises(ConfigurationError, match="locks cannot be kept in"), holding_operation("demo", "demo-token"):
        pass
