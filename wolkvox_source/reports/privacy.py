"""What becomes of personal values before anything is written: kept, hashed or dropped."""

import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import pyarrow as pa

from wolkvox_source.reports.catalogue import PERSONAL_COLUMNS

Protection = Literal["keep", "hash", "drop"]

_DOCUMENT = "agent_dni"
_ESCAPED_NUL = re.compile(r"(?<!\\)((?:\\\\)*)\\u0000")


@dataclass(frozen=True)
class Privacy:
    """What becomes of each personal column; `hash` is HMAC-SHA256 under `key`, so that it joins."""

    protections: Mapping[str, Protection] = field(default_factory=dict)
    key: bytes = field(default=b"", repr=False)

    def of(self, column: str) -> Protection:
        return self.protections.get(column, "keep")

    @property
    def keeps_all(self) -> bool:
        return all(self.of(name) == "keep" for name in PERSONAL_COLUMNS)

    @property
    def in_force(self) -> str:
        """The setting in a few words; values that were kept under two different ones cannot be compared.

        Another key makes another setting, told apart by the hash of a word: the key itself is nowhere.
        """
        ways = {"keep": "keep", "hash": f"hash {self.hashed('privacy_key')[:8]}", "drop": "drop"}
        return ", ".join(f"{column}: {ways[self.of(column)]}" for column in PERSONAL_COLUMNS)

    def hashed(self, value: str) -> str:
        return hmac.new(self.key, value.encode(), hashlib.sha256).hexdigest()[:32]


def comparable(before: str | None, now: str) -> frozenset[str] | None:
    """The columns whose values can be compared although they were kept under two settings; None for all."""
    if before is None or before == now:
        return None
    return frozenset(part.partition(":")[0] for part in {*before.split(", ")} & {*now.split(", ")})


def protected(columns: Mapping[str, pa.Array], privacy: Privacy) -> dict[str, pa.Array]:
    """The columns as the privacy setting wants them; one that is dropped is not there.

    A second spelling of a personal field, `wolkvox_<name>`, is as personal as the first.
    """
    if privacy.keeps_all:
        return dict(columns)
    documents = {name: column for name, column in columns.items() if _personal(name) == _DOCUMENT}
    kept = {}
    for name, column in columns.items():
        personal = _personal(name)
        protection = privacy.of(personal) if personal else "keep"
        if protection == "hash":
            kept[name] = _hashed(column, privacy)
        elif protection == "keep":
            # some rosters carry the document inside the name: "NAME (document)"
            hides = personal not in {None, _DOCUMENT} and privacy.of(_DOCUMENT) != "keep"
            kept[name] = _without(column, [*documents.values()]) if hides else column
    return kept


def _personal(name: str) -> str | None:
    """The personal column that a column is a spelling of, None where it is none."""
    plain = name.removeprefix("wolkvox_")
    return plain if plain in PERSONAL_COLUMNS else None


def _without(column: pa.Array, documents: list[pa.Array]) -> pa.Array:
    values = column.to_pylist()
    for each in documents:
        values = [
            text.replace(document, "…") if text and document else text
            for text, document in zip(values, each.to_pylist(), strict=True)
        ]
    return pa.array(values, pa.string())


def _hashed(column: pa.Array, privacy: Privacy) -> pa.Array:
    return pa.array([None if text is None else privacy.hashed(text) for text in column.to_pylist()], pa.string())


def evidence(record: Any, privacy: Privacy, columns: Mapping[str, pa.Array], fields: Mapping[str, str]) -> str:
    """A refused record as JSON text that every warehouse stores, the personal values in it protected.

    `columns` are the record's cleaned values, one row, and `fields` says of each of its fields which column it is.
    """
    if privacy.keeps_all:
        return storable_json(record)
    if not isinstance(record, dict):
        # where a name may stand in a record without fields is unknown
        return json.dumps(f"a JSON {type(record).__name__}, not kept for privacy")
    personal = protected({name: column for name, column in columns.items() if _personal(name)}, privacy)
    rest = {name: value for name, value in record.items() if not _personal(fields[name])}
    return storable_json({**rest, **{name: column[0].as_py() for name, column in personal.items()}})


def storable_json(value: Any) -> str:
    """JSON text without NUL or lone surrogates, neither of which a warehouse stores."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True).encode("utf-8", "replace").decode()
    return _ESCAPED_NUL.sub("\\1\N{REPLACEMENT CHARACTER}", text)
