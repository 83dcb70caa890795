"""How soon the dashboard is in use: a year of 500 agents, from the address to a search that answers, in Chromium.

    python tests/benchmarks/dashboard.py [--agents 500] [--days 365] [--file year.duckdb]

The server is warm as it is when a supervisor comes: it has asked its questions since the last copy came. The first
opening ever, right after the server began on a year that no question was put to yet, is shown beside it, and the
exported file. The bar: 1 second for the warm one.
"""

import argparse
import re
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.dashboard.centres import build
from tests.dashboard.conftest import CHROMIUM, FLAGS

BAR = 1.0
RUNS = 7
COMMAND = [sys.executable, "-u", "-m", "wolkvox_source.cli.main", "dashboard"]


def in_use(browser: Any, address: str) -> float:
    """Seconds from asking for the page until a search has found nobody in it."""
    page = browser.new_context().new_page()
    begun = time.perf_counter()
    page.goto(address, wait_until="commit")
    page.wait_for_selector("#agents tbody tr", state="attached", timeout=120_000)
    page.locator("#search").fill("zzzz")
    page.wait_for_selector("#agents .count[data-shown='0']", state="attached", timeout=120_000)
    took = time.perf_counter() - begun
    page.context.close()
    return took


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--agents", type=int, default=500)
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--file", type=Path, help="keep the copy here, and use it again")
    options = parser.parse_args()
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory() as folder, sync_playwright() as running:
        file = options.file or Path(folder) / "wolkvox_read.duckdb"
        if not file.exists():
            now = datetime.now(timezone.utc).replace(second=0, microsecond=0)
            build(file, now, agents=options.agents, days=options.days)
        browser = running.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        in_use(
            browser,
            "data:text/html,<input id=search><div id=agents><table><tr><td></table><p class=count data-shown=0>",
        )
        command = [*COMMAND, "--file", str(file)]
        with subprocess.Popen([*command, "--port", "0", "--no-browser"], stdout=subprocess.PIPE, text=True) as server:
            assert server.stdout
            (address,) = re.findall(r"http://\S+", server.stdout.readline())
            first = in_use(browser, address)
            browser.new_page().goto(address)
            warm = statistics.median(in_use(browser, address) for _ in range(RUNS))
            server.terminate()
        begun = time.perf_counter()
        page = Path(folder) / "page.html"
        subprocess.run([*command, "--export", str(page)], check=True, stdout=subprocess.DEVNULL)
        exporting = time.perf_counter() - begun
        exported = statistics.median(in_use(browser, f"file://{page}") for _ in range(RUNS))
        verdict = "kept" if warm <= BAR else "MISSED"
        print(f"{options.agents} agents, {options.days} days, {file.stat().st_size / 1e6:.0f} MB, median of {RUNS}")
        print(f"  opened, warm             {warm:6.2f} s   (bar: {BAR:.0f} s, {verdict})")
        print(f"  opened, the first time   {first:6.2f} s")
        written = f"{page.stat().st_size / 1e6:.1f} MB, written in {exporting:.1f} s"
        print(f"  the exported file        {exported:6.2f} s   ({written})")


if __name__ == "__main__":
    main()
