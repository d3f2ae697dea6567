"""Strict reading of one TOML rule file: every key is taken by name and type; what is left over is a mistake.

Every complaint is a UserError that names the file, the key and the remedy. Nothing here knows what keys mean.
"""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, TypeVar

from mailbot.core.errors import UserError

T = TypeVar("T")
CODE = re.compile(r"[a-z][a-z0-9_]{0,39}")  # of a department, a plan, a topic
MAIL_ADDRESS = re.compile(r"[^\s@<>,;\"]{1,64}@[^\s@<>,;\"]{1,255}")  # as an owner writes one
_NAMES = {str: "a text in quotes", bool: "true or false", float: "a number", list: "a list", dict: "a table"}


@dataclass(slots=True)
class Table:
    """One table of a rule file, read key by key; `close` complains of keys nobody asked for."""

    where: str  # "rules/categories/complaint-quality.toml"
    key: str  # of the table itself, "" for the file
    _values: dict[str, Any]
    _known: list[str] = field(default_factory=list)

    @classmethod
    def parse(cls, where: str, text: str) -> Table:
        try:
            return cls(where, "", tomllib.loads(text))
        except tomllib.TOMLDecodeError as error:
            raise UserError(where, "", f"this is not valid TOML: {error}") from None

    def name(self, key: str) -> str:
        """The full name of a key: "signs[2].weight"."""
        return f"{self.key}.{key}" if self.key else key

    def wrong(self, key: str, remedy: str) -> UserError:
        return UserError(self.where, self.name(key), remedy)

    def has(self, key: str) -> bool:
        return key in self._values

    def take(self, key: str, kind: type[T], default: T | None = None) -> T:
        """The value of a key; without a default the key must be there."""
        self._known.append(key)
        if key not in self._values:
            if default is None:
                raise self.wrong(key, f"missing; write {_NAMES[kind]}")
            return default
        value = self._values.pop(key)
        if kind is float and type(value) is int:
            value = float(value)
        if type(value) is not kind:
            raise self.wrong(key, f"is {value!r}; write {_NAMES[kind]}")
        return value

    def texts(self, key: str, default: tuple[str, ...] | None = ()) -> tuple[str, ...]:
        """A list of texts, none of them empty."""
        values = self.take(key, list, None if default is None else list(default))
        if any(not isinstance(value, str) or not value.strip() for value in values):
            raise self.wrong(key, 'write a list of texts in quotes: ["...", "..."]')
        return tuple(values)

    def line(self, key: str) -> str:
        """A text that is not empty."""
        value = self.take(key, str).strip()
        if not value:
            raise self.wrong(key, "is empty; write a text")
        return value

    def choice(self, key: str, choices: tuple[str, ...], default: str | None = None) -> str:
        value = self.take(key, str, default)
        if value not in choices:
            raise self.wrong(key, f"is {value!r}; one of: {', '.join(choices)}")
        return value

    def table(self, key: str) -> Table:
        """A table inside this one, or an empty one."""
        return Table(self.where, self.name(key), self.take(key, dict, {}))

    def tables(self, key: str) -> list[Table]:
        """A list of tables, [[key]] in the file."""
        values = self.take(key, list, [])
        if any(not isinstance(value, dict) for value in values):
            raise self.wrong(key, f"write each as a table of its own: [[{key}]]")
        return [Table(self.where, f"{self.name(key)}[{number}]", value) for number, value in enumerate(values, 1)]

    def keys(self) -> tuple[str, ...]:
        """The keys not yet taken, for tables whose keys the owner chooses."""
        return tuple(self._values)

    def coded(self) -> Iterator[tuple[str, Table]]:
        """A table for each code that the owner chose, in the order of the file; then the file is closed."""
        for code in self.keys():
            if not CODE.fullmatch(code):
                raise self.wrong(code, "write the code in small letters, digits and _, a letter first")
            yield code, self.table(code)
        self.close()

    def close(self) -> None:
        """Complain of what is left over."""
        for key in self._values:
            near = difflib.get_close_matches(key, self._known, 1)
            hint = f"did you mean {near[0]}? " if near else ""
            raise self.wrong(key, f"unknown key; {hint}known here: {', '.join(sorted(set(self._known)))}")
