"""`mailbot demo` as people start it: a process of its own, used by HTTP, ended by Ctrl-C."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import httpx
import pytest
import sqlalchemy as sa

from mailbot import app as program
from mailbot.clock import Clock
from mailbot.config import read
from mailbot.core.hours import Hours
from mailbot.core.mail import Mail, parse
from mailbot.core.quoting import split
from mailbot.core.ticket import DraftApproved, Resolved
from mailbot.demo import letters, mails, stories
from mailbot.demo.letters import Letter
from mailbot.demo.pages import moments
from mailbot.demo.play import open_console
from mailbot.demo.stage import Stage
from mailbot.demo.travel import Clockwork, next_moment, travel
from mailbot.demo.world import free_port, open_world
from mailbot.reader import Reader
from mailbot.store.tables import promise
from tests.conftest import table

MAILBOT = [sys.executable, "-m", "mailbot"]
FORM = re.compile(r'name="csrf" value="([^"]+)"')


@pytest.mark.parametrize("name", ["robots"])  # tests/stories plays all of them, in this process
def test_a_packed_story_is_played_to_its_end(name: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [*MAILBOT, "demo", "--headless", "--story", name],
        capture_output=True, text=True, timeout=120, env=_environment(tmp_path), check=False,
    )  # fmt: skip

    assert (0, "") == (done.returncode, done.stderr)
    assert "✗" not in done.stdout
    assert done.stdout.count("✓") == len(stories.read_story(stories.load(name)))
    assert "it went as told" in done.stdout
    assert [] == list(tmp_path.iterdir())


def test_a_story_that_does_not_go_as_told_ends_with_1(tmp_path: Path) -> None:
    story = tmp_path / "own.txt"
    story.write_text("expect no tickets\nexpect 3 tickets\n", encoding="utf-8")

    done = subprocess.run(
        [*MAILBOT, "demo", "--headless", "--story", str(story)],
        capture_output=True, text=True, timeout=60, env=_environment(tmp_path), check=False,
    )  # fmt: skip

    assert 1 == done.returncode
    assert "✓ expect no tickets" in done.stdout
    assert "✗ expect 3 tickets\n    → 0 tickets" in done.stdout


def test_an_unknown_story_is_the_owners_mistake(tmp_path: Path) -> None:
    done = subprocess.run(
        [*MAILBOT, "demo", "--headless", "--story", "fairy-tale"],
        capture_output=True, text=True, timeout=60, env=_environment(tmp_path), check=False,
    )  # fmt: skip

    assert 2 == done.returncode
    assert "fairy-tale" in done.stderr
    assert "enquiry" in done.stderr


@pytest.fixture(scope="module")
def reader() -> Iterator[Reader]:
    """One child process that reads the mails of all tests."""
    shared = Reader()
    yield shared
    shared.close()


@dataclass(frozen=True)
class Demo:
    """A demo that runs."""

    process: subprocess.Popen[str]
    url: str
    password: str
    folder: Path


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """The whole demo on a free port; what it prints is read as a person reads it."""
    folder = tmp_path_factory.mktemp("demo")
    process = subprocess.Popen(
        [*MAILBOT, "demo", "--port", "0"],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=_environment(folder),
    )  # fmt: skip
    assert process.stdout is not None
    said = ""
    for line in process.stdout:
        said += line
        if "Ctrl-C" in line:
            break
    url = re.search(r"Desk\s+(http://127\.0\.0\.1:\d+)/", said)
    password = re.search(r"demo\s+密码 password\s+(\S+)", said)
    assert url, said
    assert password, said
    try:
        yield Demo(process, url[1], password[1], folder)
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()
        process.stdout.close()


@pytest.fixture
def customer(demo: Demo) -> Iterator[httpx.Client]:
    """A browser on the customers' page, without any log-in."""
    with httpx.Client(base_url=demo.url, headers={"Origin": demo.url}, follow_redirects=True) as client:
        yield client


@pytest.fixture
def agent(demo: Demo) -> Iterator[httpx.Client]:
    """A browser with the demo agent logged in by the printed password."""
    with httpx.Client(base_url=demo.url, headers={"Origin": demo.url}, follow_redirects=True) as client:
        form = _form_token(client.get("/login").text)
        page = client.post("/login", data={"name": "demo", "password": demo.password, "csrf": form})
        assert "小陈" in page.text
        yield client


def test_both_sides_of_a_conversation(customer: httpx.Client, agent: httpx.Client) -> None:
    address = "fang.fang@mail.example"
    typed = {"name": "方方", "address": address, "subject": "加湿器怎么加水", "text": "请问加湿器怎么加水?"}

    sent = customer.post("/demo/write", data={**typed, "csrf": _form_token(customer.get("/demo").text)})
    queue = _until(lambda: agent.get("/").text, lambda text: "加湿器怎么加水" in text)
    ticket = re.search(r'href="(/tickets/[0-9-]+)">加湿器怎么加水', queue)
    assert ticket
    page = agent.get(ticket[1]).text
    draft = re.search(r'action="(/drafts/\d+/approve)".*?name="version" value="(\d+)"', page, re.DOTALL)
    words = re.search(r"<textarea[^>]*>\n(.*?)</textarea>", page, re.DOTALL)
    assert draft
    assert words
    text = words[1].replace("&#34;", '"').replace("&#39;", "'") + "\n打开顶盖即可加水。"
    decided = agent.post(
        draft[1],
        data={"version": draft[2], "subject": "Re: 加湿器怎么加水", "text": text, "csrf": _form_token(page)},
    )
    inbox = _until(
        lambda: customer.get("/demo/inbox", params={"as": address}).text,
        lambda text: "Re: 加湿器怎么加水" in text,
    )
    index = re.search(r'href="/demo/mail/(\d+)\?as=fang.fang%40mail.example">Re: 加湿器怎么加水', inbox)
    assert index
    letter = customer.get(f"/demo/mail/{index[1]}", params={"as": address, "style": "outlook"}).text

    assert 200 == sent.status_code
    assert 200 == decided.status_code
    assert "打开顶盖即可加水。" in letter
    assert "工号 8001" in letter
    assert "发件人: " in letter  # Outlook's way of quoting, ready to be answered
    twin = customer.get(f"/demo/mail/{index[1]}/html", params={"as": address})
    assert f"/demo/mail/{index[1]}/html?as=fang.fang%40mail.example" in letter
    assert "打开顶盖即可加水。" in twin.text
    assert "sandbox" in twin.headers["Content-Security-Policy"]
    assert "default-src 'none'" in twin.headers["Content-Security-Policy"]

    quoted = re.search(r"<textarea[^>]*>\n(.*?)</textarea>", letter, re.DOTALL)
    assert quoted
    answer = "按这个办法还是加不进去。" + quoted[1].replace("&lt;", "<").replace("&gt;", ">")
    customer.post(
        f"/demo/mail/{index[1]}",
        data={"address": address, "style": "outlook", "text": answer, "csrf": _form_token(letter)},
    )
    _until(lambda: agent.get(ticket[1]).text, lambda text: "按这个办法还是加不进去" in text)


@pytest.mark.parametrize("code", ["auto_reply", "newsletter"])
def test_a_machines_example_gets_no_answer(code: str, customer: httpx.Client, agent: httpx.Client) -> None:
    sample = mails.EXAMPLES[code]

    customer.post("/demo/example", data={"code": code, "csrf": _form_token(customer.get("/demo").text)})
    aside = _until(lambda: agent.get("/aside").text, lambda text: text.count(sample.subject) >= 1)

    assert sample.address in aside
    assert "<li>" not in customer.get("/demo/inbox", params={"as": sample.address}).text


def test_forms_are_taken_from_our_own_pages_only(demo: Demo, customer: httpx.Client) -> None:
    token = _form_token(customer.get("/demo").text)
    letter = {"address": "a@mail.example", "text": "hello"}

    foreign = customer.post("/demo/write", data={**letter, "csrf": token}, headers={"Origin": "http://evil.test"})
    forged = customer.post("/demo/write", data={**letter, "csrf": "x" * 40})
    tokenless = customer.post("/demo/clock", data={"to": "evening"})
    unnamed = customer.get("/demo", headers={"Host": "evil.test"})

    assert [403, 403, 403] == [foreign.status_code, forged.status_code, tokenless.status_code]
    assert 421 == unnamed.status_code


@pytest.mark.parametrize("address", ["", "x", "support@shop.example", "a@real-firm.com", "a b@mail.example"])
def test_a_customer_writes_only_from_made_up_addresses(address: str, customer: httpx.Client) -> None:
    token = _form_token(customer.get("/demo").text)

    answer = customer.post("/demo/write", data={"address": address, "text": "typed words", "csrf": token})

    assert 400 == answer.status_code
    assert "typed words" in answer.text


def test_no_page_of_the_demo_loosens_the_policy(customer: httpx.Client) -> None:
    for path in ("/demo", "/demo/clock", "/demo/inbox?as=li.ming@mail.example", "/login"):
        answer = customer.get(path)
        policy = answer.headers["content-security-policy"]

        assert 200 == answer.status_code
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert ("frame-ancestors 'self'" in policy) == path.startswith("/demo/inbox")
        assert " style=" not in answer.text
        assert "onclick" not in answer.text


def test_the_clock_moves_on_and_tells_what_fell_due(customer: httpx.Client) -> None:
    page = customer.get("/demo/clock").text

    setting_out = customer.post("/demo/clock", data={"to": "days", "csrf": _form_token(page)}).text
    _until(
        lambda: customer.get("/demo/clock").text,
        lambda text: "<progress" not in text and 'name="to"' in text,
        seconds=90.0,
    )
    arrived = customer.get("/demo/clock").text

    before, after = (re.search(r'class="demo-time">([0-9: -]+)<', text) for text in (page, arrived))
    assert before
    assert after
    assert before[1] < after[1]
    assert '<progress id="travel"' in setting_out
    assert "首次回复已超时" in arrived


def test_on_the_way_every_mail_was_sent_at_its_own_time(customer: httpx.Client) -> None:
    told = customer.get("/demo/inbox", params={"as": "huang.ting@mail.example"}).text
    boss = customer.get("/demo/inbox", params={"as": "zhou@shop.example"}).text
    colleagues = customer.get("/demo", params={"as": "zhou@shop.example"}).text

    assert len(set(re.findall(r"· (.{0,14} 17:00)</p>", told))) >= 2, told  # progress, day by day
    assert "待办" in boss
    assert len(set(re.findall(r"· (.{0,14} \d\d:\d\d)</p>", boss))) > 5
    assert "同事的邮箱" in colleagues


def test_ctrl_c_ends_it_at_once_and_leaves_nothing_behind(demo: Demo) -> None:
    began = time.monotonic()

    demo.process.send_signal(signal.SIGINT)
    status = demo.process.wait(15)

    assert 0 == status
    assert time.monotonic() - began < 8  # under 3 s on a machine that does nothing else
    assert demo.process.stdout is not None
    assert "Traceback" not in demo.process.stdout.read()
    assert [] == list(demo.folder.iterdir())


@pytest.mark.parametrize(
    ("now", "evening", "morning", "days"),
    [
        ("2026-11-23T10:00", "2026-11-23T17:00", "2026-11-24T09:00", "2026-11-26T18:00"),
        ("2026-11-23T17:00", "2026-11-24T17:00", "2026-11-24T09:00", "2026-11-26T18:00"),
        ("2026-11-27T18:30", "2026-11-30T17:00", "2026-11-30T09:00", "2026-12-02T18:00"),  # a Friday
        ("2026-09-30T10:00", "2026-09-30T17:00", "2026-10-08T09:00", "2026-10-10T18:00"),  # National Day
    ],
)
def test_the_clock_stops_at_working_times_only(now: str, evening: str, morning: str, days: str) -> None:
    config = read(table(), {}, "test", Path.cwd())
    hours = Hours(config.company.zone, config.hours.calendar, config.hours.open)

    found = moments(hours, datetime.fromisoformat(f"{now}+08:00").astimezone(config.company.zone))

    assert [evening, morning, days] == [f"{at:%Y-%m-%dT%H:%M}" for at in found.values()]


def test_the_clock_stops_at_every_moment_at_which_something_is_to_be_done(reader: Reader) -> None:
    monday = datetime.fromisoformat("2026-11-23T09:30:00+08:00")
    sample = mails.EXAMPLES["enquiry"]
    stops: list[str] = []
    with open_world(Clock(monday)) as world:
        world.post(mails.letter(sample, monday), sample.address)
        program.once(world.app, reader)

        def work() -> None:
            stops.append(f"{world.clock.now().astimezone(monday.tzinfo):%d %H:%M}")
            program.once(world.app, reader)

        count = travel(world.app, monday + timedelta(days=1), work)
        with world.app.engine.read() as tx:
            following = next_moment(tx, world.clock.now(), world.app.desk.door.hours_of(None))

    assert count == len(stops)
    assert sorted(stops) == stops
    assert {"23 15:00", "23 16:30", "23 17:00", "24 09:00", "24 09:30"} <= set(stops)
    assert following is not None
    assert f"{following.astimezone(monday.tzinfo):%d %H:%M}" > stops[-1]


def test_what_comes_due_while_the_loops_work_has_its_stop_before_the_next_one(reader: Reader) -> None:
    monday = datetime.fromisoformat("2026-11-23T09:30:00+08:00")
    sample = mails.EXAMPLES["enquiry"]
    stops: list[str] = []
    with open_world(Clock(monday)) as world:
        world.post(mails.letter(sample, monday), sample.address)
        program.once(world.app, reader)
        with world.app.engine.write() as tx:
            first, second, *_ = tx.execute(sa.select(promise.c.id).order_by(promise.c.id)).scalars()
            for each, minute in ((first, 0), (second, 3)):
                at = monday + timedelta(minutes=30 + minute)
                tx.execute(sa.update(promise).where(promise.c.id == each).values(next_at=at))

        def slowly() -> None:
            stops.append(f"{world.clock.now().astimezone(monday.tzinfo):%H:%M}")
            if stops[-1] == "10:00":
                world.clock.move_to(world.clock.now() + timedelta(minutes=5))  # as long as that pass takes

        travel(world.app, monday + timedelta(minutes=40), slowly)

    assert ["09:30", "10:00", "10:05", "10:10"] == stops


@pytest.mark.rule("002-33")
def test_a_customer_of_the_demo_rates_by_the_link_in_the_mail(reader: Reader) -> None:
    monday = datetime.fromisoformat("2026-11-23T09:30:00+08:00")
    sample = mails.EXAMPLES["enquiry"]
    with open_world(Clock(monday), f"127.0.0.1:{free_port(0)}") as world:
        world.post(mails.letter(sample, monday), sample.address)
        stage = Stage(world, reader)
        stage.run()
        stage.act("1", DraftApproved("demo", stage.draft("1").id))
        stage.run()
        stage.act("1", Resolved("demo", "已说明更换周期"))
        stage.act("1", DraftApproved("demo", stage.draft("1").id))  # the summary: it is the answer that we promised
        stage.travel_to(monday + timedelta(hours=6))
        index = world.inbox(sample.address)[-1].index
        url = world.app.config.console.public_url
        clockwork = Clockwork(world.app)
        stop = open_console(world, clockwork)
        try:
            with httpx.Client(base_url=url, headers={"Origin": url}, follow_redirects=True) as browser:
                letter = browser.get(f"/demo/mail/{index}", params={"as": sample.address}).text
                links = re.findall(r'<a href="([^"]+/r/[^"]+)" rel="noreferrer">', letter)
                page = browser.get(links[0]).text
                before = stage.ticket("1").score
                form = re.search(r'action="(/r/[^"]+)"', page)
                assert form, page
                rated = browser.post(form[1], data={"score": "5", "reason": "", "csrf": _form_token(page)})
        finally:
            stop()
            clockwork.loop.close()
        ticket = stage.ticket("1")

    assert len(links) == 6  # five faces and the way out
    assert before is None
    assert 200 == rated.status_code
    assert (5, "closed") == (ticket.score, ticket.state)


@pytest.mark.parametrize("style", letters.STYLES)
def test_what_a_client_quotes_is_told_from_what_its_user_writes(style: str) -> None:
    now = datetime.fromisoformat("2026-11-23T15:30:00+08:00")
    ours = "您好!\n请问机身上的型号是什么?\n请问是哪一天买的?"
    original = parse(letters.write(Letter(("示例电器", "support@shop.example"), "li@mail.example", "答复", ours, now)))
    assert isinstance(original, Mail)

    quote = letters.quoted(original, style, now)
    top = split(f"型号是 KJ500,上周买的。\n\n{quote}", (ours,))
    inside = split(letters.in_line(quote, {"型号": "KJ500 这一款", "哪一天": "上周三买的"}), (ours,))

    assert "型号是 KJ500,上周买的。" == top.new
    assert "KJ500 这一款" in inside.new
    assert "上周三买的" in inside.new


def test_the_days_mails_are_many_varied_and_none_is_twice_the_same() -> None:
    people = [sample for sample in mails.DAY if not sample.machine]
    chinese = [sample for sample in people if re.search(r"[\u4e00-\u9fff]", sample.text)]
    raws = [raw for _, raw in mails.the_day(datetime.fromisoformat("2026-11-23T15:30:00+08:00"))]

    assert len(people) >= 14
    assert len(people) / 2 < len(chinese) < len(people)
    assert len(raws) == len(set(raws))
    assert all(isinstance(parse(raw), Mail) and not parse(raw).problems for raw in raws)  # type: ignore[union-attr]
    assert all(sample.address.endswith(".example") for sample in mails.DAY)


def _form_token(page: str) -> str:
    """The token of the demo's (or the log-in's) form, not of the header's log-out."""
    found = FORM.findall(page)
    assert found, page
    return str(found[-1])


def _until(look: Callable[[], str], holds: Callable[[str], bool], seconds: float = 25.0) -> str:
    end = time.monotonic() + seconds
    while True:
        seen = look()
        if holds(seen):
            return seen
        assert time.monotonic() < end, seen
        time.sleep(0.2)


def _environment(folder: Path) -> dict[str, str]:
    """Nothing of ours but the way to the program; temporary files where the test can see them."""
    return {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(Path(__file__).parent.parent),
        "TMPDIR": str(folder),
        "LANG": "C.UTF-8",
        "COLUMNS": "110",
        "HOME": str(folder),
    }
