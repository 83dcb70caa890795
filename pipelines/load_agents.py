"""Load the agents reports into DuckDB, the plain dlt way.

Run it where `.dlt/` is: `python pipelines/load_agents.py` fills `wolkvox.duckdb` in that folder. For a run
that nobody watches, `wolkvox sync` adds the lock, the healing, the readers' copy and the exit codes.
"""

import dlt

from wolkvox_source import wolkvox

if __name__ == "__main__":
    pipeline = dlt.pipeline("wolkvox", destination="duckdb", dataset_name="contact_center")
    load_info = pipeline.run(wolkvox())
    print(load_info)
