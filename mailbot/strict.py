"""Tables (of TOML, of the environment) read strictly into frozen dataclasses.

Whatever is wrong becomes one UserError that names file, key and remedy. A message never repeats a value:
it may be a secret.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, cast, get_type_hints

from pydantic import TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from mailbot.core.errors import UserError

T = TypeVar("T")
Where = Callable[[tuple[str | int, ...]], tuple[str, str]]
"""Path of a key -> (where it was set: file or "environment", the key as the owner wrote it)."""

REMEDIES = {
    "missing": "missing; add it",
    "string_type": 'must be a text, in quotes: "..."',
    "int_type": "must be a whole number, without quotes",
    "bool_type": "must be true or false, without quotes",
    "tuple_type": 'must be a list: ["...", "..."]',
    "path_type": "must be a path, in quotes",
    "dataclass_type": "must be a table: { key = value, ... }",
    "mapping_type": "must be a table: { key = value, ... }",
    "dict_type": "must be a table: { key = value, ... }",
    "string_too_short": "must not be empty",
}


def dotted(path: tuple[str | int, ...]) -> str:
    """("mailbox", 0, "imap", "port") -> "mailbox[0].imap.port"."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}"
    return text.removeprefix(".")


def read_toml(path: Path) -> dict[str, Any]:
    """The file as a table; a syntax error names its line."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except tomllib.TOMLDecodeError as error:
        at = re.search(r"\(at line (\d+)", str(error))
        where = f"{path}:{at.group(1)}" if at else str(path)
        raise UserError(where, "", f"not valid TOML: {error}; mend this line") from error
    except UnicodeDecodeError as error:
        raise UserError(str(path), "", "is not UTF-8; save it as UTF-8") from error
    except OSError as error:
        raise UserError(str(path), "", f"cannot be read ({error.strerror}); check path and rights") from error


def typed(cls: type[T], table: Mapping[str, Any], where: Where, extra_keys: tuple[str, ...] = ()) -> T:
    """The table as `cls`; `extra_keys` are known keys that the caller has taken out before."""
    try:
        return cast(T, _adapter(cast(Any, cls)).validate_python(dict(table)))
    except ValidationError as error:
        # An unknown key is the likely cause of a missing one: name it first.
        details = error.errors(include_url=False, include_input=False)
        first = min(details, key=lambda one: one["type"] != "unexpected_keyword_argument")
        raise _user_error(cls, first, where, extra_keys) from None


@cache
def _adapter(cls: Any) -> TypeAdapter[Any]:
    return TypeAdapter(cls)


def nearest(word: str, known: list[str]) -> str:
    """'; did you mean "x"?' or the list of what there is."""
    close = get_close_matches(word, known, n=1, cutoff=0.6)
    return f'did you mean "{close[0]}"?' if close else f"known are: {', '.join(sorted(known))}"


def _user_error(cls: type, detail: ErrorDetails, where: Where, extra_keys: tuple[str, ...]) -> UserError:
    path = tuple(detail["loc"])
    place, key = where(path)
    kind = detail["type"]
    context = detail.get("ctx", {})
    if kind == "unexpected_keyword_argument":
        known = [*known_keys(cls, path[:-1]), *extra_keys]
        return UserError(place, key, f"not known; {nearest(str(path[-1]), known)}")
    if kind == "value_error":
        return UserError(place, key, str(context["error"]))
    if kind == "literal_error":
        return UserError(place, key, f"must be one of {context['expected']}")
    if kind in ("greater_than_equal", "less_than_equal"):
        bound = f"at least {context['ge']}" if "ge" in context else f"at most {context['le']}"
        return UserError(place, key, f"must be {bound}")
    return UserError(place, key, REMEDIES.get(kind, f"not right: {detail['msg']}"))


def known_keys(cls: Any, path: tuple[str | int, ...]) -> list[str]:
    """The keys that the table at `path` inside `cls` may have."""
    for part in path:
        if isinstance(part, str) and is_dataclass(cls):
            cls = table_type(get_type_hints(cls).get(part))
    return [one.name for one in fields(cls)] if is_dataclass(cls) else []


def table_type(hint: Any) -> Any:
    """The dataclass inside `X`, `X | None`, `tuple[X, ...]`; else the hint itself."""
    inner = [one for one in getattr(hint, "__args__", ()) if is_dataclass(one)]
    return inner[0] if inner else hint
