"""The customer's page: rate a solved request by five faces, or ask for no more revisit mails. No log-in.

The signed token in the address is the key, and it opens nothing but this page. Looking changes nothing, by GET or
HEAD, with ?score= or without: programs that scan mail follow every link. Only the form does, with its cookie.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Form, Request
from sqlalchemy.engine import Row
from starlette.responses import HTMLResponse, RedirectResponse, Response

from mailbot.console.armour import HEADERS
from mailbot.console.gate import ActAsStranger, SeeAsStranger, form_token, names, parts_of
from mailbot.console.page import Pages, now_of
from mailbot.console.routes.ticket import plain
from mailbot.console.words import LANGUAGES, Words, choose
from mailbot.core.ratings import SCORE_NAMES, three
from mailbot.core.revisits import LINK_LIVES
from mailbot.core.ticket import OptedOut, Rated
from mailbot.core.tokens import read_rating_token
from mailbot.desk import ConflictError
from mailbot.store import lists

router = APIRouter()
PREFIX = "/r/"
LONGEST_REASON = 500
TIME_LEFT = timedelta(minutes=30)  # of working time that must be left today to say "today"

Standing = Literal["open", "used", "ended", "expired"]


@dataclass(frozen=True, slots=True)
class Invitation:
    """A ticket's one round of rating, as its link finds it."""

    token: str
    ticket: Row[Any]
    round_: int  # epoch seconds of the resolution it asks about
    standing: Standing


@router.api_route("/r/{token}", methods=["GET", "HEAD"], dependencies=[Depends(SeeAsStranger("rating.see"))])
def see(request: Request, token: str, score: str = "", done: str = "") -> Response:
    """The faces; or what became of the invitation. `score` chooses a face, no more; `done` comes from the form."""
    invitation = find(request, token)
    if invitation is None:
        return trouble(request, 404)
    given = invitation.ticket.score
    if done and given is not None and done == three(given):
        return thanks(request, invitation)
    if invitation.standing != "open":
        return closed(request, invitation)
    return form(request, invitation, score)


@router.post("/r/{token}", dependencies=[Depends(ActAsStranger("rating.give"))])
def give(
    request: Request,
    token: str,
    score: Annotated[str, Form()] = "",
    reason: Annotated[str, Form()] = "",
) -> Response:
    """Record the rating. 002-46: who is not satisfied is asked for the reason, with the choice kept."""
    invitation = find(request, token)
    if invitation is None:
        return trouble(request, 404)
    if invitation.standing != "open":
        return closed(request, invitation, 409)
    given = " ".join(plain(reason).split())[:LONGEST_REASON]
    if score not in ("1", "2", "3", "4", "5"):
        return form(request, invitation, "", given, "rate.need_score", 400)
    if three(int(score)) == "dissatisfied" and not given:
        return form(request, invitation, score, given, "rate.need_reason", 400)
    event = Rated(score=int(score), reason=given, how="link", round_=invitation.round_)
    if not done(request, invitation.ticket.id, event):
        after = find(request, token)  # somebody was faster, or the ticket went on
        return trouble(request, 409) if after is None or after.standing == "open" else closed(request, after, 409)
    language = language_of(request, invitation)
    return RedirectResponse(f"/r/{token}?lang={language}&done={three(int(score))}", 303)


@router.api_route("/r/{token}/stop", methods=["GET", "HEAD"], dependencies=[Depends(SeeAsStranger("rating.see"))])
def ask_to_stop(request: Request, token: str, done: str = "") -> Response:
    """Asks; a link that stops at once would be pressed by every scanner. It does not expire."""
    invitation = find(request, token)
    if invitation is None:
        return trouble(request, 404)
    if done:
        return word(request, "rate.stopped", invitation=invitation)
    return show(request, "rating_stop.html", invitation=invitation)


@router.post("/r/{token}/stop", dependencies=[Depends(ActAsStranger("rating.give"))])
def stop(request: Request, token: str) -> Response:
    """No more revisit mails to this customer; who asks twice gets the same answer."""
    invitation = find(request, token)
    if invitation is None:
        return trouble(request, 404)
    done(request, invitation.ticket.id, OptedOut(how="link"))
    return RedirectResponse(f"/r/{token}/stop?lang={language_of(request, invitation)}&done=1", 303)


def done(request: Request, ticket_id: int, event: Rated | OptedOut) -> bool:
    """Hand it to the desk; False: it was refused and nothing changed."""
    try:
        return parts_of(request).desk.handle(ticket_id, event, now_of(request)).refused is None
    except ConflictError:
        return False


def find(request: Request, token: str) -> Invitation | None:
    """The invitation behind a token of ours; None for every other token, and for a ticket we do not have."""
    parts = parts_of(request)
    signed = read_rating_token(token, parts.desk.door.key)
    if signed is None:
        return None
    number, round_ = signed
    with parts.engine.read() as tx:
        ticket_id = lists.ticket_id_of(tx, number)
        row = lists.ticket_row(tx, ticket_id) if ticket_id is not None else None
    return Invitation(token.lower(), row, round_, standing(row, round_, now_of(request))) if row is not None else None


def standing(ticket: Row[Any], round_: int, now: datetime) -> Standing:
    """A rating that said "not satisfied" opened the ticket again: its score then stands without a resolution."""
    current = ticket.resolved_at is not None and int(ticket.resolved_at.timestamp()) == round_
    if ticket.score is not None and (current or ticket.resolved_at is None):
        return "used"
    if now > datetime.fromtimestamp(round_, UTC) + LINK_LIVES:
        return "expired"
    return "open" if current else "ended"


# ---- the pages ----


def form(
    request: Request, invitation: Invitation, score: str, reason: str = "", wrong: str = "", status: int = 200
) -> HTMLResponse:
    faces = [(each, names_[language_of(request, invitation)]) for each, names_ in SCORE_NAMES.items()]
    return show(
        request,
        "rating.html",
        status,
        invitation=invitation,
        faces=faces,
        score=score,
        reason=reason,
        wrong=wrong,
        longest=LONGEST_REASON,
    )


def thanks(request: Request, invitation: Invitation) -> HTMLResponse:
    """004-29: every rating is thanked for, and a low one is not argued with."""
    kind = three(invitation.ticket.score)
    language = language_of(request, invitation)
    values = {"day": next_day(request, invitation.ticket.mailbox, language)} if kind == "dissatisfied" else {}
    t = Words(language)
    more = [t(f"rate.{kind}_more", **values)]
    if invitation.ticket.score_reason and kind != "dissatisfied":
        more.append(t("rate.said"))
    return word(request, f"rate.{kind}", more, invitation=invitation, face=invitation.ticket.score)


def next_day(request: Request, mailbox: str, language: str) -> str:
    """ "今天" while people are still at work for a while, else the day they are back: nothing that cannot be kept."""
    hours, now = parts_of(request).desk.desktop(mailbox).office.hours, now_of(request)
    day = hours.add_working(now, TIME_LEFT).astimezone(hours.zone)
    t = Words(language)
    if day.date() == now.astimezone(hours.zone).date():
        return t("rate.today")
    shown = f"{day.month} 月 {day.day} 日" if language == "zh" else f"{day:%A}, {day.day} {day:%B}"
    return t("rate.on_day", day=shown)


def closed(request: Request, invitation: Invitation, status: int = 200) -> HTMLResponse:
    """Why this invitation takes no rating any more, in the customer's words."""
    language = language_of(request, invitation)
    values = {"name": SCORE_NAMES[invitation.ticket.score][language]} if invitation.standing == "used" else {}
    key = f"rate.{invitation.standing}"
    return word(request, key, [Words(language)(f"{key}_more", **values)], status, invitation=invitation)


def trouble(request: Request, status: int) -> HTMLResponse:
    """Whatever goes wrong below /r/: a customer never sees the agents' error page.

    A form whose token no longer fits is shown again with what was typed: one more click and it counts.
    """
    if status == 403 and hasattr(request.state, "chosen") and request.url.path.count("/") == 2:
        invitation = find(request, str(request.path_params.get("token", "")))
        if invitation is not None and invitation.standing == "open":
            typed = request.state.typed[:LONGEST_REASON]
            return form(request, invitation, request.state.chosen, typed, "rate.again", 403)
    return word(request, "rate.missing" if status == 404 else "rate.trouble", status=status)


def word(
    request: Request,
    key: str,
    more: list[str] | None = None,
    status: int = 200,
    invitation: Invitation | None = None,
    face: int = 0,
) -> HTMLResponse:
    """A heading and a few sentences."""
    more = more or [Words(language_of(request, invitation))(f"{key}_more")]
    return show(request, "rating_word.html", status, invitation=invitation, heading=key, more=more, face=face)


def show(
    request: Request, template: str, status: int = 200, invitation: Invitation | None = None, **facts: object
) -> HTMLResponse:
    """A page without the agents' frame: no navigation, no script, nothing for search engines."""
    parts = parts_of(request)
    pages: Pages = request.app.state.pages
    language = language_of(request, invitation)
    token = form_token(request)
    html = pages.environment.get_template(template).render(
        t=Words(language),
        lang=language,
        other_lang=next(one for one in LANGUAGES if one != language),
        static=pages.static,
        csrf=token,
        company=parts.config.company.name,
        hotline=parts.config.company.hotline,
        invitation=invitation,
        **facts,
    )
    answer = HTMLResponse(html, status, headers={**HEADERS, "X-Robots-Tag": "noindex, nofollow"})
    cookies = names(request)
    answer.set_cookie(cookies.form, token, path="/", httponly=True, samesite="lax", secure=cookies.secure)
    return answer


def language_of(request: Request, invitation: Invitation | None = None) -> str:
    """?lang= before the ticket's language, which is the customer's; the browser's where there is no ticket."""
    asked = request.query_params.get("lang")
    if asked in LANGUAGES:
        return asked
    if invitation is not None:
        return "zh" if invitation.ticket.language.startswith("zh") else "en"
    return choose(None, None, request.headers.get("accept-language", ""))
