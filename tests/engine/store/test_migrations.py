"""Upgrading a database of every earlier Umbel, with data in it."""

import json

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine, inspect, text

from umbel.engine.store import open_store, reads, schema, upgrade

EARLIER = [f"{number:04}" for number in range(1, int(schema.REVISION))]


def _made(url: str, revision: str):
    """Give a database the schema of an earlier revision, and return an engine on it."""
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    _move(engine, command.upgrade, revision)
    return engine


def _move(engine, where, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(schema.MIGRATIONS))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        where(config, revision)


RUN = {
    "kind": "native",
    "state": "FAILURE",
    "created": 1.0,
    "started": 2.0,
    "finished": 3.0,
    "seq": 2,
    "structure": 1,
    "size": 2,
    "counts": json.dumps({"SUCCESS": 1, "FAILURE": 1}),
}
NODE = {
    "seq": 1,
    "retries": 0,
    "immutable": False,
    "queue": "q",
    "evidence": "[]",
    "inputs": "null",
    "args": "[1]",
    "kwargs": "{}",
    "options": "{}",
}


def _insert(connection, table: str, **row) -> None:
    names = ", ".join(row)
    values = ", ".join(f":{name}" for name in row)
    connection.execute(text(f"INSERT INTO {table} ({names}) VALUES ({values})"), row)


def _fill(engine) -> None:
    with engine.begin() as connection:
        _insert(connection, "runs", number=1, id="one", name="Straße → load", **RUN)
        _insert(connection, "runs", number=2, id="two", name="load", **RUN)
        done = NODE | {"state": "SUCCESS", "worker": "w@here", "result": '{"repr":"7"}'}
        failed = NODE | {"state": "FAILURE", "worker": "v@here", "exception": "E('x')" + "x" * 9000}
        for number in (1, 2):
            _insert(connection, "nodes", run=number, idx=0, id="a", task="app.load", **done)
        _insert(connection, "nodes", run=1, idx=1, id="b", task="app.Boom", **failed)
        _insert(connection, "nodes", run=1, idx=2, id="g", task=None, **(done | {"worker": None}))
        _insert(connection, "edges", run=1, parent=0, child=1, kind="then", position=-1)
        _insert(connection, "lease", id=1, epoch=7, beat=9, holder="old:1")
        if inspect(engine).has_table("words"):
            _fill_words(connection)


def _fill_words(connection) -> None:
    kept = [("task", "app.Boom", [1]), ("task", "app.load", [1, 2]), ("worker", "v@here", [1])]
    kept += [("worker", "w@here", [1, 2]), ("error", ("E('x')" + "x" * 9000)[:255], [1])]
    for number, (kind, value, runs) in enumerate(kept, 1):
        _insert(connection, "words", id=number, kind=kind, value=value, folded=value.casefold())
        for run in runs:
            _insert(connection, "run_words", run=run, word=number)
    connection.execute(text("UPDATE runs SET folded = 'strasse → load' WHERE id = 'one'"))


@pytest.mark.parametrize("revision", EARLIER)
def test_what_an_earlier_umbel_kept_is_kept_and_found(empty_url: str, revision: str):
    engine = _made(empty_url, revision)
    _fill(engine)
    upgrade(empty_url)
    store = open_store(empty_url)
    assert [run["name"] for run in reads.runs(store)["runs"]] == ["load", "Straße → load"]
    assert reads.graph(store, "one")["edges"] == [[0, 1, "then"]]
    assert reads.node(store, "one", "b")["exception"].startswith("E('x')xxx")
    assert [(row["run"], row["index"]) for row in reads.find(store, "a")] == [("two", 0), ("one", 0)]
    with store.read() as connection:
        found = connection.execute(
            text(
                "SELECT kind, value, run FROM words JOIN run_words ON word = id"
                " WHERE kind <> 'error' ORDER BY kind, value, run"
            )
        ).all()
        assert [tuple(row) for row in found] == [
            ("task", "app.Boom", 1),
            ("task", "app.load", 1),
            ("task", "app.load", 2),
            ("worker", "v@here", 1),
            ("worker", "w@here", 1),
            ("worker", "w@here", 2),
        ]
        error = connection.execute(text("SELECT value FROM words WHERE kind = 'error'")).scalar_one()
        assert (len(error), error[:6]) == (255, "E('x')")
        assert (
            connection.execute(text("SELECT folded FROM runs WHERE id = 'one'")).scalar() == "strasse → load"
        )
        assert connection.execute(text("SELECT epoch, holder, host FROM lease")).one() == (7, "old:1", None)
    store.close()
    engine.dispose()


def test_what_people_did_is_kept_by_the_id_of_the_run_there_and_back(empty_url: str):
    engine = _made(empty_url, "0003")
    _fill(engine)
    with engine.begin() as connection:
        done = {"at": 5.0, "by": "ada", "what": "pause", "detail": "{}"}
        _insert(connection, "actions", number=1, run=2, **done)
    upgrade(empty_url)
    store = open_store(empty_url)
    assert reads.actions(store, "two") == [
        {"at": 5.0, "by": "ada", "what": "pause", "detail": {}, "why": None}
    ]
    store.close()
    with engine.begin() as connection:
        _insert(connection, "actions", number=2, run_id="gone", **done)
    _move(engine, command.downgrade, "0003")
    with engine.connect() as connection:
        assert connection.execute(text("SELECT number, run FROM actions")).all() == [(1, 2)]
        assert [each["name"] for each in inspect(connection).get_foreign_keys("actions")] == [
            "fk_actions_run_runs"
        ]
    upgrade(empty_url)
    engine.dispose()


def test_an_upgrade_that_fails_leaves_the_database_as_it_was(empty_url: str):
    engine = _made(empty_url, EARLIER[-1])
    _fill(engine)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE bulks (x integer)"))  # in the way
    with pytest.raises(Exception, match="bulks"):
        upgrade(empty_url)
    with engine.connect() as connection:
        assert schema.revision(connection) == EARLIER[-1]
        assert connection.execute(text("SELECT count(*) FROM runs")).scalar() == 2
        assert "made_from" not in set(connection.execute(text("SELECT * FROM runs")).keys())
    engine.dispose()


@pytest.mark.parametrize("revision", EARLIER)
def test_a_downgrade_gives_back_the_schema_of_the_earlier_umbel_and_keeps_the_runs(
    empty_url: str, revision: str
):
    engine = _made(empty_url, revision)
    _fill(engine)
    before = _shape(engine)
    upgrade(empty_url)
    _move(engine, command.downgrade, revision)
    assert _shape(engine) == before
    with engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM nodes")).scalar() == 4
    upgrade(empty_url)
    engine.dispose()


def _shape(engine) -> dict[str, tuple[set[str], set[str]]]:
    found = inspect(engine)
    return {
        table: (
            {column["name"] for column in found.get_columns(table)},
            {str(index["name"]) for index in found.get_indexes(table)},
        )
        for table in found.get_table_names()
    }
