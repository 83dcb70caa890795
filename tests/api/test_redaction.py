"""A token that wolkvox says back: in no error, no table and no report, however it is spelled."""

import base64
import html
import json
import re
import urllib.parse
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.api.talking import spoken
from tests.worlds import TOKEN, Clock, Warehouse, run_once
from wolkvox_source.api.client import WolkvoxClient
from wolkvox_source.api.redaction import redacted, spellings
from wolkvox_source.errors import WolkvoxError
from wolkvox_source.simulator import Answer, ContactCentre, EchoToken, Simulator
from wolkvox_source.tables import SCHEMAS

SECRET = 'k/9+aé"<Z&='


def in_base64(word: str, before: str = "") -> str:
    return base64.b64encode(f"{before}{word}".encode()).decode()


SPELLINGS: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "in capitals": str.upper,
    "in small letters": str.lower,
    "in a URL": lambda word: urllib.parse.quote(word, safe=""),
    "in a URL, small": lambda word: re.sub("%..", lambda escape: escape[0].lower(), urllib.parse.quote(word, safe="")),
    "in a URL, all of it": lambda word: "".join(f"%{byte:02X}" for byte in word.encode()),
    "in JSON": lambda word: json.dumps(word)[1:-1],
    "in JSON, UTF-8": lambda word: json.dumps(word, ensure_ascii=False)[1:-1],
    "in JSON of PHP": lambda word: json.dumps(word)[1:-1].replace("/", "\\/"),
    "in JSON, all of it": lambda word: "".join(f"\\u{ord(char):04x}" for char in word),
    "in HTML": html.escape,
    "in base64": in_base64,
    "in base64 without its end": lambda word: in_base64(word).rstrip("="),
    "in base64 for URLs": lambda word: base64.urlsafe_b64encode(word.encode()).decode(),
    "in base64 after 1": lambda word: in_base64(word, "x"),
    "in base64 after 2": lambda word: in_base64(word, "xy"),
    "in base64 after a name": lambda word: in_base64(word, "wolkvox-token: "),
}


@pytest.mark.parametrize("spelling", SPELLINGS.values(), ids=SPELLINGS)
def test_a_secret_is_taken_out_in_every_spelling(spelling: Callable[[str], str]) -> None:
    told = spelling(SECRET)

    body = redacted(f"before {told} after".encode(), spellings(SECRET)).decode()

    assert body.startswith("before ")
    assert body.endswith(" after")
    assert "***" in body
    # base64 may keep what it shares with its neighbours: two characters at either end
    assert told[3:-4] not in body


@settings(max_examples=200, deadline=None)
@given(st.text("abcXYZ019-_.~/+=%&", min_size=13, max_size=40), st.text(max_size=4), st.sampled_from(list(SPELLINGS)))
def test_no_secret_is_left_in_what_was_said(secret: str, before: str, name: str) -> None:
    told = SPELLINGS[name](secret)

    body = redacted(f"{before}{told}".encode(), spellings(secret)).decode(errors="replace")

    assert told[3:-4] not in body


def test_what_is_not_the_secret_stays() -> None:
    body = b'{"agent_name": "GOMEZ ANA", "msg": "1 records were found"}'

    assert redacted(body, spellings("demo-token")) == body


def test_a_token_of_a_few_letters_is_left_where_it_may_be_a_word() -> None:
    assert redacted(b"SIMONE", spellings("mone")) == b"SIMONE"


@pytest.mark.parametrize("spelling", ["plain", "url", "base64"])
@pytest.mark.parametrize("place", ["msg", "page"])
def test_no_error_tells_a_token_that_wolkvox_says_back(
    simulator: Simulator, ask: Callable[..., WolkvoxClient], place: str, spelling: str
) -> None:
    simulator.misbehave(EchoToken(place=place, spelling=spelling))  # type: ignore[arg-type]

    with pytest.raises(WolkvoxError) as raised:
        ask(requests_at_most=1).agents()

    seen = spoken(raised.value)
    assert "***" in seen
    assert TOKEN not in seen
    assert in_base64(TOKEN) not in seen


@pytest.mark.long
@pytest.mark.parametrize("spelling", ["plain", "url", "base64"])
@pytest.mark.parametrize("place", ["msg", "page", "record"])
def test_no_table_holds_a_token_that_wolkvox_says_back(
    simulator: Simulator,
    centre: ContactCentre,
    duckdb_warehouse: Warehouse,
    clock: Clock,
    place: str,
    spelling: str,
) -> None:
    centre.hire("GÓMEZ ANA", "51", "")
    simulator.misbehave(EchoToken(place=place, spelling=spelling))  # type: ignore[arg-type]

    run = run_once(duckdb_warehouse, clock)

    # an error loads nothing but its line in the ledger
    tables = ["observations"] if run.exit_code else list(SCHEMAS)
    stored = repr([duckdb_warehouse.rows(f"select * from {table}") for table in tables])
    assert "***" in stored
    for told in (TOKEN, in_base64(TOKEN)):
        assert told not in stored + repr(run)


def test_a_report_that_names_the_token_is_read_without_it(
    simulator: Simulator, ask: Callable[..., WolkvoxClient]
) -> None:
    simulator.misbehave(Answer(200, {"code": 200, "msg": TOKEN, "data": [{"agent_id": "1", "agent_name": TOKEN}]}))

    payload = ask().agents()

    assert (payload.message, list(payload.records)) == ("***", [{"agent_id": "1", "agent_name": "***"}])
