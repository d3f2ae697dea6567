"""The daemons of the fixtures themselves: they start, answer, and belong to this test run alone."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

from tests.servers.fixtures import Dovecot, Postgres

pytestmark = pytest.mark.servers


def test_each_postgres_database_is_fresh_and_can_be_a_template(postgres: Postgres, postgres_url: str) -> None:
    with psycopg.connect(postgres_url.replace("+psycopg", "")) as connection:
        connection.execute("CREATE TABLE marks (name text)")
        connection.execute("INSERT INTO marks VALUES ('重要')")

    copy = postgres.new_database(template=postgres_url.rpartition("/")[2])
    try:
        with psycopg.connect(copy.replace("+psycopg", "")) as connection:
            assert [("重要",)] == connection.execute("SELECT name FROM marks").fetchall()
    finally:
        postgres.drop(copy)


def test_a_reset_user_has_no_mail(dovecot: Dovecot) -> None:
    user = dovecot.new_user()
    dovecot.put(user, [b"Subject: 1\r\n\r\n1\r\n"])

    dovecot.reset(user)

    assert not (dovecot.root / "mail" / user).exists()


@pytest.mark.browser
def test_chromium_is_there(chromium_path: str) -> None:
    assert Path(chromium_path).is_file()
