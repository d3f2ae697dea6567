"""Who looks first: a person at once, a person who chooses, or nobody before the draft is read."""

from __future__ import annotations

from typing import Any

import pytest

from mailbot.core.lanes import Lane, lane, lane_findings

EASY: dict[str, Any] = {"priority": "normal", "mood": "calm", "confidence": 0.8}


@pytest.mark.parametrize(
    ("over", "kind", "says"),
    [
        ({}, "draft", ""),
        ({"priority": "important", "mood": "upset"}, "draft", ""),
        ({"confidence": 0.5}, "draft", ""),
        ({"unsure_orders": 1}, "draft", ""),  # it is asked for
        ({"confidence": 0.49}, "choose", "49%"),
        ({"disputed": True}, "choose", "不一致"),
        ({"unsure_orders": 2}, "choose", "2 个未核实的订单号"),
        ({"priority": "urgent"}, "person", "紧急"),
        ({"mood": "angry"}, "person", "情绪激动"),
        ({"mood": "angry", "confidence": 0.1, "unsure_orders": 3}, "person", "情绪激动"),  # the graver one leads
    ],
)
def test_the_lane_of_a_mail_and_its_reason(over: dict[str, Any], kind: str, says: str) -> None:
    found = lane(**{**EASY, **over})

    assert kind == found.kind
    assert says in ";".join(found.reasons)
    assert bool(found.reasons) == (kind != "draft")


def test_a_draft_out_of_the_ordinary_lane_tells_its_agent() -> None:
    (told,) = lane_findings(lane(**{**EASY, "confidence": 0.3}))

    assert ("lane", "warn") == (told.check, told.level)
    assert "请先确认类别" in told.message
    assert () == lane_findings(Lane("draft"))
