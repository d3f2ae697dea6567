"""A customer's file, and what is left of it after it was erased."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from mailbot.app import App, post_of
from mailbot.core.period import period_of
from mailbot.core.threads import Link
from mailbot.core.ticket import Corrected, DraftRejected, Noted, OptedOut, Rated, Resolved
from mailbot.store import cases, customers, erasing, intake, search, tickets, verify
from mailbot.store.customers import Flags
from mailbot.store.erasing import Erased
from mailbot.store.tables import gap, mail, metadata, outbox, raw, verdict
from mailbot.store.tables import ticket as ticket_table
from tests.conftest import MONDAY
from tests.line import EVE, INBOX, LI, Line, letter

NAME, PHONE, ORDER, WORDS = "李小明", "13800000017", "20261101000123", "嗡嗡作响像拖拉机"
ASKED = f"你好，我是{NAME}，电话{PHONE}，订单号{ORDER}，空调开机5分钟后{WORDS}。"
PERSONAL = (LI, "li.ming", NAME, PHONE, ORDER, WORDS)


@pytest.fixture
def line(make_app: Callable[..., App]) -> Line:
    return Line(make_app())


def written(line: Line, text: str = ASKED, sender: str = LI, hours: int = 0) -> int:
    """A mail came in so many hours after nine; its ticket."""
    at = MONDAY + timedelta(hours=hours)
    ticket_id: int = line.deliver(letter(f"空调 {text[-12:]}", text, sender), at=at).ticket_id
    return ticket_id


def answered(line: Line, ticket_id: int) -> None:
    row = line.approve(ticket_id)
    line.end_send(row.id, "sent")
    post_of(line.app).tell()


def ended(line: Line, ticket_id: int) -> None:
    """Answered, noted, solved, rated and closed, with the customer's name in every field that agents fill in."""
    answered(line, ticket_id)
    assert line.handle(ticket_id, Noted("wang", f"已电话联系{NAME} {PHONE}，约周三上门")) is None
    assert line.handle(ticket_id, Resolved("wang", f"已为{NAME}更换电容", "company", f"{PHONE} 来电确认")) is None
    assert line.handle(ticket_id, Rated(4, f"{WORDS}没有了", "mail")) is None
    assert "closed" == line.ticket(ticket_id).state


def erased(line: Line, address: str = LI) -> Erased:
    done = erasing.erase(line.engine, address, "boss", MONDAY)
    assert isinstance(done, Erased)
    return done


def everything(line: Line) -> str:
    """All rows of all tables as one text; bytes as far as they are text."""
    found = []
    with line.engine.read() as tx:
        for table in metadata.sorted_tables:
            for row in tx.execute(sa.select(table)):
                for cell in row:
                    found.append(bytes(cell).decode("utf-8", "replace") if isinstance(cell, bytes) else repr(cell))
        found += [str(row) for row in tx.execute(sa.text("SELECT tokens FROM mail_search"))]
    return "\n".join(found)


# ---- the file ----


@pytest.mark.rule("000-42")
@pytest.mark.rule("002-14")
@pytest.mark.rule("003-07")
def test_a_customers_file_holds_tickets_ratings_orders_and_contacts(line: Line) -> None:
    first = written(line)
    ended(line, first)
    second = written(line, f"请问冰箱怎么除霜？我是{NAME}")
    written(line, "我的洗衣机漏水了，请处理。", EVE)

    with line.engine.read() as tx:
        file = customers.read(tx, f" {LI.upper()} ")

    assert file is not None
    assert [second, first] == [each.id for each in file.tickets]
    assert [(4, "mail")] == [(each.score, each.how) for each in file.ratings]
    assert [(ORDER, (line.ticket(first).number,))] == [(each.number, each.tickets) for each in file.orders]
    assert (NAME, PHONE, 2) == (file.names[0], file.phones[0], file.mails)
    assert (MONDAY, MONDAY) == (file.first_at, file.last_at)
    assert file.written_at is not None


def test_who_never_wrote_has_no_file(line: Line) -> None:
    with line.engine.read() as tx:
        assert (None, None) == (customers.read(tx, LI), customers.read(tx, ""))


@pytest.mark.rule("002-39")
def test_flags_go_with_the_customers_tickets_and_keep_the_wish_for_no_revisits(line: Line) -> None:
    ticket_id = written(line)
    line.handle(ticket_id, OptedOut("link"))
    known = Flags("vip", True, "请找王经理")

    with line.engine.write() as tx:
        customers.set_flags(tx, LI.upper(), known, "wang", MONDAY)
        found = customers.flags(tx, LI)
        with pytest.raises(ValueError, match="gold"):
            customers.set_flags(tx, LI, Flags("gold"), "wang", MONDAY)

    assert found is not None
    assert replace(known, changed_by="wang", changed_at=MONDAY) == replace(found, no_revisit_at=None, no_revisit_how="")
    assert ("link", MONDAY) == (found.no_revisit_how, found.no_revisit_at)
    assert ("vip", True) == (line.ticket(ticket_id).account, line.ticket(ticket_id).elderly)


@pytest.mark.rule("002-39")
def test_the_next_draft_is_written_for_who_the_agents_know(line: Line) -> None:
    ticket_id = written(line)
    (plain,) = line.drafts(ticket_id)
    with line.engine.write() as tx:
        customers.set_flags(tx, LI, Flags("business"), "wang", MONDAY)
    assert [plain.text] == [each.text for each in line.drafts(ticket_id)]
    line.handle(ticket_id, DraftRejected("wang", plain.id, "重写"))

    line.deliver(letter("补充", f"补充一下：{WORDS}，晚上更明显。订单号{ORDER}。", LI), at=MONDAY + timedelta(hours=1))

    (fresh,) = line.drafts(ticket_id)
    assert "贵公司" in fresh.text
    assert "贵公司" not in plain.text


def test_other_open_tickets_are_counted(line: Line) -> None:
    first = written(line)
    written(line, "请问冰箱怎么除霜？", hours=2)
    written(line, "我的洗衣机漏水了，请处理。", EVE)

    with line.engine.read() as tx:
        assert (1, 0) == (customers.others_open(tx, LI, first), customers.others_open(tx, "x@y.example", first))


# ---- erased ----


@pytest.mark.rule("000-10")
def test_nothing_personal_is_left_anywhere(line: Line) -> None:
    ticket_id = written(line)
    written(line, "我的洗衣机漏水了，请处理。", EVE)
    said = line.ticket(ticket_id)
    line.handle(ticket_id, Corrected("wang", said.category, said.topic, said.priority))
    assert 1 == len(line.rows(verdict))
    with line.engine.write() as tx:
        customers.set_flags(tx, LI, Flags("vip", None, f"{NAME}是老客户"), "wang", MONDAY)
    ended(line, ticket_id)
    before = everything(line)

    done = erased(line)

    after = everything(line)
    assert [] == [each for each in PERSONAL if each not in before]
    assert [] == [each for each in PERSONAL if each in after]
    assert "洗衣机漏水" in after
    assert (1, 1, 1) == (done.tickets, done.mails, done.letters)
    assert done.pseudonym.startswith("erased-")
    assert done.pseudonym.endswith("@invalid")
    assert ([], []) == (line.rows(verdict), line.rows(gap, gap.c.ticket_id == ticket_id))
    with line.engine.read() as tx:
        assert [] == search.search(tx, WORDS[:4], 5)
        assert customers.read(tx, LI) is None


@pytest.mark.rule("000-10")
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # PostgreSQL gives them up at its next vacuum
def test_on_sqlite_the_bytes_are_gone_from_the_file_too(line: Line) -> None:
    ended(line, written(line))

    erased(line)

    path = line.engine.url.database
    assert path is not None
    content = Path(path).read_bytes()
    assert [] == [each for each in PERSONAL if each.encode() in content]


@pytest.mark.rule("000-10")
def test_reports_and_the_conservation_check_stay_as_they_were(line: Line) -> None:
    ticket_id = written(line)
    ended(line, ticket_id)
    period = period_of("week", MONDAY.date(), line.app.config.company.zone)
    with line.engine.read() as tx:
        before, kept = cases.records(tx, period), line.ticket(ticket_id)

    erased(line)

    with line.engine.read() as tx:
        after = cases.records(tx, period)
        assert [] == verify.faults(tx)
    assert (before.cases, before.promises) == (after.cases, after.promises)
    assert [(each.number, each.at, each.score) for each in before.ratings] == [
        (each.number, each.at, each.score) for each in after.ratings
    ]
    now = line.ticket(ticket_id)
    assert (kept.category, kept.topic, kept.priority, kept.score) == (now.category, now.topic, now.priority, now.score)
    assert (("product", "空调"),) == now.facts
    assert "erased" == line.journal(ticket_id)[-1]


@pytest.mark.rule("000-10")
def test_agents_words_stay_without_the_customer_in_them(line: Line) -> None:
    ticket_id = written(line)
    ended(line, ticket_id)

    erased(line)

    assert "已为***更换电容" == line.ticket(ticket_id).result
    assert "已电话联系*** ***，约周三上门" in everything(line)


def test_an_erased_mail_is_not_taken_in_again(line: Line) -> None:
    ended(line, written(line))
    erased(line)
    (row,) = line.rows(mail)
    again = letter("空调", ASKED, LI)

    with line.engine.write() as tx:
        intake.take_in(tx, INBOX, [intake.Incoming(row.uid, MONDAY, len(again), again)], row.uid, MONDAY)

    assert [(row.id, "done", "")] == [(each.id, each.state, each.words) for each in line.rows(mail)]


def test_a_mail_that_never_was_a_ticket_and_one_that_could_not_be_read_go_too(line: Line) -> None:
    auto = letter("自动回复：休假", f"{NAME}正在休假", LI, auto_submitted="auto-replied")
    line.deliver(auto)
    line.hand_in(f"Subject: x\r\nFrom: {NAME} <{LI}>\r\n\r\n{WORDS}".encode())
    line.hand_in(f"Subject: about {LI}\r\nFrom: {EVE}\r\n\r\nhello".encode())
    with line.engine.write() as tx:
        tx.execute(sa.update(mail).where(mail.c.state == "stored").values(state="aside", why="处理 3 次均失败"))

    done = erased(line)

    assert (0, 2, 0) == (done.tickets, done.mails, done.letters)
    assert [] == [each for each in (NAME, WORDS) if each in everything(line)]
    assert EVE in everything(line)
    with line.engine.read() as tx:
        assert [] == verify.faults(tx)


def test_bytes_that_another_customers_mail_shares_stay(line: Line) -> None:
    ended(line, written(line))
    other = line.rows(ticket_table)[0].id
    line.deliver(letter("另一封", "请问怎么除霜？", EVE))
    eve = line.rows(mail, mail.c.sender == EVE)[0]
    with line.engine.write() as tx:  # the same bytes in two rows, one of them Li's
        tx.execute(sa.update(mail).where(mail.c.ticket_id == other).values(raw_sha256=eve.raw_sha256))

    erased(line)

    assert [eve.raw_sha256] == [each.sha256 for each in line.rows(raw, raw.c.sha256 == eve.raw_sha256)]


def test_linked_tickets_forget_the_name_and_keep_their_own_words(line: Line) -> None:
    ticket_id = written(line)
    other = written(line, "我的洗衣机漏水了，请处理。", EVE)
    with line.engine.write() as tx:
        tickets.add_links(tx, other, [Link(ticket_id, "", f"订单号 {ORDER} 相同，发件人是 {LI}")], MONDAY)
    ended(line, ticket_id)

    erased(line)

    after = everything(line)
    assert [] == [each for each in PERSONAL if each in after]
    assert "洗衣机漏水" in after


# ---- refused ----


def test_nothing_is_erased_while_a_ticket_is_open(line: Line) -> None:
    ticket_id = written(line)

    with line.engine.read() as tx:
        why = erasing.refusal(tx, erasing.held(tx, LI))

    assert line.ticket(ticket_id).number in why
    assert "close" in why


@pytest.mark.parametrize("state", ["queued", "sending", "uncertain"])
def test_nothing_is_erased_while_a_letter_is_on_its_way(line: Line, state: str) -> None:
    ended(line, written(line))
    with line.engine.write() as tx:
        tx.execute(sa.update(outbox).values(state=state))
        why = erasing.refusal(tx, erasing.held(tx, LI))

    assert "on its way" in why


def test_nothing_is_erased_while_a_mail_waits_to_be_worked_on(line: Line) -> None:
    ended(line, written(line))
    line.hand_in(letter("又坏了", "又开始响了", f"{NAME} <{LI.title()}>"))

    with line.engine.read() as tx:
        why = erasing.refusal(tx, erasing.held(tx, LI))

    assert "waits to be worked on" in why
