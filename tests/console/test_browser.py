"""A walk in a real browser: log in, open, edit, approve, resolve. By role and name, with and without JavaScript."""

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


def walk(page, world, address, number):
    page.goto(f"{address}/tickets/{number}")
    page.get_by_label("账号").fill("xiaozhou")
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("button", name="登录").click()
    page.get_by_role("link", name="待审批", exact=True).click()
    page.get_by_role("link", name="申请退货").click()
    page.get_by_label("正文").first.fill("李明您好，退货已经为您登记，三个工作日内取件。")
    page.get_by_role("button", name="批准并发送").first.click()
    page.get_by_role("status").get_by_text("已批准，正在发送").wait_for()
    page.get_by_text("标记为已解决", exact=True).click()
    page.get_by_label("处理结果（会用于回访）").fill("已登记退货")
    page.get_by_role("button", name="确认解决").click()
    page.get_by_role("status").get_by_text("已标记为解决").wait_for()


@pytest.mark.parametrize("scripted", [True, False])
def test_an_agent_opens_edits_approves_and_resolves_a_ticket(chromium, site, scripted):
    world, address = site
    number = world.deliver(letter())
    context = chromium.new_context(java_script_enabled=scripted, locale="zh-CN")
    page = context.new_page()
    said = []
    page.on("console", lambda message: said.append(message.text) if message.type in ("error", "warning") else None)

    walk(page, world, address, number)

    (send,) = world.sends(number)
    assert ("xiaozhou", True) == (send.approver, send.words.startswith("李明您好，退货已经为您登记"))
    with world.app.engine.read() as tx:
        from mailbot.store import lists

        assert ["resolved"] == [row.state for row in lists.tickets(tx)]
    assert [] == said
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
    page.get_by_label("账号").fill("xiaozhou")
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("button", name="登录").click()

    page.get_by_text("原始排版").click()
    frame = page.frame_locator("iframe")
    frame.get_by_text("退款").wait_for()

    assert [] == shown
    assert [] == [url for url in asked if not url.startswith(address)]
    assert "taken" not in page.title()
    assert 0 == frame.locator("script, svg, form, button").count()
    assert "_blank" == frame.get_by_role("link", name="照片").get_attribute("target")
    context.close()


@pytest.mark.parametrize("path", ["/", "/tickets", "/aside", "ticket"])
@pytest.mark.parametrize("width", [360, 1400])
def test_no_page_is_wider_than_its_screen(chromium, site, path, width):
    world, address = site
    number = world.deliver(letter(text=f"{'没有空格的很长的一行' * 60} {'x' * 400} 退货"))
    context = chromium.new_context(viewport={"width": width, "height": 740}, locale="zh-CN")
    page = context.new_page()
    page.goto(f"{address}/login")
    page.get_by_label("账号").fill("xiaozhou")
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("button", name="登录").click()
    page.get_by_role("button", name="退出").wait_for()

    page.goto(address + (f"/tickets/{number}" if path == "ticket" else path))

    assert width >= page.evaluate("document.documentElement.scrollWidth")
    context.close()
