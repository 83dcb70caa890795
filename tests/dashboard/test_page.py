"""The dashboard over a demo's data: in a real browser, as a file, and where there is nothing to show."""

import argparse
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import pytest

from wolkvox_source.cli import dashboard
from wolkvox_source.cli import main as cli
from wolkvox_source.dashboard import answers
from wolkvox_source.dashboard.answers import Copy
from wolkvox_source.dashboard.day import day_figures
from wolkvox_source.dashboard.figures import round_top
from wolkvox_source.dashboard.now import agent_table, is_late
from wolkvox_source.dashboard.page import View, whole_page
from wolkvox_source.dashboard.words import WORDS, Words
from wolkvox_source.errors import ConfigurationError

PACKAGE = str(Path(dashboard.__file__).parents[2])
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
SECTIONS = ["now", "agents", "day", "month", "coverage", "radar", "changes"]

# a second operation in another time zone: every third agent, half an hour that nobody looked, one look the day before
SECOND_OPERATION = """
set schema = 'contact_center';
insert into operations select 'otra', 'America/Santiago', null, null, interval_seconds from operations;
insert into observations by name
    select * replace ('otra' as operation) from observations
    where observed_at not between (select min(observed_at) + interval 61 minutes from observations)
        and (select min(observed_at) + interval 119 minutes from observations);
insert into observations by name
    select * replace ('otra' as operation, observed_at - interval 1 day as observed_at, 'refused' as outcome,
        'wolkvox did not accept the <token>' as message)
    from observations where operation = 'demo' order by observed_at limit 1;
insert into agents by name
    select * replace ('otra' as operation, 'otra:' || agent_id as agent_key) from agents
    where agent_id::int % 3 = 0;
insert into agent_history by name
    select * replace ('otra' as operation, 'otra:' || agent_id as agent_key) from agent_history
    where agent_id::int % 3 = 0;
insert into agent_connections by name
    select * replace ('otra' as operation, 'otra:' || agent_id as agent_key) from agent_connections
    where agent_id::int % 3 = 0;
update agents set agent_name = '<img src=x onerror=alert(1)> & Ana'
    where agent_key = (select min(agent_key) from agents where operation = 'otra' and present);
"""


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The readers' copy of a demo, with a second operation put in."""
    folder = tmp_path_factory.mktemp("demo")
    environment = {**os.environ, "PYTHONPATH": PACKAGE, "DLT_DATA_DIR": str(folder / "dlt")}
    subprocess.run(
        [sys.executable, "-m", "wolkvox_source.cli.main", "demo"],
        cwd=folder,
        env=environment,
        check=True,
        capture_output=True,
    )
    copy = folder / "wolkvox_demo_read.duckdb"
    with duckdb.connect(str(copy)) as connection:
        connection.execute(SECOND_OPERATION)
    return copy


def value(file: Path, query: str) -> Any:
    """The one value that a query answers with."""
    with duckdb.connect(str(file), read_only=True) as connection:
        connection.execute("set TimeZone = 'UTC'; set schema = 'contact_center'")
        (answer,) = connection.execute(query).fetchall()
    return answer[0]


def latest_day(file: Path) -> date:
    day: date = value(file, "select max(local_day) from coverage_daily")
    return day


def numbers(page: Any, within: str = "#root") -> dict[str, str]:
    """The page's numbers by name."""
    found: dict[str, str] = page.evaluate(
        "within => Object.fromEntries([...document.querySelectorAll(`${within} [data-number]`)]"
        ".map(each => [each.dataset.number, each.textContent]))",
        within,
    )
    return found


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """A headless Chromium with a profile of its own."""
    playwright = pytest.importorskip("playwright.sync_api")
    if CHROMIUM is None:
        pytest.skip("there is no Chromium")
    with playwright.sync_playwright() as running:
        chromium = running.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def served(file: Path) -> Iterator[str]:
    """`wolkvox dashboard` in a process of its own, and where it is."""
    pytest.importorskip("marimo")
    command = [sys.executable, "-u", "-m", "wolkvox_source.cli.main", "dashboard", "--file", str(file)]
    command += ["--port", "0", "--no-browser"]
    environment = {**os.environ, "PYTHONPATH": PACKAGE}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        said = running.stdout.readline()
        yield re.findall(r"http://\S+", said)[0]
        running.terminate()


class Seen:
    """A page, what its console complained of, and whom it asked."""

    def __init__(self, page: Any) -> None:
        self.page = page
        self.complaints: list[str] = []
        self.hosts: set[str] = set()
        page.on("console", lambda said: self.complaints.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", lambda asked: self.hosts.add(asked.url.split("/")[2]))


@pytest.fixture
def opened(browser: Any, served: str) -> Iterator[Seen]:
    """The dashboard in a window, all of it drawn by marimo; nothing may go wrong behind a test's back."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    seen = Seen(context.new_page())
    seen.page.goto(served)
    seen.page.wait_for_selector("#root #changes", timeout=60_000)
    seen.page.wait_for_selector(".wv-first", state="detached")
    yield seen
    context.close()
    assert seen.complaints == []
    assert seen.hosts == {served.split("/")[2]}


def choose(page: Any, label: str, option: str) -> None:
    """Choose in the filter under a label."""
    order = page.evaluate("[...document.querySelectorAll('#root .filter')].map(each => each.textContent)")
    page.locator("#root select").nth(order.index(label)).select_option(label=option)


def test_every_section_is_there_and_its_numbers_are_the_databases(opened: Seen, file: Path) -> None:
    page, day = opened.page, latest_day(file)
    assert page.evaluate("[...document.querySelectorAll('#root section')].map(each => each.id)") == SECTIONS
    shown = numbers(page)
    now = "from agents_now"
    assert shown["roster"] == str(value(file, f"select count(*) {now}"))
    assert shown["talking"] == str(value(file, f"select count(*) {now} where status_category = 'talking'"))
    assert shown["ready"] == str(value(file, f"select count(*) {now} where status_category = 'ready'"))
    assert shown["now logged out"] == str(value(file, f"select count(*) {now} where status_category = 'logged out'"))
    assert shown["purge_soon"] == str(value(file, f"select count(*) {now} where purge_soon"))
    assert shown["dormant"] == str(value(file, f"select count(*) {now} where dormant"))
    assert shown["never_connected"] == str(value(file, f"select count(*) {now} where never_connected"))
    connections = f"select sum(connections)::int from agent_connections_daily where local_day = date '{day}'"
    assert shown["connections"] == shown["by_hour"] == str(value(file, connections))
    slots = f"select free_slots from licence_usage_daily where operation = 'demo' and local_day = '{day}'"
    assert shown["free_slots demo"] == f"{value(file, slots)} free"
    assert shown["change Renamed"] == str(value(file, "select count(*) from roster_changes where what = 'renamed'"))
    covered = f"select round(coverage_percent, 1) from coverage_daily where operation = 'otra' and local_day = '{day}'"
    assert shown["covered otra"] == shown["covered"] == f"{value(file, covered)} %"
    talking = (
        f"from agent_status_daily where status_category = 'talking' and local_day = '{day}' and operation = 'otra'"
    )
    assert shown["day talking"] == f"{value(file, f'select round(sum(observed_seconds) / 3600, 1) {talking}')} h"


def test_one_operation_is_shown_alone(opened: Seen, file: Path) -> None:
    choose(opened.page, "Operation", "otra")
    roster = str(value(file, "select count(*) from agents_now where operation = 'otra'"))
    opened.page.wait_for_function(
        "roster => document.querySelector('#root [data-number=roster]').textContent === roster", arg=roster
    )
    assert opened.page.locator("#root .fresh").count() == 1
    opened.page.wait_for_function("() => document.querySelectorAll('#root .areas').length === 1")
    assert "America/Santiago" in opened.page.locator("#root .freshness .note").inner_text()
    assert "licences is not configured" in opened.page.locator("#root #radar").inner_text().replace("`", "")


def test_an_earlier_day_is_shown_with_its_failures(opened: Seen, file: Path) -> None:
    before = latest_day(file) - timedelta(days=1)
    choose(opened.page, "Day", Words("en").date(before))
    opened.page.wait_for_selector(f"#root #day h2:has-text('{Words('en').date(before)}')")
    assert "otra was not looked at on this day." in opened.page.locator("#root #day").inner_text()
    opened.page.wait_for_function(
        "failure => document.querySelector('#root #coverage').innerText.includes(failure)",
        arg="refused. wolkvox did not accept the <token>",
    )


def test_it_speaks_spanish_and_keeps_what_was_chosen(opened: Seen) -> None:
    choose(opened.page, "Operation", "otra")
    choose(opened.page, "Language", "Español")
    opened.page.wait_for_selector("#root h1:has-text('Centro de contacto')")
    titles = [each.partition(" · ")[0] for each in opened.page.locator("#root h2").all_inner_texts()]
    titles[3] = titles[3].partition(" hasta")[0]
    assert titles == [
        "Ahora",
        "Quién está en qué estado",
        "El día",
        "Treinta días",
        "Cobertura",
        "Depuración y licencias",
        "Cambios en la nómina",
    ]
    assert opened.page.locator("#root .fresh").count() == 1


def test_a_search_finds_agents_without_regard_to_case_and_accents(opened: Seen, file: Path) -> None:
    opened.page.get_by_placeholder("Search a name, id or status").fill("TALKING nicolas")
    found = value(
        file,
        "select count(*) from agents_now where status_category = 'talking' "
        "and strip_accents(lower(agent_name)) like '%nicolas%'",
    )
    opened.page.wait_for_selector(f"#root [data-shown='{found}'], #root .none")
    assert opened.page.locator("#root table.agents tbody tr").count() == found


def is_held(file: Path) -> bool:
    """Whether anybody has the file open for longer than questions take."""
    until = time.monotonic() + 20
    while time.monotonic() < until:
        try:
            duckdb.connect(str(file)).close()
        except duckdb.IOException:
            time.sleep(0.2)
        else:
            return False
    return True


def test_a_new_copy_is_read_and_never_held_open(opened: Seen, file: Path) -> None:
    fresh, kept = file.with_name("fresh.duckdb"), file.with_name("kept.duckdb")
    shutil.copyfile(file, fresh)
    shutil.copyfile(file, kept)
    with duckdb.connect(str(fresh)) as connection:
        connection.execute("update contact_center.agents set present = false where operation = 'otra'")
    try:
        fresh.replace(file)
        roster = str(value(file, "select count(*) from agents_now"))
        opened.page.locator("#root marimo-refresh button").first.click()
        opened.page.wait_for_function(
            "roster => document.querySelector('#root [data-number=roster]').textContent === roster", arg=roster
        )
        assert not is_held(file)
    finally:
        kept.replace(file)


def test_it_fits_every_screen_and_the_light_around_it(opened: Seen, tmp_path: Path) -> None:
    page = opened.page
    for device, width in (("desktop", 1280), ("phone", 390)):
        page.set_viewport_size({"width": width, "height": 850})
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            page.wait_for_function("dark => Boolean(document.querySelector('.dark')) === dark", arg=scheme == "dark")
            page.screenshot(path=tmp_path / f"{device}-{scheme}.png", full_page=True)
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            ink = page.evaluate("getComputedStyle(document.querySelector('#root .wv h1')).color")
            assert (sum(map(int, re.findall(r"\d+", ink)[:3])) > 380) == (scheme == "dark")


def test_it_is_in_use_within_five_seconds_of_opening(browser: Any, served: str) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.goto(served, wait_until="commit")
    page.wait_for_selector("[data-number=roster]", timeout=5_000)
    context.close()


def test_a_page_of_another_name_is_turned_away(served: str) -> None:
    httpx = pytest.importorskip("httpx")
    assert httpx.get(served).status_code == 200
    assert httpx.get(served, headers={"Host": "attacker.example"}).status_code == 400


def test_who_has_no_token_sees_no_names(file: Path) -> None:
    pytest.importorskip("marimo")
    testclient = pytest.importorskip("starlette.testclient")
    from wolkvox_source.dashboard.serving import application

    client = testclient.TestClient(application(dashboard.app_file(), file, "en", token="abc"))
    for query in ("", "?access_token=abd"):
        assert "data-number" not in client.get(f"/{query}").text
    assert "data-number" in client.get("/?access_token=abc").text


def export(file: Path, to: Path, *options: str) -> str:
    assert cli.main(["dashboard", "--file", str(file), "--export", str(to), *options]) == 0
    return to.read_text(encoding="utf-8")


def test_an_exported_file_opens_with_the_network_off_and_asks_nobody(browser: Any, file: Path, tmp_path: Path) -> None:
    export(file, tmp_path / "page.html")
    context = browser.new_context(offline=True)
    seen = Seen(context.new_page())
    requests: list[str] = []
    seen.page.on("request", lambda asked: requests.append(asked.url))
    seen.page.goto(f"file://{tmp_path}/page.html")
    assert seen.page.evaluate("[...document.querySelectorAll('section')].map(each => each.id)") == SECTIONS
    assert numbers(seen.page, "body")["roster"] == str(value(file, "select count(*) from agents_now"))
    seen.page.get_by_role("searchbox").fill("onerror")
    assert seen.page.locator("table.agents tbody tr:visible").count() == 1
    context.close()
    assert seen.complaints == []
    assert [each for each in requests if not each.startswith(("file:", "data:"))] == []


def test_an_exported_file_is_in_the_language_operation_and_day_that_were_asked_for(file: Path, tmp_path: Path) -> None:
    day = latest_day(file) - timedelta(days=1)
    options = ("--lang", "es", "--operation", "otra", "--day", str(day))
    page = export(file, tmp_path / "page.html", *options)
    assert '<html lang="es">' in page
    assert "Centro de contacto · otra" in page
    assert "Ese día no se observó otra." in page
    assert "no se actualiza solo" in page


def test_what_the_report_says_is_text_and_never_markup(file: Path, tmp_path: Path) -> None:
    page = export(file, tmp_path / "page.html")
    assert "<img" not in page
    assert "&lt;img src=x onerror=alert(1)&gt; &amp; Ana" in page


def test_nothing_to_show_says_what_to_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    duckdb.connect(str(tmp_path / "empty.duckdb")).close()
    for name in ("nothing.duckdb", "empty.duckdb"):
        assert cli.main(["dashboard", "--file", name, "--export", "page.html"]) == 78
        said = capsys.readouterr().err
        assert f"There is no data in {name} yet: run `wolkvox sync`" in said
        assert "`wolkvox demo`" in said
    assert not (tmp_path / "page.html").exists()


def test_a_file_that_is_no_database_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "notes.txt").write_text("hello")
    assert cli.main(["dashboard", "--file", "notes.txt", "--export", "page.html"]) == 78
    assert capsys.readouterr().err.startswith("notes.txt cannot be read (“IO Error: ")


def test_an_operation_that_is_not_there_is_a_sentence(
    file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["dashboard", "--file", str(file), "--export", "page.html", "--operation", "ventas"]) == 78
    assert capsys.readouterr().err == "The copy holds no operation 'ventas': it holds demo, otra.\n"


def test_a_missing_marimo_is_one_sentence(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setitem(sys.modules, "marimo", None)
    assert cli.main(["dashboard", "--no-browser"]) == 78
    assert capsys.readouterr().err == (
        "The dashboard needs the Python package marimo: pip install 'dlt-source-wolkvox[dashboard]'\n"
    )


def test_the_app_is_found_and_is_marimos() -> None:
    assert "app = marimo.App(" in dashboard.app_file().read_text(encoding="utf-8")


def test_its_options_have_help() -> None:
    parser = argparse.ArgumentParser()
    dashboard.add_arguments(parser)
    assert all(action.help for action in parser._actions)


NOON = datetime(2026, 3, 2, 12, 0, tzinfo=timezone.utc)


@pytest.mark.parametrize(
    ("looked_at", "late"),
    [
        pytest.param(NOON - timedelta(minutes=5), False, id="one interval"),
        pytest.param(NOON - timedelta(minutes=15), False, id="three intervals"),
        pytest.param(NOON - timedelta(minutes=15, seconds=1), True, id="more than three"),
        pytest.param(None, True, id="never"),
    ],
)
def test_data_is_late_after_three_intervals(looked_at: datetime | None, late: bool) -> None:
    assert is_late({"looked_at": looked_at, "interval_seconds": 300}, NOON) is late


def test_fresh_data_is_said_to_be_fresh(file: Path) -> None:
    view = View(Copy.at(file), "en", "demo")
    looked_at = view.operations[0]["looked_at"]
    fresh = view.freshness(looked_at + timedelta(minutes=4))
    assert 'class="fresh good"' in fresh
    assert ", 10:00, 4 min ago<small>a look every 10 min</small>" in fresh
    assert "Times are local: America/Bogota" in fresh
    late = view.freshness(looked_at + timedelta(minutes=31))
    assert 'class="fresh late"' in late
    assert "Is <code>wolkvox sync</code> running?" in late


def test_a_time_in_which_nobody_looked_is_left_blank(file: Path) -> None:
    (day,) = answers.day(Copy.at(file), "otra", latest_day(file))
    santiago = ZoneInfo("America/Santiago")
    stretches = [tuple(f"{each.astimezone(santiago):%H:%M}" for each in stretch) for stretch in day.looked]
    assert stretches == [("09:00", "10:00"), ("11:00", "12:00")]
    figure = day_figures(Words("en"), [day])
    # five gaps of an hour would be one in twenty: this one is an hour of the axis, from 09:00 to 14:00 at the most
    assert len(re.findall(r'class="gap"', figure)) == 2
    inside = [place for path in re.findall(r' d="([^"]+)"', figure) for place in re.findall(r"[ML]([\d.]+) ", path)]
    (gap,) = re.findall(r'class="gap" style="left:([\d.]+)%;width:([\d.]+)%"><span>nobody', figure)[-1:]
    start, end = float(gap[0]), float(gap[0]) + float(gap[1])
    assert not [place for place in inside if start + 0.01 < float(place) < end - 0.01]


def test_the_areas_are_as_high_as_the_history_says(file: Path) -> None:
    (day,) = answers.day(Copy.at(file), "demo", latest_day(file))
    moment, count = day.steps[10]
    talking = f"""
        select count(*) from agent_history where operation = 'demo' and present and agent_status = 'Talk'
            and valid_from <= '{moment}' and (valid_to is null or valid_to > '{moment}')
    """
    assert count["talking"] == value(file, talking)


def test_a_roster_of_thousands_is_cut_short_and_says_so() -> None:
    row = {
        "operation": "demo",
        "agent_name": "ANA",
        "agent_status": "Ready",
        "status_category": "ready",
        "status_seconds": 60,
        "status_seconds_at_most": None,
        "last_connection_at": None,
        "never_connected": True,
        "free_to_reuse": False,
    }
    table = agent_table(Words("en"), [{**row, "agent_id": str(n)} for n in range(1200)], {"demo": ZoneInfo("UTC")})
    assert table.count("<tr>") == 501
    assert "the first 500 of 1,200: search for the others" in table


@pytest.mark.parametrize(
    ("seconds", "duration"),
    [(45, "45 s"), (600, "10 min"), (3600, "1 h"), (7500, "2 h 05 min"), (90_000, "1 d 1 h"), (172_800, "2 d")],
)
def test_durations_read_as_people_say_them(seconds: int, duration: str) -> None:
    assert Words("en").duration(seconds) == duration


def test_numbers_and_dates_are_those_of_the_language() -> None:
    english, spanish = Words("en"), Words("es")
    assert (english.number(1234.5, 1), spanish.number(1234.5, 1)) == ("1,234.5", "1.234,5")
    assert (english.percent(99.99), spanish.percent(97.54), english.percent(100)) == ("99.9 %", "97,5 %", "100 %")
    assert english.date(date(2026, 3, 2)) == "Mon 2 Mar 2026"
    assert spanish.date(date(2026, 8, 5)) == "mié 5 ago 2026"


def test_every_word_names_the_same_facts_in_both_languages() -> None:
    facts = {key: [sorted(re.findall(r"{(\w+)}", each)) for each in pair] for key, pair in WORDS.items()}
    assert [key for key, (english, spanish) in facts.items() if english != spanish] == []


@pytest.mark.parametrize(("highest", "top"), [(0, 4), (5, 6), (37, 40), (101, 120), (999, 1000), (8123, 10_000)])
def test_a_scale_ends_on_a_round_number(highest: float, top: float) -> None:
    assert round_top(highest) == top


def test_a_question_is_asked_again_only_for_a_new_copy(file: Path) -> None:
    copy = Copy.at(file)
    assert answers.agents(copy, None) is answers.agents(Copy.at(file), None)
    os.utime(file)
    assert answers.agents(Copy.at(file), None) is not answers.agents(copy, None)


def test_a_copy_that_is_not_there_is_our_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError):
        Copy.at(tmp_path / "nothing.duckdb")


def test_a_page_is_one_file(file: Path) -> None:
    page = whole_page(View(Copy.at(file), "en"), NOON)
    assert re.findall(r'(?:src|href)="(?!data:)', page) == []
    assert "@import" not in page
    assert "url(" not in page
