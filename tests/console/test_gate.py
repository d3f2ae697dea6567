"""Who gets in, and what a form needs before anything is done: every route is walked."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from fastapi.routing import APIRoute

from mailbot.accounts import Person
from mailbot.console.armour import HEADERS
from mailbot.console.gate import RIGHTS, Act, See, authorize, hosts
from tests.console.conftest import HERE, fields_of, letter, token_of

OPEN = {"/livez", "/readyz", "/static/{name}", "/login", "/r/{token}", "/r/{token}/stop"}


def routes(world):
    found = []

    def walk(several):
        for route in several:
            inner = getattr(route, "original_router", None)
            if inner is not None:
                walk(inner.routes)
            else:
                found.append(route)

    walk(world.console.router.routes)
    return found


def gates(route):
    return [each.call for each in route.dependant.dependencies if isinstance(each.call, (See, Act))]


def filled(path):
    return re.sub(r"\{[^}]+\}", "1", path)


def test_every_route_passes_one_gate_and_those_that_change_something_check_the_form(world):
    walked = routes(world)

    assert len(walked) >= 25
    for route in walked:
        assert isinstance(route, APIRoute), route
        (gate,) = gates(route)
        assert gate.action in RIGHTS
        assert isinstance(gate, Act if "POST" in route.methods else See), route.path
        assert route.methods <= {"GET", "HEAD"} or route.methods == {"POST"}


def test_nothing_but_the_door_the_probes_and_the_static_files_answers_strangers(world):
    stranger = world.browser()

    for route in routes(world):
        if route.path in OPEN:
            continue
        answer = stranger.client.request(
            min(route.methods),
            filled(route.path),
            headers={"origin": HERE},
            data={"csrf": "x"} if "POST" in route.methods else None,
        )
        assert answer.status_code in (303, 401), route.path
        assert "csrf" not in answer.text or 'name="password"' in answer.text


def test_a_form_without_its_token_or_from_elsewhere_is_refused_everywhere(world):
    agent = world.browser("xiaozhou")
    token = token_of(agent.get("/").text)
    posts = [route for route in routes(world) if "POST" in route.methods]

    for route in posts:
        path = filled(route.path)
        for headers, csrf in (
            ({"origin": HERE}, ""),
            ({"origin": HERE}, "guessed"),
            ({"origin": "https://evil.example"}, token),
            ({"origin": "null"}, token),
            ({}, token),
            ({"referer": "https://evil.example/"}, token),
            ({"origin": HERE, "sec-fetch-site": "cross-site"}, token),
        ):
            answer = agent.client.post(path, data={"csrf": csrf}, headers=headers)
            assert answer.status_code == 403, (route.path, headers)
    assert agent.get("/").status_code == 200  # and nobody was logged out by it


def test_a_referer_of_ours_serves_where_a_browser_sends_no_origin(world):
    agent = world.browser("xiaozhou")
    token = token_of(agent.get("/").text)

    answer = agent.client.post("/logout", data={"csrf": token}, headers={"referer": f"{HERE}/tickets"})

    assert answer.status_code == 303
    assert agent.get("/").headers["location"] == "/login"


def test_every_answer_bears_the_headers_of_safety(world):
    agent = world.browser("xiaozhou")
    number = world.deliver(letter(html="<p>hello</p>"))
    paths = [filled(route.path) for route in routes(world) if "GET" in route.methods]

    for path in [*paths, f"/tickets/{number}", "/nowhere", "/mails/x/html", "/static/console.css"]:
        answer = agent.get(path)
        for name, value in HEADERS.items():
            assert name in answer.headers, (path, name)
            if name not in ("Content-Security-Policy", "X-Frame-Options", "Referrer-Policy", "Cache-Control"):
                assert value == answer.headers[name], (path, name)
        policy = answer.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'"), path
        assert "unsafe-eval" not in policy
        assert "script-src 'unsafe-inline'" not in policy
        assert "server" not in answer.headers


def test_pages_hold_no_inline_script_no_inline_style_and_no_foreign_address(world):
    agent = world.browser("xiaozhou")
    number = world.deliver(letter())

    for path in ("/", "/tickets", "/aside", f"/tickets/{number}", "/nowhere"):
        html = agent.get(path).text
        assert re.search(r"<script(?![^>]*\ssrc=)", html) is None
        assert re.search(r"\son\w+\s*=|\sstyle\s*=|<style", html) is None
        assert re.search(r"""(?:src|href|action)="(?:https?:)?//""", html) is None


def test_there_is_no_machine_description_of_the_console(world):
    agent = world.browser("xiaozhou")

    assert {404} == {agent.get(path).status_code for path in ("/docs", "/redoc", "/openapi.json")}


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1:9", "127.0.0.1.evil.example:8025", ""])
def test_another_host_name_is_not_answered(world, host):
    answer = world.browser().get("/login", headers={"host": host})

    assert answer.status_code == 421


def test_probes_answer_under_any_name_and_tell_nothing(world):
    client = world.browser()

    live = client.get("/livez", headers={"host": "10.0.0.7:8025"})
    ready = client.get("/readyz", headers={"host": "10.0.0.7:8025"})

    assert (200, "ok\n", 200, "ready\n") == (live.status_code, live.text, ready.status_code, ready.text)
    assert "set-cookie" not in live.headers


def test_readyz_says_503_without_a_word_when_the_database_is_gone(world, monkeypatch):
    monkeypatch.setattr(world.app.engine, "ping", lambda: "secret host refused")

    answer = world.browser().get("/readyz")

    assert (503, "not ready\n") == (answer.status_code, answer.text)


def test_the_session_cookie_is_out_of_reach_for_scripts_and_other_sites(world):
    browser = world.browser()
    cookie = browser.log_in("xiaozhou").headers["set-cookie"]

    assert cookie.startswith("mailbot=")
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Path=/" in cookie


def test_under_https_cookies_are_bound_to_the_host(make_world):
    world = make_world(console={"listen": "127.0.0.1:8025", "public_url": "https://desk.shop.example"})
    client = world.browser().client
    client.base_url = "https://desk.shop.example"

    page = client.get("/login")
    answer = client.post(
        "/login",
        data={"csrf": token_of(page.text), "name": "xiaozhou", "password": "a long green walk"},
        headers={"origin": "https://desk.shop.example"},
    )

    assert answer.status_code == 303
    for cookie in (page.headers["set-cookie"], answer.headers["set-cookie"]):
        assert cookie.startswith("__Host-")
        assert "Secure" in cookie
        assert "Domain" not in cookie
    assert client.get("/").status_code == 200


def test_log_in_gives_a_new_session_each_time_and_ends_the_one_before(world):
    browser = world.browser("xiaozhou")
    first = browser.client.cookies["mailbot"]

    answer = browser.post("/login", on="/", name="xiaozhou", password="a long green walk")

    assert answer.status_code == 303
    assert first != browser.client.cookies["mailbot"]
    stale = world.browser()
    stale.client.cookies.set("mailbot", first)
    assert stale.get("/").status_code == 303


def test_a_session_that_ran_out_asks_to_log_in_and_says_that_nothing_was_done(world):
    agent = world.browser("xiaozhou")
    number = world.deliver(letter())
    token = token_of(agent.get("/").text)
    world.wall.move_to(world.wall.now() + timedelta(hours=13))

    answer = agent.client.post(f"/tickets/{number}/take", data={"csrf": token}, headers={"origin": HERE})

    assert answer.status_code == 401
    assert "没有执行" in answer.text
    assert f"/login?next=%2Ftickets%2F{number}" == agent.get(f"/tickets/{number}").headers["location"]


@pytest.mark.parametrize("expired", [True, False])
def test_words_typed_into_a_page_that_is_out_of_date_are_given_back(world, expired):
    agent = world.browser("xiaozhou")
    number = world.deliver(letter())
    draft = world.draft(number)
    if expired:
        world.wall.move_to(world.wall.now() + timedelta(hours=13))

    answer = agent.post(f"/drafts/{draft.id}/edit", csrf="old", **fields_of(draft, text="写了<很久>的内容"))

    assert (401 if expired else 403) == answer.status_code
    assert "写了&lt;很久&gt;的内容</textarea>" in answer.text
    foreign = agent.post(
        f"/drafts/{draft.id}/edit", csrf="old", headers={"origin": "https://evil.example"}, text="放在这里的内容"
    )
    assert "放在这里的内容" not in foreign.text


def test_a_wrong_password_an_unknown_name_and_a_locked_door_get_the_same_answer(world):
    answers = []
    for name in ("xiaozhou", "nobody-at-all"):
        browser = world.browser()
        for _ in range(7):
            answer = browser.log_in(name, "wrong password")
        answers.append(re.sub(r'value="[^"]*"', "", answer.text))
        assert answer.status_code == 401
    first = re.sub(r'value="[^"]*"', "", world.browser().log_in("meili", "wrong password").text)

    assert answers[0] == answers[1] == first
    assert world.browser().log_in("xiaozhou").status_code == 401  # locked from here, even with the right one
    world.wall.move_to(world.wall.now() + timedelta(minutes=16))
    assert world.browser().log_in("xiaozhou").status_code == 303


@pytest.mark.parametrize(
    "next_path", ["//evil.example", "/\\evil.example", "https://evil.example", "/a b", "javascript:1", "/\n/x"]
)
def test_log_in_leads_to_paths_of_ours_only(world, next_path):
    browser = world.browser()

    assert browser.log_in("xiaozhou", next=next_path).headers["location"] == "/"
    assert world.browser().log_in("xiaozhou", next="/tickets?state=open").headers["location"] == "/tickets?state=open"


def test_a_disabled_agent_is_out_at_once(world):
    from mailbot import accounts

    agent = world.browser("meili")
    accounts.disable(world.app.engine, "meili", world.wall.now())

    assert agent.get("/").status_code == 303


def test_a_form_that_is_too_large_or_of_unknown_length_is_not_read(world):
    agent = world.browser("xiaozhou")

    large = agent.client.post("/login", content=b"x" * (1024 * 1024 + 1), headers={"origin": HERE})
    endless = agent.client.post("/login", content=iter([b"name=x"]), headers={"origin": HERE})

    assert (413, 411) == (large.status_code, endless.status_code)


def test_errors_wear_the_same_dress(world, monkeypatch):
    agent = world.browser("xiaozhou")
    number = world.deliver(letter())
    monkeypatch.setattr("mailbot.console.routes.queue.views.queue", lambda tx, now: 1 / 0)

    answers = {
        404: agent.get("/tickets/20990101-0001"),
        405: agent.client.put("/tickets", content=b"", headers={"content-length": "0"}),
        400: agent.post(f"/tickets/{number}/correct", topic="x/y", priority="z", on="/tickets"),
        500: agent.get("/"),
    }

    for status, answer in answers.items():
        assert status == answer.status_code
        assert "<main" in answer.text
        assert "Traceback" not in answer.text
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]


@pytest.mark.parametrize(
    "path", ["/mails/0/raw", "/mails/99999999999999999999/raw", "/mails/x/raw", "/mails/7/attachments/-1"]
)
def test_a_number_that_leads_nowhere_is_a_missing_page(world, path):
    assert world.browser("xiaozhou").get(path).status_code == 404


def test_rights_are_by_role():
    agent = Person(1, "a", "A", "", "agent")

    assert authorize(agent, "draft.approve")
    assert not authorize(None, "draft.approve")
    assert not authorize(Person(1, "a", "A", "", "guest"), "draft.approve")
    assert authorize(None, "live")
    with pytest.raises(KeyError):
        authorize(agent, "no such action")


def test_a_wildcard_listener_answers_to_loopback_and_its_public_name(make_config):
    console = make_config(console={"listen": "0.0.0.0:8025", "public_url": "https://desk.shop.example"}).console

    assert {"desk.shop.example", "127.0.0.1:8025", "localhost:8025"} <= hosts(console)
    assert "evil.example" not in hosts(console)


def test_the_language_is_asked_for_remembered_or_guessed(world):
    browser = world.browser()

    assert "登录" in browser.get("/login", headers={"accept-language": "fr"}).text
    assert "Log in" in browser.get("/login", headers={"accept-language": "en-GB,zh;q=0.5"}).text
    assert "Log in" in browser.get("/login?lang=en", headers={"accept-language": "zh-CN"}).text
    assert "Log in" in browser.get("/login", headers={"accept-language": "zh-CN"}).text


def test_an_approved_form_field_is_never_trusted_for_the_agent(world):
    number = world.deliver(letter())
    draft = world.draft(number)

    world.browser("meili").post(f"/drafts/{draft.id}/approve", **fields_of(draft, agent="wangjing"))

    assert ["meili"] == [send.approver for send in world.sends(number)]
