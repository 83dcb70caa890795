"""Snapshots: records become one typed table, whatever was in them, and nothing is dropped silently."""

import json
from datetime import datetime, timezone
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wolkvox_source.errors import UnreadableError
from wolkvox_source.reports.catalogue import AGENTS, PERSONAL_COLUMNS
from wolkvox_source.reports.columns import TIMESTAMP, column_name
from wolkvox_source.reports.privacy import Privacy
from wolkvox_source.reports.snapshot import Rejected, Snapshot, snapshot

BOGOTA = "America/Bogota"
SANTIAGO = "America/Santiago"


def seen(*records: Any, zone: str = BOGOTA, privacy: Privacy | None = None) -> Snapshot:
    return snapshot(AGENTS, "ventas", records, zone, privacy)


def agent(agent_id: Any = "12523", **fields: Any) -> dict[str, Any]:
    return {"agent_id": agent_id, **fields}


def only_value(column: str, value: Any) -> Any:
    """What one record's value becomes in its column."""
    (row,) = seen(agent(**{column: value})).table.to_pylist()
    return row[column]


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=timezone.utc)  # type: ignore[arg-type, misc]


def rows(table: pa.Table) -> list[str]:
    """Rows in an order of their own, to compare tables whose order means nothing."""
    return sorted(repr(sorted(row.items())) for row in table.to_pylist())


# one record


def test_a_record_becomes_one_typed_row() -> None:
    report = seen(
        {
            "agent_id": "12523",
            "agent_name": " PEÑA  INÉS ",
            "agent_dni": "0010203",
            "agent_sso": "",
            "agent_status": "Ready",
            "enabled": "yes",
            "last_use": "2026-03-02 07:04:05",
        }
    )

    assert report.table.to_pylist() == [
        {
            "agent_key": "ventas:12523",
            "operation": "ventas",
            "agent_id": "12523",
            "agent_name": "PEÑA  INÉS",
            "agent_dni": "0010203",
            "agent_sso": None,
            "agent_status": "Ready",
            "enabled": True,
            "last_use": utc(2026, 3, 2, 12, 4, 5),
            "last_use_raw": "2026-03-02 07:04:05",
        }
    ]
    assert (report.rejected, report.unparsed, report.received) == ((), 0, 1)


@pytest.mark.parametrize("records", [[], [agent()]], ids=["nobody", "somebody"])
def test_columns_have_their_types_whoever_is_there(records: list[Any]) -> None:
    assert [(field.name, field.type) for field in seen(*records).table.schema] == [
        ("agent_key", pa.string()),
        ("operation", pa.string()),
        ("agent_id", pa.string()),
        ("agent_name", pa.string()),
        ("agent_dni", pa.string()),
        ("agent_sso", pa.string()),
        ("agent_status", pa.string()),
        ("enabled", pa.bool_()),
        ("last_use", TIMESTAMP),
        ("last_use_raw", pa.string()),
    ]


def test_a_report_of_nobody_is_an_empty_table() -> None:
    report = seen()

    assert (len(report.table), report.rejected, report.unparsed, report.received) == (0, (), 0, 0)


def test_a_field_that_is_missing_is_null() -> None:
    (row,) = seen(agent()).table.to_pylist()

    assert row == {
        "agent_key": "ventas:12523",
        "operation": "ventas",
        "agent_id": "12523",
        "agent_name": None,
        "agent_dni": None,
        "agent_sso": None,
        "agent_status": None,
        "enabled": None,
        "last_use": None,
        "last_use_raw": None,
    }


@pytest.mark.parametrize("column", ["agent_name", "agent_dni", "agent_sso", "agent_status", "last_use_raw"])
@pytest.mark.parametrize("nothing", ["", "-", "  ", " - ", "\t\n", None, "0000-00-00", "0000-00-00 00:00:00"])
def test_every_word_for_nothing_is_null(column: str, nothing: str | None) -> None:
    report = seen(agent(**{column.removesuffix("_raw"): nothing}))

    assert report.table[column].to_pylist() == [None]
    assert report.unparsed == 0


@pytest.mark.parametrize(
    ("value", "text"),
    [
        pytest.param("  ANA  RUIZ\t", "ANA  RUIZ", id="trimmed outside, not inside"),
        pytest.param("\u00a0ANA\u2003", "ANA", id="trimmed of every space there is"),
        pytest.param("PEN\u0303A", "PEÑA", id="one character where two make one"),
        pytest.param("--", "--", id="two dashes are a name"),
        pytest.param("NULL", "NULL", id="a word is a word"),
        pytest.param(7, "7", id="whole number"),
        pytest.param(10**30, "1" + "0" * 30, id="huge number"),
        pytest.param(-7.5, "-7.5", id="number"),
        pytest.param(7.0, "7", id="whole number with a point"),
        pytest.param(["ñ", 1], '["ñ", 1]', id="list"),
        pytest.param({"b": 1, "a": "ñ"}, '{"a": "ñ", "b": 1}', id="object, its keys in order"),
        pytest.param("a\0b", "a\N{REPLACEMENT CHARACTER}b", id="NUL"),
        pytest.param("a\ud800b", "a?b", id="half a character"),
        pytest.param({"a": "\ud800"}, '{"a": "?"}', id="half a character in an object"),
        pytest.param("x" * 100_000, "x" * 100_000, id="long text"),
    ],
)
def test_text_is_cleaned_and_never_lost(value: Any, text: str) -> None:
    assert only_value("agent_name", value) == text


@pytest.mark.parametrize(
    ("sent", "agent_id"),
    [
        pytest.param("12523", "12523", id="text"),
        pytest.param(" 012523 ", "012523", id="padded, with a leading zero"),
        pytest.param(12523, "12523", id="number"),
        pytest.param(12523.0, "12523", id="number with a point"),
        pytest.param(1e22, "10000000000000000000000", id="number in powers of ten"),
        pytest.param(2**70, "1180591620717411303424", id="number beyond 64 bits"),
        pytest.param(0, "0", id="zero"),
        pytest.param("12004-NAME", "12004-NAME", id="with a name in it"),
    ],
)
def test_an_id_that_arrives_as_a_number_is_text(sent: Any, agent_id: str) -> None:
    (row,) = seen(agent(sent)).table.to_pylist()

    assert (row["agent_id"], row["agent_key"]) == (agent_id, f"ventas:{agent_id}")


def test_one_number_among_texts_disturbs_nobody() -> None:
    report = seen(agent(1, agent_dni="0010"), agent("2", agent_dni=20), agent(3.0, agent_dni=None))

    assert report.table.select(["agent_id", "agent_dni"]).to_pylist() == [
        {"agent_id": "1", "agent_dni": "0010"},
        {"agent_id": "2", "agent_dni": "20"},
        {"agent_id": "3", "agent_dni": None},
    ]


@pytest.mark.parametrize(
    ("word", "enabled", "unparsed"),
    [
        ("yes", True, 0),
        ("YES", True, 0),
        ("Sí", True, 0),
        ("SI\u0301", True, 0),
        ("1", True, 0),
        (1, True, 0),
        (True, True, 0),
        ("no", False, 0),
        ("No ", False, 0),
        (0, False, 0),
        (False, False, 0),
        ("", None, 0),
        ("-", None, 0),
        (None, None, 0),
        ("maybe", None, 1),
        (2, None, 1),
        ([], None, 1),
    ],
    ids=repr,
)
def test_enabled_is_a_boolean_or_counted(word: Any, enabled: bool | None, unparsed: int) -> None:
    report = seen(agent(enabled=word))

    assert (report.table["enabled"].to_pylist(), report.unparsed) == ([enabled], unparsed)


# the last connection


@pytest.mark.parametrize(
    ("zone", "raw", "last_use"),
    [
        pytest.param(BOGOTA, "2026-03-02 07:00:00", utc(2026, 3, 2, 12), id="Bogotá"),
        pytest.param("America/Lima", "2026-03-02 23:59:59", utc(2026, 3, 3, 4, 59, 59), id="Lima, the next day in UTC"),
        pytest.param(SANTIAGO, "2026-01-15 12:00:00", utc(2026, 1, 15, 15), id="Santiago in summer"),
        pytest.param(SANTIAGO, "2026-07-15 12:00:00", utc(2026, 7, 15, 16), id="Santiago in winter"),
        pytest.param("UTC", "2026-03-02 07:00:00", utc(2026, 3, 2, 7), id="UTC"),
        pytest.param(BOGOTA, "2026-03-02", utc(2026, 3, 2, 5), id="a day alone is its first moment"),
        pytest.param(BOGOTA, "2026-03-02T07:00:00", utc(2026, 3, 2, 12), id="T between"),
        pytest.param(BOGOTA, "2026-03-02 07:00:00.000", utc(2026, 3, 2, 12), id="with thousandths"),
        pytest.param(BOGOTA, " 2026-03-02 07:00:00 ", utc(2026, 3, 2, 12), id="padded"),
        pytest.param(BOGOTA, "2024-02-29 07:00:00", utc(2024, 2, 29, 12), id="29 February"),
        pytest.param(BOGOTA, "1999-12-31 23:59:59", utc(2000, 1, 1, 4, 59, 59), id="long ago"),
        pytest.param(
            SANTIAGO, "2026-09-05 23:59:59", utc(2026, 9, 6, 3, 59, 59), id="the moment before a skipped hour"
        ),
        pytest.param(SANTIAGO, "2026-09-06 01:00:00", utc(2026, 9, 6, 4), id="the moment after a skipped hour"),
        pytest.param(SANTIAGO, "2026-09-06", utc(2026, 9, 6, 4), id="a day whose midnight was skipped"),
        pytest.param(
            SANTIAGO, "2026-04-04 22:59:59", utc(2026, 4, 5, 1, 59, 59), id="the moment before a repeated hour"
        ),
        pytest.param(SANTIAGO, "2026-04-05 00:00:00", utc(2026, 4, 5, 4), id="the moment after a repeated hour"),
        pytest.param("America/Havana", "2026-11-01", utc(2026, 11, 1, 4), id="a day whose midnight came twice"),
    ],
)
def test_a_local_time_is_that_moment_in_utc(zone: str, raw: str, last_use: datetime) -> None:
    report = seen(agent(last_use=raw), zone=zone)

    assert report.table.select(["last_use", "last_use_raw"]).to_pylist() == [
        {"last_use": last_use, "last_use_raw": raw.strip()}
    ]
    assert report.unparsed == 0


@pytest.mark.parametrize(
    ("zone", "raw"),
    [
        pytest.param(SANTIAGO, "2026-09-06 00:30:00", id="an hour that was skipped"),
        pytest.param(SANTIAGO, "2026-04-04 23:30:00", id="an hour that came twice"),
        pytest.param(BOGOTA, "2026-02-30 07:00:00", id="30 February"),
        pytest.param(BOGOTA, "2026-02-30", id="30 February, the day alone"),
        pytest.param(BOGOTA, "2025-02-29 07:00:00", id="29 February of a common year"),
        pytest.param(BOGOTA, "2026-03-02 24:00:00", id="24 o'clock"),
        pytest.param(BOGOTA, "2026-03-02 23:59:60", id="a leap second"),
        pytest.param(BOGOTA, "2026-03-02 07:00", id="no seconds"),
        pytest.param(BOGOTA, "2026-3-2 7:00:00", id="no zeroes"),
        pytest.param(BOGOTA, "02/03/2026 07:00:00", id="another order"),
        pytest.param(BOGOTA, "31/02/2026 8:05 a. m.", id="a screen's form"),
        pytest.param(BOGOTA, "2026-03-02 07:00:00-05:00", id="its own offset"),
        pytest.param(BOGOTA, "1772452800", id="seconds since 1970"),
        pytest.param(BOGOTA, "nunca", id="a word"),
        pytest.param(BOGOTA, "2026-00-00 00:00:00", id="half zeroes"),
        pytest.param(BOGOTA, "9999-12-31 23:59:59", id="MySQL's last moment, which no driver reads in UTC"),
        pytest.param(BOGOTA, "0000-01-01 00:00:00", id="year 0"),
        pytest.param(BOGOTA, "２０２６-03-02 07:00:00", id="wide digits"),
    ],
)
def test_a_time_that_is_no_one_moment_is_null_and_counted(zone: str, raw: str) -> None:
    report = seen(agent(last_use=raw), zone=zone)

    assert report.table.select(["last_use", "last_use_raw"]).to_pylist() == [{"last_use": None, "last_use_raw": raw}]
    assert report.unparsed == 1


def test_what_could_not_be_read_is_counted_over_all_records() -> None:
    report = seen(
        agent("1", last_use="nunca", enabled="maybe"),
        agent("2", last_use="2026-03-02 07:00:00", enabled="yes"),
        agent("3", last_use="2026-02-30", enabled=""),
        agent("4", last_use="0000-00-00 00:00:00", enabled="quizás"),
    )

    assert report.unparsed == 4


# fields that nobody documented


def test_a_new_field_is_one_more_text_column() -> None:
    report = seen(agent("1", team="NORTE"), agent("2", level=3), agent("3"))

    assert report.table.select(["agent_id", "team", "level"]).to_pylist() == [
        {"agent_id": "1", "team": "NORTE", "level": None},
        {"agent_id": "2", "team": None, "level": "3"},
        {"agent_id": "3", "team": None, "level": None},
    ]
    assert report.table.schema.field("level").type == pa.string()


def test_a_nested_field_is_json_text() -> None:
    assert only_value("skills", [{"id": 4001, "name": "ventas"}]) == '[{"id": 4001, "name": "ventas"}]'


@pytest.mark.parametrize(
    ("vendor_field", "column"),
    [
        ("team", "team"),
        ("Team Name", "team_name"),
        ("teamName", "team_name"),
        ("TEAM", "team"),
        ("team-name.2", "team_name_2"),
        ("  team  ", "team"),
        ("2fa", "wolkvox_2fa"),
        ("", "wolkvox"),
        ("año", "a_o"),
        ("ñ", "wolkvox_d4ef9b"),
        ("名前", "wolkvox_28e959"),
        ("職", "wolkvox_49f7b1"),
        ("名1", "wolkvox_1_e76927"),
        ("_dlt_id", "dlt_id"),
        ("team__lead", "team_lead"),
        ("agent_key", "wolkvox_agent_key"),
        ("Present", "wolkvox_present"),
        ("rowVersion", "wolkvox_row_version"),
        ("valid_from", "wolkvox_valid_from"),
        ("valid_to", "wolkvox_valid_to"),
        ("last_use_raw", "wolkvox_last_use_raw"),
        ("open_version", "wolkvox_open_version"),
        ("connection_held", "wolkvox_connection_held"),
        ("operation", "wolkvox_operation"),
        ("first_observed_at", "wolkvox_first_observed_at"),
        ("x" * 99, "x" * 60),
        ("x" * 59 + " y", "x" * 59),
    ],
    ids=lambda value: value[:30],
)
def test_a_new_fields_name_suits_every_warehouse_and_is_never_one_of_ours(vendor_field: str, column: str) -> None:
    assert column_name(vendor_field) == column


def test_a_field_with_a_name_of_ours_does_not_touch_ours() -> None:
    (row,) = seen(agent("1", operation="soporte", agent_key="x", present="no", last_use_raw="y")).table.to_pylist()

    assert (row["operation"], row["agent_key"], row["last_use_raw"]) == ("ventas", "ventas:1", None)
    assert (row["wolkvox_operation"], row["wolkvox_agent_key"], row["wolkvox_present"]) == ("soporte", "x", "no")
    assert row["wolkvox_last_use_raw"] == "y"


@pytest.mark.parametrize("order", [1, -1], ids=["forwards", "backwards"])
def test_two_spellings_of_a_field_are_one_column_whatever_the_order(order: int) -> None:
    records = [agent("1", Team="NORTE", team="SUR"), agent("2", team="ESTE"), agent("3", TEAM="OESTE")]

    table = seen(*records[::order]).table

    assert rows(table.select(["agent_id", "team"])) == rows(
        pa.Table.from_pylist(
            [
                {"agent_id": "1", "team": "NORTE"},
                {"agent_id": "2", "team": "ESTE"},
                {"agent_id": "3", "team": "OESTE"},
            ]
        )
    )


def test_a_documented_field_in_another_spelling_is_that_field() -> None:
    (row,) = seen({"agent_id": "1", "Agent_Name": "ANA", "AGENT_DNI": "52"}).table.to_pylist()

    assert (row["agent_name"], row["agent_dni"]) == ("ANA", "52")
    assert len(row) == 10


def test_another_spelling_does_not_fill_in_where_wolkvox_says_that_there_is_nothing() -> None:
    report = seen(
        {"agent_id": "1", "agent_name": None, "Agent Name": "ANA"},
        {"agent_id": None, "Agent ID": "v82", "agent_id'": "v83"},
    )

    (row,) = report.table.to_pylist()
    assert (row["agent_id"], row["agent_name"], row["wolkvox_agent_name"]) == ("1", None, "ANA")
    assert [rejected.reason for rejected in report.rejected] == ["no agent_id"]


def test_a_report_may_call_the_id_otherwise() -> None:
    assert seen({"id_agent": "1"}).table["agent_key"].to_pylist() == ["ventas:1"]


@pytest.mark.parametrize("protection", ["hash", "drop"])
def test_another_spelling_of_a_personal_field_is_as_personal(protection: Any) -> None:
    privacy = Privacy({"agent_name": protection}, b"a key")
    records = [{"agent_id": "1", "agent_name": "ANA"}, {"agent_id": "2", "Agent_Name": "EVA"}, {"Agent_Name": "EVA"}]

    report = seen(*records, privacy=privacy)

    assert "EVA" not in repr(report.table.to_pylist()) + repr(report.rejected)


# records that are refused


def test_the_documented_sample_is_one_rejected_record() -> None:
    sample = dict.fromkeys(("agent_id", "agent_name", "agent_dni", "agent_status", "last_use", "agent_sso"), "")

    report = seen(sample)

    assert len(report.table) == 0
    assert report.rejected == (
        Rejected(
            "no agent_id",
            '{"agent_dni": "", "agent_id": "", "agent_name": "", "agent_sso": "", "agent_status": "", "last_use": ""}',
            0,
        ),
    )
    assert (report.unparsed, report.received) == (0, 1)


def test_each_record_is_a_row_or_a_rejected_record() -> None:
    report = seen(agent("1"), None, "ANA", 7, [], {}, agent("-"), agent("1", last_use="2026-03-02 07:00:00"))

    assert [row["last_use_raw"] for row in report.table.to_pylist()] == ["2026-03-02 07:00:00"]
    assert report.rejected == (
        Rejected("duplicate agent_id", '{"agent_id": "1"}', 0),
        Rejected("not an object", "null", 1),
        Rejected("not an object", '"ANA"', 2),
        Rejected("not an object", "7", 3),
        Rejected("not an object", "[]", 4),
        Rejected("no agent_id", "{}", 5),
        Rejected("no agent_id", '{"agent_id": "-"}', 6),
    )
    assert report.received == 8


@pytest.mark.parametrize("value", [True, False, [], ["1"], {}, {"id": "1"}], ids=repr)
def test_what_can_be_no_id_is_rejected_and_stays_text_elsewhere(value: Any) -> None:
    report = seen(agent(value), agent("2", agent_sso=value))

    assert report.table["agent_id"].to_pylist() == ["2"]
    assert report.table["agent_sso"].to_pylist() == [json.dumps(value)]
    assert [(rejected.reason, rejected.position) for rejected in report.rejected] == [("no agent_id", 0)]


@pytest.mark.parametrize("again", ["1", 1, 1.0, " 1 "], ids=repr)
def test_the_same_id_in_another_form_is_a_duplicate(again: Any) -> None:
    report = seen(agent("1", agent_name="B"), agent(again, agent_name="A"))

    assert [row["agent_id"] for row in report.table.to_pylist()] == ["1"]
    assert [rejected.reason for rejected in report.rejected] == ["duplicate agent_id"]


@pytest.mark.parametrize(
    ("text", "evidence"),
    [
        pytest.param("a\0b", {"x": "a\N{REPLACEMENT CHARACTER}b"}, id="NUL"),
        pytest.param("a\ud800b", {"x": "a?b"}, id="half a character"),
        pytest.param("a\\u0000b", {"x": "a\\u0000b"}, id="a NUL that is only written"),
        pytest.param("a\\\0b", {"x": "a\\\N{REPLACEMENT CHARACTER}b"}, id="a NUL after a backslash"),
    ],
)
def test_the_evidence_is_json_that_every_warehouse_stores(text: str, evidence: dict[str, str]) -> None:
    (rejected,) = seen({"x": text}).rejected

    assert json.loads(rejected.record.encode("utf-8")) == evidence
    assert "\0" not in rejected.record and "\\u0000b" not in rejected.record.replace("\\\\u0000b", "")


ids = st.sampled_from(["1", "2", "3", 1, 2.0, " 3 ", "", None, True, "-"])
values = st.sampled_from(["", "-", "ANA", " ANA ", "PEÑA", 7, 7.0, None, False, "yes", {"a": 1}, "a\0", "\ud800"])
times = st.sampled_from(["", "2026-03-02 07:00:00", "2026-03-02", "2026-02-30", "nunca", "0000-00-00 00:00:00", 5])
records = st.fixed_dictionaries(
    {},
    optional={
        "agent_id": ids,
        "agent_name": values,
        "agent_dni": values,
        "enabled": values,
        "last_use": times,
        "Team": values,
        "team": values,
        "TEAM": values,
    },
)
reports = st.lists(records | st.none() | st.text(max_size=3), max_size=7)


@settings(max_examples=60, deadline=None)
@given(reports.flatmap(lambda report: st.tuples(st.just(report), st.permutations(report))))
def test_the_order_of_the_records_changes_nothing(both: tuple[list[Any], list[Any]]) -> None:
    one, other = (seen(*report) for report in both)

    assert rows(one.table) == rows(other.table)
    assert sorted((r.reason, r.record) for r in one.rejected) == sorted((r.reason, r.record) for r in other.rejected)
    assert (one.unparsed, one.received) == (other.unparsed, other.received)


@settings(max_examples=60, deadline=None)
@given(reports)
def test_every_record_is_somewhere_and_every_value_can_be_stored(report: list[Any]) -> None:
    result = seen(*report)

    assert len(result.table) + len(result.rejected) == len(report) == result.received
    assert result.table["agent_key"].null_count == 0
    assert len(set(result.table["agent_key"].to_pylist())) == len(result.table)
    texts = [value for row in result.table.to_pylist() for value in row.values() if isinstance(value, str)]
    for text in [*texts, *(rejected.record for rejected in result.rejected)]:
        assert text.encode("utf-8") and "\0" not in text
    for text in texts:
        assert text == text.strip() and text not in {"", "-"}


# privacy

KEY = Privacy({"agent_name": "hash", "agent_dni": "hash", "agent_sso": "hash"}, b"a key")
INES = {"agent_id": "1", "agent_name": "PEÑA INÉS (52123456)", "agent_dni": "52123456", "agent_sso": "ipena"}


def test_everything_is_kept_unless_a_setting_says_otherwise() -> None:
    assert Privacy().of("agent_name") == "keep"
    assert seen(INES).table.to_pylist()[0]["agent_name"] == "PEÑA INÉS (52123456)"


def test_a_hash_is_stable_keyed_and_joins() -> None:
    (row,) = seen(INES, privacy=KEY).table.to_pylist()
    (other,) = snapshot(
        AGENTS, "soporte", [{**INES, "agent_id": "9", "agent_dni": 52123456}], "UTC", KEY
    ).table.to_pylist()
    (unlike,) = seen(INES, privacy=Privacy(KEY.protections, b"another")).table.to_pylist()

    assert row["agent_dni"] == "dba5d67862e26c980f0cbc791ad5258a"  # HMAC-SHA256
    assert other["agent_dni"] == row["agent_dni"]
    assert unlike["agent_dni"] != row["agent_dni"]
    assert row["agent_name"] != row["agent_dni"] != row["agent_sso"]


def test_nothing_is_hashed_to_nothing() -> None:
    (row,) = seen(agent("1", agent_name="", agent_dni="-"), privacy=KEY).table.to_pylist()

    assert (row["agent_name"], row["agent_dni"], row["agent_sso"]) == (None, None, None)


def test_a_dropped_column_is_not_there() -> None:
    table = seen(INES, privacy=Privacy({"agent_name": "drop", "agent_sso": "drop"})).table

    assert table.column_names == [
        "agent_key",
        "operation",
        "agent_id",
        "agent_dni",
        "agent_status",
        "enabled",
        "last_use",
        "last_use_raw",
    ]


@pytest.mark.parametrize("protection", ["hash", "drop"])
def test_a_document_inside_a_name_goes_with_the_document(protection: Any) -> None:
    privacy = Privacy({"agent_dni": protection}, b"a key")

    (row,) = seen(INES, privacy=privacy).table.to_pylist()
    (rejected,) = seen({**INES, "agent_id": ""}, privacy=privacy).rejected

    assert row["agent_name"] == "PEÑA INÉS (…)"
    assert row["agent_sso"] == "ipena"
    assert "52123456" not in rejected.record
    assert json.loads(rejected.record)["agent_name"] == "PEÑA INÉS (…)"


def test_a_rejected_record_is_protected_like_the_columns() -> None:
    privacy = Privacy({"agent_name": "hash", "agent_dni": "drop"}, b"a key")

    report = seen({**INES, "agent_id": "", "team": "NORTE"}, "PEÑA INÉS", ["52123456"], privacy=privacy)
    (kept,) = seen(INES, privacy=privacy).table.to_pylist()

    assert [json.loads(rejected.record) for rejected in report.rejected] == [
        {"agent_id": "", "agent_name": kept["agent_name"], "agent_sso": "ipena", "team": "NORTE"},
        "a JSON str, not kept for privacy",
        "a JSON list, not kept for privacy",
    ]


def test_a_key_has_no_repr() -> None:
    assert "a key" not in repr(KEY)


names = st.text("ABCDEFGÑÁ", min_size=9, max_size=12)
documents = st.integers(10_000_000, 99_999_999)


@st.composite
def people(draw: st.DrawFn) -> tuple[dict[str, Any], str, str, str]:
    """A record, and what in it is somebody's name, document and network user."""
    name, number, sso = draw(names), draw(documents), draw(names).lower()
    style = draw(st.sampled_from([str, str.upper, lambda field: field.title().replace("_", ""), str.title]))
    record = {
        "agent_id": draw(st.sampled_from(["1", "2", "3", "", None])),
        style("agent_name"): draw(st.sampled_from([name, f"{name} ({number})", f"  {number}-{name} ", [name]])),
        style("agent_dni"): draw(st.sampled_from([number, str(number), f" {number} ", float(number)])),
        style("agent_sso"): draw(st.sampled_from([sso, f"{sso}@example.com"])),
        "agent_status": "Ready",
    }
    return record, name, str(number), sso


@settings(max_examples=60, deadline=None)
@given(
    st.lists(people(), min_size=1, max_size=4),
    st.fixed_dictionaries({name: st.sampled_from(["keep", "hash", "drop"]) for name in PERSONAL_COLUMNS}),
    st.booleans(),
)
def test_nothing_personal_is_left_anywhere_where_a_setting_forbids_it(
    roster: list[tuple[dict[str, Any], str, str, str]], protections: dict[str, Any], bare: bool
) -> None:
    records: list[Any] = [record for record, *_ in roster]
    if bare and set(protections.values()) != {"keep"}:
        records += [name for _, name, _, _ in roster]

    report = seen(*records, privacy=Privacy(protections, b"a key"))

    # JSON may escape a character, so the evidence is read before it is searched
    evidence = [json.loads(rejected.record) for rejected in report.rejected]
    written = repr(report.table.to_pylist()) + repr(evidence)
    for _, name, number, sso in roster:
        for column, personal in (("agent_name", name), ("agent_dni", number), ("agent_sso", sso)):
            if protections[column] != "keep":
                assert personal not in written


def test_records_with_hundreds_of_unknown_fields_are_not_agents() -> None:
    few = {"agent_id": "1", **{f"field_{number}": "x" for number in range(100)}}

    assert snapshot(AGENTS, "demo", [few], "America/Bogota").table.num_columns == 110

    with pytest.raises(UnreadableError, match="unknown fields, 101 of them"):
        snapshot(AGENTS, "demo", [{**few, "one_more": "x"}], "America/Bogota")
