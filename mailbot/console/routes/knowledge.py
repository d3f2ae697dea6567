"""What the company knows, for agents: entries by kind, a search, one entry, and questions that nothing answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, RedirectResponse, Response

from mailbot.accounts import Session
from mailbot.console.gate import Act, See, parts_of
from mailbot.console.page import language_of, now_of, render
from mailbot.console.routes.queue import done_words
from mailbot.console.words import Words
from mailbot.core.knowledge import Entry, Knowledge
from mailbot.core.knowledge_file import KINDS
from mailbot.store import gaps

router = APIRouter()
MOST_WORDS = 100  # characters of a search
MOST_IDS = 500


@dataclass(frozen=True, slots=True)
class Shown:
    """An entry in a list."""

    entry: Entry
    place: str  # "zh/after-sales-policy"
    stale: bool


@router.get("/knowledge")
def knowledge(
    request: Request, visitor: Annotated[Session, Depends(See("knowledge.see"))], q: str = "", done: str = ""
) -> HTMLResponse:
    return _page(request, q=q, done=done_words(request, done))


@router.get("/knowledge/entries/{place:path}")
def entry(request: Request, place: str, visitor: Annotated[Session, Depends(See("knowledge.see"))]) -> HTMLResponse:
    found = _base(request).entry(f"knowledge/{place}.md")
    if found is None:
        raise HTTPException(404)
    return render(request, "knowledge_entry.html", shown=_shown(request, found))


@router.post("/knowledge/gaps/close")
def close(
    request: Request,
    visitor: Annotated[Session, Depends(Act("knowledge.gaps"))],
    ids: Annotated[list[int] | None, Form()] = None,
) -> Response:
    """The entry is written, or none is needed."""
    with parts_of(request).engine.write() as tx:
        closed = gaps.close(tx, (ids or [])[:MOST_IDS], visitor.person.name, now_of(request))
    if not closed:
        return _page(request, refused="refused.gaps")
    return RedirectResponse("/knowledge?done=gaps_closed#gaps", 303)


def _page(request: Request, q: str = "", done: str = "", refused: str = "") -> HTMLResponse:
    base, language = _base(request), language_of(request)
    words = " ".join(q[:MOST_WORDS].split())
    own = [each for each in base.entries if each.language == language] or list(base.entries)
    kinds = [(kind, [_shown(request, each) for each in own if each.kind == kind]) for kind in KINDS]
    found = [(each, _shown(request, each.entry)) for each in base.search(words)[:20]] if words else []
    with parts_of(request).engine.read() as tx:
        topics = gaps.open_gaps(tx)
    return render(
        request,
        "knowledge.html",
        409 if refused else 200,
        q=words,
        found=found,
        kinds=[(kind, entries) for kind, entries in kinds if entries],
        stale=sum(each.stale for _, entries in kinds for each in entries),
        topics=topics,
        done=done,
        refused=Words(language)(refused) if refused else "",
    )


def _base(request: Request) -> Knowledge:
    return parts_of(request).desk.desktop().office.book.knowledge


def _shown(request: Request, found: Entry) -> Shown:
    today = now_of(request).astimezone(parts_of(request).config.company.zone).date()
    place = found.path.removeprefix("knowledge/").removesuffix(".md")
    return Shown(found, place, found.review is not None and found.review < today)
