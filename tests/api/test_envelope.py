"""Payloads: what every answer means, the documented ones and those that a PHP back end may give."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wolkvox_source.api.envelope import Payload, read_payload
from wolkvox_source.api.refusals import refusal
from wolkvox_source.errors import RefusedError, UnavailableError, UnreadableError, WolkvoxError
from wolkvox_source.language import speak

INES = {"agent_id": "12523", "agent_name": "PEÑA  INÉS", "agent_dni": "0010203"}
LUIS = {"agent_id": "12524", "agent_name": "NÚÑEZ LUIS {turno [2]}", "agent_dni": "52"}

WARNING = (
    "<br />\n<b>Warning</b>:  Undefined array key [0] in "
    "<b>/var/www/{api}/v2/{information}.php</b> on line <b>7</b><br />\n"
)
FORBIDDEN_PAGE = b"<html><head><title>403 Forbidden</title></head><body><h1>Forbidden</h1></body></html>\n"


def body(*records: Any, code: Any = "200", message: str | None = None, error: Any = None, data: Any = None) -> bytes:
    """An envelope as wolkvox writes it."""
    message = f"{len(records)} records were found" if message is None else message
    envelope = {"code": code, "error": error, "msg": message, "data": list(records) if data is None else data}
    return json.dumps(envelope, ensure_ascii=False).encode()


def refused(status: int, code: int | str, error: str, message: str) -> bytes:
    return json.dumps({"code": code, "error": error, "msg": message, "data": []}).encode()


def facts(payload: Payload) -> tuple[Any, ...]:
    return payload.status, payload.code, payload.message, payload.announced, payload.records


# what brings records


def test_the_documented_envelope_brings_its_records() -> None:
    answer = body(INES, LUIS)

    payload = read_payload(200, answer)

    assert facts(payload) == (200, "200", "2 records were found", 2, [INES, LUIS])
    assert payload.size == len(answer)


def test_a_payload_shows_nobody_in_its_repr() -> None:
    assert repr(read_payload(200, body(INES))) == "Payload(status=200, code='200', records=1)"


@pytest.mark.parametrize(
    ("code", "text"),
    [
        pytest.param(200, "200", id="number"),
        pytest.param("200", "200", id="text"),
        pytest.param("", "", id="empty"),
        pytest.param(" ", "", id="blank"),
        pytest.param("0", "0", id="zero as text"),
        pytest.param(0, "0", id="zero"),
        pytest.param(None, "", id="null"),
        pytest.param(201, "201", id="created"),
        pytest.param("202", "202", id="changed"),
        pytest.param(" 200 ", "200", id="padded"),
    ],
)
def test_a_success_spells_its_code_in_many_ways(code: Any, text: str) -> None:
    payload = read_payload(200, body(INES, code=code))

    assert (payload.code, payload.records) == (text, [INES])


def test_an_envelope_may_leave_everything_out_but_its_data() -> None:
    assert facts(read_payload(200, b'{"data": [1]}')) == (200, "", "", None, [1])


@pytest.mark.parametrize(
    ("message", "announced"),
    [
        ("1 records were found", 1),
        ("60000 records were found", 60_000),
        ("0 records were found", 0),
        ("Se encontraron 12 registros", 12),
        ("1 registro encontrado", 1),
        ("3 RECORDS", 3),
        ("records were found", None),
        ("", None),
        ("OK", None),
        ("9" * 5000 + " records were found", None),
        ("²  records were found", None),
        ("1,000 records were found", 1_000),
        ("1.000 registros", 1_000),
        ("Se encontraron 60,000 registros", 60_000),
        ("1,234,567 records", 1_234_567),
        ("1.234.567 registros", 1_234_567),
        ("12,34 records", None),
        ("1.5 records", None),
        ("1,0000 records", None),
        ("1,000.000 records", None),
        ("v2.100 records", None),
    ],
    ids=lambda value: str(value)[:30] or "empty",
)
def test_the_message_announces_how_many_records_come(message: str, announced: int | None) -> None:
    assert read_payload(200, body(INES, message=message)).announced == announced


@pytest.mark.parametrize(
    ("data", "records"),
    [
        pytest.param("null", [], id="null"),
        pytest.param('""', [], id="empty text"),
        pytest.param("[]", [], id="empty list"),
        pytest.param("{}", [], id="empty object"),
        pytest.param('{"agent_id": "1"}', [{"agent_id": "1"}], id="one record without its list"),
        pytest.param(
            '{"0": {"agent_id": "1"}, "2": {"agent_id": "3"}}', [{"agent_id": "1"}, {"agent_id": "3"}], id="PHP"
        ),
        pytest.param('{"data": [{"agent_id": "1"}]}', [{"agent_id": "1"}], id="data within data"),
        pytest.param('[null, 7, "x", [1]]', [None, 7, "x", [1]], id="records that are not objects"),
    ],
)
def test_data_comes_in_many_shapes(data: str, records: list[Any]) -> None:
    assert read_payload(200, f'{{"code": "200", "error": null, "msg": "", "data": {data}}}'.encode()).records == records


def test_a_bare_list_is_its_own_records() -> None:
    answer = json.dumps([INES, LUIS], ensure_ascii=False)

    for encoding in ("utf-8", "utf-8-sig", "cp1252"):
        assert facts(read_payload(200, answer.encode(encoding))) == (200, "", "", None, [INES, LUIS])


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(b"\xef\xbb\xbf" + body(INES, LUIS), id="a BOM before it"),
        pytest.param(b"\r\n\r\n  " + body(INES, LUIS) + b"\n", id="blank lines around it"),
        pytest.param(WARNING.encode() + body(INES, LUIS), id="a PHP warning before it"),
        pytest.param(WARNING.encode() * 3 + body(INES, LUIS), id="three PHP warnings before it"),
        pytest.param(b"PHP Notice: {x} is [not] {set}\n" + body(INES, LUIS), id="a plain notice before it"),
        pytest.param(b"\xef\xbb\xbf" + WARNING.encode() + body(INES, LUIS), id="a BOM and a warning before it"),
        pytest.param(WARNING.encode() + body(INES, LUIS) + b"\n<br />", id="warnings before and after it"),
        pytest.param(body(INES, LUIS).decode().encode("cp1252"), id="latin-1"),
        pytest.param(
            (WARNING + "año ").encode("cp1252") + body(INES, LUIS).decode().encode("cp1252"), id="latin-1 both"
        ),
        pytest.param(json.dumps(json.loads(body(INES, LUIS))).encode(), id="escaped"),
        pytest.param(json.dumps(json.loads(body(INES, LUIS)), indent=4).encode(), id="indented"),
    ],
)
def test_records_are_found_however_they_are_wrapped(answer: bytes) -> None:
    payload = read_payload(200, answer)

    assert payload.records == [INES, LUIS]
    assert payload.announced == 2


# no records


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(refused(404, "404", "NOT FOUND", "NO RECORDS WERE FOUND"), id="no records"),
        pytest.param(refused(404, 404, "NOT FOUND", "Validate dates entered"), id="the message that misleads"),
        pytest.param(b'{"code": "404", "error": null, "msg": "", "data": null}', id="null"),
        pytest.param(b'{"code": "", "msg": ""}', id="without data"),
        pytest.param(b"[]", id="a bare list"),
        pytest.param(b"\xef\xbb\xbf" + refused(404, "404", "", ""), id="a BOM before it"),
    ],
)
def test_a_404_with_json_means_no_records(answer: bytes) -> None:
    payload = read_payload(404, answer)

    assert (payload.status, payload.records, payload.announced, payload.size) == (404, [], None, len(answer))


def test_a_404_in_the_body_means_no_records_too() -> None:
    payload = read_payload(200, refused(200, "404", "NOT FOUND", "NO RECORDS WERE FOUND"))

    assert facts(payload) == (200, "404", "NO RECORDS WERE FOUND", None, [])


# no report

TROUBLE = [
    pytest.param(
        400, refused(400, 400, "BAD REQUEST", "THE API YOU WANT TO CONSULT DOES NOT EXIST"),
        RefusedError, "bad_request", id="400 unknown api",
    ),
    pytest.param(
        400, refused(400, "400", "BAD REQUEST", "SOME PARAMETERS ARE REQUIRED"),
        RefusedError, "bad_request", id="400 missing parameter",
    ),
    pytest.param(
        401, refused(401, 401, "UNAUTHORIZED", "PLEASE ENTER THE WOLKVOX-TOKEN"),
        RefusedError, "no_token", id="401 no token",
    ),
    pytest.param(
        403, refused(403, 403, "FORBIDDEN", "PLEASE VALIDATE TOKEN"), RefusedError, "bad_token", id="403 bad token"
    ),
    pytest.param(
        403, refused(403, "403", "FORBIDDEN", "TOKEN LIMIT EXCEEDED"),
        UnavailableError, "budget_spent", id="403 daily budget",
    ),
    pytest.param(
        403, refused(403, "403", "FORBIDDEN", "EXCEEDS THE LIMIT OF SIMULTANEOUS REQUESTS PER TOKEN (2)"),
        UnavailableError, "too_many_at_once", id="403 simultaneous",
    ),
    pytest.param(403, FORBIDDEN_PAGE, UnavailableError, "maintenance", id="403 maintenance page"),
    pytest.param(403, b"", UnavailableError, "maintenance", id="403 without a body"),
    pytest.param(403, b'{"code": 403, "msg": "Backup"}', UnavailableError, "maintenance", id="403 maintenance in JSON"),
    pytest.param(
        403, refused(403, "403", "Forbidden", "Please validate token"),
        RefusedError, "bad_token", id="403 in lower case",
    ),
    pytest.param(404, FORBIDDEN_PAGE, RefusedError, "not_wolkvox", id="404 HTML"),
    pytest.param(404, b"", RefusedError, "not_wolkvox", id="404 without a body"),
    pytest.param(404, b"null", RefusedError, "not_wolkvox", id="404 null"),
    pytest.param(405, refused(405, 405, "METHOD NOT ALLOWED", ""), RefusedError, "bad_request", id="405"),
    pytest.param(301, b"", RefusedError, "redirected", id="301"),
    pytest.param(408, b"", UnavailableError, "server_error", id="408"),
    pytest.param(429, b"slow down", UnavailableError, "server_error", id="429"),
    pytest.param(500, b"", UnavailableError, "server_error", id="500"),
    pytest.param(502, FORBIDDEN_PAGE, UnavailableError, "server_error", id="502 HTML"),
    pytest.param(504, body(INES), UnavailableError, "server_error", id="504 with a report"),
    pytest.param(200, b"", UnreadableError, "unreadable", id="empty body"),
    pytest.param(200, b" \r\n", UnreadableError, "unreadable", id="blank body"),
    pytest.param(200, b"\xef\xbb\xbf", UnreadableError, "unreadable", id="a BOM alone"),
    pytest.param(204, b"", UnreadableError, "unreadable", id="204"),
    pytest.param(200, FORBIDDEN_PAGE, UnreadableError, "unreadable", id="200 HTML"),
    pytest.param(200, b"null", UnreadableError, "unreadable", id="null"),
    pytest.param(200, b"7", UnreadableError, "unreadable", id="a number"),
    pytest.param(200, b'"OK"', UnreadableError, "unreadable", id="a text"),
    pytest.param(200, b"{}", UnreadableError, "unreadable", id="an empty object"),
    pytest.param(200, b'{"code": "200", "msg": ""}', UnreadableError, "unreadable", id="no data"),
    pytest.param(200, b'{"code": "200", "data": "none"}', UnreadableError, "unreadable", id="data is a text"),
    pytest.param(200, b'{"code": "200", "data": 0}', UnreadableError, "unreadable", id="data is a number"),
    pytest.param(200, b'{"code": "200", "data": false}', UnreadableError, "unreadable", id="data is false"),
    pytest.param(200, b'{"code": "XXX", "data": []}', UnreadableError, "unreadable", id="a code that says nothing"),
    pytest.param(200, '{"code": "²", "data": []}'.encode(), UnreadableError, "unreadable", id="a code in superscript"),
    pytest.param(200, b'{"code": "%s", "data": []}' % (b"9" * 5000), UnreadableError, "unreadable", id="a huge code"),
    pytest.param(200, b"[" * 100_000, UnreadableError, "unreadable", id="nested without end"),
    pytest.param(200, b"x" + b'{"data":' * 10_000, UnreadableError, "unreadable", id="nested without end, later"),
    pytest.param(200, body(INES) + body(LUIS), UnreadableError, "unreadable", id="two answers in one"),
    pytest.param(200, body(INES) + WARNING.encode(), UnreadableError, "unreadable", id="a warning after it"),
    pytest.param(
        200, body(code=403, error="FORBIDDEN", message="PLEASE VALIDATE TOKEN"),
        RefusedError, "bad_token", id="200 says 403 bad token",
    ),
    pytest.param(
        200, body(INES, code="403", error="FORBIDDEN", message="TOKEN LIMIT EXCEEDED"),
        UnavailableError, "budget_spent", id="200 says 403 budget",
    ),
    pytest.param(200, body(INES, code="500"), UnavailableError, "server_error", id="200 says 500"),
    pytest.param(200, body(INES, code=401), RefusedError, "no_token", id="200 says 401"),
    pytest.param(200, body(code=400), RefusedError, "bad_request", id="200 says 400"),
    pytest.param(
        200, b'{"code": 403, "msg": "\\ud800", "data": []}',
        UnavailableError, "maintenance", id="half a character",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("status", "answer", "error", "key"), TROUBLE)
def test_an_answer_without_a_report_says_what_to_do(
    status: int, answer: bytes, error: type[WolkvoxError], key: str
) -> None:
    with pytest.raises(WolkvoxError) as raised:
        read_payload(status, answer)

    assert (type(raised.value), raised.value.reason) == (error, key)
    assert raised.value.payload_bytes == len(answer)
    assert str(raised.value).encode("utf-8")


def test_a_refusal_quotes_wolkvox_and_keeps_its_code() -> None:
    with pytest.raises(RefusedError) as raised:
        read_payload(403, refused(403, "403", "FORBIDDEN", "PLEASE VALIDATE TOKEN"))

    assert str(raised.value) == (
        "wolkvox did not accept the token (“FORBIDDEN PLEASE VALIDATE TOKEN”): create a new one in wolkvox Manager "
        "and put it in the setting `token` of this operation."
    )
    assert (raised.value.status, raised.value.code) == (403, "403")


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        pytest.param(b"", "it is empty; it begins “”", id="empty"),
        pytest.param(FORBIDDEN_PAGE, "HTML instead of JSON; it begins “<html><head><title>403", id="HTML"),
        pytest.param(body(INES)[:-9], 'it is not whole JSON; it begins “{"code": "200"', id="cut"),
        pytest.param(b"7", "it is JSON, but neither a list nor an object; it begins “7”", id="number"),
        pytest.param(b"{}", "it has no data; it begins “{}”", id="no data"),
        pytest.param(b'{"code": "XXX"}', "its code is “XXX”; it begins", id="code"),
        pytest.param(b'{"data": 1}', "its data is neither a list nor an object; it begins", id="data"),
    ],
)
def test_an_unreadable_answer_is_named_and_its_beginning_quoted(answer: bytes, problem: str) -> None:
    with pytest.raises(UnreadableError) as raised:
        read_payload(200, answer)

    assert f"something that is not a report ({problem}" in str(raised.value)


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(body(INES, LUIS), id="as it is"),
        pytest.param(b"\xef\xbb\xbf" + body(INES, LUIS), id="a BOM before it"),
        pytest.param(WARNING.encode() + body(INES, LUIS), id="a warning before it"),
        pytest.param(body(INES, LUIS).decode().encode("cp1252"), id="latin-1"),
        pytest.param(json.dumps([INES, LUIS], ensure_ascii=False).encode(), id="a bare list"),
        pytest.param(body(data={"data": [INES, LUIS]}), id="data within data"),
        pytest.param(
            WARNING.encode() + body(data={"code": "200", "data": [INES]}), id="an envelope within a warned one"
        ),
    ],
)
def test_a_report_cut_at_any_byte_brings_no_records(answer: bytes) -> None:
    assert read_payload(200, answer).records

    for end in range(len(answer)):
        with pytest.raises(WolkvoxError):
            read_payload(200, answer[:end])


@pytest.mark.parametrize("text", ["a\0b", "a\ud800b"], ids=["NUL", "half a character"])
def test_code_and_message_can_be_stored_anywhere(text: str) -> None:
    payload = read_payload(200, json.dumps({"code": "200", "msg": f"{text} 1 records", "data": []}).encode())

    assert payload.message.encode() and "\0" not in payload.message
    assert payload.announced == 1

    error = refusal(403, json.dumps({"code": text, "msg": text}).encode())

    assert str(error.code).encode() and "\0" not in str(error.code)
    assert str(error).encode() and "\0" not in str(error)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(exclude_categories=[]), max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
codes = st.sampled_from(["200", 200, "", "0", "404", 403, "500", 201, "²", "٣٠٠", "99999"]) | json_values
envelopes = st.fixed_dictionaries(
    {}, optional={"code": codes, "error": json_values, "msg": json_values, "data": json_values | st.lists(json_values)}
)
bodies = st.one_of(
    st.binary(max_size=60),
    (envelopes | json_values).map(lambda value: json.dumps(value).encode()),
    envelopes.map(lambda value: WARNING.encode() + json.dumps(value).encode()),
    st.builds(lambda value, end: json.dumps(value).encode()[:end], envelopes, st.integers(0, 60)),
)
statuses = st.sampled_from([200, 201, 301, 400, 401, 403, 404, 408, 429, 500]) | st.integers(100, 599)


def outcome(read: Callable[[int, bytes], Any], status: int, answer: bytes) -> Any:
    """What reading gives, or the error of ours that it raises; any other error goes through."""
    try:
        return read(status, answer)
    except WolkvoxError as error:
        str(error).encode()
        return error


@settings(max_examples=100, deadline=None)
@given(statuses, bodies)
def test_any_answer_is_records_or_an_error_of_ours(status: int, answer: bytes) -> None:
    answered = outcome(read_payload, status, answer)

    if isinstance(answered, Payload):
        assert len(list(answered.records)) == len(answered.records)
        assert status == 404 or 200 <= status < 300


@pytest.mark.parametrize(
    ("error", "message", "key"),
    [("FORBIDDEN", "PLEASE VALIDATE TOKEN", "bad_token"), ("OOPS", "TRY AGAIN", "server_error")],
)
def test_an_error_that_is_only_in_the_words_is_not_an_empty_report(error: str, message: str, key: str) -> None:
    body = json.dumps({"code": "", "error": error, "msg": message, "data": None}).encode()

    with pytest.raises(WolkvoxError) as refused:
        read_payload(200, body)

    assert refused.value.reason == key


@pytest.mark.parametrize(
    ("answer", "spanish"),
    [
        (b"", "(está vacío; comienza “”)"),
        (FORBIDDEN_PAGE, "(HTML en lugar de JSON; comienza “<html>"),
        (b"7", "(es JSON, pero no una lista ni un objeto; comienza “7”)"),
        (b'{"code": "XXX"}', "(su código es “XXX”; comienza"),
    ],
    ids=["empty", "HTML", "number", "code"],
)
def test_an_unreadable_answer_is_told_in_spanish_without_a_word_of_english(answer: bytes, spanish: str) -> None:
    with pytest.raises(UnreadableError) as raised:
        read_payload(200, answer)

    assert spanish in speak("es").tell(raised.value)


def test_a_message_of_10_mb_is_kept_as_far_as_a_person_reads() -> None:
    long = "z" * 10_000_000

    assert len(read_payload(200, body(INES, message=long)).message) == 500
    assert len(str(refusal(403, refused(403, 403, "FORBIDDEN", long)).message)) == 500


def deep(levels: int, inside: str = "1") -> str:
    return '{"a":' * levels + inside + "}" * levels


@pytest.mark.parametrize("levels", [1_000, 5_000])
@pytest.mark.parametrize(
    "answer",
    ['{"data": [{"agent_id": "1", "x": DEEP}]}', '{"data": {"data": [DEEP]}}', "[DEEP]", '{"data": DEEP}'],
    ids=["in a field", "data within data", "a bare list", "one record"],
)
def test_an_object_without_a_bottom_is_not_a_report(answer: str, levels: int) -> None:
    with pytest.raises(UnreadableError) as raised:
        read_payload(200, answer.replace("DEEP", deep(levels)).encode())

    assert raised.value.exit_code == 65
    assert str(raised.value)


def test_an_object_where_a_word_belongs_is_no_word() -> None:
    answer = '{"code": "200", "data": [1], "msg": DEEP}'.replace("DEEP", deep(900)).encode()

    assert read_payload(200, answer).message == "…"

    with pytest.raises(UnreadableError) as raised:
        read_payload(200, answer.replace(b'"200"', deep(900).encode()))

    assert "its code is “…”" in str(raised.value)


def test_ids_that_no_machine_word_holds_stay_apart() -> None:
    ids = [18446744073709551615, 18446744073709551616, 18446744073709551617, -9223372036854775809]
    answer = json.dumps({"code": 200, "data": [{"agent_id": each} for each in ids]}).encode()

    assert [record["agent_id"] for record in read_payload(200, answer).records] == ids


@pytest.mark.parametrize("number", ["1e400", "-1E400", "9007199254740993.0", "1.8e308", "NaN", "-Infinity"])
@pytest.mark.parametrize("before", ["", "<br />Warning: "], ids=["alone", "after a warning"])
def test_a_number_that_python_cannot_hold_stays_the_text_that_was_sent(number: str, before: str) -> None:
    answer = (
        f'{before}{{"code": "200", "error": null, "msg": "", "data": [{{"agent_id": {number}}}, {{"agent_id": 1.5}}]}}'
    )

    assert read_payload(200, answer.encode()).records == [{"agent_id": number}, {"agent_id": 1.5}]
