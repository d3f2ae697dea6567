"""The console's sentences about what is learned from agents' verdicts. (Chinese, English)"""

from __future__ import annotations

from collections.abc import Mapping

LEARNED_WORDS: Mapping[str, tuple[str, str]] = {
    "nav.learned": ("学习记录", "Learned"),
    "learned": ("从更正中学到的", "What was learned from you"),
    "learned.hint": (
        "客服每次更正或确认类别，都会记在这里，并用来判断以后的来信。撤销后不再从这一条学习，工单本身不变。",
        "Every correction and confirmation of a category is kept here and used for later mails. "
        "Undo one and nothing is learned from it any more; the ticket stays as it is.",
    ),
    "learned.rules_decide": (
        "目前有 {n} 条，规则说了算：满 {all} 条、且某一类满 {each} 条后，只有在判断比规则准的类别上才采用学到的结果。",
        "{n} so far, and the rules decide: from {all} in all and {each} in a class on, what was learned is used for "
        "those classes only where it proved better than the rules.",
    ),
    "learned.at_work": (
        "共 {n} 条。只有在判断比规则准的类别上才采用学到的结果；两者不一致时，请客服确认类别。",
        "{n} in all. What was learned is used only for classes where it proved better than the rules; "
        "where both disagree, an agent confirms the category.",
    ),
    "learned.classes": ("各类别的准确情况", "Class by class"),
    "learned.seen": ("条数", "Verdicts"),
    "learned.rules_right": ("规则判对", "Rules right"),
    "learned.learner_right": ("学习判对", "Learned right"),
    "learned.rules": ("以规则为准", "The rules decide"),
    "learned.learner": ("以学到的为准", "What was learned decides"),
    "learned.verdicts": ("更正与确认", "Corrections and confirmations"),
    "learned.none": (
        "还没有。在工单页的“类别与等级的依据”下确认或更正类别，就会记在这里。",
        "None yet. Confirm or correct a category on a ticket's page, and it is kept here.",
    ),
    "learned.was": ("原为", "was"),
    "learned.confirmed": ("确认", "confirmed"),
    "learned.undo": ("撤销", "Undo"),
    "learned.undone": ("已撤销", "Undone"),
    "done.unlearned": ("已撤销，不再从这一条学习。", "Undone; nothing is learned from it any more."),
    "done.confirmed": ("已确认类别与等级。", "Category and priority confirmed."),
    "refused.unlearned": ("这一条已经撤销过了。", "It was undone already."),
    # on the ticket's page
    "why.evidence": ("最有分量的依据", "What weighs most"),
    "why.sign": ("规则", "rule"),
    "why.learned": ("历史更正", "learned"),
    "why.none": ("来信中没有直接的依据", "Nothing in the mail speaks for it directly"),
    "why.runner_up": ("其次可能", "Second best"),
    "why.agree": ("规则与历史更正一致", "Rules and what was learned agree"),
    "why.disagree": (
        "规则判为“{rules}”，历史更正判为“{learner}”，请确认类别",
        "Rules say {rules}, what was learned says {learner}; confirm the category",
    ),
    "why.confirm": ("类别正确", "Category is right"),
    "why.confirmed": ("类别已由客服确认", "Confirmed by an agent"),
    "lane.person": ("请立即人工处理", "For a person at once"),
    "lane.choose": ("请先确认类别再用草稿", "Confirm the category before you use the draft"),
}
