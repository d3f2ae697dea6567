"""A customer's file: tickets, ratings, orders, and the flags that agents set (000-42, 002-39, 003-07)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Form, Request
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, RedirectResponse, Response

from mailbot.accounts import Session
from mailbot.console import views
from mailbot.console.gate import Act, See, parts_of
from mailbot.console.page import customer_page, language_of, now_of, render
from mailbot.console.routes.queue import done_words
from mailbot.console.routes.ticket import plain
from mailbot.console.words import Words
from mailbot.core.order import Order, order_words
from mailbot.core.ratings import SCORE_NAMES
from mailbot.orders import Orders
from mailbot.store import customers
from mailbot.store.customers import ACCOUNTS, LONGEST_NOTE, Customer, Flags, Numbered

router = APIRouter()
ELDERLY = {"": None, "yes": True, "no": False}
ORDERS_SHOWN = 20

Knowledge = Literal["unset", "waiting", "missing", "foreign", "own"]


@dataclass(frozen=True, slots=True)
class ShownOrder:
    """An order number of the customer's mails; its details only where `known` is own."""

    number: str
    tickets: tuple[str, ...]
    known: Knowledge
    product: str = ""
    state: str = ""
    date: str = ""
    carrier: str = ""
    tracking: str = ""
    warranty: str = ""  # in, over; empty: unknown
    warranty_until: str = ""


@dataclass(frozen=True, slots=True)
class FlagsForm:
    """The flags as the form sends them. `seen`: when they had last been changed as its page was made."""

    account: Annotated[str, Form()] = ""
    elderly: Annotated[str, Form()] = ""
    text: Annotated[str, Form()] = ""
    seen: Annotated[str, Form()] = ""

    def flags(self) -> Flags | None:
        """None: a code that is in no list of ours."""
        if self.account not in ACCOUNTS or self.elderly not in ELDERLY:
            return None
        return Flags(self.account, ELDERLY[self.elderly], plain(self.text).strip()[:LONGEST_NOTE])


@router.get("/customers/{address:path}")
def see(
    request: Request, address: str, visitor: Annotated[Session, Depends(See("customer.see"))], done: str = ""
) -> HTMLResponse:
    return _show(request, address, done=done)


@router.post("/customers/{address:path}")
def flag(
    request: Request,
    address: str,
    visitor: Annotated[Session, Depends(Act("customer.flag"))],
    form: Annotated[FlagsForm, Depends()],
) -> Response:
    """Keep what an agent knows of the customer; not over a colleague's word that the page did not show."""
    parts, wanted, refused = parts_of(request), form.flags(), ""
    with parts.engine.write() as tx:
        parts.engine.take_turn(tx)
        standing = customers.on_file(tx, address)
        if standing is None:
            raise HTTPException(404)
        if wanted is None:
            refused = "refused.flags"
        elif _seen(standing) != form.seen:
            refused = "refused.flags_stale"
        else:
            customers.set_flags(tx, address, wanted, visitor.person.name, now_of(request))
    if refused:
        return _show(request, address, refused=refused, typed=wanted)
    return RedirectResponse(f"{customer_page(customers.plain_address(address))}?done=flagged", 303)


def _show(
    request: Request, address: str, *, done: str = "", refused: str = "", typed: Flags | None = None
) -> HTMLResponse:
    with parts_of(request).engine.read() as tx:
        file, names = customers.read(tx, address), views.agents(tx)
    if file is None:
        raise HTTPException(404)
    language = language_of(request)
    return render(
        request,
        "customer.html",
        409 if refused else 200,
        file=file,
        names=names,
        orders=_orders(request, file, language),
        flags=typed or file.flags,
        seen=_seen(file.flags),
        accounts=ACCOUNTS,
        elderly={value: code for code, value in ELDERLY.items()},
        longest=LONGEST_NOTE,
        scores={score: each[language] for score, each in SCORE_NAMES.items()},
        done=done_words(request, done),
        refused=Words(language)(refused) if refused else "",
    )


def _seen(flags: Flags) -> str:
    return flags.changed_at.isoformat() if flags.changed_at else ""


def _orders(request: Request, file: Customer, language: str) -> Sequence[ShownOrder]:
    """What the shop's system says of them, asked outside of every transaction and for a moment at most."""
    parts, named = parts_of(request), file.orders[:ORDERS_SHOWN]
    orders = parts.desk.door.orders
    if orders is None:
        return [ShownOrder(each.number, each.tickets, "unset") for each in named]
    orders.prefetch([each.number for each in named])
    products = parts.desk.desktop().office.book.orders.products
    now = now_of(request).astimezone(parts.config.company.zone)
    words_of = partial(order_words, products=products, now=now, language=language)
    return [_order(orders, file, each, words_of) for each in named]


def _order(
    orders: Orders, file: Customer, named: Numbered, words_of: Callable[[Order], dict[str, object]]
) -> ShownOrder:
    """002-10: an order that is not surely theirs shows nothing but the number they wrote."""
    order = orders.find(named.number)
    if order is None:
        return ShownOrder(named.number, named.tickets, "missing" if orders.is_sure(named.number) else "waiting")
    if not order.surely_belongs_to(file.address, file.phones):
        return ShownOrder(named.number, named.tickets, "foreign")
    words = words_of(order)
    told = {name: str(words[f"order_{name}"]) for name in ("product", "state", "date", "carrier", "tracking")}
    warranty = {name: str(words[name]) for name in ("warranty", "warranty_until")}
    return ShownOrder(named.number, named.tickets, "own", **told, **warranty)
