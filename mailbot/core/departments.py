"""The departments that tickets are routed to, and which agent takes a ticket: rules/departments.toml as values.

A topic's `route` names a department; it names the agents who take its tickets. Nobody is chosen at random: of those
who may, the one with the fewest open tickets, then by name, so that a decision can be explained and repeated.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mailbot.core.errors import UserError
from mailbot.core.rulefile import MAIL_ADDRESS, Table

WHERE = "rules/departments.toml"
_LONGEST = 80  # characters of a name: it stands in one line of a mail


@dataclass(frozen=True, slots=True)
class Department:
    """Who has to help with a topic. What is "" or empty is not known, and mails then do without it."""

    code: str
    name: Mapping[str, str]  # "zh" and "en", as customers read it
    address: str = ""  # where we write when an answer is late (002-25)
    person: str = ""  # surname and title, as customers read it: "赵工程师" (002-23)
    owners: tuple[str, ...] = ()  # agents' login names who take its tickets
    urgent: tuple[str, ...] = ()  # those who take its urgent ones instead

    def sign(self, who: str) -> str:
        """Who handles a ticket, with the department: "技术部-zhao" (002-43)."""
        return f"{self.name['zh']}-{who}"


@dataclass(frozen=True, slots=True)
class Staff:
    """An active agent, and how many tickets are on this desk: pending, in progress or escalated."""

    name: str
    department: str  # code, or ""
    open_tickets: int


def read_departments(text: str, where: str = WHERE) -> Mapping[str, Department]:
    """Read rules/departments.toml, a table for each code; UserError names the file, the key and the remedy."""
    found = {code: _read(table, code) for code, table in Table.parse(where, text).coded()}
    if not found:
        raise UserError(where, "", "there is no department; copy this file from the defaults")
    return found


def choose_owner(department: Department | None, priority: str, staff: Sequence[Staff]) -> tuple[str | None, str]:
    """The agent who takes a ticket of this department, and why in Chinese; None: a supervisor has to assign it.

    The agents named for urgent tickets go before the owners, and those before the department's agents (001-12).
    """
    if department is None:
        return None, "这类问题没有对应的部门,请主管分派"
    groups = (
        ("紧急工单负责人", _named(department.urgent if priority == "urgent" else (), staff)),
        ("指定负责人", _named(department.owners, staff)),
        ("部门成员", [one for one in staff if one.department == department.code]),
    )
    for who, group in groups:
        if group:
            best = min(group, key=lambda one: (one.open_tickets, one.name))
            least = ",在可选的人中最少" if len(group) > 1 else ""
            return best.name, f"分派给{department.sign(best.name)}: {who},手上未结工单 {best.open_tickets} 张{least}"
    return None, f"{department.name['zh']}没有可以接手的客服,请主管分派"


def _named(names: tuple[str, ...], staff: Sequence[Staff]) -> list[Staff]:
    return [one for one in staff if one.name in names]


def _read(table: Table, code: str) -> Department:
    if not table.has("name"):
        raise table.wrong("name", 'missing; write name = { zh = "...", en = "..." }')
    name = table.table("name")
    both = {language: _line(name, language) for language in ("zh", "en")}
    name.close()
    for language, text in both.items():
        if not text:
            raise name.wrong(language, "is empty; write a name")
    department = Department(
        code=code,
        name=both,
        address=_address(table),
        person=_line(table, "person", ""),
        owners=_agents(table, "owners"),
        urgent=_agents(table, "urgent"),
    )
    table.close()
    return department


def _line(table: Table, key: str, default: str | None = None) -> str:
    text = table.take(key, str, default).strip()
    if len(text) > _LONGEST or not text.isprintable():
        raise table.wrong(key, f"write one line of at most {_LONGEST} characters")
    return text


def _address(table: Table) -> str:
    text = table.take("address", str, "").strip()
    if text and not (MAIL_ADDRESS.fullmatch(text) and text.isprintable()):
        raise table.wrong("address", 'is no mail address; write one like "technical@shop.example", or ""')
    return text


def _agents(table: Table, key: str) -> tuple[str, ...]:
    names = tuple(name.strip() for name in table.texts(key))
    if len(set(names)) < len(names):
        raise table.wrong(key, "names an agent twice; name each once")
    return names
