"""An unattended run. The package is its own function: `from wolkvox_source import sync`, then `sync(place)`.

Its name on the front door is that of this package, and whichever of its modules is imported first makes Python put
the package there; so the package itself is what can be called, and `sync.run.sync` says how.
"""

import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from inspect import Signature

    from wolkvox_source.sync.run import Run


class _Callable(ModuleType):
    def __call__(self, *args: Any, **options: Any) -> "Run":
        from wolkvox_source.sync.run import sync

        return sync(*args, **options)

    @property
    def __signature__(self) -> "Signature":
        from inspect import signature

        from wolkvox_source.sync.run import sync

        return signature(sync)


sys.modules[__name__].__class__ = _Callable
