"""A shop's system that is asked for orders: on a good day, and on every bad one."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import pytest
import sqlalchemy as sa

from mailbot.order_lookup import FAILURES, MOST_BYTES, PAUSE_SECONDS, LookupFailed, OrderLookup, by_http, by_sql
from mailbot.store.engine import shops_engine

NUMBER = "20261101000123"
ROW = {"number": NUMBER, "address": "li.ming@mail.example", "product": "洗衣机 XQ-8", "state": "已签收", "paid": 1999}


class Shop(BaseHTTPRequestHandler):
    """Answers as its last path part says."""

    seen: ClassVar[list[tuple[str, str | None]]] = []

    def do_GET(self) -> None:
        self.seen.append((self.path, self.headers.get("Authorization")))
        how = self.path.split("/")[1]
        body = {
            "good": json.dumps(ROW).encode(),
            "null": b"null",
            "list": b"[]",
            "text": b"<html>",
            "other": json.dumps({**ROW, "number": "20261101000999"}).encode(),
            "long": b'"' + b"x" * MOST_BYTES + b'"',
        }.get(how, b"")
        self.send_response({"none": 404, "broken": 500, "moved": 302}.get(how, 200))
        if how == "moved":
            self.send_header("Location", "/good/1")
        self.send_header("Content-Length", str(len(body) + (50 if how == "short" else 0)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Quiet."""


@pytest.fixture(scope="module")
def shop() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Shop)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.mark.rule("003-15")
def test_an_order_is_asked_for_with_the_owners_token(shop: str) -> None:
    row = by_http(f"{shop}/good/{{number}}?v=1", "geheim", 5)("A/1 2")

    assert ROW == row
    assert ("/good/A%2F1%202?v=1", "Bearer geheim") == Shop.seen[-1]


@pytest.mark.parametrize("how", ["none", "null"])
def test_what_is_not_there_is_not_there(shop: str, how: str) -> None:
    assert by_http(f"{shop}/{how}/{{number}}", "", 5)(NUMBER) is None


@pytest.mark.parametrize("how", ["broken", "moved", "list", "text", "long", "short"])
def test_what_is_no_answer_is_a_failure_and_no_missing_order(shop: str, how: str) -> None:
    with pytest.raises(LookupFailed):
        by_http(f"{shop}/{how}/{{number}}", "", 5)(NUMBER)


def test_nobody_there_is_a_failure() -> None:
    with pytest.raises(LookupFailed):
        by_http("http://127.0.0.1:9/{number}", "", 1)(NUMBER)


def lookup(url: str, now: list[float]) -> OrderLookup:
    return OrderLookup(by_http(f"{url}/{{number}}", "", 5), 600, lambda: now[0])


def test_an_answer_is_kept_for_a_while_and_asked_for_again_later(shop: str) -> None:
    now = [0.0]
    orders = lookup(f"{shop}/good", now)
    asked = len(Shop.seen)

    orders.prefetch([NUMBER, NUMBER])
    first = orders.find(NUMBER)
    orders.prefetch([NUMBER])
    once = len(Shop.seen) - asked
    now[0] = 601
    orders.prefetch([NUMBER])
    orders.close()

    assert first is not None
    assert ("洗衣机 XQ-8", True) == (first.product, orders.is_sure(NUMBER))
    assert (1, 2) == (once, len(Shop.seen) - asked)


def test_an_answer_about_another_order_tells_nothing(shop: str) -> None:
    orders = lookup(f"{shop}/other", [0.0])

    orders.prefetch([NUMBER])
    orders.close()

    assert (None, False) == (orders.find(NUMBER), orders.is_sure(NUMBER))


def test_a_system_that_fails_again_and_again_is_left_alone_for_a_while(shop: str) -> None:
    now = [0.0]
    orders = lookup(f"{shop}/broken", now)
    asked = len(Shop.seen)
    for number in range(FAILURES + 3):
        orders.prefetch([f"2026110100000{number}"])
    paused = len(Shop.seen) - asked
    now[0] = PAUSE_SECONDS + 1
    orders.prefetch([NUMBER])
    orders.close()

    assert (FAILURES, FAILURES + 1) == (paused, len(Shop.seen) - asked)


def test_an_order_is_read_from_the_shops_database_and_nothing_is_written_there(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/shop.db"
    made = sa.create_engine(url)
    with made.begin() as tx:
        tx.execute(sa.text("CREATE TABLE sale (no TEXT, mail TEXT, what TEXT)"))
        tx.execute(sa.text("INSERT INTO sale VALUES ('20261101000123', 'li.ming@mail.example', '洗衣机')"))
    made.dispose()
    engine = shops_engine(url, 3)

    ask = by_sql(engine, "SELECT no AS number, mail AS address, what AS product FROM sale WHERE no = :number")
    found, missing = ask(NUMBER), ask("20261101000999")
    with pytest.raises(LookupFailed):
        by_sql(engine, "DELETE FROM sale WHERE no = :number")(NUMBER)
    still_there = ask(NUMBER)
    engine.dispose()

    assert found is not None
    assert ("洗衣机", None) == (found["product"], missing)
    assert found == still_there
