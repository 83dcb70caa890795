"""The views as they are shipped: what each file says of itself, and which come first."""

import functools
import graphlib
import hashlib
import re
from dataclasses import dataclass
from importlib.resources import files

from wolkvox_source.warehouse.dialect import relations

_COLUMN = re.compile(r"([a-z][a-z0-9_]*): (.+)")


@dataclass(frozen=True)
class View:
    """One file of `wolkvox_source/views`.

    Attributes:
        name: of the view, which is that of the file
        query: its text in DuckDB's SQL, the header included
    """

    name: str
    query: str

    @functools.cached_property
    def _header(self) -> list[str]:
        lines = self.query.splitlines()
        end = next(number for number, line in enumerate(lines) if not line.startswith("--"))
        return [line.removeprefix("--").strip() for line in lines[:end]]

    @property
    def columns(self) -> dict[str, str]:
        """Each column and what the header says of it."""
        matches = (_COLUMN.fullmatch(line) for line in self._header)
        return {match[1]: match[2] for match in matches if match}

    @property
    def words(self) -> str:
        """What the header says of the view, a row first."""
        return "\n".join(line for line in self._header if not _COLUMN.fullmatch(line)).strip()

    @property
    def reads(self) -> frozenset[str]:
        """The tables and views that it reads."""
        return relations(self.query)

    @functools.cached_property
    def digest(self) -> str:
        """Changes when the view, or the way in which views are written for a destination, does."""
        dialect = files("wolkvox_source.warehouse").joinpath("dialect.py").read_text(encoding="utf-8")
        return hashlib.sha256(f"{self.query}{dialect}".encode()).hexdigest()[:12]


@functools.cache
def shipped_views() -> tuple[View, ...]:
    """Every view, in no order that matters."""
    folder = files("wolkvox_source").joinpath("views")
    return tuple(
        View(file.name.removesuffix(".sql"), file.read_text(encoding="utf-8"))
        for file in sorted(folder.iterdir(), key=lambda file: file.name)
        if file.name.endswith(".sql")
    )


@functools.cache
def views_in_order() -> tuple[View, ...]:
    """Every view, each after those that it reads."""
    by_name = {view.name: view for view in shipped_views()}
    reads = {view.name: view.reads & by_name.keys() for view in by_name.values()}
    return tuple(by_name[name] for name in graphlib.TopologicalSorter(reads).static_order())
