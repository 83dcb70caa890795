"""Our views in the warehouse: made, renewed where they differ, and never in the way of a user's own."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import dlt
from dlt.destinations.exceptions import DatabaseException

from wolkvox_source.errors import HeldError, NothingObservedError
from wolkvox_source.language import Phrase
from wolkvox_source.settings import categories_file
from wolkvox_source.warehouse.catalogue import (
    Client,
    Relation,
    dependents,
    grants,
    holder,
    is_postgres,
    relations_of,
)
from wolkvox_source.warehouse.comments import describe, describe_tables
from wolkvox_source.warehouse.dialect import created_view
from wolkvox_source.warehouse.empty_tables import make_empty_tables
from wolkvox_source.warehouse.indexes import put_indexes
from wolkvox_source.warehouse.status_categories import put_categories, status_categories
from wolkvox_source.warehouse.view_files import View, shipped_views, views_in_order

# a reader who holds a view is not waited for any longer, since other readers wait behind us
LOCK_TIMEOUT = "5s"

_LOCK_NOT_AVAILABLE, _OTHER_COLUMNS = "55P03", "42P16"

log = logging.getLogger(__name__)


def publish_views(pipeline: dlt.Pipeline) -> list[Phrase]:
    """Put the views, and the tables that come with them, into the pipeline's dataset where they are not.

    What is there already as it should be is not touched, and rights given on a view stay. A view whose tables do
    not exist yet waits for them. Returns a note, whose `str()` is a sentence, about each view that had to be left as
    it was, because a view of the user's own stands on it. Raises a ConfigurationError where the file of status
    categories cannot be used, a HeldError where a reader holds a view for longer than `LOCK_TIMEOUT`, and a
    NothingObservedError where nothing was ever loaded.
    """
    with pipeline.sql_client() as client:
        if not client.has_dataset():
            raise NothingObservedError("status_nothing")
        return put_views(client)


def put_views(client: Client) -> list[Phrase]:
    """What `publish_views` does, through a client that is open already."""
    categories = status_categories(categories_file())
    there = relations_of(client)
    make_empty_tables(client, there)
    put_categories(client, categories)
    put_indexes(client, there)
    notes = _put_views(client, there)
    describe_tables(client, there)
    return notes


def _put_views(client: Client, there: dict[str, Relation]) -> list[Phrase]:
    if all(_is_as_shipped(view, there.get(view.name)) for view in shipped_views()):
        return []
    notes: list[Phrase] = []
    left: set[str] = set()
    possible: set[str] = {name for name, relation in there.items() if relation.kind == "table"}
    for view in views_in_order():
        if not view.reads <= possible:
            continue
        possible.add(view.name)
        if _is_as_shipped(view, there.get(view.name)):
            continue
        in_the_way = _put(client, view, there, stands_on_left=bool(view.reads & left))
        if in_the_way:
            left.add(view.name)
            notes.append(Phrase("view_left", {"view": view.name, "others": in_the_way}))
    return notes


def _is_as_shipped(view: View, relation: Relation | None) -> bool:
    return relation is not None and relation.kind == "view" and view.digest in (relation.comment or "")


def _put(client: Client, view: View, there: dict[str, Relation], stands_on_left: bool) -> list[str]:
    """Make or renew a view; returns what keeps it from being renewed, and then it is as it was."""
    relation = there.get(view.name)
    if relation is not None and relation.kind == "table":
        return [f"{client.dataset_name}.{view.name}"]
    try:
        with _not_waiting_long(client, view.name):
            client.execute_sql(_created(client, view))
    except DatabaseException as failure:
        if stands_on_left:
            log.info("view %s: %r", view.name, failure)
            return sorted(view.reads & there.keys())
        if _code(failure) != _OTHER_COLUMNS:
            raise
        return _made_anew(client, view)
    _describe(client, view)
    return []


def _made_anew(client: Client, view: View) -> list[str]:
    """Drop a view of which columns went, and ours that stand on it, and make them with the rights they had."""
    ours = {each.name: each for each in views_in_order()}
    standing = dependents(client, view.name)
    in_the_way = [f"{schema}.{name}" for schema, name in standing if schema != client.dataset_name or name not in ours]
    if in_the_way:
        return sorted(in_the_way)
    names = {name for _, name in standing}
    again = [each for each in views_in_order() if each.name in names]
    rights = [statement for each in again for statement in grants(client, each.name)]
    with _not_waiting_long(client, view.name):
        for each in reversed(again):
            client.execute_sql(f"DROP VIEW {client.make_qualified_table_name(each.name)}")
        for each in again:
            client.execute_sql(_created(client, each))
        for statement in rights:
            client.execute_sql(statement)
    for each in again:
        _describe(client, each)
    return []


@contextmanager
def _not_waiting_long(client: Client, view: str) -> Iterator[None]:
    """A transaction that gives up on a lock; raises a HeldError that names the holder."""
    try:
        with client.begin_transaction():
            if is_postgres(client):
                client.execute_sql(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'")
            yield
    except DatabaseException as failure:
        if _code(failure) != _LOCK_NOT_AVAILABLE:
            raise
        raise HeldError("views_held", view=view, holder=holder(client, view)) from failure


def _created(client: Client, view: View) -> str:
    return created_view(client.make_qualified_table_name(view.name), view.query, _dialect(client), client.dataset_name)


def _describe(client: Client, view: View) -> None:
    describe(client, "VIEW", view.name, view.words, view.columns, view.digest)


def _dialect(client: Client) -> str:
    return str(client.capabilities.sqlglot_dialect)


def _code(failure: DatabaseException) -> str | None:
    """PostgreSQL's code of an error, None for every other destination's."""
    return getattr(getattr(failure, "dbapi_exception", None), "pgcode", None)
