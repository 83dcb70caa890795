"""Load the agents reports into DuckDB, the plain dlt way.

Run it where `.dlt/` is: `python pipelines/load_agents.py` fills `wolkvox.duckdb` in that folder. For a run
that nobody watches, `wolkvox sync` adds the lock, the recovery, the readers' copy and the exit codes.

`pipeline_into` is dlt's own `pipeline`, made for the folder in which it runs: dlt would go on using the one in which
a pipeline of this name first ran on this machine.
"""

from wolkvox_source import pipeline_into, wolkvox

if __name__ == "__main__":
    load_info = pipeline_into("duckdb").run(wolkvox())
    print(load_info)
