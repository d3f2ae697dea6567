"""Mails written to break the console: nothing of them runs, loads or opens. Own payloads, through every field."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbot.console.files import disposition, safe_name
from mailbot.console.safe_html import FRAME_POLICY, image_type, sanitised
from tests.console.conftest import letter

PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 20

PAYLOADS = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg onload=alert(1)><animate onbegin=alert(1)>",
    "<svg><style><img src=x onerror=alert(1)></style></svg>",
    "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror=alert(1)&gt;'>",
    "<a href='javascript:alert(1)'>x</a><a href=' java\tscript:alert(1)'>y</a>",
    '<a href="data:text/html,<script>alert(1)</script>">x</a>',
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "<form action='/logout' method=post><button formaction='javascript:alert(1)'>go</button></form>",
    "<base href='https://evil.example/'><link rel=stylesheet href='https://evil.example/a.css'>",
    "<meta http-equiv=refresh content='0;url=https://evil.example'>",
    '<div style="background:url(https://evil.example/t.gif);position:fixed;top:0">x</div>',
    "<img src='https://evil.example/pixel.gif' srcset='https://evil.example/2x.gif 2x'>",
    "<video poster='https://evil.example/p'><source onerror=alert(1) src=x></video>",
    "</textarea></title></style><script>alert(1)</script>{{ 7 * 7 }}{% raw %}",
)
RUNS = re.compile(
    r"<script|<svg|<math|<iframe|<form|<base|<link|<meta|<video|<object|\son\w+\s*=|javascript:|srcset|srcdoc|url\(",
    re.IGNORECASE,
)


@pytest.mark.parametrize("payload", PAYLOADS)
def test_a_hostile_mail_is_words_on_every_page(world, payload):
    number = world.deliver(
        letter(
            f"退款 {payload}",
            f"我要退款 {payload} 谢谢",
            sender=(payload, "x@evil.example"),
            html=f"<p>我要退款</p>{payload}",
            files=((f"{payload}.png", PNG),),
        )
    )
    agent = world.browser("xiaozhou")

    for path in ("/", "/tickets", f"/tickets/{number}"):
        html = agent.get(path).text
        ours = re.sub(r'<(?:script|link|meta)[^>]*?(?:src="/static/|href="/static/|charset|name=)[^>]*>', "", html)
        ours = re.sub(
            r'<(?:iframe sandbox="[^"]*" src="/mails/|form (?:class="[^"]*" )?method="(?:post|get|dialog)")', "", ours
        )
        inside = re.sub(r">[^<]*<", "><", ours)  # what is left are tags and attributes
        inside = re.sub(r'(?:value|title|placeholder)="[^"]*"', "", inside)
        assert RUNS.search(inside) is None, (path, RUNS.search(inside))
        assert payload not in html
        assert "49" not in re.findall(r"退款 [^<]{0,200}", html)


@pytest.mark.parametrize("payload", PAYLOADS)
def test_the_frame_of_a_hostile_mail_holds_nothing_that_runs_or_loads(world, payload):
    number = world.deliver(letter(html=f"<p>我要退款</p>{payload}"))
    (mail,) = world.mails(number)

    answer = world.browser("xiaozhou").get(f"/mails/{mail.id}/html")

    body = answer.text.partition("<body>")[2]
    tags = re.sub(r">[^<]*<", "><", body)
    assert RUNS.search(tags) is None
    assert "evil.example" not in re.sub(r'<a href="[^"]*"', "", tags)
    assert re.search(r"<img[^>]*\ssrc=", tags) is None
    policy = answer.headers["content-security-policy"]
    assert FRAME_POLICY == policy
    assert "sandbox allow-popups" in policy
    assert "allow-scripts" not in policy
    assert "allow-same-origin" not in policy


def test_links_leave_without_a_trace_and_colours_stay():
    html = sanitised(
        '<a href="https://a.example" target=_self rel=opener>x</a><b style="color:red;display:none">!</b>', {}
    )

    assert 'target="_blank"' in html
    assert 'rel="noopener noreferrer nofollow"' in html
    assert 'style="color:red"' in html


def test_a_picture_inside_the_mail_is_shown_and_one_from_elsewhere_is_not():
    images = {"logo@shop": "data:image/png;base64,AAAA"}
    html = sanitised('<img src="cid:logo@shop"><img src="cid:other"><img src="http://x.example/a.png" alt="b">', images)

    assert 1 == html.count("src=")
    assert 'src="data:image/png;base64,AAAA"' in html
    assert 'alt="b"' in html


def test_a_data_address_that_the_mail_brings_itself_is_dropped():
    assert "src" not in sanitised('<img src="data:image/svg+xml,<svg onload=alert(1)>">', {})


def test_a_picture_is_what_its_bytes_say():
    assert "image/png" == image_type(PNG)
    assert image_type(b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>") is None
    assert image_type(b"") is None


@given(st.text(alphabet="<>/\"'=& abimgsvgscriptonerror:();-!", max_size=120))
def test_sanitised_html_is_clean_for_any_input(html):
    once = sanitised(html, {})

    assert RUNS.search(re.sub(r">[^<]*<", "><", f">{once}<")) is None
    assert once == sanitised(once, {})  # stable: a second reading of it sees nothing else


@pytest.mark.parametrize(
    ("given_name", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\temp\\报修单.pdf", "报修单.pdf"),
        ("发票\u202efdp.exe", "发票fdp.exe"),  # what reads "发票exe.pdf" on screen
        ('a"b\r\nX-Evil: 1.png', 'a"bX-Evil: 1.png'),
        ("", "attachment.bin"),
        (" . ", "attachment.bin"),
        ("x" * 400 + ".jpeg", "x" * 145 + ".jpeg"),
    ],
)
def test_a_file_name_is_a_name_and_nothing_else(given_name, kept):
    assert kept == safe_name(given_name)


@given(st.text(max_size=80))
def test_any_file_name_makes_a_valid_header(name):
    header = disposition(name)

    assert header.isascii()
    assert re.fullmatch(r"attachment; filename=\"[\w ._()-]+\"; filename\*=UTF-8''[\w.~%-]+", header)


def test_attachments_are_downloads_whatever_they_call_themselves(world):
    evil = b"<html><script>alert(1)</script>"
    number = world.deliver(letter(files=(("报修单.html", evil), ("照片.png", PNG))))
    (mail,) = world.mails(number)
    agent = world.browser("xiaozhou")
    page = agent.get(f"/tickets/{number}").text
    links = re.findall(rf"/mails/{mail.id}/attachments/\d+", page)

    assert 2 == len(links)
    for link, content in zip(links, (evil, PNG), strict=True):
        answer = agent.get(link)
        assert content == answer.content
        assert "application/octet-stream" == answer.headers["content-type"]
        assert answer.headers["content-disposition"].startswith("attachment;")
        assert "nosniff" == answer.headers["x-content-type-options"]
        assert "sandbox" in answer.headers["content-security-policy"]
    assert 404 == agent.get(f"/mails/{mail.id}/attachments/99").status_code


def test_the_raw_mail_is_a_download_byte_for_byte(world):
    raw = letter()
    number = world.deliver(raw)
    (mail,) = world.mails(number)

    answer = world.browser("xiaozhou").get(f"/mails/{mail.id}/raw")

    assert raw == answer.content
    assert f'attachment; filename="mail-{mail.id}.eml"' in answer.headers["content-disposition"]


def test_typed_control_characters_break_nothing(world):
    number = world.deliver(letter())
    agent = world.browser("xiaozhou")

    noted = agent.post(f"/tickets/{number}/note", text="a\x00b</textarea><script>alert(1)</script>")
    written = agent.post(f"/tickets/{number}/reply", subject="Re: x\r\nBcc: y@evil.example", text="您好")

    assert (303, 303) == (noted.status_code, written.status_code)
    assert "<script>alert" not in agent.get(f"/tickets/{number}").text
    assert "Re: x Bcc: y@evil.example" == world.draft(number).subject
