"""Who looks at a mail first: a person at once, a person who chooses the template, or a draft that waits to be approved.

Nothing goes out by itself in any lane (000-34). A lane only says how far the draft may be leaned on.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from mailbot.core.review import Finding

LaneKind = Literal["person", "choose", "draft"]
LANE_NAMES = {"person": "请立即人工处理", "choose": "请先确认类别再用草稿", "draft": "草稿可供审批"}
DOUBT = 0.5  # below it a person chooses
_MOST_UNSURE = 1  # order numbers that are only candidates


@dataclass(frozen=True, slots=True)
class Lane:
    kind: LaneKind
    reasons: tuple[str, ...] = ()  # Chinese, as agents see them


def lane(priority: str, mood: str, confidence: float, unsure_orders: int = 0, disputed: bool = False) -> Lane:
    """Urgent or angry goes to a person at once; doubt lets a person choose. Hazard, court and press are urgent by
    rules/priority.toml. `unsure_orders`: order numbers nobody has verified; one is asked for, several are chosen from.
    """
    at_once = []
    if priority == "urgent":
        at_once.append("问题等级为紧急")
    if mood == "angry":
        at_once.append("客户情绪激动")
    if at_once:
        return Lane("person", tuple(at_once))
    doubts = []
    if disputed:
        doubts.append("规则与历史更正的判断不一致")
    elif confidence < DOUBT:
        doubts.append(f"类别把握只有 {confidence:.0%}")
    if unsure_orders > _MOST_UNSURE:
        doubts.append(f"有 {unsure_orders} 个未核实的订单号,请选定是哪一单")
    return Lane("choose", tuple(doubts)) if doubts else Lane("draft")


def lane_findings(found: Lane) -> tuple[Finding, ...]:
    """What a draft in this lane has to say to the agent; nothing in the ordinary one."""
    if found.kind == "draft":
        return ()
    return (Finding("lane", "warn", f"{LANE_NAMES[found.kind]}:{';'.join(found.reasons)}"),)
