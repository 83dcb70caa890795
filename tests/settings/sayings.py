"""What is said about a configuration."""

import pytest

from wolkvox_source.errors import ConfigurationError
from wolkvox_source.settings import configured_operations

SECRET = "s3cr3t-token"


def sentence(*only: str) -> str:
    """What is said about a configuration that is wrong."""
    with pytest.raises(ConfigurationError) as raised:
        configured_operations(only)
    assert raised.value.exit_code == 78
    return str(raised.value)
