"""A password is made here, and is what wolkvox's policy takes."""

import pytest

from wolkvox_source.provisioning.doubts import FORMULA
from wolkvox_source.provisioning.passwords import is_strong, new_password


def test_a_password_made_here_is_strong_and_has_no_look_alikes() -> None:
    made = {new_password() for _ in range(2_000)}
    assert len(made) == 2_000
    assert all(is_strong(password) and len(password) == 12 for password in made)
    assert not {*"".join(made)} & {*"0O1Il"}
    assert not any(password.startswith(FORMULA) for password in made)


@pytest.mark.parametrize(
    ("password", "strong"),
    [("Clave#2026", True), ("clave#2026", False), ("CLAVE#2026", False), ("Clave#year", False), ("Clave2026¡", False)],
)
def test_the_password_policy_is_wolkvoxs(password: str, strong: bool) -> None:
    assert is_strong(password) is strong
