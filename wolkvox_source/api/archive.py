"""Every answer as wolkvox gave it, kept for good beside its time, its status and the settings in force.

The hour under way is a folder. In it each run has a file of lines, one an observation, and each body is a file that
is named after its hash, so that an answer equal to another one costs its line alone. A past hour is one file; see
`archive_hours.py`.
"""

import hashlib
import logging
import secrets
import threading
from collections.abc import Collection, Sequence
from datetime import datetime, timezone
from typing import Any

import orjson

from wolkvox_source.api.archive_folder import Folder
from wolkvox_source.api.exchange import Answer
from wolkvox_source.errors import ConfigurationError, WolkvoxError, quote
from wolkvox_source.language import Phrase, stored
from wolkvox_source.settings import Operation, archive_url

BODY, RUN = ".zst", ".jsonl"
# left out is what is secret, and what says only where and how often wolkvox is asked
SETTINGS = (
    *(
        name
        for name in Operation.get_resolvable_fields()
        if name not in {"token", "privacy_key", "base_url", "requests_at_most", "hours", "holidays"}
    ),
    # what these two settings, and a file, had said
    "opening",
)

log = logging.getLogger(__name__)


class Archive:
    """What one run adds to the archive; what goes wrong with that is in `problem`, and is never raised.

    Raises a ConfigurationError where the archive cannot be made as it is set, or where an operation's personal
    columns are not to be kept: an answer holds them in clear.
    """

    def __init__(self, url: str, operations: Sequence[Operation], accept_loss: Collection[str], at: datetime) -> None:
        for operation in operations:
            if not operation.privacy.keeps_all:
                raise ConfigurationError("archive_private", operation=operation.name)
        self.problem: Phrase | None = None
        self._folder = Folder(url)
        self._compress = _compressor()
        self._accept_loss = frozenset(accept_loss)
        self._hour, self._at = hour_of(at), at
        self._lines: list[bytes] = []
        self._there: set[str] | None = None
        self._turn = threading.Lock()

    def keep(
        self, operation: Operation, report: str, heard: Sequence[Answer], error: WolkvoxError | None, seconds: float
    ) -> None:
        """Keep what came of asking an operation for a report: its answers, and the error where that was no answer's."""
        try:
            answers = [
                {
                    "status": answer.status,
                    "location": answer.location,
                    "received_at": answer.received_at,
                    "body": self._body(answer.body),
                }
                for answer in heard
            ]
            line = {
                "operation": operation.name,
                "report": report,
                "observed_at": self._at,
                "seconds": seconds,
                "accept_loss": operation.name in self._accept_loss,
                "settings": {name: getattr(operation, name) for name in SETTINGS},
                "answers": answers,
                "error": _plain(error) if error else None,
            }
            written = orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE)
            with self._turn:
                self._lines.append(written)
        except Exception as failure:  # noqa: BLE001 - whatever it is, the load goes on
            self._failed(failure)

    def close(self) -> None:
        """Keep the lines of the run, and pack the hours that are over."""
        from wolkvox_source.api.archive_hours import pack

        try:
            if self._lines:
                name = f"{self._at.astimezone(timezone.utc):%Y%m%dT%H%M%S.%fZ}-{secrets.token_hex(4)}{RUN}"
                self._folder.write(f"{self._hour}/{name}", lambda file: file.writelines(self._lines))
            pack(self._folder, self._at)
        except Exception as failure:  # noqa: BLE001
            self._failed(failure)

    def _body(self, body: bytes) -> str:
        """The hash of a body, which is in the archive by then."""
        name = hashlib.sha256(body).hexdigest()
        with self._turn:
            if self._there is None:
                self._there = set(self._folder.names(self._hour))
            there = f"{name}{BODY}" in self._there
        if not there:
            packed = self._compress(body)
            self._folder.write(f"{self._hour}/{name}{BODY}", lambda file: file.write(packed))
            with self._turn:
                self._there.add(f"{name}{BODY}")
        return name

    def _failed(self, failure: Exception) -> None:
        log.warning("archive %s: %r", self._folder.url, failure)
        problem = quote(str(failure) or type(failure).__name__, 300)
        self.problem = self.problem or Phrase("archive_failed", {"url": self._folder.url, "problem": problem})


def configured_archive(operations: Sequence[Operation], accept_loss: Collection[str], at: datetime) -> Archive | None:
    """The archive of the setting `archive_url` for a run at the time `at`, None where it is not set."""
    url = archive_url()
    return Archive(url, operations, accept_loss, at) if url else None


def hour_of(at: datetime) -> str:
    """The name of the hour, in UTC, that a time is in."""
    return f"{at.astimezone(timezone.utc):%Y-%m-%dT%H}"


def _plain(error: WolkvoxError) -> dict[str, Any]:
    facts = {"facts": stored(error.facts), "payload_bytes": error.payload_bytes}
    return {"class": type(error).__name__, "reason": error.reason, **facts}


def _compressor() -> Any:
    zstandard = library()
    local = threading.local()

    def compress(body: bytes) -> bytes:
        if not hasattr(local, "compressor"):
            local.compressor = zstandard.ZstdCompressor(level=3, write_checksum=True)
        return bytes(local.compressor.compress(body))

    return compress


def library() -> Any:
    """The library of the extra `archive`; raises a ConfigurationError that names it."""
    try:
        import zstandard
    except ModuleNotFoundError:
        raise ConfigurationError("archive_package") from None
    return zstandard
