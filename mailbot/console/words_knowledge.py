"""The console's sentences about the knowledge base; words.py takes them in. (Chinese, English)"""

from __future__ import annotations

from collections.abc import Mapping

KNOWLEDGE_WORDS: Mapping[str, tuple[str, str]] = {
    "nav.knowledge": ("知识库", "Knowledge"),
    "knowledge": ("知识库", "Knowledge base"),
    "knowledge.hint": (
        "草稿里的政策和操作说明都取自这里，并注明出处。内容由管理员在 rules/knowledge 文件夹里维护，保存后立即生效。",
        "What drafts say about policies and handling comes from here, with its source. "
        "Entries are files in rules/knowledge; a saved change counts at once.",
    ),
    "knowledge.search": ("搜索知识库", "Search the knowledge base"),
    "knowledge.words": ("关键词", "Words"),
    "knowledge.find": ("搜索", "Search"),
    "knowledge.found": ("找到 {n} 条", "{n} found"),
    "knowledge.nothing": (
        "没有找到“{words}”。换个说法试试，或请管理员补充这一条。",
        "Nothing about “{words}”. Try other words, or ask for an entry.",
    ),
    "knowledge.all": ("查看全部内容", "Show all entries"),
    "knowledge.empty": ("知识库里还没有内容。", "There are no entries yet."),
    "knowledge.empty_more": (
        "在 rules/knowledge/zh 里写一个 .md 文件即可，写法见 docs/knowledge.md。",
        "Write a file into rules/knowledge/en; docs/knowledge.md tells how.",
    ),
    "knowledge.sections": ("{n} 条", "{n} answers"),
    "knowledge.review": ("复核日期 {day}", "to be reviewed by {day}"),
    "knowledge.no_review": ("未设复核日期", "no review date"),
    "knowledge.stale": ("已过复核日期", "past review"),
    "knowledge.stale_hint": (
        "有 {n} 篇已过复核日期，引用前请先核对内容。",
        "{n} past their review date; check them before you quote them.",
    ),
    "knowledge.stale_entry": (
        "这篇已过复核日期。内容可能已经变化，引用前请先核对。",
        "This entry is past its review date. Check it before you quote it.",
    ),
    "knowledge.agents": ("仅供内部", "internal"),
    "knowledge.agents_hint": (
        "仅供客服查阅，不会写进给客户的回复。",
        "For agents only: no reply to a customer quotes it.",
    ),
    "knowledge.asked": ("客户的问法", "As customers ask"),
    "knowledge.tip": ("另外", "Tip"),
    "knowledge.back": ("返回知识库", "Back to the knowledge base"),
    "knowledge.products": ("适用产品", "Products"),
    "knowledge.file": ("文件", "File"),
    "kindof.policy": ("政策", "Policies"),
    "kindof.process": ("办理流程", "Processes"),
    "kindof.faq": ("常见问题", "Frequent questions"),
    "kindof.product": ("产品说明", "Product notes"),
    "kindof.logistics": ("物流配送", "Delivery"),
    "kindof.complaint": ("投诉渠道", "Complaint paths"),
    "kindof.compensation": ("补偿标准", "Compensation standard"),
    "gaps": ("没有答案的提问", "Questions without an answer"),
    "gaps.hint": (
        "客户问过、知识库里却没有答案的问题，问得最多的在前。补写之后，或确认不需要写，勾选并标记完成。",
        "What customers asked and no entry answers, the most asked first. Tick what is written now, or need not be.",
    ),
    "gaps.none": ("客户问到的，知识库里都有答案。", "Every question found its answer."),
    "gaps.count": ("{n} 次", "{n}×"),
    "gaps.more": ("还有 {n} 条较早的", "and {n} older ones"),
    "gaps.close": ("标记完成", "Mark as done"),
    "gaps.tick": ("选择这一条", "Choose this one"),
    "done.gaps_closed": ("已标记完成。", "Marked as done."),
    "refused.gaps": ("请先勾选要标记的提问。", "Tick the questions first."),
}  # fmt: skip
