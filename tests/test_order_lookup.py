"""A shop's system that is asked for orders: on a good day, and on every bad one."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest
import sqlalchemy as sa

from mailbot import order_lookup
from mailbot.app import App
from mailbot.core.errors import UserError
from mailbot.order_lookup import FAILURES, MOST_BYTES, PAUSE_SECONDS, LookupFailed, OrderLookup, by_http, by_sql
from mailbot.store.engine import shops_engine
from tests.line import LI, Line, letter

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


def one_sale(url: str) -> None:
    """A shop's database with one sale in it."""
    made = sa.create_engine(url)
    with made.begin() as tx:
        tx.execute(sa.text("CREATE TABLE sale (no TEXT, mail TEXT, what TEXT)"))
        tx.execute(sa.text("INSERT INTO sale VALUES ('20261101000123', 'li.ming@mail.example', '洗衣机')"))
    made.dispose()


def test_an_order_is_read_from_the_shops_database_and_nothing_is_written_there(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/shop.db"
    one_sale(url)
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


# ---- a system that takes its time ----


@pytest.fixture
def drip() -> Iterator[tuple[str, threading.Event]]:
    """A shop that sends a byte now and then and never ends; the event lets it go."""
    listener = socket.create_server(("127.0.0.1", 0))
    over = threading.Event()

    def talk(line: socket.socket) -> None:
        with line, suppress(OSError):
            line.recv(4096)
            line.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
            while not over.wait(0.02):
                line.sendall(b" ")

    def serve() -> None:
        with suppress(OSError):
            while True:
                threading.Thread(target=talk, args=(listener.accept()[0],), daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}/{{number}}", over
    over.set()
    listener.close()


def test_an_answer_that_comes_drop_by_drop_ends_at_the_limit(drip: tuple[str, threading.Event]) -> None:
    # It would go on for half an hour: that this returns at all is what the test is for.
    with pytest.raises(LookupFailed):
        by_http(drip[0], "", 0.2)(NUMBER)


def test_who_asks_waits_no_longer_than_a_moment_and_learns_it_later() -> None:
    let_go, moment = threading.Event(), order_lookup.WAIT_SECONDS

    def slow(number: str) -> dict[str, str]:
        assert let_go.wait(30)
        return {**{key: str(value) for key, value in ROW.items()}, "number": number}

    orders = OrderLookup(slow, 600)
    began = threading.Thread(target=orders.prefetch, args=([NUMBER, "20261101000999"],))
    began.start()
    began.join(moment * 10)  # far from a measurement: for ever is what it must not take
    waited = began.is_alive()
    before = (orders.find(NUMBER), orders.is_sure(NUMBER))
    let_go.set()
    orders.prefetch([NUMBER])

    assert not waited
    assert (None, False) == before
    found = orders.find(NUMBER)
    assert found is not None
    assert "洗衣机 XQ-8" == found.product
    orders.close()


def test_a_system_that_hangs_gathers_no_endless_line() -> None:
    let_go = threading.Event()

    def hangs(_number: str) -> None:
        assert let_go.wait(30)

    orders = OrderLookup(hangs, 600)
    for number in range(order_lookup.MOST_ASKED + 50):
        orders.find(f"2026{number:010}")
    waiting = len(orders._asked)
    let_go.set()
    orders.close()

    assert order_lookup.MOST_ASKED == waiting


def test_after_closing_nothing_is_asked_and_nothing_breaks() -> None:
    asked: list[str] = []

    orders = OrderLookup(asked.append, 600)
    orders.close()

    assert orders.find(NUMBER) is None
    assert [] == asked


def test_an_old_answer_is_told_while_a_new_one_is_asked_for(shop: str) -> None:
    now = [0.0]
    orders = lookup(f"{shop}/good", now)
    orders.prefetch([NUMBER])
    now[0] = 601

    assert orders.find(NUMBER) is not None
    orders.close()


def test_after_the_pause_one_good_answer_makes_all_well(shop: str) -> None:
    now, how = [0.0], ["broken"]

    def ask(number: str) -> Mapping[str, Any] | None:
        return by_http(f"{shop}/{how[0]}/{{number}}", "", 5)(number)

    orders = OrderLookup(ask, 600, lambda: now[0])
    for number in range(FAILURES):
        orders.prefetch([f"2026110100000{number}"])
    orders.prefetch([NUMBER])
    paused = orders.is_sure(NUMBER)
    now[0], how[0] = PAUSE_SECONDS + 1, "good"
    orders.prefetch([NUMBER])
    orders.close()

    assert (False, True) == (paused, orders.is_sure(NUMBER))


# ---- databases ----


def test_a_query_without_an_end_is_ended(tmp_path: Path) -> None:
    engine = shops_engine(f"sqlite:///{tmp_path}/shop.db", 0.2)
    endless = (
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)"
        " SELECT max(i) AS number FROM n WHERE :number IS NOT NULL"
    )

    with pytest.raises(LookupFailed):
        by_sql(engine, endless)(NUMBER)
    assert {"number": NUMBER} == by_sql(engine, "SELECT :number AS number")(NUMBER)
    engine.dispose()


@pytest.fixture
def sales(request: pytest.FixtureRequest) -> Iterator[sa.Engine]:
    """A shop's PostgreSQL with one sale."""
    postgres = request.getfixturevalue("postgres")
    url = postgres.new_database()
    one_sale(url)
    engine = shops_engine(url, 1)
    yield engine
    engine.dispose()
    postgres.drop(url)


def test_postgresql_is_read_only_and_gives_up_in_time(sales: sa.Engine) -> None:
    ask = by_sql(sales, "SELECT no AS number, mail AS address, what AS Product FROM sale WHERE no = :number")
    found = ask(NUMBER)
    for query in (
        "DELETE FROM sale WHERE no = :number RETURNING no AS number",
        "SELECT pg_sleep(60), :number AS number",
        "SELECT nothing FROM nowhere WHERE no = :number",
    ):
        with pytest.raises(LookupFailed):
            by_sql(sales, query)(NUMBER)

    assert found is not None
    assert ("洗衣机", found) == (found["product"], ask(NUMBER))


@pytest.mark.parametrize("url", ["nothing", "mysql+nodriver://x/y"])
def test_a_database_nobody_can_ask_is_the_owners_mistake(url: str) -> None:
    with pytest.raises(UserError, match=r"orders|database"):
        shops_engine(url, 1)


# ---- what a draft says of it ----

ASKED = "你好，洗衣机按下开关没有反应，无法开机。"


def drafted(make_app: Callable[..., App], shop_says: Mapping[str, str] | None, text: str, sender: str = LI) -> str:
    """The reply that waits for this mail, where the shop answers so for every order."""
    line = Line(make_app())
    orders = OrderLookup(lambda number: shop_says and {**shop_says, "number": number}, 600)
    line.app.desk.door = replace(line.app.desk.door, orders=orders)
    orders.prefetch([NUMBER])
    ticket_id = line.deliver(letter(text=text, sender=sender)).ticket_id
    orders.close()
    (draft,) = line.drafts(ticket_id)
    return str(draft.text)


MINE = {
    "address": LI,
    "product": "滚筒洗衣机 XQ-8",
    "state": "已签收",
    "bought_at": "2026-11-02",
    "carrier": "顺丰速运",
    "tracking": "SF1234567890123",
}
TOLD = ("XQ-8", "11月2日", "2032年", "顺丰", "SF1234567890123")


@pytest.mark.rule("002-06")
@pytest.mark.rule("002-10")
@pytest.mark.rule("003-15")
def test_the_buyer_is_told_of_the_order(make_app: Callable[..., App]) -> None:
    text = drafted(make_app, MINE, f"{ASKED}订单号{NUMBER}。")

    assert "XQ-8" in text
    assert [each for each in TOLD if each in text][1:]


@pytest.mark.rule("002-06")
@pytest.mark.rule("002-10")
@pytest.mark.parametrize(
    "owner", [{"address": "zhao.min@mail.example"}, {"address": "", "phone": "13900000000"}, {"address": ""}]
)
def test_nobody_else_is_told_a_word_of_it(make_app: Callable[..., App], owner: dict[str, str]) -> None:
    text = drafted(make_app, {**MINE, **owner}, f"{ASKED}订单号{NUMBER}，电话13800000017。")

    assert [] == [each for each in (*TOLD, "zhao.min", "13900000000") if each in text]


@pytest.mark.rule("002-11")
def test_who_names_neither_order_nor_phone_is_asked(make_app: Callable[..., App]) -> None:
    text = drafted(make_app, MINE, ASKED)

    assert "订单" in text
    assert [] == [each for each in TOLD if each in text]


@pytest.mark.rule("003-15")
def test_while_the_shop_is_silent_the_draft_says_nothing_and_a_finding_asks_to_check(
    make_app: Callable[..., App],
) -> None:
    line = Line(make_app())

    def down(_number: str) -> None:
        raise LookupFailed("HTTP 503")

    orders = OrderLookup(down, 600)
    line.app.desk.door = replace(line.app.desk.door, orders=orders)
    ticket_id = line.deliver(letter(text=f"{ASKED}订单号{NUMBER}。")).ticket_id
    orders.close()

    (draft,) = line.drafts(ticket_id)
    assert ["商城系统暂时没有应答"] == [
        each["message"].partition("，")[0] for each in draft.findings if each["check"] == "order_unchecked"
    ]
    assert not draft.blocked
