"""Operations are asked for their reports, side by side; those that share a token one after another."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

from wolkvox_source.api.archive import Archive
from wolkvox_source.observation.answers import Answer, Known, Listener
from wolkvox_source.observation.reading import Reading
from wolkvox_source.reports.catalogue import Report, chosen
from wolkvox_source.reports.dated import Window
from wolkvox_source.settings import Operation

# a roster takes wolkvox about a second, so this many keep 1,000 operations within a minute
SIDE_BY_SIDE = 32


def ask(
    operations: Sequence[Operation],
    observed_at: datetime,
    ahead: Mapping[str, datetime] | None = None,
    listener: Listener | None = None,
    archive: Archive | None = None,
    known: Known = Known(),  # noqa: B008 - a frozen value
    reports: Sequence[Report] | None = None,
) -> list[Answer]:
    """Ask every operation for each of its reports at the time `observed_at`, side by side.

    `ahead` holds, for each operation that the warehouse knows to have been observed at this time or later, when: it
    is not asked. `listener` is told each Answer as soon as it is there, from several threads, and `archive` keeps
    what wolkvox answered. `reports` takes the place of those that the operations are configured with. Raises nothing:
    what goes wrong is the answer of the operation, and no report keeps another from being asked for.
    """
    by_token: dict[str, list[Operation]] = {}
    for operation in operations:
        by_token.setdefault(operation.token, []).append(operation)

    def in_turn(sharers: list[Operation]) -> list[Answer]:
        answers = []
        for each in sharers:
            reading = Reading(each, observed_at, (ahead or {}).get(each.name), listener, archive, known)
            wanted = chosen(each.asks_for) if reports is None else reports
            answers += [reading.answer(report) for report in wanted]
        return answers

    pool = ThreadPoolExecutor(SIDE_BY_SIDE, thread_name_prefix="wolkvox")
    try:
        answers = [answer for group in pool.map(in_turn, by_token.values()) for answer in group]
    except BaseException:
        # Ctrl-C does not wait for a server that hangs
        pool.shutdown(wait=False, cancel_futures=True)
        raise
    pool.shutdown()
    if archive:
        archive.close()
    return answers


def ask_window(
    operation: Operation,
    report: Report,
    window: Window,
    observed_at: datetime,
    known: Known,
    archive: Archive | None = None,
) -> Answer:
    """Ask an operation for one window of a dated report; raises nothing."""
    answer = Reading(operation, observed_at, archive=archive, known=known).windows(report, [window])
    if archive:
        archive.close()
    return answer
