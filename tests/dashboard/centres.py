"""A readers' copy of a centre of any size, made in seconds: shifts, absences, an hour that nobody looked at.

The tables are those of the schemas and the views those of the package; only the people are invented here.
"""

from datetime import datetime, timedelta
from pathlib import Path

import duckdb
import sqlglot
from sqlglot import exp

import wolkvox_source
from wolkvox_source.tables import BESIDE, SCHEMAS

VIEWS = Path(wolkvox_source.__file__).parent / "views"
INTERVAL = timedelta(minutes=5)
ZONE = "America/Bogota"

# a slot is one observation; slot 0 is the first of the first local day. An agent works one of four shifts from Monday
# to Friday, is away on one day in twenty, and changes status at every second one. Those from 13:00 to 14:00 three
# days before the end are missing, and what changed in them is found by the one after
PEOPLE = """
create temp table people as
    select a,
        cast(12001 + a as varchar) as agent_id,
        ['', 'COM-', 'ING-', 'SAC-'][1 + a % 4]
            || ['ÁLVAREZ', 'BENÍTEZ', 'CÁRDENAS', 'DUARTE', 'ESPINOSA', 'FONSECA', 'GÓMEZ', 'HINCAPIÉ', 'IBARRA',
                'JARAMILLO', 'LONDOÑO'][1 + a % 11]
            || ' ' || ['MORA', 'NARVÁEZ', 'OSPINA', 'PEÑA', 'QUINTERO', 'RESTREPO', 'SALAZAR'][1 + a % 7]
            || ' ' || ['ANA', 'BRUNO', 'CAMILA', 'DIEGO', 'ELENA'][1 + a % 5]
            || case when a >= 385 then ' ' || a else '' end as agent_name,
        cast(1010000000 + 7 * a as varchar) as agent_dni,
        a % 17 <> 16 as works,
        6 + a % 4 as begins
    from range({agents}) as r(a);
create temp table shifts as
    select a, d, day * 288 + begins * 12 + cast(hash(a * 1000 + d) % 3 as bigint) as begins_slot,
        begins_slot + 102 as ends_slot
    from (
        select p.a, p.begins, cast(d as bigint) as d, cast(d as bigint) as day,
            date '{first}' + cast(d as integer) as local_day
        from people as p, range({days}) as s(d) where p.works
    )
    where isodow(local_day) < 6 and hash(a * 7919 + d) % 20 > 0;
create temp table changes as
    select a, begins_slot + 2 * v as slot, v,
        ['Talk', 'Talk', 'Talk', 'Ready', 'Talk', 'ACW', 'Ready', 'Almuerzo', 'Baño', 'Talk', 'Ready', 'Ring',
         'Capacitación'][1 + cast(hash(a * 31 + d * 7 + v) % 13 as integer)] as agent_status
    from shifts, range(51) as s(v)
    union all
    select a, ends_slot, 60, 'Logout' from shifts
    union all
    select a, 0, -1, 'Logout' from people;
create temp table versions as
    with found as (
        select a, case when slot > {gap} and slot < {gap} + 12 then {gap} + 12 else slot end as slot, v, agent_status
        from changes where slot < {slots}
    )
    select a, slot, arg_max(agent_status, v) as agent_status,
        lead(slot) over (partition by a order by slot) as next_slot
    from found group by a, slot;
"""
TABLES = """
insert into operations by name select '{operation}' as operation, '{zone}' as timezone,
    cast({agents} // 8 as bigint) as licences, cast(10 as bigint) as agents_per_licence,
    cast(300 as bigint) as interval_seconds;
insert into observations by name
    select '{operation}' as operation, {begins} + to_minutes(cast(5 * slot as bigint)) as observed_at,
        case when slot = {gap} + 5 then 'refused' else 'changed' end as outcome,
        case when slot = {gap} + 5 then 'bad_token' end as reason,
        case when slot = {gap} + 5 then '{{"quoted": "“PLEASE VALIDATE <TOKEN>”", "operation": "{operation}"}}' end
            as facts
    from range({slots}) as r(slot) where slot <= {gap} or slot = {gap} + 5 or slot >= {gap} + 12;
insert into agent_history by name
    select '{operation}:' || agent_id as agent_key, '{operation}' as operation, agent_id,
        case when v.a = 3 and slot < {slots} - 300 then replace(agent_name, 'SAC-', '') else agent_name end
            as agent_name,
        agent_dni, agent_status, v.a % 23 <> 22 as enabled, true as present, md5(v.a || ':' || slot) as row_version,
        {begins} + to_minutes(cast(5 * slot as bigint)) as valid_from,
        {begins} + to_minutes(cast(5 * next_slot as bigint)) as valid_to
    from versions as v join people using (a) order by valid_from;
insert into agent_connections by name
    with uses as (
        select a, begins_slot * 5 + cast(hash(a + d) % 5 as bigint) - 4 as minute from shifts
        union all
        select a, begins_slot * 5 + 240 + cast(hash(a + d) % 5 as bigint) from shifts where a % 3 = 0
        union all
        select a, -1440 * (150 + a % 37) from people where not works and a % 5 > 0
    )
    select '{operation}:' || agent_id as agent_key, '{operation}' as operation, agent_id,
        {begins} + to_minutes(cast(minute as bigint)) as last_use, last_use as first_observed_at
    from uses join people using (a) where minute < {slots} * 5 - 5;
insert into agents by name
    select h.* exclude (valid_from, valid_to), c.last_use, cast(c.last_use as varchar) as last_use_raw
    from agent_history as h
    left join (select agent_key, max(last_use) as last_use from agent_connections group by all) as c using (agent_key)
    where valid_to is null and operation = '{operation}';
"""
CLEAN = "drop table versions; drop table changes; drop table shifts; drop table people;"


def build(file: Path, now: datetime, *, agents: int = 60, days: int = 30, operation: str = "demo") -> None:
    """Put one operation, looked at every five minutes for `days` days to `now`, into a readers' copy at `file`."""
    fresh = not file.exists()
    with duckdb.connect(str(file)) as connection:
        connection.execute("set TimeZone = 'UTC'; set enable_progress_bar = false")
        if fresh:
            _tables(connection)
        connection.execute("set schema = 'contact_center'")
        local = f"timestamptz '{now.isoformat()}' at time zone '{ZONE}'"
        first = f"select cast({local} as date) - {days - 1}"
        (first_day,) = connection.execute(first).fetchall()[0]
        begins = f"(timestamp '{first_day} 00:00:00' at time zone '{ZONE}')"
        (slots,) = connection.execute(
            f"select date_diff('minute', {begins}, timestamptz '{now.isoformat()}') // 5 + 1"
        ).fetchall()[0]
        values = {
            "agents": agents,
            "days": days,
            "first": first_day,
            "begins": begins,
            "slots": slots,
            "gap": max(days - 4, 0) * 288 + 13 * 12,
            "operation": operation,
            "zone": ZONE,
        }
        connection.execute(PEOPLE.format(**values) + TABLES.format(**values) + CLEAN)
        if fresh:
            _views(connection)


def _tables(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("create schema contact_center; set schema = 'contact_center'")
    beside = {name: schema for name, schema in BESIDE.items() if name != "status_categories"}
    for name, schema in {**SCHEMAS, **beside}.items():
        empty = schema.empty_table()
        connection.register("empty_rows", empty)
        connection.execute(f"create table {name} as select * from empty_rows")
        connection.unregister("empty_rows")
    connection.execute("alter table agent_history add column valid_from timestamptz")
    connection.execute("alter table agent_history add column valid_to timestamptz")
    shipped = VIEWS / "status_categories.csv"
    connection.execute(f"create table status_categories as select * from read_csv('{shipped}', all_varchar = true)")
    for column in ("productive", "paid"):
        connection.execute(f"alter table status_categories alter {column} type boolean")


def _views(connection: duckdb.DuckDBPyConnection) -> None:
    pending = {path.stem: path.read_text(encoding="utf-8") for path in sorted(VIEWS.glob("*.sql"))}
    while pending:
        for name, query in list(pending.items()):
            if not {table.name for table in sqlglot.parse_one(query, read="duckdb").find_all(exp.Table)} & set(pending):
                connection.execute(f"create view {name} as {query}")
                del pending[name]
