"""The front door: the words a person types, and the names a Python caller imports."""

import subprocess
import sys

import pytest

import wolkvox_source
from wolkvox_source.cli import main as cli


def test_without_a_command_the_help_is_shown_and_the_code_is_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([]) == 64

    shown = capsys.readouterr().out
    assert all(command in shown for command in cli.COMMANDS)


@pytest.mark.parametrize(
    "words", [["sink"], ["sync", "--evry", "5m"], ["create-agents"], ["simulate", "--port", "many"]], ids=" ".join
)
def test_a_command_line_that_makes_no_sense_is_usage(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(words) == 64
    assert capsys.readouterr().err.startswith("Usage: wolkvox")


@pytest.mark.parametrize("command", list(cli.COMMANDS))
def test_every_command_explains_itself(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([command, "--help"]) == 0
    assert f"Usage: wolkvox {command}" in capsys.readouterr().out


@pytest.mark.parametrize("group", ["agents", "shifts"])
def test_a_command_made_of_others_speaks_the_language_that_is_asked_for(
    group: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main([group, "--lang", "es", "--help"]) == 0

    shown = capsys.readouterr().out
    assert f"Uso: wolkvox {group} [OPCIONES] COMANDO" in shown
    assert "--lang" in shown
    # no summary is cut
    assert "..." not in shown.split("Comandos:")[1]


def test_help_is_quick_because_nothing_heavy_is_imported() -> None:
    script = (
        "import sys; from wolkvox_source.cli import main as cli\n"
        "cli.main(['sync', '--help'])\n"
        "heavy = ('dlt', 'duckdb', 'pyarrow', 'httpcore', 'httpx', 'rich', 'babel')\n"
        "print([name for name in heavy if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize(("locale", "language"), [("es_CO.UTF-8", "es"), ("C.UTF-8", "en"), ("", "en")])
def test_sentences_are_in_the_language_of_the_locale(
    locale: str, language: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LC_ALL", locale)
    monkeypatch.setenv("LANG", "")

    assert cli.main(["sync"]) == 78

    assert ("Falta el ajuste" in capsys.readouterr().err) == (language == "es")


def test_everything_that_is_exported_can_be_imported() -> None:
    for name in wolkvox_source.__all__:
        # `sync` is its own package, which can be called
        assert getattr(wolkvox_source, name).__name__.rpartition(".")[2] == name
    with pytest.raises(AttributeError):
        _ = wolkvox_source.nothing_of_the_kind  # type: ignore[attr-defined]


@pytest.mark.long
@pytest.mark.parametrize("before", ["", "import wolkvox_source.sync.run; ", "import wolkvox_source.cli.sync; "])
def test_sync_is_a_function_whatever_was_imported_first(before: str) -> None:
    """Its package has the same name, and Python puts that there when one of its modules is imported."""
    code = f"{before}from wolkvox_source import sync; from wolkvox_source.sync.loop import every; import inspect; "
    asked = "print([*inspect.signature(sync).parameters], sync(only=['nobody']).exit_code)"

    done = subprocess.run([sys.executable, "-W", "ignore", "-c", code + asked], capture_output=True, text=True)

    assert (
        done.stdout == "['place', 'only', 'accept_loss', 'operations', 'clock', 'listener', 'shard', 'language'] 78\n"
    ), done.stderr
