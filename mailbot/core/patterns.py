"""rules/orders.toml, rules/products.toml -> OrderPatterns: shapes, cues, catalogue. Never reads a file."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Literal, cast, get_args

from mailbot.core.rulefile import Table

CueKind = Literal["order_number", "order", "tracking_number", "carrier", "phone", "serial", "model", "card", "foreign"]
ShapeKind = Literal["order", "tracking"]
Check = Literal["", "date6", "date8", "s10", "ups"]

# Little words between an id and the cue behind it: "12345678 是我的订单号", "12345678 is my order number".
_BETWEEN = (
    r"[ \t\"'()\]】”]*"
    r"(?:(?:就是|是|为|这|那|此|该|个|笔|张|一|我|的|is|was|this|that|my|the|your|our)[ \t]*){0,6}"
)


@dataclass(frozen=True, slots=True)
class Shape:
    """What a number looks like; `pattern` has to match the whole token."""

    name: str
    kind: ShapeKind
    pattern: re.Pattern[str]
    check: Check = ""
    before_phones: bool = False


@dataclass(frozen=True, slots=True)
class Product:
    """One entry of the catalogue."""

    name: str
    aliases: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    warranty_months: int = 0  # from the day of purchase; 0: not said here


@dataclass(frozen=True, slots=True)
class Words:
    """Words looked for in lower case; those of Latin letters only whole ("border" holds no "order")."""

    latin: re.Pattern[str] | None
    other: re.Pattern[str] | None

    def first(self, text: str, start: int = 0, end: int | None = None) -> tuple[int, int] | None:
        """Where the first of them stands; of two at one place the longer."""
        return next(self._spans(text, start, len(text) if end is None else end), None)

    def last(self, text: str, start: int, end: int) -> tuple[int, int] | None:
        """Where the last of them stands between two places."""
        return max(self._spans(text, start, end), default=None)

    def _spans(self, text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
        piece = text[start:end].lower()
        if len(piece) != end - start:  # a few letters grow when lowered; then capitals stay unknown
            piece = text[start:end]
        found = [match.span() for match in islice(self.other.finditer(piece), 100)] if self.other else []
        for match in islice(self.latin.finditer(piece), 100) if self.latin else ():
            if match.start() == 0 or not ("a" <= piece[match.start() - 1] <= "z"):
                found.append(match.span())
        found.sort()
        return ((start + left, start + right) for left, right in found)


@dataclass(frozen=True, slots=True)
class OrderPatterns:
    """All that extract() needs of the owner's files, compiled once; can be sent to another process."""

    shapes: tuple[Shape, ...] = ()
    products: tuple[Product, ...] = ()
    cue_kinds: Mapping[str, CueKind] = field(default_factory=dict)  # lower-case cue -> kind
    cue: Words | None = None  # any cue, the longest first
    order_behind: re.Pattern[str] | None = None  # an order cue that follows its id
    tracking_behind: re.Pattern[str] | None = None
    url_order: re.Pattern[str] | None = None  # ?order_id=(...)
    product_words: Words | None = None
    model_words: re.Pattern[str] | None = None


def read_patterns(files: Mapping[str, str]) -> OrderPatterns:
    """The patterns of a set of rule files; a file that is absent adds nothing."""
    orders = read_orders(files["orders.toml"], "rules/orders.toml") if "orders.toml" in files else OrderPatterns()
    if "products.toml" not in files:
        return orders
    return with_products(orders, read_products(files["products.toml"], "rules/products.toml"))


def with_products(patterns: OrderPatterns, products: tuple[Product, ...]) -> OrderPatterns:
    """The same patterns with this catalogue."""
    names = [word for product in products for word in (product.name, *product.aliases)]
    models = [model for product in products for model in product.models]
    return OrderPatterns(
        shapes=patterns.shapes,
        products=products,
        cue_kinds=patterns.cue_kinds,
        cue=patterns.cue,
        order_behind=patterns.order_behind,
        tracking_behind=patterns.tracking_behind,
        url_order=patterns.url_order,
        product_words=_words(names),
        # The label goes on after a slash: KFR-35GW/BP3DN8Y.
        model_words=re.compile(
            rf"(?<![0-9A-Za-z])(?:{_either(models)})(?:/[0-9A-Za-z-]{{1,20}})?(?![0-9A-Za-z])", re.IGNORECASE
        )
        if models
        else None,
    )


def read_orders(text: str, where: str) -> OrderPatterns:
    """rules/orders.toml; raises UserError that names the key and the remedy."""
    document = Table.parse(where, text)
    cues = document.table("cues")
    kinds: dict[str, CueKind] = {}
    for kind in get_args(CueKind):
        for word in cues.texts(kind):
            kinds.setdefault(word.strip().lower(), kind)
    cues.close()
    url = document.table("url")
    params = url.texts("order_params")
    url.close()
    shapes = tuple(_shape(entry) for entry in document.tables("shape"))
    document.close()
    return OrderPatterns(
        shapes=shapes,
        cue_kinds=kinds,
        cue=_words(kinds),
        order_behind=_behind(kinds, ("order_number", "order")),
        tracking_behind=_behind(kinds, ("tracking_number",)),
        url_order=re.compile(rf"[?&;#](?:{_either(params)})=([0-9A-Za-z_-]{{5,40}})", re.IGNORECASE)
        if params
        else None,
    )


def read_products(text: str, where: str) -> tuple[Product, ...]:
    """rules/products.toml; raises UserError that names the key and the remedy."""
    document = Table.parse(where, text)
    products = []
    for entry in document.tables("product"):
        months = entry.take("warranty_months", int, 0)
        if not 0 <= months <= 600:
            raise entry.wrong("warranty_months", f"is {months}; write months from 0 (unknown) to 600")
        products.append(Product(entry.line("name"), entry.texts("aliases"), entry.texts("models"), months))
        entry.close()
    document.close()
    return tuple(products)


def _shape(entry: Table) -> Shape:
    shape = Shape(
        name=entry.line("name"),
        kind=cast("ShapeKind", entry.choice("kind", get_args(ShapeKind))),
        pattern=_pattern(entry),
        check=cast("Check", entry.choice("check", get_args(Check), "")),
        before_phones=entry.take("before_phones", bool, False),
    )
    entry.close()
    return shape


def _pattern(entry: Table) -> re.Pattern[str]:
    try:
        pattern = re.compile(entry.line("pattern"))
    except re.error as error:
        raise entry.wrong("pattern", f"mend the regular expression: {error}") from None
    if pattern.fullmatch("") is not None:
        raise entry.wrong("pattern", "matches nothing at all; ask for at least one character")
    return pattern


def _either(words: Iterable[str]) -> str:
    # The longest first, so that 订单号 is never read as 订单 and then 号.
    return "|".join(re.escape(word) for word in sorted(set(words), key=lambda word: (-len(word), word)))


def _words(words: Iterable[str]) -> Words | None:
    lowered = {word.lower() for word in words}
    latin = [word for word in lowered if word[0].isascii()]
    other = [word for word in lowered if not word[0].isascii()]
    if not lowered:
        return None
    return Words(
        re.compile(f"(?:{_either(latin)})(?![a-z])") if latin else None,
        re.compile(_either(other)) if other else None,
    )


def _behind(kinds: Mapping[str, CueKind], wanted: tuple[CueKind, ...]) -> re.Pattern[str] | None:
    words = [word for word, kind in kinds.items() if kind in wanted]
    if not words:
        return None
    # "12345678 订单号: 87654321": there the cue belongs to the number after it.
    mine = r"(?![A-Za-z])(?!(?:号码|编号|号| ?number| ?no| ?id)?\W{0,4}(?:是|为|is)?\W{0,3}[A-Za-z]{0,4}\d)"
    return re.compile(rf"{_BETWEEN}(?:{_either(words)}){mine}", re.IGNORECASE)
