"""What people call the columns of a list."""

import pytest

from wolkvox_source.provisioning.headings import HEADINGS
from wolkvox_source.provisioning.wanted import WantedError
from wolkvox_source.provisioning.wanted_file import read_wanted


def test_no_heading_means_two_fields() -> None:
    every = [heading for headings in HEADINGS.values() for heading in headings]
    assert len(every) == len(set(every))


@pytest.mark.parametrize("heading", ["Clave provisional", "Contraseña del agente", "PIN", "pass 2"])
def test_a_heading_that_may_hold_passwords_is_not_passed_over(heading: str) -> None:
    with pytest.raises(WantedError) as caught:
        read_wanted([{"dni": "7001", "nombre": "ANA RUIZ", heading: "Clave#2026"}])
    assert caught.value.reason == "wanted_password_heading"
    assert "Clave#2026" not in str(caught.value)


def test_clave_inicial_is_the_password() -> None:
    (agent,) = read_wanted([{"dni": "7001", "nombre": "ANA RUIZ", "Clave inicial": "Clave#2026"}]).agents
    assert agent.agent_pass == "Clave#2026"
