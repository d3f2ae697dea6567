"""The command about the knowledge base: its entries, a search, and the questions that nothing answers."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

import typer

from mailbot.app import App
from mailbot.core.errors import UserError
from mailbot.core.knowledge import Entry
from mailbot.store import gaps
from mailbot.terminal import ConfigFile, Json, local, opened, plain_line, print_json, print_table, require_agent, screen

WHAT = ("search", "gaps", "close")


def knowledge(
    what: Annotated[str, typer.Argument(metavar="[search | gaps | close]")] = "",
    words: Annotated[list[str] | None, typer.Argument(metavar="[WORDS... | ID...]")] = None,
    agent: Annotated[str, typer.Option("--as", metavar="AGENT", help="Who closes gaps.")] = "",
    config: ConfigFile = None,
    as_json: Json = False,
) -> None:
    """The knowledge base: its entries; search WORDS; gaps, the questions no entry answers; close ID... --as AGENT."""
    if what and what not in WHAT:
        raise UserError("knowledge", what, f"known: {', '.join(WHAT)}")
    with opened(config) as app:
        if what == "search":
            _search(app, " ".join(words or ()), as_json)
        elif what == "gaps":
            _gaps(app, as_json)
        elif what == "close":
            _close(app, words or [], agent, as_json)
        else:
            _entries(app, as_json)


def _entries(app: App, as_json: bool) -> None:
    today = app.clock.now().astimezone(app.config.company.zone).date()
    entries = app.shelf.volume.book.knowledge.entries
    if as_json:
        for each in entries:
            print_json(_document(each, today))
        return
    cells = [
        (
            each.path,
            each.title,
            each.kind,
            len(each.sections),
            _review(each, today),
            "" if each.for_customers else "内部",
        )
        for each in entries
    ]
    print_table(("文件", "标题", "类型", "条数", "复核", "对象"), cells, "知识库里还没有内容,写法见 docs/knowledge.md")


def _document(each: Entry, today: date) -> dict[str, Any]:
    return {
        "path": each.path,
        "language": each.language,
        "title": each.title,
        "kind": each.kind,
        "topics": list(each.topics),
        "products": list(each.products),
        "review": each.review.isoformat() if each.review else None,
        "stale": _stale(each, today),
        "for": "customers" if each.for_customers else "agents",
        "sections": len(each.sections),
    }


def _stale(each: Entry, today: date) -> bool:
    return each.review is not None and each.review < today


def _review(each: Entry, today: date) -> str:
    day = each.review.isoformat() if each.review else "-"
    return f"{day} 已过期" if _stale(each, today) else day


def _search(app: App, words: str, as_json: bool) -> None:
    if not words.strip():
        raise UserError("knowledge", "search", "name the words to look for: mailbot knowledge search 保修")
    found = app.shelf.volume.book.knowledge.search(words)
    if as_json:
        for each in found:
            source = each.entry.source(each.section)
            print_json(
                {
                    "path": each.entry.path,
                    "source": source,
                    "heading": each.section.heading,
                    "score": each.score,
                    "text": list(each.section.sentences),
                    "more": list(each.section.more),
                }
            )
        return
    if not found:
        screen.print(plain_line(f"没有找到“{words}”"), markup=False)
    for each in found[:10]:
        screen.print(
            plain_line(f"{each.entry.source(each.section)} {each.section.heading}"), style="bold", markup=False
        )
        screen.print(plain_line(f"  {each.excerpt}"), markup=False, soft_wrap=True)


def _gaps(app: App, as_json: bool) -> None:
    with app.engine.read() as tx:
        topics = gaps.open_gaps(tx)
    names = app.shelf.volume.book.topics
    zone = app.config.company.zone
    if as_json:
        for topic in topics:
            examples = [
                {"id": each.id, "ticket": each.number, "at": each.at, "question": each.question}
                for each in topic.examples
            ]
            document = {"category": topic.category, "topic": topic.topic, "count": topic.count, "examples": examples}
            print_json(document)
        return
    cells = []
    for topic in topics:
        known = names.get((topic.category, topic.topic))
        name = known.name["zh"] if known else topic.topic
        for number, each in enumerate(topic.examples):
            first = (name, topic.count) if number == 0 else ("", "")
            cells.append((*first, each.id, each.number, local(each.at, zone), each.question))
    print_table(("主题", "次数", "编号", "工单", "时间", "提问"), cells, "客户问到的,知识库里都有答案")


def _close(app: App, words: list[str], agent: str, as_json: bool) -> None:
    ids = [int(word) for word in words if word.isascii() and word.isdigit() and len(word) < 16]
    if not ids or len(ids) != len(words):
        raise UserError("knowledge", "close", "name the numbers that `mailbot knowledge gaps` shows")
    who = require_agent(app, agent)
    with app.engine.write() as tx:
        closed = gaps.close(tx, ids, who.name if hasattr(who, "name") else agent, app.clock.now())
    if as_json:
        print_json({"closed": closed})
    else:
        screen.print(f"已标记完成 {closed} 条", markup=False)
