"""Order numbers, tracking numbers, phones, models, serials, dates, demand, symptom, people.

extract() takes one mail apart into facts. What nobody wrote is absent; it invents nothing and never raises.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from mailbot.core import circumstances, ids, persons, symptoms, wishes
from mailbot.core.mail import Mail
from mailbot.core.patterns import OrderPatterns, Product, Shape, read_orders, read_patterns, read_products
from mailbot.core.quoting import Body

__all__ = [
    "Fact", "Facts", "OrderPatterns", "Product", "Shape", "extract",
    "read_orders", "read_patterns", "read_products",
]  # fmt: skip

MOST_OWN = 20_000  # characters of the customer's own words that are looked at
MOST_QUOTED = 5_000
MOST_SIGNATURE = 1_000
MOST_SUBJECT = 500
MOST_OF_A_KIND = 20  # a mail with more order numbers than these is a list for a person

# Between subject and body: a full stop, so that no cue reaches from one into the other.
_BREAK = "。\n"


@dataclass(frozen=True, slots=True)
class Fact:
    value: str  # normalised: no blanks in numbers, NFKC; Chinese mobiles without +86, other countries as +CC
    words: str  # the words it came from, as written
    sure: bool = True  # False: a candidate only


@dataclass(frozen=True, slots=True)
class Facts:
    order_numbers: tuple[Fact, ...] = ()
    tracking_numbers: tuple[Fact, ...] = ()
    phones: tuple[Fact, ...] = ()
    product: Fact | None = None
    model: Fact | None = None
    serial: Fact | None = None
    happened_at: Fact | None = None  # as the customer wrote it, or an ISO date where it is certain
    symptom: Fact | None = None
    demand: Fact | None = None  # the core demand as a short phrase: "产品无法开机", "要求换货"
    people: tuple[Fact, ...] = ()
    customer_name: Fact | None = None  # "王女士", "李明", "Ann Smith"; never the address
    customer_title: str | None = None  # "先生" | "女士" | "Mr" | "Ms" when the customer says so
    place: Fact | None = None  # "厨房"
    tried: Fact | None = None  # the clause that says so
    extent: Fact | None = None  # "全家都"
    account: Fact | None = None  # value "business" or "vip"
    elderly: Fact | None = None  # the words in which the writer tells of high age


def extract(mail: Mail, body: Body, patterns: OrderPatterns) -> Facts:
    """The facts of a mail: own words first, then the signature, then quoted words (which are never sure)."""
    subject = ids.plain(mail.subject[:MOST_SUBJECT])
    new = ids.plain(body.new[:MOST_OWN])
    signature = ids.plain(body.signature[:MOST_SIGNATURE])
    quoted = ids.plain(body.quoted[:MOST_QUOTED])
    own = f"{subject}{_BREAK}{new}"
    said = ids.claims(own, patterns)
    signed = tuple(claim for claim in ids.claims(signature, patterns) if claim.kind == "phone")
    before = ids.claims(quoted, patterns)
    trouble = symptoms.symptom(new, patterns) or symptoms.symptom(subject, patterns)
    name = persons.customer(new, signature, mail.from_.name if mail.from_ else "")
    standing = circumstances.account(f"{new}\n{signature}")
    return Facts(
        order_numbers=_numbers("order", said, before),
        tracking_numbers=_numbers("tracking", said, before),
        phones=_numbers("phone", (*said, *signed), before),
        product=_product(own, quoted, patterns),
        model=_model(own, quoted, said, before, patterns),
        serial=next(iter(_numbers("serial", said, before)), None),
        happened_at=_when(new, trouble),
        symptom=Fact(trouble, trouble) if trouble else None,
        demand=_demand(new, subject),
        people=tuple(Fact(re.sub(r"\s+", " ", who), who) for who in persons.staff(own)),
        customer_name=Fact(name.value, name.words, name.sure) if name else None,
        customer_title=name.title if name else None,
        place=_said(circumstances.place(new)),
        tried=_said(circumstances.tried(new)),
        extent=_said(circumstances.extent(new)),
        account=Fact(*standing) if standing else None,
        elderly=_said(circumstances.elderly(new)),
    )


def _said(words: str | None) -> Fact | None:
    return Fact(words, words) if words else None


def _numbers(kind: ids.Kind, said: Iterable[ids.Claim], before: Iterable[ids.Claim]) -> tuple[Fact, ...]:
    found: dict[str, Fact] = {}
    for claim in said:
        known = found.get(claim.value) if claim.kind == kind else None
        if claim.kind == kind and (known is None or (claim.sure and not known.sure)):
            found[claim.value] = Fact(claim.value, claim.words, claim.sure)
    for claim in before:
        if claim.kind == kind:
            found.setdefault(claim.value, Fact(claim.value, claim.words, sure=False))
    return tuple(found.values())[:MOST_OF_A_KIND]


def _product(own: str, quoted: str, patterns: OrderPatterns) -> Fact | None:
    if (found := symptoms.product(own, patterns)) is not None:
        return Fact(found[0], found[0], found[1])
    named = patterns.product_words.first(quoted) if patterns.product_words else None
    return Fact(quoted[slice(*named)], quoted[slice(*named)], sure=False) if named else None


def _model(
    own: str, quoted: str, said: Iterable[ids.Claim], before: Iterable[ids.Claim], patterns: OrderPatterns
) -> Fact | None:
    if cued := _numbers("model", said, ()):
        return cued[0]
    if (found := symptoms.model(own, patterns)) is not None:
        return Fact(found[0], found[0], found[1])
    if cued := _numbers("model", (), before):
        return cued[0]
    found = symptoms.model(quoted, patterns)
    return Fact(found[0], found[0], sure=False) if found else None


def _when(new: str, trouble: str | None) -> Fact | None:
    found = symptoms.happened_at(new, trouble)
    return Fact(found[0], found[1]) if found else None


def _demand(new: str, subject: str) -> Fact | None:
    wish = wishes.demand(new)
    if wish is None or not wish.sure:
        # "申请退款" as the subject says more than a hint in the text.
        titled = wishes.demand(subject)
        wish = titled if titled is not None and (wish is None or titled.sure) else wish
    return Fact(wish.phrase, wish.words, wish.sure) if wish else None
