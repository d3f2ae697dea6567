"""What a review says on the terminal, in Chinese and English."""

from __future__ import annotations

from collections.abc import Mapping

KIND_NAMES_EN = {
    "answer": "First answer",
    "start": "Work begun",
    "confirm": "Confirmed",
    "plan": "First plan",
    "solve": "Solution",
    "progress": "Progress mail",
    "material": "Customer's material",
    "department": "Department's word",
    "pledge": "Pledge in a mail",
    "revisit": "Revisit",
    "feedback": "Customer's rating",
    "care": "Care visit",
    "suggestion": "Suggestion answered",
}

# Columns stand in one text, parted by "|".
_WORDS: Mapping[str, tuple[str, str]] = {
    "week": ("周报 {name}（{first} 至 {last}）", "Week {name} ({first} to {last})"),
    "month": ("月报 {name}（{first} 至 {last}）", "Month {name} ({first} to {last})"),
    "running": ("未结束，截至目前", "not over yet, figures up to now"),
    "hours": ("{n}小时", "{n} h"),
    "minutes": ("{n}分钟", "{n} min"),
    # tickets
    "tickets": ("工单", "Tickets"),
    "tickets_columns": ("|本期|上期|增减", "|Now|Before|Change"),
    "opened": ("新建", "Opened"),
    "merged": ("另有并入其他工单", "Besides, merged into others"),
    "resolved": ("解决", "Resolved"),
    "reopened": ("重新打开", "Reopened"),
    "closed": ("关闭", "Closed"),
    "open_at_end": ("期末未结", "Open at the end"),
    # what they were about
    "topics": ("问题类型（新建工单，按数量）", "What they were about (opened, most frequent first)"),
    "topics_columns": ("类别|本期|占比|上期|增减", "Category|Now|Share|Before|Change"),
    "no_tickets": ("本期和上期都没有新建工单", "No ticket was opened in this period or the one before"),
    # first answers
    "answers": ("首次回复", "First answers"),
    "answers_columns": (
        "等级|标准|到期|兑现|超时|取消|中位|九成以内|待回复",
        "Priority|Standard|Due|Kept|Late|Void|Median|90%|Open",
    ),
    "cap": ("任何首次回复都不超过 {cap}", "No first answer may take longer than {cap}"),
    "exceptions": ("* 有的类别或问题另有标准，见 rules/promises.toml", "* some topics differ, see rules/promises.toml"),
    "answers_note": (
        "到期至取消：本期到期的回复时限；中位、九成以内：本期新建工单从来信到首封回复的钟点时间；待回复：至今未回",
        "Due to Void: promises that fell due in the period. Median and 90%: from the mail to the first reply sent, "
        "clock time, of tickets opened in it. Open: still without a reply",
    ),
    # handling
    "handling": (
        "处理时间（从来信到解决，本期解决的工单）",
        "Handling time (mail to solution, resolved in the period)",
    ),
    "handling_columns": ("|工单|中位|九成以内|上期中位", "|Tickets|Median|90%|Median before"),
    "clock": ("钟点时间", "Clock time"),
    "working": ("工作时间", "Working time"),
    "none_resolved": ("本期没有解决的工单", "No ticket was resolved in the period"),
    # promises
    "promises": ("本期到期的承诺", "Promises that fell due"),
    "promises_columns": ("种类|谁欠|到期|兑现|超时|取消|未定|兑现率", "Kind|By|Due|Kept|Late|Void|Open|Rate"),
    "owed_to_customer": ("我方", "us"),
    "owed_to_us": ("他人", "others"),
    "none_due": ("本期没有到期的承诺", "No promise fell due in the period"),
    # ratings
    "ratings": ("满意度", "Satisfaction"),
    "ratings_columns": ("评价|数量|占比", "Rating|Number|Share"),
    "no_ratings": ("本期没有客户评价", "No customer rated in the period"),
    "satisfied": (
        "满意率（4 分和 5 分）{rate}，共 {number} 个评价；上期 {before}，共 {earlier} 个",
        "Satisfied (4 and 5): {rate} of {number} ratings; before: {before} of {earlier}",
    ),
    "very_satisfied": ("非常满意的理由", "Very satisfied, because"),
    "very_dissatisfied": ("非常不满意的理由", "Very dissatisfied, because"),
    "voices_columns": ("工单|客户的话", "Ticket|The customer's words"),
    "no_reasons": ("没有", "None"),
    # common problems
    "problems": ("共性问题与改进建议", "Common problems and what to improve"),
    "problems_columns": ("建议|例", "Proposal|Examples"),
    "no_problems": ("本期没有共性问题", "There was no common problem"),
}


def say(code: str, language: str, **given: object) -> str:
    """These words in this language."""
    return _WORDS[code][language != "zh"].format(**given)
