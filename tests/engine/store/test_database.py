"""Opening, creating and upgrading the database."""

import sqlite3
import threading
from pathlib import Path

import pytest
from sqlalchemy import text

from umbel.engine.errors import StoreError, StoreUnreachable
from umbel.engine.store import open_store, schema, upgrade
from umbel.engine.store.models import Base


def test_a_missing_database_is_not_created_by_opening_it(tmp_path: Path):
    with pytest.raises(StoreError, match="umbel db upgrade"):
        open_store(f"sqlite:///{tmp_path}/umbel.db")
    assert not (tmp_path / "umbel.db").exists()


def test_an_empty_database_says_how_to_prepare_it(tmp_path: Path):
    sqlite3.connect(tmp_path / "umbel.db").close()
    (tmp_path / "umbel.db").touch()
    with pytest.raises(StoreError, match="umbel db upgrade"):
        open_store(f"sqlite:///{tmp_path}/umbel.db")


def test_a_database_of_a_newer_umbel_is_refused(tmp_path: Path):
    url = f"sqlite:///{tmp_path}/umbel.db"
    upgrade(url)
    with sqlite3.connect(tmp_path / "umbel.db") as database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
    database.close()
    with pytest.raises(StoreError, match="newer Umbel"):
        open_store(url)
    with pytest.raises(StoreError, match="newer Umbel"):
        upgrade(url)


def test_a_file_that_is_no_database_is_said_to_be_none(tmp_path: Path):
    (tmp_path / "umbel.db").write_text("something else " * 1000)
    with pytest.raises(StoreError, match="not a database") as caught:
        open_store(f"sqlite:///{tmp_path}/umbel.db")
    assert not isinstance(caught.value, StoreUnreachable)


@pytest.mark.parametrize(
    "url",
    [
        "mysql://root:hush@localhost/x",
        "umbel.db",
        "sqlite://",
        "postgresql://u:hush@[/x",
        "sqlite:///:memory:",
    ],
)
def test_a_url_that_does_not_fit_is_refused_without_its_password(url: str):
    with pytest.raises(StoreError) as caught:
        open_store(url)
    assert "hush" not in str(caught.value)


def test_no_answer_from_postgresql_is_told_apart_and_hides_the_password(unused_port: int):
    with pytest.raises(StoreUnreachable) as caught:
        open_store(f"postgresql://u:hush@127.0.0.1:{unused_port}/x")
    assert "hush" not in str(caught.value)


def test_upgrading_twice_changes_nothing(store_url: str):
    upgrade(store_url)
    store = open_store(store_url)
    store.close()


def test_the_migrations_make_the_tables_of_the_models(store_url: str):
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    store = open_store(store_url)
    with store.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []
    store.close()


def test_the_revision_named_is_that_of_the_newest_migration():
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(schema.MIGRATIONS))
    assert ScriptDirectory.from_config(config).get_current_head() == schema.REVISION


def test_a_reader_cannot_write(store_url: str):
    store = open_store(store_url, read_only=True)
    with pytest.raises(StoreError), store.write():
        pass
    with store.read() as connection, pytest.raises(Exception, match=r"read-?only"):
        connection.execute(text("DELETE FROM runs"))
    store.close()


def test_a_reader_sees_one_state_while_a_writer_writes_and_neither_waits(store_url: str):
    writer, reader = open_store(store_url), open_store(store_url, read_only=True)
    insert = text("INSERT INTO lease (id, epoch, beat) VALUES (:id, 1, 1)")
    count = text("SELECT count(*) FROM lease")
    with reader.read() as seen:
        assert seen.execute(count).scalar() == 0
        with writer.write() as connection:
            connection.execute(insert, {"id": 1})
        assert seen.execute(count).scalar() == 0
    with writer.write() as connection:
        connection.execute(insert, {"id": 2})
        with reader.read() as seen:
            assert seen.execute(count).scalar() == 1
    writer.close()
    reader.close()


def test_writers_that_read_first_take_turns(store_url: str):
    stores = [open_store(store_url) for _ in range(4)]
    with stores[0].write() as connection:
        connection.execute(text("INSERT INTO lease (id, epoch, beat) VALUES (1, 0, 0)"))
    failed: list[Exception] = []

    def count_up(store) -> None:
        try:
            for _ in range(20):
                with store.write() as connection:
                    lock = " FOR UPDATE" if connection.dialect.name == "postgresql" else ""
                    beat = connection.execute(text(f"SELECT beat FROM lease{lock}")).scalar()
                    connection.execute(text("UPDATE lease SET beat = :beat"), {"beat": beat + 1})
        except Exception as error:
            failed.append(error)

    threads = [threading.Thread(target=count_up, args=[store]) for store in stores]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed
    with stores[0].read() as connection:
        assert connection.execute(text("SELECT beat FROM lease")).scalar() == 80
    for store in stores:
        store.close()
