"""Every benchmark, one after another, each in a process of its own."""

import subprocess
import sys
from pathlib import Path

BENCHMARKS = ("loading", "starting", "growth", "fleet", "writers", "lake", "copying", "moving", "views", "dashboard")


def main() -> None:
    for name in BENCHMARKS:
        subprocess.run([sys.executable, str(Path(__file__).with_name(f"{name}.py"))], check=True)
        print(flush=True)


if __name__ == "__main__":
    main()
