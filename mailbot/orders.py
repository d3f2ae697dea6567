"""The orders of the owner's shop, looked up before a plan is made (003-15): here, those of a CSV file.

Read at the start and again when the file changes, by whoever calls refresh(), never by a look-up: those only read
memory, so they hold nobody up. What an order says goes only into mails to the customer whose order it is.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Protocol

import structlog

from mailbot.core.errors import UserError
from mailbot.core.order import Order as Order
from mailbot.core.review import Finding

log = structlog.get_logger()

COLUMNS = (
    *("number", "address", "phone", "product", "state", "bought_at"),
    *("carrier", "tracking", "warranty_until"),
)
NEEDED = ("number", "address")
MAX_BYTES = 200 * 1024 * 1024
MAX_NAMED = 5  # order numbers of one ticket that are looked up
_CUT = re.compile(r"[0-9](?:\.[0-9]{1,15})?[eE]\+[0-9]{1,3}")  # 2.02611E+14: what a spreadsheet leaves of a long number


class Orders(Protocol):
    """Where orders are looked up. find() only reads memory; whoever has time calls prefetch() before."""

    def find(self, number: str) -> Order | None: ...
    def prefetch(self, numbers: Iterable[str]) -> None: ...
    def refresh(self) -> bool: ...
    def is_sure(self, number: str) -> bool:
        """Is it known whether this order exists? False while a shop's system does not answer."""


class OrderTable:
    """The CSV file as last read. Look-ups and refresh() may run in different threads."""

    def __init__(self, path: Path) -> None:
        """Read the file; UserError names the line and the remedy."""
        self.path = path
        self._seen = _stamp(path)
        self._orders = read_orders(path)

    def find(self, number: str) -> Order | None:
        return self._orders.get(plain_number(number))

    def prefetch(self, numbers: Iterable[str]) -> None:
        """All is there."""

    def is_sure(self, number: str) -> bool:
        return True

    def refresh(self) -> bool:
        """Read the file again if it has changed. A broken or missing one is logged, and what was read before stays."""
        seen = _stamp(self.path)
        if seen == self._seen:
            return False
        self._seen = seen  # one try for each edit
        try:
            self._orders = read_orders(self.path)  # one assignment: a look-up sees the old table or the new one
        except UserError as error:
            log.warning("order table not read; the one read before stays", error=str(error))
            return False
        log.info("order table read", orders=len(self._orders))
        return True


def unchecked(orders: Orders, numbers: Iterable[str], customer: str, phones: tuple[str, ...]) -> Iterator[Finding]:
    """What an agent has to check before a plan: orders that are not there, or another customer's."""
    for number in tuple(dict.fromkeys(numbers))[:MAX_NAMED]:
        order = orders.find(number)
        if order is None and not orders.is_sure(number):
            message = f"商城系统暂时没有应答，订单 {number} 还没有核对，定方案前请先核对"
        elif order is None:
            message = f"订单 {number} 在订单表里查不到，定方案前请先核对"
        elif not order.belongs_to(customer, phones):
            message = f"订单 {number} 在订单表里登记的是另一位客户，定方案前请先核对"
        else:
            continue
        yield Finding("order_unchecked", "warn", message)


def own_order(orders: Orders, numbers: Iterable[str], customer: str, phones: tuple[str, ...]) -> Order | None:
    """The first of these orders that is surely this customer's (002-10): only of that one a mail may speak."""
    for number in tuple(dict.fromkeys(numbers))[:MAX_NAMED]:
        order = orders.find(number)
        if order is not None and order.surely_belongs_to(customer, phones):
            return order
    return None


def read_orders(path: Path) -> Mapping[str, Order]:
    """The orders of a CSV file by number, as UTF-8 or as a Chinese spreadsheet saves it (GB 18030)."""
    text = _text(path)
    header, _, _ = text.partition("\n")
    delimiter = max(",;\t", key=header.count)
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    found: dict[str, Order] = {}
    try:
        columns = _columns(next(rows, []), str(path))
        for row in rows:
            if any(cell.strip() for cell in row):
                _add(found, row, columns, f"{path}:{rows.line_num}")
    except csv.Error as error:
        raise UserError(f"{path}:{rows.line_num}", "", f"is no CSV ({error}); export the table again") from None
    return MappingProxyType(found)


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise UserError(
                str(path), "", f"is larger than {MAX_BYTES >> 20} MB; export the orders of the last year only"
            )
        raw = path.read_bytes()
    except OSError as error:
        raise UserError(str(path), "orders.file", f"cannot be read ({error.strerror}); check path and rights") from None
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise UserError(str(path), "", "is neither UTF-8 nor GB 18030; save it as CSV UTF-8")


def _columns(header: list[str], where: str) -> dict[str, int]:
    """Where each column stands; columns that nobody asks for may stand beside them."""
    named = [cell.strip().lower() for cell in header]
    for name in COLUMNS:
        if named.count(name) > 1:
            raise UserError(f"{where}:1", name, "stands twice in the first line; keep one")
    for name in NEEDED:
        if name not in named:
            raise UserError(
                f"{where}:1", name, f"no such column; name the columns in the first line: {','.join(COLUMNS)}"
            )
    return {name: named.index(name) for name in COLUMNS if name in named}


def _add(found: dict[str, Order], row: list[str], columns: Mapping[str, int], where: str) -> None:
    if len(row) <= max(columns.values()):
        raise UserError(where, "", "has fewer columns than the first line; export the table again")
    cells = {name: row[at].strip().lstrip("'") for name, at in columns.items()}
    number = plain_number(cells["number"])
    if not number:
        raise UserError(where, "number", "is empty; write the order number or delete the line")
    if _CUT.fullmatch(cells["number"]):
        raise UserError(
            where, "number", "was cut short by a spreadsheet; format the column as text before you save it as CSV"
        )
    if (other := found.get(number)) is None:
        found[number] = Order(**cells)
    elif _folded(other.address) != _folded(cells["address"]):  # an order of several goods has a line for each
        raise UserError(where, "number", "stands in the table before, with another address; keep the right one")


def _stamp(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size


def plain_number(written: str) -> str:
    """An order number as it is compared: without blanks and dashes."""
    return re.sub(r"[\s-]", "", unicodedata.normalize("NFKC", written)).casefold()


def _folded(address: str) -> str:
    return address.strip().casefold()
