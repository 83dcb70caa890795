"""What differs between a row and the agent who is there."""

import pytest

from wolkvox_source.provisioning.differences import changed
from wolkvox_source.provisioning.policy import Policy
from wolkvox_source.provisioning.roster import Listed
from wolkvox_source.provisioning.wanted import WantedAgent

HERE = Listed("12002", "PEÑA INÉS", "00123456", None, "Logout", True)
LOGGED_OUT = frozenset({"logout"})


def differences(agent: WantedAgent, there: Listed, policy: Policy) -> list[tuple[str, str | None]]:
    return [(row.action, row.reason) for row in changed(agent, there, policy, LOGGED_OUT)]


@pytest.mark.parametrize(
    ("agent", "policy", "expected"),
    [
        (WantedAgent(2, "00123456", "Peña   Inés"), Policy(), []),
        (WantedAgent(2, "00123456", ""), Policy(), []),
        (WantedAgent(2, "00123456", "PEÑA IRENE"), Policy(), [("left", "note_needs_reset")]),
        (WantedAgent(2, "00123456", "PEÑA IRENE"), Policy(reset_passwords=True), [("edit", "note_new_password")]),
        (
            WantedAgent(2, "00123456", "PEÑA INÉS", "ines"),
            Policy(reset_passwords=True),
            [("edit", "note_new_password")],
        ),
        (WantedAgent(2, "00123456", "PEÑA INÉS", ""), Policy(), []),
        (WantedAgent(2, "00123456", "PEÑA INÉS", enabled=True), Policy(), []),
        (WantedAgent(2, "00123456", "PEÑA INÉS", enabled=False), Policy(), [("disable", None)]),
    ],
)
def test_only_what_a_row_says_and_differs_is_changed(
    agent: WantedAgent, policy: Policy, expected: list[tuple[str, str | None]]
) -> None:
    assert differences(agent, HERE, policy) == expected


def test_who_is_not_logged_out_is_disabled_only_now() -> None:
    wanted = WantedAgent(2, "00123456", "PEÑA INÉS", enabled=False)
    busy = Listed("12002", "PEÑA INÉS", "00123456", None, "Talk", True)
    assert differences(wanted, busy, Policy()) == [("left", "note_not_logged_out")]
    assert differences(wanted, busy, Policy(now=True)) == [("disable", None)]
    unknown = Listed("12002", "PEÑA INÉS", "00123456", None, None, True)
    assert differences(wanted, unknown, Policy()) == [("left", "note_not_logged_out")]
