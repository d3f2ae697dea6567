"""Search on both databases: what is found, in which order, by which spelling, and what is not found any more."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from itertools import count
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.engine import Connection

from mailbot.store import intake, schema, search, tickets
from mailbot.store.engine import Engine
from mailbot.store.search import search as find
from mailbot.store.search import tokens_of
from mailbot.store.tables import mail, ticket_order
from tests.store.rows import INBOX, NOW, claim_mails, incoming, new_ticket

SIMPLIFIED = {ord("貨"): ord("货"), ord("單"): ord("单"), ord("訂"): ord("订")}
Write = Callable[..., int]


@pytest.fixture
def write(engine: Engine) -> Write:
    """A mail comes in, is understood and belongs to a new ticket (`ticket_id`: to that one; 0: to none)."""
    uids = count(1)

    def written(words: str = "", ticket_id: int | None = None, mailbox: str = "support", **over: Any) -> int:
        uid = next(uids)
        place = intake.Place(mailbox, INBOX.folder, INBOX.uidvalidity)
        with engine.write() as tx:
            intake.take_in(tx, place, [incoming(uid)], uid, NOW)
        (claimed,) = claim_mails(engine)
        with engine.write() as tx:
            of = new_ticket(tx) if ticket_id is None else ticket_id or None
            values = {"state": "done", "why": "", "ticket_id": of, "copy_of": None, "kind": "human", "words": words}
            assert intake.finish(tx, claimed.id, "w1", {**values, "subject": "", "sender": "", **over})
        return int(claimed.id)

    return written


@contextmanager
def changing(engine: Engine) -> Iterator[Connection]:
    with engine.write() as tx:
        yield tx


def ids(engine: Engine, words: str, limit: int = 50, **more: Any) -> list[int]:
    with engine.read() as tx:
        return [each.mail_id for each in find(tx, words, limit, **more)]


@pytest.mark.rule("000-43")
@pytest.mark.rule("003-03")
def test_two_characters_find_every_mail_that_has_them_newest_first(engine: Engine, write: Write) -> None:
    one = write("空调不制冷,面板显示 E2")
    write("洗衣机漏水")
    two = write("请问空调怎么清洗?")

    assert [two, one] == ids(engine, "空调")
    assert [] == ids(engine, "冰箱")


SAID = (
    "订单号",
    "我的 热水器",
    "热水器,漏水",
    "水",  # one character, in the middle of a word
    "我",  # at the beginning
    "啊",  # at the end
    "refund",
    "REFUND",
    "refu",  # the beginning of a word
    "e2",
    "A",  # a word of one letter
    "SO20261119000777",
    "so20261119",
    "li.ming@mail.example",
    "李明",
    "不工作了",  # in the subject
    "不工作了 漏水",  # one there, the other in the text
    "热水器",  # full-width letters and all that NFKC makes plain
)


def test_a_mail_is_found_by_its_words_its_sender_and_its_order(engine: Engine, write: Write) -> None:
    text = "我的热水器 Ａ 漏水,显示E2,订单号SO20261119000777,please refund,急啊"
    hit = write(text, sender="li.ming@mail.example", sender_name="李明", subject="热水器不工作了")
    write("别的事情 b", sender="wang.fang@mail.example", sender_name="王芳", subject="发票")

    assert {words: [hit] for words in SAID} == {words: ids(engine, words) for words in SAID}


NOT_SAID = (
    "号订",  # not in this order
    "单冰",  # not side by side
    "订单冰箱",  # both pairs are there, but apart
    "efund",  # words are found by their beginning
    "r",  # a single letter is a word of its own
    "",
    "  ,。!? ",
    "\"'*:&|!()<>\\ -",
    "\x00\ud800",
)


def test_what_no_mail_says_is_not_found(engine: Engine, write: Write) -> None:
    write("订单,单号,号冰。冰箱 refund")

    assert {words: [] for words in NOT_SAID} == {words: ids(engine, words) for words in NOT_SAID}


@pytest.mark.parametrize("hostile", ['" OR rowid > 0 --', "退货' | 'x", "退货*", "NEAR(退货)", "退货 AND NOT 退货"])
def test_a_search_is_words_and_never_a_language(engine: Engine, write: Write, hostile: str) -> None:
    write("想退货")

    assert [] == ids(engine, hostile)


def test_simplified_characters_find_traditional_ones_and_the_other_way_round(engine: Engine, write: Write) -> None:
    old, new = write("想退貨,訂單有問題"), write("想退货")

    for words in ("退货", "退貨"):
        assert [new, old] == ids(engine, words, simplified=SIMPLIFIED)
    assert [old] == ids(engine, "订单", simplified=SIMPLIFIED)
    assert [new] == ids(engine, "退货")


def test_pages_follow_one_another_without_a_gap_and_without_a_mail_twice(engine: Engine, write: Write) -> None:
    every = [write(f"退货 {n}" if n % 3 else f"退 货 {n}") for n in range(20)]
    expected = [each for n, each in enumerate(every) if n % 3][::-1]

    pages: list[list[int]] = [ids(engine, "退货", 4)]
    while pages[-1]:
        pages.append(ids(engine, "退货", 4, before_id=pages[-1][-1]))

    assert expected == [each for page in pages for each in page]
    assert [4, 4, 4, 1, 0] == [len(page) for page in pages]


@pytest.mark.parametrize("window", [0, 2, 1000])
def test_an_old_mail_is_found_behind_many_new_ones(
    engine: Engine, write: Write, monkeypatch: pytest.MonkeyPatch, window: int
) -> None:
    monkeypatch.setattr(search, "WINDOW", window)
    monkeypatch.setattr(search, "FIRST_ROUND", 2)
    old = [write("订单号 1"), write("这里的订单号码")]
    for _ in range(6):
        write("订单有单号")  # both pairs of 订单号, and not the word

    assert old[::-1] == ids(engine, "订单号", 2)


@pytest.mark.rule("003-07")
def test_a_ticket_number_and_an_order_number_lead_to_every_mail_of_the_ticket(engine: Engine, write: Write) -> None:
    with changing(engine) as tx:
        one, other = new_ticket(tx), new_ticket(tx)
        tx.execute(sa.insert(ticket_order), {"order_number": "SO20261119000777", "ticket_id": one})
    first, _, second = write("第一封", one), write("别人的", other), write("第二封", one)

    with engine.read() as tx:
        assert one == tickets.by_number(tx, "20261123-0001")
    assert [second, first] == ids(engine, " 20261123-0001 ")
    assert [second, first] == ids(engine, "so20261119000777")
    assert [first] == ids(engine, "20261123-0001", before_id=second)
    assert [] == ids(engine, "20261123-0009")


@pytest.mark.rule("003-07")
def test_a_customers_address_finds_all_they_ever_wrote(engine: Engine, write: Write) -> None:
    mine = [write(words, sender="li.ming@mail.example") for words in ("洗衣机", "发票", "谢谢")]
    write("我也认识 li ming,但不是他", sender="wang@mail.example")

    assert mine[::-1] == ids(engine, "li.ming@mail.example")


def test_a_search_can_keep_to_one_mailbox(engine: Engine, write: Write) -> None:
    write("退货")
    theirs = write("退货", mailbox="shop")

    assert [theirs] == ids(engine, "退货", mailbox="shop")


@pytest.mark.parametrize("over", [{"ticket_id": 0, "state": "held"}, {"ticket_id": 0, "copy_of": 1}])
def test_mail_that_belongs_to_no_ticket_is_not_listed(engine: Engine, write: Write, over: dict[str, Any]) -> None:
    write("别的")
    write("退货", **over)

    assert [] == ids(engine, "退货")


def test_a_held_mail_is_found_from_when_it_gets_a_ticket(engine: Engine, write: Write) -> None:
    held = write("退货", ticket_id=0, state="held")
    with changing(engine) as tx:
        intake.assign(tx, held, new_ticket(tx))

    assert [held] == ids(engine, "退货")


def test_a_mail_that_is_read_again_is_found_by_its_new_words_only(engine: Engine, write: Write) -> None:
    again = write("广告特价", ticket_id=0, state="held")
    with changing(engine) as tx:
        assert intake.try_again(tx, again, as_human=True)
    (claimed,) = claim_mails(engine)
    with changing(engine) as tx:
        values = {"state": "done", "ticket_id": new_ticket(tx), "subject": "", "sender": "", "words": "想退货"}
        assert intake.finish(tx, claimed.id, "w1", {**values, "copy_of": None})

    assert [again] == ids(engine, "退货")
    assert [] == ids(engine, "特价")


def test_words_that_another_hand_changed_are_found_after_a_call(engine: Engine, write: Write) -> None:
    changed, stays = write("电话写在这里"), write("电话也在这里")
    with changing(engine) as tx:
        tx.execute(sa.update(mail).where(mail.c.id == changed).values(words="已删除"))

    assert [stays] == ids(engine, "电话")  # the mail itself has the last word
    with changing(engine) as tx:
        search.put_again(tx, [changed])
    assert [changed] == ids(engine, "删除")


@pytest.mark.rule("000-10")
def test_an_erased_mail_leaves_no_words_behind(engine: Engine, write: Write) -> None:
    deleted, removed, kept = write("身份证号在附件"), write("身份证丢了"), write("身份证是什么意思")
    with changing(engine) as tx:
        tx.execute(sa.delete(mail).where(mail.c.id == deleted))
        search.remove(tx, [removed])
        search.remove(tx, [])

    key = "rowid" if engine.is_sqlite else "mail_id"
    with engine.read() as tx:
        assert [kept] == list(tx.execute(sa.text(f"SELECT {key} FROM mail_search")).scalars())
    assert [kept] == ids(engine, "身份证")


def test_a_found_mail_says_where_it_belongs_and_what_it_says_around_the_words(engine: Engine, write: Write) -> None:
    write("很久以前的事," * 40 + "后来\n\n发票 抬头写错了" + ",请看附件" * 40, subject="关于发票")

    with engine.read() as tx:
        (hit,) = find(tx, "抬头", 1)

    assert ("20261123-0001", "关于发票") == (hit.ticket_number, hit.subject)
    assert hit.excerpt.startswith("…")
    assert hit.excerpt.endswith("…")
    assert "后来 发票 抬头写错了,请看附件" in hit.excerpt
    assert search.EXCERPT + 2 == len(hit.excerpt)
    assert timedelta(0) == hit.at - NOW


@pytest.mark.rule("001-52")
def test_an_excerpt_masks_addresses_and_phone_numbers_wherever_it_is_cut(engine: Engine, write: Write) -> None:
    places = range(0, 130, 7)
    for before in places:
        write("啊" * before + "退货 13800138000 或 zhang.wei@mail.example" + "啊" * 200)

    with engine.read() as tx:
        excerpts = [hit.excerpt for hit in find(tx, "退货", 2 * len(places))]

    assert len(places) == len(excerpts)
    assert [] == [excerpt for excerpt in excerpts if "0013" in excerpt or "hang" in excerpt]


def test_a_mail_and_its_place_in_the_search_are_one_transaction(engine: Engine, write: Write) -> None:
    before = write("退货")

    def breaks_off() -> None:
        with engine.write() as tx:
            search.put(tx, before, {"words": "换货", "subject": "", "sender": "", "sender_name": ""})
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        breaks_off()
    assert [before] == ids(engine, "退货")


def test_hostile_characters_in_a_mail_stop_nothing(engine: Engine, write: Write) -> None:
    wild = "\x00\ud800 'x' \\ \" : * & | ! () <-> \u202e 退货 \U0001f600 \U00020bb7野家"

    hit = write(wild, subject=wild, sender=wild, sender_name=wild)

    assert [hit] == ids(engine, "退货")
    assert [hit] == ids(engine, "\U00020bb7野")


def test_mails_that_were_there_before_are_findable_after_the_migration(empty_database_url: str) -> None:
    engine = Engine(empty_database_url)
    try:
        with engine.write() as tx:
            config = schema._config()
            config.attributes["connection"] = tx
            command.upgrade(config, "0003")
            intake.take_in(tx, INBOX, [incoming(uid) for uid in range(1, 8)], 7, NOW)
            of = {"ticket_id": new_ticket(tx), "words": "想退货", "kind": "human", "state": "done"}
            tx.execute(sa.update(mail).where(mail.c.id != 4).values(**of))
            tx.execute(sa.update(mail).where(mail.c.id == 5).values(copy_of=1))

        assert schema.upgrade(engine)

        assert [7, 6, 3, 2, 1] == ids(engine, "退货")
    finally:
        engine.dispose()


@given(st.text("退货订单号a1 ,", max_size=12))
def test_every_character_of_chinese_begins_a_token(text: str) -> None:
    tokens = tokens_of(text)

    assert {each for each in text if each in "退货订单号"} <= {token[0] for token in tokens}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(asked=st.text("退货订单号ab1 ,", min_size=1, max_size=4))
def test_the_index_misses_nothing_that_reading_every_mail_would_find(engine: Engine, write: Write, asked: str) -> None:
    texts = ("退货订单", "订单号ab1,退", "货 订单退 b", "a 1 号号")
    with engine.read() as tx:
        known = tx.execute(sa.select(sa.func.count()).select_from(mail)).scalar_one()
    for text in texts[known:]:
        write(text)
    # ASCII is found by whole words alone, so "号a" is not in "订单号ab1".
    words = [each for each in asked.replace(",", " ").split() if not any(map(str.isascii, each))]

    found = ids(engine, " ".join(words))

    expected = [n + 1 for n, text in enumerate(texts) if words and all(word in text for word in words)]
    assert expected[::-1] == found
