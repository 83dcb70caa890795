"""Whose the requests of a journal are, and what each says."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import NamedTuple
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Whose:
    """Which requests are an operation's: those made with its token, and those at its address that no other's are.

    The operation's name is only what it is called: another name, or another token, is the same people.
    """

    operation: str
    address: str
    token: str = field(repr=False)
    other_tokens: frozenset[str] = field(default=frozenset(), repr=False)
    other_names: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        url = urlsplit(self.address.lower())
        object.__setattr__(self, "address", f"{url.scheme}://{url.netloc}{url.path}".rstrip("/"))


class Entry(NamedTuple):
    """One request for one person; `outcome` is None where none was recorded."""

    request_id: str
    action: str
    outcome: str | None
    requested_at: datetime
    agent_id: str | None
    after: Mapping[str, object] = MappingProxyType({})
    password: str | None = None
