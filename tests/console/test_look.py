"""The sheet keeps its promises: every colour pair that carries text has the contrast of WCAG AA, in both themes."""

from __future__ import annotations

import re

import pytest

from mailbot.console.page import HERE

SHEET = (HERE / "static" / "console.css").read_text("utf-8")
# text, back, least contrast
PAIRS = (
    *((ink, back, 4.5) for ink in ("ink", "dim", "link") for back in ("page", "card", "sunken")),
    *((kind, f"{kind}-back", 4.5) for kind in ("bad", "warn", "good")),
    *((ink, back, 4.5) for ink in ("ink", "dim") for back in ("calm-back", "note-back", "ours-back")),
    *((kind, back, 4.5) for kind in ("bad", "warn") for back in ("card", "sunken")),
    ("primary-ink", "primary", 4.5),
    ("primary-ink", "primary-over", 4.5),
    ("line-strong", "card", 3.0),  # the border that shows where a field is
    ("focus", "card", 3.0),
    ("focus", "page", 3.0),
)


def theme(number):
    block = re.findall(r":root \{(.*?)\}", SHEET, re.DOTALL)[number]
    return dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", block))


def luminance(colour):
    parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize(("number", "name"), [(0, "light"), (1, "dark")])
def test_text_and_borders_are_readable(number, name):
    colours = theme(number)

    weak = []
    for text, back, least in PAIRS:
        high, low = sorted((luminance(colours[text]), luminance(colours[back])), reverse=True)
        contrast = (high + 0.05) / (low + 0.05)
        if contrast < least:
            weak.append((name, text, back, round(contrast, 2)))
    assert [] == weak


def test_the_sheets_and_the_module_load_nothing_from_elsewhere():
    module = (HERE / "static" / "console.js").read_text("utf-8")
    sheets = [path.read_text("utf-8") for path in (HERE / "static").glob("*.css")]

    assert len(sheets) >= 3
    for text in (*sheets, module):
        assert re.search(r"https?://|@import|url\(|import\s*\(", text) is None
    assert re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|new Function", module) is None
