"""The guard: which reports are accepted, each rule at its threshold, and a plain guard in Python that says the same."""

from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.reports.model import Row, Warehouse
from tests.worlds import MONDAY
from wolkvox_source.language import Language, speak
from wolkvox_source.reports.catalogue import AGENTS
from wolkvox_source.reports.changes import changes
from wolkvox_source.reports.guard import Past, Verdict, judge
from wolkvox_source.reports.privacy import Privacy
from wolkvox_source.reports.snapshot import snapshot
from wolkvox_source.reports.suspicions import CEILING
from wolkvox_source.reports.thresholds import Thresholds

NOW = MONDAY
DAY = timedelta(days=1)


def agent(number: int, **fields: Any) -> Row:
    """Somebody like nobody else, who connected yesterday."""
    return {
        "agent_id": str(10_000 + number),
        "agent_name": f"APELLIDO{number} NOMBRE",
        "agent_dni": str(52_000_000 + number),
        "agent_sso": f"usuario{number}",
        "agent_status": "Ready",
        "enabled": "yes",
        "last_use": f"2026-03-01 {number % 24:02d}:{number % 60:02d}:00",
        **fields,
    }


def office(size: int, **fields: Any) -> list[Row]:
    return [agent(number, **fields) for number in range(size)]


def held(records: list[Row], at: datetime = NOW - 2 * DAY) -> Warehouse:
    """A warehouse that has loaded one report."""
    warehouse = Warehouse()
    warehouse.observe(*records, at=at)
    return warehouse


def verdict(before: list[Row] | Warehouse, now: list[Any], **given: Any) -> Verdict:
    """The guard's verdict on a report beside an earlier one."""
    warehouse = before if isinstance(before, Warehouse) else held(before)
    privacy = given.pop("privacy", None)
    seen = snapshot(AGENTS, "ventas", now, given.pop("zone", "America/Bogota"), privacy)
    found = changes(AGENTS, seen.table, warehouse.held())
    return judge(AGENTS, "ventas", seen, found, given.pop("at", NOW), **given)


def sentence(judged: Verdict, language: Language = "en") -> str:
    return speak(language).say(judged.reason or "", **judged.facts)


# what is accepted


@pytest.mark.parametrize(
    ("before", "now"),
    [
        pytest.param(office(40), office(40), id="nothing differs"),
        pytest.param([], office(40), id="a first report"),
        pytest.param([], [], id="a first report of nobody"),
        pytest.param(office(10), office(10)[5:], id="five vanished, half of all"),
        pytest.param(office(30), office(30)[6:], id="six vanished, 20 % exactly"),
        pytest.param(office(9), [*office(9), *[{"agent_id": ""}] * 5], id="five without an id"),
        pytest.param(office(114), [*office(114), *[{"agent_id": ""}] * 6], id="six without an id, 5 % exactly"),
        pytest.param(office(3), [], id="an operation of three emptied"),
        pytest.param(office(3), [agent(100 + each) for each in range(3)], id="an operation of three replaced"),
        pytest.param(office(3), office(3, last_use=""), id="three who have never connected, it says now"),
        pytest.param(office(3), office(3, agent_name="PRUEBA"), id="three test accounts"),
        pytest.param(office(2), office(40), id="an operation that is being set up"),
        pytest.param(office(40), office(80), id="as many newcomers as known ones"),
        pytest.param(office(40), office(40, agent_status=""), id="no statuses at night"),
        pytest.param(office(40), office(40, agent_status="Logout"), id="everybody logged out"),
        pytest.param(office(40), office(40, enabled="no"), id="everybody disabled"),
        pytest.param(office(40), office(40, agent_sso=""), id="no network users any more"),
        pytest.param(office(7), [*office(7), *office(7)[:6]], id="six duplicates in a roster of seven"),
        pytest.param(
            office(30), [*office(6, agent_dni="9"), *office(30)[6:]], id="six of thirty with another document"
        ),
        pytest.param(
            office(40),
            [{**each, "agent_name": each["agent_name"].replace(" ", "  ").lower()} for each in office(40)],
            id="names padded otherwise",
        ),
        pytest.param(office(40, agent_dni=""), office(40), id="documents that became known"),
        pytest.param(office(40), [*office(35, last_use=""), *office(40)[35:]], id="an eighth with a connection left"),
        pytest.param(office(20, agent_name="A"), office(20, agent_name="A"), id="one name for all, as ever"),
        pytest.param(
            office(40), [*office(5, last_use="2026-02-01 08:00:00"), *office(40)[5:]], id="five connections moved back"
        ),
        pytest.param(
            office(40), [*office(5, last_use="2099-01-01 08:00:00"), *office(40)[5:]], id="five connections to come"
        ),
        pytest.param(office(1), office(1), id="one agent"),
    ],
)
def test_a_report_is_accepted_up_to_the_threshold(before: list[Row], now: list[Row]) -> None:
    judged = verdict(before, now)

    assert judged.accepted
    assert (judged.reason, judged.doubt) == (None, None)


def test_agents_who_all_connect_in_a_repeated_hour_have_not_lost_their_connection() -> None:
    """In Santiago 4 April 2026, 23:00 to 24:00, came twice."""
    before = office(40, last_use="2026-04-04 22:00:00")
    now = [agent(each, last_use=f"2026-04-04 23:{each:02d}:00") for each in range(40)]

    judged = verdict(before, now, zone="America/Santiago", at=datetime(2026, 4, 5, 4, tzinfo=timezone.utc))

    assert judged == Verdict("changed")


# what is not


def swapped(records: list[Row], *columns: str) -> list[Row]:
    """The columns' values one agent on."""
    moved = [*records[1:], records[0]]
    return [{**each, **{name: other[name] for name in columns}} for each, other in zip(records, moved, strict=True)]


def permuted(records: list[Row]) -> list[Row]:
    return [{**each, "agent_name": each["agent_dni"], "agent_dni": each["agent_name"]} for each in records]


STRANGERS = [agent(100_000 + each) for each in range(10_000)]
OTHERS = [{**agent(5_000 + each), "agent_id": str(10_000 + each)} for each in range(40)]
MASKED = {"agent_name": "****", "agent_dni": "****", "agent_sso": "****"}
HALF = [*swapped(office(20), "agent_name"), *office(40)[20:]]


@pytest.mark.parametrize(
    ("before", "now", "said"),
    [
        pytest.param(
            office(29), office(29)[6:], "Missing from the report all at once (agents): 6 of 29: nothing", id="gone"
        ),
        pytest.param(office(6), [], "The report has no agents, and before it had 6", id="nobody"),
        pytest.param(
            office(40),
            [*office(40), *[{"agent_id": ""}] * 6],
            "Records without a usable agent_id: 6 of 46",
            id="no ids",
        ),
        pytest.param([], [{"agent_id": ""}] * 8, "Records without a usable agent_id: 8 of 8", id="the vendor's sample"),
        pytest.param(
            [], [agent(1)] * 99, "Records that repeat the agent_id of another one: 98 of 99", id="one id for all"
        ),
        pytest.param(
            office(60),
            [*office(60), *STRANGERS],
            "Appeared all at once (agents): 10000 beside the 60 before",
            id="strangers",
        ),
        pytest.param(
            office(3),
            [*office(3), *STRANGERS],
            "Appeared all at once (agents): 10000 beside the 3",
            id="strangers and few",
        ),
        pytest.param(
            office(40), OTHERS, "Another agent_name all at once (agents): 40 of 40", id="another operation's people"
        ),
        pytest.param(
            office(40), permuted(office(40)), "Another agent_name all at once (agents): 40 of 40", id="permuted"
        ),
        pytest.param(
            office(40),
            swapped(office(40), "agent_dni"),
            "Another agent_dni all at once (agents): 40 of 40",
            id="documents moved",
        ),
        pytest.param(
            office(40),
            swapped(office(40), "agent_name", "agent_dni", "agent_sso", "last_use"),
            "Another agent_name all at once (agents): 40 of 40",
            id="ids shifted by one",
        ),
        pytest.param(office(40), HALF, "Another agent_name all at once (agents): 20 of 40", id="half the names"),
        pytest.param(
            office(29),
            [*office(6, agent_dni="9"), *office(29)[6:]],
            "Another agent_dni all at once (agents): 6 of 29",
            id="six",
        ),
        pytest.param(
            office(40),
            office(40, agent_dni="1"),
            "Another agent_dni all at once (agents): 40 of 40",
            id="one document for all",
        ),
        pytest.param(
            office(40), office(40, **MASKED), "Another agent_name all at once (agents): 40 of 40", id="masked"
        ),
        pytest.param(
            office(100, agent_dni=""),
            office(100, agent_dni="", last_use="2026-03-02 06:00:00"),
            "The column last_use differed and now says the same nearly everywhere (agents: 100 of 100)",
            id="one connection for all",
        ),
        pytest.param(
            office(100),
            [*office(99, agent_name=""), agent(99)],
            "The column agent_name was not empty and now is nearly everywhere (agents: 99 of 100)",
            id="99 names",
        ),
        pytest.param(
            office(100),
            [*office(99, last_use="-"), agent(99)],
            "The column last_use was not empty and now is nearly everywhere (agents: 99 of 100)",
            id="99 connections",
        ),
        pytest.param(
            office(40),
            office(40, last_use="02/03/2026"),
            "The column last_use was not empty and now is nearly everywhere (agents: 40 of 40)",
            id="unreadable",
        ),
        pytest.param(
            office(40),
            [agent(each, last_use=f"2099-01-01 08:{each:02d}:00") for each in range(40)],
            "The column last_use lies in the future (agents: 40 of 40)",
            id="2099",
        ),
        pytest.param(
            [],
            [agent(each, last_use=f"2099-01-01 08:{each:02d}:00") for each in range(40)],
            "The column last_use lies in the future (agents: 40 of 40)",
            id="2099 in a first report",
        ),
        pytest.param(
            office(40),
            [agent(each, last_use=f"2026-02-01 08:{each:02d}:00") for each in range(40)],
            "The column last_use is earlier than it was (agents: 40 of 40)",
            id="a stale report",
        ),
    ],
)
def test_one_step_beyond_is_not_accepted_and_a_sentence_says_why(before: list[Row], now: list[Row], said: str) -> None:
    judged = verdict(before, now)

    assert judged.outcome == ("suspicious" if now else "empty")
    assert sentence(judged).startswith(said)
    assert sentence(judged).endswith("wolkvox sync --accept-loss ventas")
    assert sentence(judged, "es").endswith("wolkvox sync --accept-loss ventas")


@pytest.mark.parametrize(("announced", "doubted"), [(40, False), (41, True), (39, True), (None, False)])
def test_what_was_announced_has_to_come(announced: int | None, doubted: bool) -> None:
    judged = verdict(office(40), office(40), announced=announced)

    assert (judged.reason == "guard_announced") is doubted


def test_exactly_the_ceiling_is_probably_cut() -> None:
    seen = snapshot(AGENTS, "ventas", office(40), "UTC")
    found = changes(AGENTS, seen.table, Warehouse().held())

    reasons = [
        judge(AGENTS, "ventas", replace(seen, received=number), found, NOW).reason
        for number in (CEILING - 1, CEILING, CEILING + 1)
    ]

    assert reasons == [None, "guard_ceiling", None]


def test_exactly_a_fifth_is_never_too_much_whatever_floats_do() -> None:
    from wolkvox_source.reports.suspicions import beyond

    for fifth in range(6, 12_000):
        assert not beyond(fifth, fifth * 5, 5, 0.20)
        assert beyond(fifth, fifth * 5 - 1, 5, 0.20)


# a loss that comes slowly


def bleed(warehouse: Warehouse, left: int, **given: Any) -> Verdict:
    """The verdict on a report of the first so many agents."""
    return verdict(warehouse, office(100)[:left], **given)


def test_a_slow_bleed_is_noticed_once_it_is_beyond_the_share_of_a_day() -> None:
    warehouse = held(office(100))
    reports, sizes, doubts = 0, [100], []
    while reports < 15:
        left = sizes[-1] - sizes[-1] // 5
        at = NOW + timedelta(minutes=5 * reports)
        judged = bleed(warehouse, left, at=at)
        if judged.accepted:
            warehouse.observe(*office(100)[:left], at=at)
            sizes.append(left)
        doubts.append(judged.reason)
        reports += 1

    assert sizes == [100, 80]
    assert doubts == [None, *["guard_vanished_lately"] * 14]


def test_a_slow_bleed_is_counted_with_those_who_went_before() -> None:
    warehouse = held(office(100))
    warehouse.observe(*office(100)[:81], at=NOW - timedelta(hours=23))

    assert sentence(bleed(warehouse, 79)).startswith("Missing from the report within a day (agents): 21 of 100")
    assert bleed(warehouse, 80).accepted


def test_who_went_more_than_a_day_ago_or_came_back_counts_no_more() -> None:
    warehouse = held(office(100))
    warehouse.observe(*office(100)[:81], at=NOW - timedelta(hours=25))
    assert bleed(warehouse, 79).accepted

    warehouse = held(office(100))
    warehouse.observe(*office(100)[:81], at=NOW - timedelta(hours=5))
    warehouse.observe(*office(100)[:95], at=NOW - timedelta(hours=4))
    assert bleed(warehouse, 90).accepted


def test_a_report_in_which_nobody_is_missing_anew_is_no_further_loss() -> None:
    warehouse = held(office(100))
    warehouse.observe(*office(100)[:60], at=NOW - timedelta(hours=1))

    assert bleed(warehouse, 60).accepted
    assert not bleed(warehouse, 59).accepted


def test_a_loss_that_was_accepted_is_settled() -> None:
    warehouse = held(office(100))
    at = NOW - timedelta(hours=1)
    warehouse.observe(*office(100)[:60], at=at)

    settled = Past(settled_at=at + timedelta(seconds=1))
    assert bleed(warehouse, 59, past=settled).accepted
    assert not bleed(warehouse, 40, past=settled).accepted


# agents whom we created, settings that changed


def test_agents_whom_we_created_are_no_strangers() -> None:
    ours = [row["agent_id"] for row in office(100)]

    assert not verdict(office(10), office(100)).accepted
    assert verdict(office(10), office(100), past=Past(expected=ours)).accepted
    assert not verdict(office(10), STRANGERS, past=Past(expected=ours)).accepted


def test_another_privacy_setting_makes_nobody_another_person() -> None:
    hashed = Privacy({"agent_dni": "hash"}, b"a key")

    assert verdict(office(40), office(40), privacy=hashed).reason == "guard_replaced"
    assert verdict(office(40), office(40), privacy=hashed, past=Past(comparable=["agent_name"])).accepted
    assert verdict(office(40), office(40), privacy=Privacy({"agent_dni": "drop"})).accepted


def test_another_time_zone_moves_no_connection_back() -> None:
    assert verdict(office(40), office(40), zone="Europe/Madrid").accepted


# thresholds


@pytest.mark.parametrize(
    ("setting", "loose", "strict", "before", "now"),
    [
        ("vanished_agents", 9, 8, office(20), office(20)[9:]),
        ("vanished_share", 0.5, 0.4, office(20), office(20)[10:]),
        ("rejected_records", 7, 6, office(1), [agent(0), *[{}] * 7]),
        ("rejected_share", 0.5, 0.4, office(10), [*office(10), *[{}] * 10]),
        ("duplicate_share", 0.9, 0.8, office(1), [agent(0)] * 10),
        ("appeared_agents", 13, 12, office(6), [*office(6), *STRANGERS[:13]]),
        ("appeared_share", 2.0, 1.9, office(10), office(30)),
        ("replaced_agents", 10, 9, office(20), [*office(10, agent_dni="9"), *office(20)[10:]]),
        ("replaced_share", 0.5, 0.4, office(20), [*office(10, agent_dni="9"), *office(20)[10:]]),
        ("emptied_agents", 20, 19, office(20), office(20, agent_name="")),
        ("emptied_share", 0.9, 0.89, office(20), [*office(18, agent_name=""), *office(20)[18:]]),
        ("moved_back_agents", 10, 9, office(20), [*office(10, last_use="2026-01-01"), *office(20)[10:]]),
        ("moved_back_share", 0.5, 0.4, office(20), [*office(10, last_use="2026-01-01"), *office(20)[10:]]),
        ("future_agents", 10, 9, office(20), [*office(10, last_use="2099-01-01"), *office(20)[10:]]),
        ("future_share", 0.5, 0.4, office(20), [*office(10, last_use="2099-01-01"), *office(20)[10:]]),
    ],
)
def test_thresholds_are_settings(setting: str, loose: float, strict: float, before: list[Row], now: list[Row]) -> None:
    given = [verdict(before, now, thresholds=replace(Thresholds(), **{setting: each})) for each in (loose, strict)]

    assert [each.accepted for each in given] == [True, False]


# the same again


def test_a_loss_that_a_person_accepts_is_accepted_and_its_doubt_is_noted() -> None:
    judged = verdict(office(40), office(40)[20:], accept_loss=True)

    assert judged.accepted and judged.outcome == "changed"
    assert judged.doubt is not None
    assert sentence(judged).startswith(
        "Accepted because you said so, although: Missing from the report all at once (agents): 20 of 40"
    )
    assert verdict(office(40), office(40), accept_loss=True) == Verdict("unchanged")


def test_a_doubt_is_the_same_as_long_as_it_is_about_the_same() -> None:
    gone, more = verdict(office(40), office(40)[20:]), verdict(office(40), office(40)[19:])
    other = verdict(office(40), office(40)[:20])
    moved_on = verdict(office(40), [{**each, "agent_status": "Talk"} for each in office(40)[20:]])

    assert gone.doubt == moved_on.doubt
    assert len({gone.doubt, more.doubt, other.doubt, None}) == 4


def test_what_repeats_itself_for_a_day_is_told_as_such_with_the_command() -> None:
    first = verdict(office(40), office(40)[20:])
    past = Past(doubt=first.doubt, doubted_runs=288, doubted_since=NOW - DAY)

    told = verdict(office(40), office(40)[20:], past=past)
    earlier = verdict(office(40), office(40)[20:], past=replace(past, doubted_since=NOW - DAY + timedelta(minutes=5)))
    other = verdict(office(40), office(40)[21:], past=past)

    assert (told.outcome, told.doubt) == ("suspicious", first.doubt)
    assert sentence(told) == (
        "Missing from the report all at once (agents): 20 of 40: nothing was loaded of it. To accept it once: wolkvox "
        "sync --accept-loss ventas – and it has been the same since 2026-03-01 12:00 UTC (runs: 289): if that is how "
        "things are, accept it with that command."
    )
    assert (earlier.reason, other.reason) == ("guard_vanished", "guard_vanished")


def test_a_setting_accepts_what_repeats_itself_after_so_many_runs() -> None:
    first = verdict(office(40), office(40)[20:])
    past = Past(doubt=first.doubt, doubted_runs=2, doubted_since=NOW)
    limits = Thresholds(accept_after_runs=3)

    accepted = verdict(office(40), office(40)[20:], past=past, thresholds=limits)

    assert accepted.outcome == "changed"
    assert sentence(accepted).startswith(
        "Accepted because it was the same long enough for `guard_accept_after_runs` (runs: 3)"
    )
    assert not verdict(office(40), office(40)[20:], past=replace(past, doubted_runs=1), thresholds=limits).accepted
    assert not verdict(office(40), office(40)[21:], past=past, thresholds=limits).accepted
    assert not verdict(office(40), office(40)[20:], past=past).accepted


def test_the_sentence_is_spanish_where_spanish_is_spoken() -> None:
    assert sentence(verdict(office(40), office(40), announced=80), "es") == (
        "El reporte anunció 80 y trajo 40: no se cargó nada de él. Para aceptarlo una vez: "
        "wolkvox sync --accept-loss ventas"
    )


# a plain guard, for whatever may happen to a roster


def plain_reasons(before: list[Row], now: list[Row]) -> set[str]:
    """What speaks against a report, counted agent by agent."""
    were = {each["agent_id"]: each for each in before}
    are = {each["agent_id"]: each for each in now}
    known = len(were)
    both = [(were[each], are[each]) for each in were if each in are]

    def many(part: int, share: float = 0.2) -> bool:
        return part > 5 and part > share * known

    found = set()
    if not now and known > 5:
        found.add("guard_empty")
    if many(known - len(both)):
        found.add("guard_vanished")
    strangers = len(are) - len(both)
    if known and strangers > (max(known, 50) if known <= 5 else max(known, 5)):
        found.add("guard_appeared")
    for column in ("agent_name", "agent_dni"):
        if many(sum(bool(old[column] and new[column]) and old[column] != new[column] for old, new in both)):
            found.add("guard_replaced")
    if many(sum(bool(old["last_use"] and new["last_use"]) and new["last_use"] < old["last_use"] for old, new in both)):
        found.add("guard_moved_back")
    times = [new["last_use"] for new in now if new["last_use"]]
    if (later := sum(each > "2026-03-04" for each in times)) > 5 and later > 0.2 * len(times):
        found.add("guard_future")
    for column in ("agent_name", "agent_dni", "last_use"):
        empty, was_empty = (sum(not each[column] for each in rows) for rows in (now, [old for old, _ in both]))
        lost = sum(bool(old[column]) and not new[column] for old, new in both)
        if lost > 5 and empty > 0.95 * len(now) and was_empty <= 0.95 * len(both):
            found.add("guard_emptied")
        (often, of), (was_often, was_of) = (
            (max(Counter(values).values(), default=0), len(values))
            for values in ([each[column] for each in rows if each[column]] for rows in (now, [old for old, _ in both]))
        )
        if often > 5 and often > 0.95 * of and was_of > 5 and was_often <= 0.95 * was_of:
            found.add("guard_constant")
    return found


values = {
    "agent_name": st.sampled_from(["ANA", "EVA", "LUZ", ""]),
    "agent_dni": st.sampled_from(["1", "2", "3", ""]),
    "last_use": st.sampled_from(["2026-02-01 08:00:00", "2026-03-01 08:00:00", "2099-01-01 08:00:00", ""]),
}


@st.composite
def two_reports(draw: st.DrawFn) -> tuple[list[Row], list[Row]]:
    """A roster, and what became of it: a share of it left, changed a column or another, and strangers came."""
    before = office(draw(st.integers(0, 30)))
    now = before[draw(st.integers(0, len(before))) :] if draw(st.booleans()) else before
    for column in draw(st.sets(st.sampled_from([*values]))):
        touched = draw(st.integers(0, len(now)))
        value = draw(values[column])
        one_each = draw(st.booleans())
        now = [
            {**each, column: value if one_each or not value else f"{value[:-2]}{place:02d}"}
            if place < touched
            else each
            for place, each in enumerate(now)
        ]
    return before, [*now, *STRANGERS[: draw(st.sampled_from([0, 0, 0, 3, 20, 70]))]]


@settings(max_examples=300, deadline=None)
@given(two_reports())
def test_whatever_happens_the_guard_says_what_a_plain_one_does(both: tuple[list[Row], list[Row]]) -> None:
    before, now = both

    judged, expected = verdict(before, now), plain_reasons(before, now)

    assert judged.accepted == (not expected), (judged, expected)
    assert judged.reason is None or judged.reason in expected
