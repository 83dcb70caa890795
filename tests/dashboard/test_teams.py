"""Which team an agent is in, by the name or by a list."""

from pathlib import Path

import pytest

from wolkvox_source.dashboard.teams import Teams
from wolkvox_source.errors import ConfigurationError


@pytest.mark.parametrize(
    ("name", "team"),
    [("COM-GÓMEZ ANA", "COM"), ("ING-PEÑA", "ING"), ("GÓMEZ ANA", ""), ("GARCÍA-HERREROS ANA", ""), (None, "")],
)
def test_a_team_is_how_a_name_begins(name: str | None, team: str) -> None:
    assert Teams.of().team({"agent_key": "demo:1", "agent_id": "1", "agent_name": name}) == team


def test_a_list_of_teams_comes_before_the_pattern(tmp_path: Path) -> None:
    file = tmp_path / "teams.csv"
    file.write_text("agent_id;team\n12001;Noche\n", encoding="utf-8-sig")
    teams = Teams.of(r"(\w+) ", file)
    assert teams.team({"agent_key": "demo:12001", "agent_id": "12001", "agent_name": "COM-PEÑA ANA"}) == "Noche"
    assert teams.team({"agent_key": "demo:12002", "agent_id": "12002", "agent_name": "DÍA PEÑA"}) == "DÍA"


@pytest.mark.parametrize("text", ["name,group\nA,B\n", "", "team\nA\n"])
def test_a_list_of_teams_that_is_none_is_a_sentence(tmp_path: Path, text: str) -> None:
    file = tmp_path / "teams.csv"
    file.write_text(text)
    with pytest.raises(ConfigurationError, match=r"^The list of teams teams\.csv cannot be used"):
        Teams.of(None, file)


@pytest.mark.parametrize("pattern", ["(", "COM-"])
def test_a_pattern_of_teams_that_names_none_is_a_sentence(pattern: str) -> None:
    with pytest.raises(ConfigurationError, match="cannot be used"):
        Teams.of(pattern)
