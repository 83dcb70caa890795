"""Flat reports: what is read without Python objects is what Python objects would have said."""

import json
import random
import unicodedata
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.worlds import LONG
from wolkvox_source.api.envelope import read_payload
from wolkvox_source.errors import WolkvoxError
from wolkvox_source.reports.catalogue import AGENTS
from wolkvox_source.reports.fast_json import FlatRecords, flat_envelope
from wolkvox_source.reports.snapshot import snapshot

INES = {"agent_id": "12523", "agent_name": "PEÑA  INÉS", "last_use": "2026-03-01 08:00:00"}
LUIS = {"agent_id": "12524", "agent_name": None, "last_use": ""}


def body(records: Any, **more: Any) -> bytes:
    """An envelope as PHP writes it."""
    envelope = {"code": "200", "error": None, "msg": "2 records were found", "data": records, **more}
    return json.dumps(envelope, ensure_ascii=False, separators=(",", ":")).encode()


def test_a_report_of_texts_is_read_into_columns() -> None:
    envelope = flat_envelope(body([INES, LUIS]))

    assert envelope is not None
    records = envelope.pop("data")
    assert envelope == {"code": "200", "error": None, "msg": "2 records were found"}
    assert records.table.to_pylist() == [INES, LUIS]
    assert (len(records), list(records), records[1]["agent_id"]) == (2, [INES, LUIS], "12524")


def test_records_are_equal_to_a_list_of_the_same() -> None:
    records = read_payload(200, body([INES, LUIS])).records

    assert isinstance(records, FlatRecords)
    assert records == [INES, LUIS]
    assert records == read_payload(200, body([INES, LUIS])).records
    assert records != [INES]


def test_a_field_that_a_later_record_lacks_is_null_in_the_table_and_lacks_in_the_record() -> None:
    envelope = flat_envelope(body([INES, {"agent_id": "7"}]))

    assert envelope is not None
    assert envelope["data"].table["agent_name"].to_pylist() == ["PEÑA  INÉS", None]
    assert envelope["data"][1] == {"agent_id": "7"}


@pytest.mark.parametrize("between", [",", ", ", ",\n", "\n,\n", " , "])
def test_what_stands_between_records_does_not_matter(between: str) -> None:
    listed = between.join(['{"agent_id": "1"}', '{"agent_id": "2"}'])
    answer = f'{{"data": [{listed}], "code": "200"}}'.encode()

    assert read_payload(200, answer).records == [{"agent_id": "1"}, {"agent_id": "2"}]


@pytest.mark.parametrize(
    "records",
    [
        pytest.param('{"a":"1"},{"a":2}', id="a number"),
        pytest.param('{"a":"1"},{"a":true}', id="a boolean"),
        pytest.param('{"a":"1"},{"a":{"b":"2"}}', id="an object in a record"),
        pytest.param('{"a":"1"},{"a":[{"b":"2"},{"b":"3"}]}', id="records in a record"),
        pytest.param('{"a":"1"},{"b":"2"}', id="a field that the first lacks"),
        pytest.param('{"a":"1","a":"2"}', id="a field twice"),
        pytest.param('{"a":"},{"},{"a":"2"}', id="a text like what stands between"),
        pytest.param('{"a":"1"},"b"', id="a text instead of a record"),
        pytest.param('{"a":"1"},null', id="null instead of a record"),
        pytest.param('{"a":"1"},{"a":"2"} ,{"a":"3"}', id="blanks here and there"),
        pytest.param("", id="nobody"),
        pytest.param("5", id="a number instead of a record"),
        pytest.param("null", id="null and nobody"),
        pytest.param("[1]", id="a list instead of a record"),
    ],
)
def test_what_is_not_flat_is_left_to_the_other_way_which_reads_it(records: str) -> None:
    answer = f'{{"code":"200","data":[{records}]}}'.encode()

    assert flat_envelope(answer) is None
    assert read_payload(200, answer).records == orjson.loads(answer)["data"]


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"[]",
        b'"data"',
        b'[{"a":"1"},{"a":"2"}]',
        b'{"code":"200","data":[{"a":"1"}{"a":"2"}]}',
        b'{"code":"200","data":[{"a":"1"}\n{"a":"2"}]}',
        b'{"code":"200","data":[{"a":"1"},{"a":"2"},]}',
        b'{"code":"200","data":[{"a":"1"},{"a":"2"}',
        b'{"code":"200","data":[{"a":"1"},{"a":"2"}]',
        b'{"code":"200","data":[{"a":"1"}],"data":[]}',
        b'{"code":"200","data":[{"a":"1"}],"more":[{"a":"2"}]}',
        b'{"code":"200","more":[{"a":"2"}],"data":[{"a":"1"}]}',
        b'{"code":"200","more":[{"a":"2"}]}',
        b'{"code":"200","data":[{"a":"\xf1"}]}',
        b'{"code":"200","data":[{"a":"\\ud800"}]}',
        b'{"code":"200","data":[{"a":"x\ny"}]}',
        b'{"code":"200","data":[{"a":NaN}]}',
        b'\xef\xbb\xbf{"code":"200","data":[{"a":"1"}]}',
        b'<br />{"code":"200","data":[{"a":"1"}]}',
    ],
)
def test_a_broken_report_is_never_flat(answer: bytes) -> None:
    assert flat_envelope(answer) is None


texts = st.text(max_size=8) | st.sampled_from(
    ["", "},{", "}, {", "]", "[", '"', "\\", "\0", " 12 ", "Ñandú", "n\u0303"]
)
records = st.dictionaries(
    st.sampled_from(["agent_id", "agent_name", "last_use", "Team", "team", ""]), texts | st.none()
)
reports = st.lists(records | st.just({"agent_id": "1", "enabled": True}), max_size=5)


@settings(max_examples=200, deadline=None)
@given(reports, st.booleans(), st.sampled_from([(",", ":"), (", ", ": ")]))
def test_both_ways_say_the_same(report: list[dict[str, Any]], ascii_only: bool, separators: tuple[str, str]) -> None:
    answer = json.dumps({"msg": "", "data": report}, ensure_ascii=ascii_only, separators=separators)
    answer_bytes = answer.encode("utf-8", "replace")

    payload = read_payload(200, answer_bytes)

    slow = orjson.loads(answer_bytes)["data"]
    assert payload.records == slow
    one, other = (snapshot(AGENTS, "demo", each, "America/Bogota") for each in (payload.records, slow))
    assert one.table.equals(other.table)
    assert (one.rejected, one.unparsed, one.received) == (other.rejected, other.unparsed, other.received)


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_a_report_that_was_cut_or_changed_anywhere_says_the_same_both_ways(data: st.DataObject) -> None:
    whole = body([INES, LUIS, INES])
    at = data.draw(st.integers(0, len(whole) - 1))
    with_ = data.draw(st.sampled_from([b"", b",", b"{", b"}", b"[", b"]", b'"', b"\n", b"\\", b"\xf1", b"1"]))
    until = data.draw(st.sampled_from([at, at + 1, at + 7, len(whole)]))
    broken = whole[:at] + with_ + whole[until:]

    envelope = flat_envelope(broken)

    if envelope is not None:
        assert {**envelope, "data": list(envelope["data"])} == orjson.loads(broken)
        assert envelope["data"].table.to_pylist() == [
            {name: record.get(name) for name in envelope["data"].table.column_names} for record in envelope["data"]
        ]


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.fixed_dictionaries(
            dict.fromkeys(
                ("agent_id", "Agent ID", "agent_id'", "agent_name", "Agent_Name"), st.none() | st.sampled_from("ab")
            )
        ),
        min_size=1,
        max_size=3,
    )
)
def test_spellings_of_a_documented_field_are_told_apart_both_ways_alike(report: list[dict[str, Any]]) -> None:
    answer = json.dumps({"msg": "", "data": report}).encode()
    payload = read_payload(200, answer)
    assert isinstance(payload.records, FlatRecords)

    one, other = (snapshot(AGENTS, "demo", each, "America/Bogota") for each in (payload.records, report))

    assert one.table.equals(other.table)
    assert one.rejected == other.rejected
    # the id is the field of that name and no other
    assert one.table["agent_id"].to_pylist() == [
        *dict.fromkeys(each["agent_id"] for each in report if each["agent_id"])
    ]


# many changed bodies, one after another

SEEDS = [
    body([INES, LUIS]),
    body([{**INES, "enabled": "yes"}, {**LUIS, "enabled": "no"}, {**INES, "agent_id": "12525", "enabled": ""}]),
    body([{"agent_id": None, "Agent ID": "v82"}, {"agent_id": "7", "Agent ID": None}]),
    body([{"agent_id": "7", "agent_id'": "8", "Team": None, "team": "SUR"}] * 2),
    json.dumps({"data": [INES, LUIS], "msg": "2 registros"}, indent=1).encode(),
]
PIECES = [
    *(b"null", b"true", b"0", b"12523", b"18446744073709551617", b"1e400", b"NaN", b'""', b'"agent_id"', b'"Agent ID"'),
    *(b"agent_id'", b'"AGENT_NAME":', b'"last_use":"-"', b'"x":{"y":[]}', b"},{", b"}, {", b"}{", b"},\n{", b"[", b"]"),
    *(
        b"{",
        b"}",
        b",",
        b":",
        b'"',
        b"\\",
        b"\\u0000",
        b"\\ud800",
        b"\\n",
        b"\n",
        b" ",
        b"\0",
        b"\xf1",
        b"\xc3\xb1",
        b"n\xcc\x83",
    ),
]


def changed(seed: bytes, chance: random.Random) -> bytes:
    """A body with a few pieces taken out, put in, or said twice."""
    for _ in range(chance.randint(1, 2)):
        begin = chance.randrange(len(seed) + 1)
        end = min(len(seed), begin + chance.choice([0, 0, 1, 3, 12, 60]))
        put = chance.choice([b"", chance.choice(PIECES), seed[begin:end] * 2, bytes([chance.randrange(256)])])
        seed = seed[:begin] + put + seed[end:]
    return seed


def said(records: Any) -> tuple[Any, ...]:
    """All that a report comes to, or the error of ours instead."""
    try:
        seen = snapshot(AGENTS, "demo", records, "America/Bogota")
    except WolkvoxError as error:
        return (error.reason,)
    return sorted(seen.table.column_names), seen.table.to_pylist(), seen.rejected, seen.unparsed, seen.received


@pytest.mark.long
def test_thousands_of_changed_bodies_say_the_same_both_ways() -> None:
    chance = random.Random(2026)
    flat = 0
    for _ in range(60_000 if LONG else 6_000):
        answer = changed(chance.choice(SEEDS), chance)
        envelope = flat_envelope(answer)
        if envelope is None:
            continue
        flat += 1
        slow = orjson.loads(answer)
        assert {**envelope, "data": list(envelope["data"])} == slow, answer
        assert said(envelope["data"]) == said(slow["data"]), answer
        own = [record["agent_id"] for record in slow["data"] if "agent_id" in record]
        if own and len(report := said(slow["data"])) > 1:
            # nothing but the field itself says who somebody is
            ids = {
                unicodedata.normalize("NFC", (each or "").replace("\0", "\N{REPLACEMENT CHARACTER}")) for each in own
            }
            assert {row["agent_id"] for row in report[1]} <= {each.strip() for each in ids}, answer

    assert flat > 500
