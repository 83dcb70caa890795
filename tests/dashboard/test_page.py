"""The page in a real browser: served and as a file, on a desk and on a phone, in two languages."""

import csv
import io
import re
import shutil
import time
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.dashboard.conftest import NOW, Seen, rows, value
from tests.worlds import LONG

TODAY = (NOW - timedelta(hours=5)).date()
SECTIONS = ["attention", "now", "agents", "auxiliary", "day", "month", "coverage", "roster", "changes"]
SHOWN = "tbody tr:not([hidden])"


def numbers(page: Any) -> dict[str, str]:
    """The page's numbers by name."""
    found: dict[str, str] = page.evaluate(
        "Object.fromEntries([...document.querySelectorAll('[data-number]')]"
        ".map(each => [each.dataset.number, each.textContent]))"
    )
    return found


def names(page: Any, table: str = "#table-agents") -> list[str]:
    """Who is shown in a table, from the top."""
    return [each.strip() for each in page.locator(f"{table} {SHOWN} a.person").all_text_contents()]


def found(page: Any) -> str:
    return str(page.locator("#agents .count").text_content())


@pytest.mark.long
def test_its_numbers_are_the_databases(address: str, seen: Seen, file: Path) -> None:
    page = seen.open(address)
    assert page.evaluate("[...document.querySelectorAll('section')].map(each => each.id)") == SECTIONS
    shown = numbers(page)
    for name, condition in {
        "roster": "true",
        "talking": "status_category = 'talking'",
        "now logged out": "status_category = 'logged out'",
        "purge_soon": "purge_soon",
        "attention purge": "purge_soon",
        "dormant": "dormant",
        "never_connected": "never_connected",
    }.items():
        assert shown[name] == str(value(file, f"select count(*) from agents_now where {condition}")), name
    on_that_day = f"from agent_connections_daily where local_day = date '{TODAY}'"
    assert shown["connections"] == str(value(file, f"select cast(sum(connections) as int) {on_that_day}"))
    assert shown["by_hour"] == str(value(file, f"select count(*) {on_that_day}"))
    free = value(file, f"select free_slots from licence_usage_daily where operation = 'demo' and local_day = '{TODAY}'")
    assert shown["free_slots demo"] == f"{free} free"
    # the worst operation stands for all
    covered = f"from coverage_daily where local_day = '{TODAY}'"
    # where the page is asked on a later day, nobody has looked for the rest of that one
    over = datetime.now(timezone.utc).date() > TODAY
    share = "100.0 * covered_seconds / 86400" if over else "coverage_percent"
    assert shown["covered"] == f"{value(file, f'select round(min({share}), 1) {covered}')} %"
    assert shown["change renamed"] == str(value(file, "select count(*) from roster_changes where what = 'renamed'"))


def test_it_opens_with_who_needs_attention(exported: str, seen: Seen, file: Path) -> None:
    page = seen.open(exported)
    came = f"select agent_key from agent_connections_daily where local_day = date '{TODAY}'"
    usual = f"""
        select agent_name from agents_now where status_category = 'logged out' and agent_key not in ({came})
            and agent_key in (
                select agent_key from agent_connections_daily
                where local_day in (date '{TODAY}' - 7, date '{TODAY}' - 14, date '{TODAY}' - 21, date '{TODAY}' - 28)
                group by agent_key having count(*) > 1
            ) and operation = 'demo'
    """
    missing = {name for (name,) in rows(file, usual)}
    assert missing
    told = page.locator("#table-attention tbody tr", has=page.locator(".flag.missing"))
    assert {each.strip() for each in told.locator("a.person").all_text_contents()} == missing
    assert re.search(r"Not connected yet; on the last weeks' Tuesdays always by 0\d:\d\d, ", told.first.inner_text())


@pytest.mark.long
def test_who_is_nobodys_name_finds_nobody_and_says_so(address: str, seen: Seen) -> None:
    page = seen.open(address)
    page.locator("#search").fill("zzzz")
    assert found(page) == "0 of 72"
    assert page.locator("#agents .nobody").is_visible()
    assert names(page) == []


def test_the_words_of_the_legend_find_agents_by_their_status(exported: str, seen: Seen, file: Path) -> None:
    page = seen.open(exported)
    page.locator("#search").fill("TALKING alvarez")
    wanted = "from agents_now where status_category = 'talking' and strip_accents(lower(agent_name)) like '%alvarez%'"
    assert found(page) == f"{value(file, f'select count(*) {wanted}')} of 72"
    assert sorted(names(page)) == sorted(name for (name,) in rows(file, f"select agent_name {wanted}"))


@pytest.mark.long
def test_a_link_keeps_filters_and_order(address: str, seen: Seen, file: Path) -> None:
    page = seen.open(address)
    page.locator("#chip-talking").click()
    page.locator("#chip-ready").click()
    page.locator("#team").select_option("COM")
    page.locator("#sort-agents-0").click()
    page.locator("#sort-agents-0").click()
    wanted = rows(
        file,
        "select agent_name from agents_now where status_category in ('talking', 'ready') "
        "and agent_name like 'COM-%' order by agent_name desc",
    )
    assert sorted(names(page), reverse=True) == [name for (name,) in wanted] == names(page)
    chosen, link = names(page), page.url
    page = seen.open(link)
    assert names(page) == chosen
    assert page.locator("#chip-talking").get_attribute("aria-pressed") == "true"
    assert page.locator("#team").input_value() == "COM"
    assert page.locator("#table-agents th").first.get_attribute("aria-sort") == "descending"
    page.locator("#clear").click()
    assert found(page) == "72 of 72"


def test_numbers_sort_as_numbers_and_what_is_not_known_stands_last(exported: str, seen: Seen) -> None:
    page = seen.open(exported)
    page.locator("#table-agents button.sort", has_text="For").click()
    seconds = page.locator("#table-agents tbody td.number[data-csv]").evaluate_all(
        "all => all.map(e => e.dataset.value)"
    )
    assert [int(each) for each in seconds] == sorted(map(int, seconds))
    page.locator("#table-agents button.sort", has_text="Last connection").click()
    page.locator("#table-agents button.sort", has_text="Last connection").click()
    moments = page.locator("#table-agents tbody tr td:nth-last-child(1)").evaluate_all(
        "all => all.map(e => e.dataset.value)"
    )
    known = [float(each) for each in moments if each]
    assert known == sorted(known, reverse=True)
    assert "" in moments
    assert not any(moments[len(known) :])


def test_a_table_is_taken_away_as_it_is_shown(address: str, seen: Seen) -> None:
    page = seen.open(address)
    page.locator("#search").fill("ready")
    with page.expect_download() as download:
        page.locator("#csv-agents").click()
    assert re.fullmatch(r"agents-\d{4}-\d\d-\d\dT\d\d-\d\dZ\.csv", download.value.suggested_filename)
    text = Path(download.value.path()).read_text(encoding="utf-8-sig")
    head, *taken = csv.reader(io.StringIO(text))
    assert head == ["Agent", "Id", "Operation", "Team", "Status", "Seconds, at least", "Last connection"]
    assert [re.sub(" disabled$", "", row[0]) for row in taken] == names(page)
    assert {row[4] for row in taken} == {"Ready"}


def test_every_table_can_be_sorted_and_taken_away(exported: str, seen: Seen) -> None:
    page = seen.open(exported)
    page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true; })")
    tables = page.locator("main table").evaluate_all("all => all.map(e => e.id)")
    assert len(tables) >= 8
    for table in tables:
        assert page.locator(f"[data-csv={table}]").count() == 1, table
        assert page.locator(f"#{table} th").count() == page.locator(f"#{table} th button.sort").count(), table
        assert page.locator(f"#{table} caption").text_content(), table


@pytest.mark.long
def test_a_name_opens_the_agent_and_escape_goes_back_to_it(address: str, seen: Seen, file: Path) -> None:
    page = seen.open(address)
    (key, name) = rows(
        file,
        "select agent_key, agent_name from agents_now where operation = 'demo' and status_category = 'talking' limit 1",
    )[0]
    person = page.locator(f"[id='agents-{key}']")
    person.focus()
    page.keyboard.press("Enter")
    page.wait_for_selector("dialog[open] article")
    assert page.locator("dialog h2").text_content() == name
    # a change between two observations is a soft edge; each interval of the day has its line
    begun = f"agent_key = '{key}' and interval_to > timestamptz '{TODAY} 05:00:00+00'"
    intervals = value(file, f"select count(*) from agent_status_intervals where {begun}")
    assert page.locator("#table-intervals tbody tr").count() == intervals
    assert page.locator("dialog .strip rect[fill^='url(#soft-']").count() == intervals - 1
    days = value(
        file,
        f"select count(*) from agent_connections_daily where agent_key = '{key}' and local_day > '{TODAY}'::date - 30",
    )
    assert page.locator("#table-connections tbody tr").count() == days
    link = page.url
    page.keyboard.press("Escape")
    assert not page.locator("dialog[open]").count()
    assert page.evaluate("document.activeElement.id") == f"agents-{key}"
    page = seen.open(link)
    page.wait_for_selector("dialog[open] article")
    assert page.locator("dialog h2").text_content() == name


def test_the_keyboard_alone_is_enough(served: str, seen: Seen) -> None:
    page = seen.open(served)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "attention"
    page.keyboard.press("/")
    page.keyboard.type("zz")
    assert page.locator("#search").input_value() == "zz"
    page.locator("nav a", has_text="Coverage").focus()
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "coverage"
    assert "q=zz" in page.url


@pytest.mark.long
@pytest.mark.parametrize(("locale", "title"), [("es-CO", "Centro de contacto"), ("en-US", "Contact centre")])
def test_the_readers_browser_chooses_the_language(browser: Any, address: str, locale: str, title: str) -> None:
    context = browser.new_context(locale=locale)
    page = Seen(context.new_page()).open(address)
    assert page.locator("h1").inner_text().startswith(title)
    assert page.title().startswith(title)
    page.locator("#search").fill("en llamada" if locale == "es-CO" else "talking")
    assert found(page) == f"{numbers(page)['now talking']} {'de' if locale == 'es-CO' else 'of'} 72"
    page.locator(".languages a").click()
    page.wait_for_selector(f"html[lang={'en' if locale == 'es-CO' else 'es'}].ready")
    assert page.locator("h1").inner_text().startswith("Contact centre" if locale == "es-CO" else "Centro de contacto")
    # who searched for the one word finds nobody by the other, and is told so
    assert page.locator("#search").input_value() in ("en llamada", "talking")
    context.close()


EVERY_LIGHT = [(1280, "en-US", "light"), (390, "es-CO", "dark")]
EVERY_LIGHT += [(1280, "es-CO", "dark"), (390, "en-US", "light")] if LONG else []


@pytest.mark.long
@pytest.mark.parametrize(("width", "locale", "scheme"), EVERY_LIGHT)
def test_it_fits_every_screen_in_every_light_and_no_checker_finds_fault(
    browser: Any, served: str, width: int, locale: str, scheme: str
) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    context = browser.new_context(viewport={"width": width, "height": 900}, locale=locale, color_scheme=scheme)
    # a row is like the others, and the checker looks at each
    page = Seen(context.new_page()).open(f"{served}?operation=otra")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    ink = page.evaluate("getComputedStyle(document.body).color")
    assert (sum(map(int, re.findall(r"\d+", ink)[:3])) > 380) == (scheme == "dark")
    assert page.locator("#table-agents tbody tr").first.inner_text().count("2026") == 1
    rules = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]}
    checked = axe.Axe().run(page, options=rules).response
    assert "color-contrast" in {rule["id"] for rule in checked["passes"]}
    assert [(rule["id"], rule["nodes"][0]["html"]) for rule in checked["violations"]] == []
    page.locator("#agents a.person").first.click()
    page.wait_for_selector("dialog[open] article")
    checked = axe.Axe().run(page, context="dialog", options=rules).response
    assert [(rule["id"], rule["nodes"][0]["html"]) for rule in checked["violations"]] == []
    context.close()


def test_on_paper_it_is_black_on_white_with_every_row_and_no_buttons(exported: str, browser: Any) -> None:
    context = browser.new_context(color_scheme="dark")
    page = Seen(context.new_page()).open(exported)
    page.emulate_media(media="print", color_scheme="dark")
    assert page.evaluate("getComputedStyle(document.body).color") == "rgb(29, 39, 51)"
    assert not page.locator("#csv-agents").is_visible()
    box = page.locator("#scroll-agents").evaluate("e => [e.scrollHeight, e.clientHeight]")
    assert box[0] == box[1]
    context.close()


@pytest.mark.long
def test_a_new_copy_is_shown_in_place_and_scroll_filter_and_focus_stay(seen: Seen, served: str, file: Path) -> None:
    page = seen.open(served)
    page.locator("#search").fill("a")
    page.locator("#scroll-agents").evaluate("e => { e.scrollTop = 120; }")
    page.locator("#sort-agents-0").focus()
    page.evaluate("scrollTo(0, 300)")
    kept = file.with_name("kept.duckdb")
    fresh = file.with_name("fresh.duckdb")
    shutil.copyfile(file, kept)
    shutil.copyfile(file, fresh)
    with duckdb.connect(str(fresh)) as connection:
        connection.execute("update contact_center.agents set present = false where agent_key = 'demo:12002'")
    try:
        fresh.replace(file)
        page.evaluate("document.dispatchEvent(new Event('refresh'))")
        page.wait_for_selector("[data-number=roster]:text-is('71')")
        assert found(page).endswith(" of 71")
        assert page.locator("#search").input_value() == "a"
        assert page.locator("#scroll-agents").evaluate("e => e.scrollTop") == 120
        assert page.evaluate("[document.activeElement.id, Math.round(scrollY)]") == ["sort-agents-0", 300]
        assert not is_held(file)
    finally:
        kept.replace(file)


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


@pytest.mark.long
def test_an_operation_and_a_day_are_chosen_and_the_filters_stay(seen: Seen, served: str) -> None:
    page = seen.open(f"{served}#q=ana")
    with page.expect_navigation():
        page.locator("#pick select[name=operation]").select_option("otra")
    page.wait_for_selector("html.ready")
    assert "operation=otra" in page.url
    assert page.locator("#search").input_value() == "ana"
    assert page.locator(".fresh").count() == 1
    assert "America/Santiago" in page.locator("#fresh .note").first.inner_text()
    assert "licences is not configured" in page.locator("#roster").inner_text()
    # why an observation failed is said in the language of the page, from its reason and facts
    assert "wolkvox did not accept the token (“PLEASE VALIDATE <TOKEN>”)" in page.locator("#coverage").inner_text()


def test_an_exported_file_opens_with_the_network_off_and_asks_nobody(browser: Any, exported: str) -> None:
    context = browser.new_context(offline=True, locale="en-GB")
    window = Seen(context.new_page())
    page = window.open(exported)
    page.locator("#search").fill("onerror")
    assert names(page) == ["<img src=x onerror=alert(1)> & Ana"]
    assert "does not renew itself" in page.locator("#fresh").inner_text()
    context.close()
    assert window.complaints == []
    assert {each for each in window.asked if not each.startswith(("blob:", "data:"))} == {exported}
