"""Settings in the environment and in dlt's files, and none from elsewhere."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from dlt.common.configuration.container import Container
from dlt.common.configuration.specs.pluggable_run_context import PluggableRunContext

from wolkvox_source.settings import Operation


@pytest.fixture(autouse=True)
def no_bare_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep settings without a section away: dlt falls back to them, and machines often have a TOKEN."""
    for name in Operation.__dataclass_fields__:
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Put settings in the environment, `ventas__server` being SOURCES__WOLKVOX__VENTAS__SERVER."""

    def put(**settings: str) -> None:
        for name, value in settings.items():
            monkeypatch.setenv(f"SOURCES__WOLKVOX__{name.upper()}", value)

    return put


@pytest.fixture
def files(tmp_path: Path) -> Iterator[Callable[..., None]]:
    """Put settings in .dlt/config.toml and .dlt/secrets.toml; dlt reads them once, so it is told to read again."""
    context = Container()[PluggableRunContext]

    def put(config: str = "", secrets: str = "") -> None:
        folder = tmp_path / ".dlt"
        folder.mkdir(exist_ok=True)
        (folder / "config.toml").write_text(config, encoding="utf-8")
        (folder / "secrets.toml").write_text(secrets, encoding="utf-8")
        context.reload_providers()

    yield put
    put()
    context.reload_providers()
