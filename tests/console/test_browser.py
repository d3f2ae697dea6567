"""A walk in a real browser, a ticket from its mail to its end. By role and name, with and without JavaScript."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
import uvicorn
from playwright.sync_api import sync_playwright

from mailbot.console.app import Parts, create_app
from mailbot.store import lists
from tests.console.conftest import PASSWORD, letter

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")  # its event loop runs in this thread: no other file's tests could run one
def chromium(chromium_path: str) -> Iterator[Any]:
    """One browser for all tests of this file."""
    with sync_playwright() as running:
        browser = running.chromium.launch(executable_path=str(chromium_path), args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def site(make_world) -> Iterator[tuple[Any, str]]:
    """A console on a free port of loopback."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = f"127.0.0.1:{listener.getsockname()[1]}"
        world = make_world(console={"listen": address})
        parts = Parts(world.app.engine, world.app.desk, world.app.config, world.app.clock)
        config = uvicorn.Config(create_app(parts), log_level="error", lifespan="off", ws="none")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, args=([listener],))
        thread.start()
        while not server.started:
            time.sleep(0.01)
        yield world, f"http://{address}"
        server.should_exit = True
        thread.join()


def log_in(page):
    page.get_by_label("账号").fill("xiaozhou")
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("button", name="登录").click()


def said(page, words):
    page.get_by_role("status").get_by_text(words).wait_for()


def opened(page, name):
    """The form behind one of the words under 处理."""
    page.locator(f"#act-{name} > summary").click()
    return page.locator(f"#act-{name}")


def walk(page, address, number):
    """One ticket from its mail to its end, as an agent goes."""
    page.goto(f"{address}/tickets/{number}")
    log_in(page)
    page.get_by_role("link", name="待审批", exact=True).click()
    page.get_by_role("link", name="申请退货").click()
    page.get_by_label("正文").first.fill("李明您好，退货已经为您登记，三个工作日内取件。")
    page.get_by_role("button", name="批准并发送").first.click()
    said(page, "已批准，正在发送")

    form = opened(page, "note")
    form.get_by_label("备注", exact=True).fill("已联系仓库，明天取件")
    form.get_by_label("客户可见（写入今天的进展邮件）").check()
    form.get_by_role("button", name="添加备注").click()
    said(page, "会写入今天的进展邮件")

    form = opened(page, "plan")
    form.get_by_label("处理方案").fill("取件后退款")
    form.get_by_label("预计完成时间（选填）").fill("2026-11-26T18:00")
    form.get_by_role("button", name="记录方案").click()
    said(page, "方案已记录")

    form = opened(page, "transfer")
    form.get_by_label("部门").select_option("after_sales")
    form.get_by_label("需要对方做什么").fill("安排上门取件")
    form.get_by_role("button", name="转交", exact=True).click()
    said(page, "已转交，告知客户的草稿等待批准")

    page.get_by_text("填写部门答复").click()
    page.get_by_label("部门的答复").fill("已取件，外壳完好")
    page.get_by_role("button", name="记录答复").click()
    said(page, "部门的答复已记录")

    form = opened(page, "resolve")
    form.get_by_label("处理结果（会用于回访）").fill("已取件并退款")
    form.get_by_role("button", name="确认解决").click()
    page.get_by_role("alert").get_by_text("请选择责任方").wait_for()
    form = page.locator("#act-resolve")  # it stands open with what was typed
    form.get_by_label("客户使用不当").check()
    form.get_by_label("怎样确认已经解决").fill("退款到账，客户确认")
    form.get_by_role("button", name="确认解决").click()
    said(page, "已标记为解决")


@pytest.mark.parametrize("scripted", [True, False])
def test_an_agent_leads_a_ticket_to_its_end(chromium, site, scripted):
    world, address = site
    number = world.deliver(letter())
    context = chromium.new_context(java_script_enabled=scripted, locale="zh-CN")
    page = context.new_page()
    faults = []
    page.on("console", lambda each: faults.append(each.text) if each.type in ("error", "warning") else None)

    walk(page, address, number)

    send = world.sends(number)[0]
    assert ("xiaozhou", True) == (send.approver, send.words.startswith("李明您好，退货已经为您登记"))
    with world.app.engine.read() as tx:
        row = lists.ticket_row(tx, lists.ticket_id_of(tx, number))
    assert ("resolved", "取件后退款", "customer") == (row.state, row.plan, row.side)
    assert ("已取件并退款", "退款到账，客户确认") == (row.result, row.proof)
    # Without a script the refused form's page is an answer with an error code, which browsers note.
    assert [] == [each for each in faults if "409" not in each]
    context.close()


def test_the_link_to_a_form_opens_it(chromium, site):
    world, address = site
    number = world.deliver(letter())
    context = chromium.new_context(locale="zh-CN")
    page = context.new_page()
    page.goto(f"{address}/tickets/{number}")
    log_in(page)

    page.get_by_role("link", name="写进展").click()

    page.locator("#act-note textarea:focus").wait_for()
    context.close()


def test_keys_move_through_the_queue_open_a_ticket_and_approve(chromium, site):
    world, address = site
    world.deliver(letter("漏气！紧急", "热水器有煤气味，请马上派人！", sender=("孙磊", "sun@mail.example")))
    number = world.deliver(letter())
    context = chromium.new_context(locale="zh-CN")
    page = context.new_page()
    page.goto(f"{address}/login")
    page.get_by_label("账号").fill("xiaozhou")
    page.get_by_label("密码").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.get_by_role("link", name="申请退货").wait_for()

    page.keyboard.press("?")
    page.get_by_role("dialog").wait_for()
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="申请退货").wait_for()
    page.wait_for_load_state("load")  # keys work once the page's script has run
    page.keyboard.press("a")  # shows what will be pressed
    assert [] == world.sends(number)
    page.keyboard.press("a")
    page.get_by_role("status").get_by_text("已批准").wait_for()

    assert 1 == len(world.sends(number))
    context.close()


def test_a_hostile_mail_runs_nothing_and_asks_nobody(chromium, site):
    world, address = site
    pixel = "GIF89a" + "\\x01"
    html = (
        "<p>退款</p><script>parent.document.title='taken'</script><img src='http://127.0.0.1:9/pixel.gif'>"
        "<svg onload='alert(1)'></svg><a href='https://pics.example/'>照片</a>"
        f"<form action='/logout' method='post'><button>{pixel}</button></form>"
    )
    number = world.deliver(letter("<img src=x onerror=alert(1)>", "退款 <script>alert(1)</script>", html=html))
    context = chromium.new_context(locale="zh-CN")
    page = context.new_page()
    asked, shown = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("dialog", lambda dialog: shown.append(dialog.message) or dialog.dismiss())
    page.goto(f"{address}/tickets/{number}")
    log_in(page)

    page.get_by_text("原始排版").click()
    frame = page.frame_locator("iframe")
    frame.get_by_text("退款").wait_for()

    assert [] == shown
    assert [] == [url for url in asked if not url.startswith(address)]
    assert "taken" not in page.title()
    assert 0 == frame.locator("script, svg, form, button").count()
    assert "_blank" == frame.get_by_role("link", name="照片").get_attribute("target")
    context.close()


@pytest.mark.parametrize("width", [360, 1400])
def test_no_page_is_wider_than_its_screen(chromium, site, width):
    world, address = site
    number = world.deliver(letter(text=f"{'没有空格的很长的一行' * 60} {'x' * 400} 退货"))
    context = chromium.new_context(viewport={"width": width, "height": 740}, locale="zh-CN")
    page = context.new_page()
    page.goto(f"{address}/login")
    log_in(page)
    page.get_by_role("button", name="退出").wait_for()

    wide = {}
    for path in ("/", "/tickets", "/tickets?state=all", "/reminders", "/aside", f"/tickets/{number}"):
        page.goto(address + path)
        wide[path] = page.evaluate("document.documentElement.scrollWidth")

    assert {} == {path: found for path, found in wide.items() if found > width}
    context.close()
