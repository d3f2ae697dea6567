"""HTML to the text a reader sees."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailbot.core.html import to_text

PIECES = ["<div>", "</div>", "<p>", "<br>", "<td>", "<tr>", "<table>", "</table>", "<blockquote>", "</blockquote>", "<!--", "-->",
          "<style>", "</style>", "<a href='x", "'>", "&amp;", "&#", "<", ">", "词", "word ", "<pre>", "</p>", "<head>"]  # fmt: skip


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<div>一</div><div>二<br></div><div><br></div><div>三</div>", "一\n二\n\n三"),
        ("<p>一</p><p>二</p>", "一\n\n二"),
        ("<p class=MsoNormal>一</p><p class=MsoNormal>二</p>", "一\n二"),
        ("<style>p{}</style><script>x<y</script><title>t</title>词", "词"),
        ("<span style='display:none'>藏</span>词", "词"),
        ("<head><meta charset=utf-8><body>词", "词"),
        ("<!-- never closed 词", "never closed 词"),
        ("<!--[if mso]>藏<![endif]-->词", "词"),
        ("a &lt; b &amp; c&nbsp;d &copy", "a < b & c d ©"),
        ("3 < 5 und <3", "3 < 5 und <3"),
        (
            "<table><tr><td><p>订单号</p></td><td><p>2026</p></td></tr><tr><td>型号</td><td>A1</td></tr></table>",
            "订单号  2026\n型号  A1",
        ),
        ("<a href='https://a.example/x'>查看</a>", "查看 (https://a.example/x)"),
        ("<a href='https://a.example/x'>https://a.example/x</a>", "https://a.example/x"),
        ("<a href='mailto:a@b.example'>a@b.example</a>", "a@b.example"),
        ("<ul><li>一<li>二</ul>", "- 一\n- 二"),
        ("<ol><li>一<ul><li>甲</ul><li>二</ol>", "1. 一\n- 甲\n2. 二"),
        ("<ol start=3><li>三<li>四</ol><ol start=x><li>一</ol>", "3. 三\n4. 四\n1. 一"),
        ("<blockquote>旧<blockquote>更旧</blockquote></blockquote>新", "> 旧\n> > 更旧\n新"),
        ("<blockquote>旧</p></span>的</blockquote>新", "> 旧\n> 的\n新"),
        ("<pre>a  b\n c</pre>", "a  b\n c"),
        ('<div title="a>b">词</div>', "词"),
    ],
)
def test_what_a_reader_sees(html: str, text: str) -> None:
    assert text == to_text(html)


def test_words_below_a_thousand_levels_are_not_lost() -> None:
    assert to_text("<div>" * 5000 + "词") == "词"


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=60))
def test_no_soup_of_tags_raises(pieces: list[str]) -> None:
    assert isinstance(to_text("".join(pieces)), str)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.sampled_from(["<div>", "</div>", "<p>", "<br>", "<b>", "</i>", "<td>"]), max_size=20))
def test_layout_tags_never_hide_a_word(tags: list[str]) -> None:
    assert "词" in to_text("".join(tags) + "词")
