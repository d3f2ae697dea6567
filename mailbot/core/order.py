"""An order of the owner's shop, whose it is, and what a mail to its buyer may say of it."""

from __future__ import annotations

import re
import unicodedata
from calendar import monthrange
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from mailbot.core.patterns import Product


@dataclass(frozen=True, slots=True)
class Order:
    """One order as the shop tells it; what it does not say is ""."""

    number: str
    address: str  # the buyer's mail address
    phone: str = ""
    product: str = ""
    state: str = ""
    bought_at: str = ""
    carrier: str = ""
    tracking: str = ""
    warranty_until: str = ""

    def belongs_to(self, address: str, phones: Iterable[str]) -> bool:
        """May it be this customer's, by mail address or else by a phone number known of them?"""
        if not self.address and not self.phone:
            return True  # nothing says that it is not
        return self._is_address(address) or self._has_phone(phones)

    def surely_belongs_to(self, address: str, phones: Iterable[str]) -> bool:
        """Is it? A phone number stands on every parcel, so it proves something only where no address is known."""
        return self._is_address(address) if self.address else self._has_phone(phones)

    def _is_address(self, address: str) -> bool:
        return bool(self.address) and self.address.strip().casefold() == address.strip().casefold()

    def _has_phone(self, phones: Iterable[str]) -> bool:
        return bool(self.phone) and _phone(self.phone) in {_phone(each) for each in phones}


def order_words(order: Order, products: Sequence[Product], now: datetime, language: str) -> dict[str, object]:
    """The facts of known_facts that begin with order_ and warranty. `now`: in our zone."""
    bought = _day(order.bought_at)
    until = _day(order.warranty_until) or _warranty_end(order.product, bought, products)
    return {
        "order_known": True,
        "order_product": _line(order.product),
        "order_date": day_text(bought, language) if bought else "",
        "order_state": _line(order.state),
        "order_carrier": _line(order.carrier),
        "order_tracking": _line(order.tracking),
        "warranty": "" if until is None else "in" if now.date() <= until else "over",
        "warranty_until": day_text(until, language) if until else "",
    }


def day_text(day: date, language: str) -> str:
    """`2032年11月2日`, `2 November 2032`."""
    months = (
        *("January", "February", "March", "April", "May", "June", "July"),
        *("August", "September", "October", "November", "December"),
    )
    return (
        f"{day.year}年{day.month}月{day.day}日" if language == "zh" else f"{day.day} {months[day.month - 1]} {day.year}"
    )


def _warranty_end(product: str, bought: date | None, products: Sequence[Product]) -> date | None:
    """By the catalogue: so many months from the day of purchase."""
    known = next((each for each in products if each.warranty_months and _names(each, product)), None)
    if bought is None or known is None:
        return None
    month = bought.month - 1 + known.warranty_months
    year, month = bought.year + month // 12, month % 12 + 1
    return date(year, month, min(bought.day, monthrange(year, month)[1]))


def _names(product: Product, words: str) -> bool:
    lowered = words.casefold()
    return any(each and each.casefold() in lowered for each in (product.name, *product.models, *product.aliases))


_DAY = re.compile(r"(20[0-9]{2})[-/.年](1[0-2]|0?[1-9])[-/.月](3[01]|[12][0-9]|0?[1-9])(?![0-9])")


def _day(written: str) -> date | None:
    found = _DAY.search(written)
    try:
        return date(int(found[1]), int(found[2]), int(found[3])) if found else None
    except ValueError:  # the 31st of a shorter month
        return None


def _line(text: str) -> str:
    return " ".join(text.split())[:60]


def _phone(written: str) -> str:
    return re.sub(r"[^0-9]", "", unicodedata.normalize("NFKC", written))[-11:]
