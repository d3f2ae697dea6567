"""Settings from the environment, laid over the table of mailbot.toml.

MAILBOT_SECTION_KEY, MAILBOT_MAILBOX_0_KEY, MAILBOT_MAILBOX_0_IMAP_HOST; a secret also as ..._FILE. The texts
become numbers, flags and lists here, by the type of the field they are for; nothing else is checked.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from difflib import get_close_matches
from typing import Any, get_args, get_origin, get_type_hints

from mailbot.core.errors import UserError
from mailbot.strict import nearest, table_type

Path = tuple[str | int, ...]
Names = Mapping[str, tuple[tuple[str, ...], Any]]
"""A key in capitals -> its path and type."""
PREFIX = "MAILBOT_"
NUMBERED = re.compile(r"MAILBOT_MAILBOX_(\d{1,3})_(\w+)")
MOST_MAILBOXES = 100
ELSEWHERE = frozenset({"MAILBOT_CONFIG"})  # read by the command line
FLAGS = {
    "true": True,
    "yes": True,
    "on": True,
    "1": True,
    "false": False,
    "no": False,
    "off": False,
    "0": False,
}


class Overlay:
    """The table with the environment over it, and which variable each key came from."""

    def __init__(self, table: dict[str, Any]) -> None:
        self.table = table
        self.origins: dict[Path, str] = {}
        self.warnings: list[str] = []


def overlay(table: Mapping[str, Any], environ: Mapping[str, str], known: Names, per_mailbox: Names) -> Overlay:
    """Lay every MAILBOT_ variable over the table; an empty one counts as not set."""
    result = Overlay(_copy(table))
    sections = {path[0] for path, _ in known.values()}
    for name in sorted((one for one in environ if one.startswith(PREFIX)), key=_numbered_order):
        text = environ[name].strip()
        numbered = NUMBERED.fullmatch(name)
        if not text or name in ELSEWHERE:
            continue
        if numbered:
            path, hint = _look_up(name, numbered.group(2), per_mailbox)
            _set(result, ("mailbox", int(numbered.group(1)), *path), value(name, text, hint), name)
        elif any(name.startswith(f"{PREFIX}{section.upper()}_") for section in sections):
            path, hint = _look_up(name, name.removeprefix(PREFIX), known)
            _set(result, path, value(name, text, hint), name)
        else:
            result.warnings.append(_ignored(name, known))
    return result


def names(cls: type, path: tuple[str, ...] = ()) -> dict[str, tuple[tuple[str, ...], Any]]:
    """Every settable key below `cls`: its name in capitals -> path and type; tables are walked into."""
    found: dict[str, tuple[tuple[str, ...], Any]] = {}
    hints = get_type_hints(cls, include_extras=False)
    for one in fields(cls):
        hint = hints[one.name]
        inner = table_type(hint)
        if is_dataclass(inner) and get_origin(hint) is not tuple:
            found |= names(inner, (*path, one.name))  # type: ignore[arg-type]
        elif not is_dataclass(inner):
            found["_".join((*path, one.name)).upper()] = ((*path, one.name), hint)
    return found


def value(name: str, text: str, hint: Any) -> Any:
    """The text as the type wants it."""
    kinds = {get_origin(one) or one for one in (get_args(hint) or (hint,))} | {get_origin(hint) or hint}
    if bool in kinds:
        if text.lower() not in FLAGS:
            raise UserError("environment", name, "must be true or false")
        return FLAGS[text.lower()]
    if tuple in kinds:
        return [part.strip() for part in text.split(",") if part.strip()]
    if int in kinds:
        if not re.fullmatch(r"-?[0-9]{1,15}", text):
            raise UserError("environment", name, "must be a whole number")
        return int(text)
    return text


def _look_up(name: str, key: str, known: Names) -> tuple[tuple[str, ...], Any]:
    if key in known:
        return known[key]
    start = name.removesuffix(key)
    raise UserError("environment", name, f"not known; {nearest(name, [start + one for one in known])}")


def _ignored(name: str, known: Names) -> str:
    close = get_close_matches(name.removeprefix(PREFIX), list(known), n=1, cutoff=0.75)
    hint = f"; did you mean {PREFIX}{close[0]}?" if close else ""
    return f"environment: {name}: no such setting, ignored{hint}"


def _set(result: Overlay, path: Path, new: Any, name: str) -> None:
    at: Any = result.table
    for part in path[:-1]:
        at = _inside(at, part, name)
    key = path[-1]
    # The environment wins over the file also where one names the secret and the other its file.
    other = str(key).removesuffix("_file") if str(key).endswith("_file") else f"{key}_file"
    if (*path[:-1], other) not in result.origins:
        at.pop(other, None)
    at[key] = new
    result.origins[path] = name


def _inside(at: Any, part: str | int, name: str) -> Any:
    """The table or list element of that name, made if it is not there."""
    if isinstance(part, int):
        if part > len(at) or part >= MOST_MAILBOXES:
            raise UserError("environment", name, f"there is no mailbox {len(at)} yet: number them 0, 1, 2, ...")
        if part == len(at):
            at.append({})
        inside = at[part]
    else:
        inside = at.setdefault(part, [] if part == "mailbox" else {})
    if not isinstance(inside, list if part == "mailbox" else dict):
        raise UserError("environment", name, "the file has something other than a table there; mend it first")
    return inside


def _numbered_order(name: str) -> tuple[int, str]:
    numbered = NUMBERED.fullmatch(name)
    return (int(numbered.group(1)) if numbered else -1, name)


def _copy(table: Mapping[str, Any]) -> dict[str, Any]:
    """A copy whose tables and lists may be changed."""
    return {key: _copy_value(one) for key, one in table.items()}


def _copy_value(one: Any) -> Any:
    if isinstance(one, Mapping):
        return _copy(one)
    return [_copy_value(each) for each in one] if isinstance(one, list | tuple) else one
