"""The operations that the configuration names, each whole and checked, or what is wrong with it."""

from collections.abc import Sequence

import dlt

from wolkvox_source.errors import ConfigurationError
from wolkvox_source.settings.connector import Connector
from wolkvox_source.settings.operation import Operation, server_number
from wolkvox_source.settings.resolving import SECTION, missing_setting, resolved


def operation_names() -> list[str]:
    """The operations that the configuration names, complete or not; none where there is one without a name."""
    return [str(name) for name in resolved((), Connector()).operations or ()]


def configured_operations(only: Sequence[str] = ()) -> list[Operation]:
    """The operations of the configuration, or those of them named in `only`, in the configuration's order.

    Without the setting `operations` there is one, configured right under `sources.wolkvox` and named after
    its server. Raises a ConfigurationError where a setting is missing or wrong.
    """
    names = operation_names()
    if not names:
        one = _operation(())
        name = server_number(one.server)
        _check_known(only, [name])
        return [one.named(name)]
    for name in names:
        if names.count(name) > 1:
            raise ConfigurationError("twice_named", name=name)
    _check_known(only, names)
    # an operation that is not wanted need not be complete
    return [_operation((name,)).named(name) for name in names if not only or name in only]


def _check_known(only: Sequence[str], names: Sequence[str]) -> None:
    for name in only:
        if name not in names:
            raise ConfigurationError("unknown_operation", name=name, known=", ".join(names))


def _operation(section: tuple[str, ...]) -> Operation:
    """The operation of a section, with a token that is ours.

    dlt goes on looking up to a bare `TOKEN`, which on many machines is the secret of another service.
    """
    operation = resolved(section, Operation())
    path = ".".join((*SECTION, *section))
    ours = (f"{path}.token", f"{'.'.join(SECTION)}.token")
    outside = ("token", f"{SECTION[0]}.token")
    if all(dlt.secrets.get(each) is None for each in ours) and operation.token in [
        dlt.secrets.get(each) for each in outside
    ]:
        raise missing_setting(f"{path}.token")
    return operation
