"""The cells of a row -> the agent wanted."""

from wolkvox_source.provisioning.planned import PlannedAgent
from wolkvox_source.provisioning.wanted import WantedAgent, WantedSkill
from wolkvox_source.provisioning.wanted_file import read_wanted


def test_a_password_is_in_no_repr() -> None:
    (agent,) = read_wanted([{"dni": 7001, "nombre": "ANA RUIZ", "clave": "Clave#2026"}]).agents
    assert agent.agent_pass == "Clave#2026"
    assert "Clave#2026" not in repr(agent) + repr(PlannedAgent(agent, "create"))


def test_an_empty_cell_leaves_alone_and_a_dash_clears() -> None:
    rows = [
        {"dni": "7001", "nombre": "", "sso": "", "enabled": "", "skills": ""},
        {"dni": "7002", "nombre": "ANA", "sso": "-", "enabled": "no", "skills": "-"},
        {"dni": "7003", "nombre": "EVA", "sso": "eva", "enabled": True, "skills": "Ventas:5; 4002 : 10;"},
        {"dni": "7004", "nombre": "LUZ", "agent_id": "12001"},
    ]
    assert read_wanted(rows).agents == (
        WantedAgent(1, "7001", ""),
        WantedAgent(2, "7002", "ANA", "", enabled=False, skills=()),
        WantedAgent(3, "7003", "EVA", "eva", enabled=True, skills=(WantedSkill("Ventas", 5), WantedSkill("4002", 10))),
        WantedAgent(4, "7004", "LUZ", agent_id="12001"),
    )
