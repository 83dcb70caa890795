"""The archive's past hours, each packed into one tar in one zstandard frame, and what the archive holds.

The frame's window is long enough that an answer which differs a little from the last one costs that little.
"""

import io
import re
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, cast

import orjson

from wolkvox_source.api.archive import BODY, RUN, hour_of, library
from wolkvox_source.api.archive_folder import Folder
from wolkvox_source.errors import ConfigurationError, UnreadableError, quote

PACK = ".tar.zst"
_WHOLE = "whole"
_HOUR = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}")
# 128 MiB, the longest that zstandard opens unasked
_WINDOW_LOG = 27
# a run that began before the hour was over may take this long to be archived
_GRACE = timedelta(hours=1)


@dataclass
class Hour:
    """What was kept in an hour: the runs, by the names of their files, and the bodies that they name."""

    runs: dict[str, bytes] = field(default_factory=dict)
    bodies: dict[str, bytes] = field(default_factory=dict)

    def lines(self) -> Iterator[dict[str, Any]]:
        """The observations in order of their runs; raises a ValueError where a line is none."""
        for name in sorted(self.runs):
            for line in self.runs[name].splitlines():
                yield cast(dict[str, Any], orjson.loads(line))


def pack(folder: Folder, now: datetime) -> None:
    """Make one file of each hour that was over an hour before `now`, and remove what it was made of."""
    names = folder.names()
    for name in names:
        if not _HOUR.fullmatch(name) or name >= hour_of(now - _GRACE):
            continue
        try:
            # other runs may be packing it too: one that has begun to remove the folder has made the whole file before
            hour = _open_hour(folder, name)
            if f"{name}{PACK}" in folder.names():
                packed = _packed_hour(folder, name)
                hour = Hour({**packed.runs, **hour.runs}, {**packed.bodies, **hour.bodies})
            folder.write(f"{name}{PACK}", lambda file, hour=hour: _write(hour, file))  # type: ignore[misc]
            folder.remove(name)
        except FileNotFoundError:
            continue


def hours(url: str) -> Iterator[Hour]:
    """The hours of an archive, the earliest first.

    Raises a ConfigurationError where there is no archive, and an UnreadableError where a file of it is not whole.
    """
    folder = Folder(url)
    names = folder.names()
    found = sorted({name for name in (name.removesuffix(PACK) for name in names) if _HOUR.fullmatch(name)})
    if not found:
        raise ConfigurationError("archive_empty", url=folder.url)
    for name in found:
        file = name
        try:
            hour = _open_hour(folder, name) if name in names else Hour()
            if f"{name}{PACK}" in names:
                file = f"{name}{PACK}"
                packed = _packed_hour(folder, name)
                hour = Hour({**packed.runs, **hour.runs}, {**packed.bodies, **hour.bodies})
            for line in hour.lines():
                for answer in line["answers"]:
                    hour.bodies[answer["body"]]
        except (OSError, ValueError, KeyError, TypeError, EOFError, tarfile.TarError, library().ZstdError) as failure:
            problem = quote(str(failure) or type(failure).__name__)
            raise UnreadableError("archive_cut", file=f"{folder.url}/{file}", problem=problem) from failure
        yield hour


def _open_hour(folder: Folder, name: str) -> Hour:
    hour, unpack = Hour(), library().ZstdDecompressor()
    for file in folder.names(name):
        if file.startswith("."):
            continue
        content = folder.read(f"{name}/{file}")
        if file.endswith(RUN):
            hour.runs[file] = content
        elif file.endswith(BODY):
            hour.bodies[file.removesuffix(BODY)] = unpack.decompress(content)
    return hour


def _packed_hour(folder: Folder, name: str) -> Hour:
    hour, members = Hour(), 0
    unpack = library().ZstdDecompressor(max_window_size=2**_WINDOW_LOG)
    with (
        folder.reading(f"{name}{PACK}") as file,
        unpack.stream_reader(file) as stream,
        tarfile.open(fileobj=stream, mode="r|") as tar,
    ):
        for member in tar:
            content = cast(Any, tar.extractfile(member)).read()
            if member.name == _WHOLE:
                if int(content) != members:
                    raise EOFError
                return hour
            members += 1
            if member.name.endswith(RUN):
                hour.runs[member.name] = content
            else:
                hour.bodies[member.name] = content
    raise EOFError


def _write(hour: Hour, file: Any) -> None:
    """The bodies that a run names in the order in which they came, then the runs, and how many files that are."""
    zstandard = library()
    wanted = dict.fromkeys(answer["body"] for line in hour.lines() for answer in line["answers"])
    members = [(name, hour.bodies[name]) for name in wanted if name in hour.bodies] + sorted(hour.runs.items())
    members.append((_WHOLE, str(len(members)).encode()))
    parameters = zstandard.ZstdCompressionParameters.from_level(
        6, window_log=_WINDOW_LOG, enable_ldm=True, write_checksum=True
    )
    with (
        zstandard.ZstdCompressor(compression_params=parameters).stream_writer(file, closefd=False) as stream,
        tarfile.open(fileobj=stream, mode="w|") as tar,
    ):
        for name, content in members:
            about = tarfile.TarInfo(name)
            about.size, about.mode = len(content), 0o600
            tar.addfile(about, io.BytesIO(content))
