"""Where the archive is: a folder of this machine or of an object store, through fsspec."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from dlt.common.configuration import resolve_configuration
from dlt.common.storages.configuration import FilesystemConfiguration
from dlt.common.storages.fsspec_filesystem import fsspec_from_config

from wolkvox_source.errors import ConfigurationError, quote, without_passwords

# where the credentials of an object store are looked for, before the machine's own
_SECTIONS = ("sources", "wolkvox", "archive")


class Folder:
    """A folder of small files, each of which is there whole or not at all, and readable by its owner alone.

    Raises a ConfigurationError where dlt and fsspec know no such place.
    """

    def __init__(self, url: str) -> None:
        self.url = without_passwords(url)
        self._local = FilesystemConfiguration.is_local_path(url) or url.startswith("file:")
        try:
            config = resolve_configuration(FilesystemConfiguration(bucket_url=url), sections=_SECTIONS)
            self._files: Any = fsspec_from_config(config)[0]
            self._root = str(self._files._strip_protocol(config.bucket_url)).rstrip("/")
        except Exception as failure:
            raise ConfigurationError("archive_place", url=self.url, problem=quote(str(failure), 300)) from failure

    def names(self, folder: str = "") -> list[str]:
        """The names in a folder, in order; none where it is not there."""
        self._files.invalidate_cache()
        try:
            return sorted(path.rstrip("/").rpartition("/")[2] for path in self._files.ls(self._path(folder), False))
        except FileNotFoundError:
            return []

    def exists(self) -> bool:
        """Whether the folder itself is there."""
        return bool(self._files.exists(self._root))

    def read(self, name: str) -> bytes:
        """The content of a file; raises a FileNotFoundError where it is not there."""
        return bytes(self._files.cat_file(self._path(name)))

    def reading(self, name: str) -> Any:
        """A file to read from in parts."""
        return self._files.open(self._path(name), "rb")

    def write(self, name: str, fill: Callable[[Any], None]) -> None:
        """Make a file of what `fill` writes into what it is given."""
        if not self._local:
            # an object is there when all of it is
            with self._files.open(self._path(name), "wb") as writing:
                fill(writing)
            return
        file = Path(self._path(name))
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        unfinished = file.with_name(f".{file.name}.{os.getpid()}")
        try:
            unfinished.touch(mode=0o600)
            with unfinished.open("wb") as writing:
                fill(writing)
                writing.flush()
                os.fsync(writing.fileno())
            unfinished.replace(file)
        finally:
            unfinished.unlink(missing_ok=True)

    def remove(self, folder: str) -> None:
        """Remove a folder and what is in it."""
        self._files.rm(self._path(folder), recursive=True)

    def _path(self, name: str) -> str:
        return f"{self._root}/{name}" if name else self._root
