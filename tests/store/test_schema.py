"""The schema: made by migrations, equal to the tables, upgraded once by whoever comes first."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from mailbot.core.errors import UserError
from mailbot.store import schema
from mailbot.store.engine import Engine
from mailbot.store.tables import metadata
from tests.conftest import ROOT


def test_the_migrations_make_exactly_the_tables(engine: Engine) -> None:
    with engine.read() as tx:
        # Defaults in the schema are for rows older than their column; new rows bring every value.
        # The search has tables of its own on each database: tests/store/test_search.py looks at them.
        opts = {"compare_type": True, "include_name": lambda name, _type, _of: not str(name).startswith("mail_search")}
        context = MigrationContext.configure(tx, opts=opts)
        differences = compare_metadata(context, metadata)

    assert [] == differences


def test_partial_indexes_are_made_as_they_stand_in_the_tables(engine: Engine) -> None:
    # Alembic compares names and columns of indexes, not their conditions.
    wanted = {
        str(index.name)
        for table in metadata.tables.values()
        for index in table.indexes
        if index.dialect_options["sqlite"]["where"] is not None
    }
    query = (
        "SELECT name, sql FROM sqlite_master WHERE type = 'index'"
        if engine.is_sqlite
        else "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'"
    )

    with engine.read() as tx:
        partial = {name for name, sql in tx.execute(sa.text(query)) if sql and "WHERE" in sql.upper()}

    assert wanted == partial


def test_the_program_wants_the_newest_migration(engine: Engine) -> None:
    scripts = ScriptDirectory(str(ROOT / "mailbot" / "store" / "migrations"))

    assert [schema.HEAD] == scripts.get_heads()
    with engine.read() as tx:
        assert schema.HEAD == schema.current(tx)


def test_upgrading_twice_does_nothing_the_second_time(empty_database_url: str) -> None:
    engine = Engine(empty_database_url)
    try:
        assert [True, False] == [schema.upgrade(engine), schema.upgrade(engine)]
        schema.require_head(engine)
    finally:
        engine.dispose()


def test_an_empty_database_is_refused_with_its_remedy(empty_database_url: str) -> None:
    engine = Engine(empty_database_url)
    try:
        with pytest.raises(UserError, match="mailbot db upgrade"):
            schema.require_head(engine)
    finally:
        engine.dispose()


def test_a_schema_that_is_newer_than_the_program_is_refused_with_its_remedy(engine: Engine) -> None:
    with engine.write() as tx:
        tx.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))

    for look in (schema.upgrade, schema.require_head):
        with pytest.raises(UserError, match=r"9999 is newer.*upgrade mailbot"):
            look(engine)


UPGRADE = """
import sys
from mailbot.store import schema
from mailbot.store.engine import Engine
engine = Engine(sys.argv[1])
sys.stdin.readline()
print(schema.upgrade(engine))
schema.require_head(engine)
"""


def test_of_several_processes_that_upgrade_at_once_one_does_and_all_go_on(empty_database_url: str) -> None:
    if empty_database_url.startswith("sqlite"):
        Path(empty_database_url.removeprefix("sqlite:///")).parent.mkdir(parents=True, exist_ok=True)
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", UPGRADE, empty_database_url],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(3)
    ]
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()

    ended = [process.communicate(timeout=60) for process in processes]

    assert [0, 0, 0] == [process.returncode for process in processes], ended
    assert ["False", "False", "True"] == sorted(out.strip() for out, _ in ended)


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("nonsense", "not a database URL"),
        ("mysql://localhost/mailbot", "mysql is not supported"),
    ],
)
def test_a_database_that_cannot_be_used_is_named_with_its_remedy(url: str, words: str) -> None:
    with pytest.raises(UserError, match=words):
        Engine(url)


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    engine = Engine(f"sqlite:///{tmp_path}/file/mailbot.db")

    with pytest.raises(UserError, match="cannot make"), engine.read():
        pass


def test_the_password_of_the_database_is_never_shown() -> None:
    assert "geheim" not in Engine("postgresql://mailbot:geheim@127.0.0.1:1/mailbot").name()


def test_a_database_that_does_not_answer_says_so_without_its_password() -> None:
    error = Engine("postgresql://mailbot:geheim@127.0.0.1:1/mailbot").ping()

    assert error
    assert "geheim" not in error


def test_what_a_block_wrote_is_undone_when_it_raises(engine: Engine) -> None:
    def breaks_off() -> None:
        with engine.write() as tx:
            tx.execute(sa.text("INSERT INTO serial (day, last) VALUES ('20261123', 1)"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        breaks_off()

    with engine.read() as tx:
        assert 0 == tx.execute(sa.text("SELECT count(*) FROM serial")).scalar_one()


def test_a_read_never_writes(engine: Engine) -> None:
    with engine.read() as tx:
        tx.execute(sa.text("INSERT INTO serial (day, last) VALUES ('20261123', 1)"))

    with engine.read() as tx:
        assert 0 == tx.execute(sa.text("SELECT count(*) FROM serial")).scalar_one()
