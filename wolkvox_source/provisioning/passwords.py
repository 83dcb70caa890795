"""What a password must be for wolkvox, and a new one."""

import secrets

SPECIAL_CHARACTERS = "!#%&*@"
# no look-alikes: a password is read aloud, and typed from a slip of paper
_KINDS = ("ABCDEFGHJKLMNPQRSTUVWXYZ", "abcdefghijkmnpqrstuvwxyz", "23456789", SPECIAL_CHARACTERS)
_LENGTH = 12


def is_strong(password: str) -> bool:
    """Whether wolkvox's policy accepts it; https://www.wolkvox.com/en/apis-v2-2/2-create-agent/."""
    kinds = (str.isupper, str.islower, str.isdigit, SPECIAL_CHARACTERS.__contains__)
    return all(any(kind(character) for character in password) for kind in kinds)


def new_password() -> str:
    """A password that wolkvox's policy accepts, and no spreadsheet takes for a formula.

    https://www.wolkvox.com/en/apis-v2-2/2-create-agent/
    """
    rest = [secrets.choice(kind) for kind in _KINDS[1:]]
    rest += [secrets.choice("".join(_KINDS[:3])) for _ in range(_LENGTH - 1 - len(rest))]
    secrets.SystemRandom().shuffle(rest)
    return "".join([secrets.choice(_KINDS[0]), *rest])
