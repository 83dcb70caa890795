"""The place of a run: read before wolkvox is asked, and loaded after, under its lock."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import dlt
import pyarrow as pa

from wolkvox_source.errors import HeldError, WolkvoxError
from wolkvox_source.language import Phrase
from wolkvox_source.observation import (
    Answer,
    Decided,
    Known,
    Observation,
    decide,
    known_before,
    wanted_before,
    wanted_for,
)
from wolkvox_source.reports.catalogue import AGENTS
from wolkvox_source.settings import Operation
from wolkvox_source.source import decided_source
from wolkvox_source.sync.kept import Shelf
from wolkvox_source.sync.recovery import left_behind, place_of, recover, remember
from wolkvox_source.tables import TABLES
from wolkvox_source.warehouse.connection import duckdb_file, opened, opened_to_load
from wolkvox_source.warehouse.contents import check_whole
from wolkvox_source.warehouse.current import Current, current, forget_schema, observed_since
from wolkvox_source.warehouse.failures import in_words
from wolkvox_source.warehouse.lake import is_lake, keep_up
from wolkvox_source.warehouse.ledger import record
from wolkvox_source.warehouse.lock import dataset_lock, is_locked
from wolkvox_source.warehouse.meanwhile import Reader, read_meanwhile
from wolkvox_source.warehouse.mending import FUTURE, broken_keys, from_the_future, mend, put_future_aside
from wolkvox_source.warehouse.pipeline import Place
from wolkvox_source.warehouse.postgres import check_rights, is_postgres, tried_once
from wolkvox_source.warehouse.staging import empty_own, remove_abandoned


@dataclass
class Progress:
    """What a run has come to so far."""

    answers: list[Answer] = field(default_factory=list)
    observations: list[Observation] = field(default_factory=list)
    notes: list[Phrase] = field(default_factory=list)
    error: WolkvoxError | None = None
    copy: Path | None = None


class Loading:
    """The warehouse of a run; `progress` is told what is observed, recovered and mended."""

    def __init__(self, pipeline: dlt.Pipeline, place: Place, progress: Progress) -> None:
        self.pipeline, self.progress = pipeline, progress
        self.patience = place.patience
        self.file = duckdb_file(pipeline)
        self.shelf = Shelf(place.folder, place.pipeline_name, place_of(pipeline, self.file))

    def recover(self, operations: Sequence[Operation]) -> None:
        """Load first what an earlier run left, while wolkvox has not been asked."""
        files = self.shelf.files()
        if not files and not left_behind(self.pipeline):
            return
        with dataset_lock(self.pipeline, self.patience), opened_to_load(self.pipeline, self.patience) as client:
            recover(self.pipeline, client, self.file, _names(operations), self.progress.notes)
            for file in files:
                self._recover_answers(client, operations, file)

    def _recover_answers(self, client: Any, operations: Sequence[Operation], file: Path) -> None:
        ours, answers = self.shelf.read(file)
        mine = [answer for answer in answers if answer.operation in _names(operations)]
        if not ours:
            self.progress.notes.append(Phrase("answers_foreign", {"at": answers[0].observed_at}))
        elif mine:
            self.progress.notes.append(self._loaded_late(client, operations, mine))
        file.unlink()
        if ours:
            self.shelf.keep([answer for answer in answers if answer.operation not in _names(operations)])

    def _loaded_late(self, client: Any, operations: Sequence[Operation], answers: Sequence[Answer]) -> Phrase:
        at = answers[0].observed_at
        try:
            self._load(client, self._decide(client, operations, answers), at)
        except Exception as failure:
            error = in_words(failure)
            if error.at_fault is not None or left_behind(self.pipeline):
                raise
            # what is at fault is in the answers, which would stop every later run
            return Phrase("answers_aborted", {"at": at, "problem": error.phrase})
        return Phrase("answers_finished", {"at": at})

    def ahead(
        self, operations: Sequence[Operation], now: datetime, accept_loss: Sequence[str] = ()
    ) -> dict[str, datetime]:
        """The operations that were observed at `now` or later; raises what keeps the warehouse from being read.

        What one run left in a far future is set aside, since no run could be noted until then; and what those in
        `accept_loss` have from after `now`, since a person says that this machine's clock is right.
        """
        names = _names(operations)
        try:
            with opened(self.pipeline, 0.0 if is_locked(self.pipeline) else self.patience) as client:
                if is_postgres(self.pipeline):
                    check_rights(client)
                check_whole(client)
                ahead = observed_since(client, names, now)
                far = any(last > now + FUTURE for last in ahead.values())
                doubted = {*accept_loss} & {*ahead}
                if not doubted and not (far and from_the_future(client, names, now)):
                    return ahead
        except HeldError:
            if is_locked(self.pipeline):
                # another run is loading, and asking does not wait for it: who has overtaken whom is decided later
                return {}
            raise
        with dataset_lock(self.pipeline, self.patience), opened(self.pipeline, self.patience) as client:
            wrong = from_the_future(client, names, now)
            if wrong:
                self.progress.notes.extend(put_future_aside(client, wrong, now))
            doubted = {*accept_loss} & {*observed_since(client, names, now)}
            if doubted:
                self.progress.notes.extend(put_future_aside(client, sorted(doubted), now, timedelta()))
            return observed_since(client, names, now)

    def known(self, operations: Sequence[Operation], now: datetime) -> Known:
        """What the warehouse knows that wolkvox need not be asked for; of a warehouse that is held, nothing."""
        if all(operation.requests_per_day is None and operation.asks_for == [AGENTS.name] for operation in operations):
            return Known()
        try:
            with opened(self.pipeline, 0.0 if is_locked(self.pipeline) else self.patience) as client:
                return known_before(client, operations, now)
        except HeldError:
            return Known(spent=None)

    @contextmanager
    def kept_on_failure(self, answers: Sequence[Answer]) -> Iterator[None]:
        """Keep the answers for the next run where they do not come as far as into a load package."""
        try:
            yield
        except Exception:
            if not left_behind(self.pipeline):
                self.shelf.keep(answers)
            raise

    @contextmanager
    def reading(self, operations: Sequence[Operation], now: datetime) -> Iterator[Reader]:
        """Read what the warehouse holds while the block asks wolkvox; yields what `load` takes."""
        names, zones = _names(operations), _zones(operations)
        with read_meanwhile(self.pipeline, names, now, wanted_before(operations), zones) as read:
            yield read

    def load(
        self,
        client: Any,
        operations: Sequence[Operation],
        answers: Sequence[Answer],
        accept_loss: Sequence[str],
        read: Reader | None = None,
    ) -> None:
        """Decide on what the warehouse holds now, and load it with its lines in the ledger."""
        decided = self._decide(client, operations, answers, accept_loss, read)
        self.progress.observations.extend(decided.observations)
        self._load(client, decided, answers[0].observed_at)

    def _decide(
        self,
        client: Any,
        operations: Sequence[Operation],
        answers: Sequence[Answer],
        accept_loss: Sequence[str] = (),
        read: Reader | None = None,
    ) -> Decided:
        remember(self.pipeline, self.file)
        if self.pipeline.config.restore_from_destination:
            self.pipeline.sync_destination()
        return decide(operations, answers, self._current(client, operations, answers, read), accept_loss)

    def _current(
        self, client: Any, operations: Sequence[Operation], answers: Sequence[Answer], read: Reader | None
    ) -> Current:
        """What the warehouse holds, once what is wrong in it is mended."""
        check_whole(client)
        names, now, wanted = _names(operations), answers[0].observed_at, wanted_for(answers)
        again = partial(current, client, names, now, wanted, _zones(operations))
        held = read(client, wanted) if read else again()
        if 0 < len(held.missing) < len(held.columns):
            self._make_anew(client, held, now)
            held = again()
        broken = [] if held.missing else broken_keys(client, AGENTS, names, held)
        if broken:
            self.progress.notes.extend(mend(client, AGENTS, broken, now))
            held = again()
        return held

    def _make_anew(self, client: Any, held: Current, now: datetime) -> None:
        """Make the tables that a person dropped, so that what is in the others is still known."""
        # an earlier version of this package, whose operations had no hours, made no table of them
        newer = {"opening_hours"} if "hours" not in held.columns["operations"] else set()
        # those of a report that is asked for the first time were never there
        gone = sorted(name for name in held.missing - newer if name in TABLES and not held.columns[name])
        if gone:
            self.progress.notes.append(Phrase("tables_anew", {"tables": gone}))
        # dlt would go by its own note that they are there
        forget_schema(client, self.pipeline.default_schema_name or "wolkvox")
        self._load(client, Decided.of_empty(held.missing), now)

    def _load(self, client: Any, decided: Decided, observed_at: datetime) -> None:
        if decided.tables:
            self.pipeline.extract(decided_source(self.pipeline, decided, observed_at))
            self.pipeline.normalize()
            # what the reports took is free by now, and the destination is about to need as much
            pa.default_memory_pool().release_unused()
            with tried_once(self.pipeline):
                self.pipeline.load()
            empty_own(client, (*decided.tables, "observations"))
        else:
            record(client, decided.ledger)
        remove_abandoned(client)
        if is_lake(self.pipeline) and (note := keep_up(client, client.credentials.ducklake_name)):
            self.progress.notes.append(note)


def _names(operations: Sequence[Operation]) -> list[str]:
    return [operation.name for operation in operations]


def _zones(operations: Sequence[Operation]) -> dict[str, str]:
    return {operation.name: operation.timezone for operation in operations}
