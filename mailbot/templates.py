"""Loads templates/: one folder per language, one file per template; renders them from facts alone.

A file reads like a mail: header lines (Category, Kind, Subject), a blank line, the body. Files that begin
with "_" are pieces that others include. Owners write templates, customers write the values: a value is never
rendered as a template, and no template can reach beyond its facts, loop without end or grow a giant text.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Literal

import jinja2
from jinja2 import meta, nodes
from jinja2.exceptions import SecurityError
from jinja2.runtime import BlockReference, Context, LoopContext
from jinja2.sandbox import ImmutableSandboxedEnvironment

from mailbot.core.errors import UserError
from mailbot.core.known_facts import INTERNAL_FACTS, KNOWN_FACTS, SIGNATURE_FACTS

MAX_OUTPUT = 64 * 1024  # characters of a rendered body
MAX_FILE = 64 * 1024  # octets of a template file
SUBJECT = "#subject"  # behind a file's name: its subject line, beside its body
MAX_LOOPS = 2  # for in for; facts are short lists, so two levels stay small

# What a good answer of each category consists of; each is a {% block %} of its template.
REQUIRED_PARTS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "enquiry": ("greeting", "answer", "supplement", "closing"),
        "fault": ("greeting", "apology", "confirmation", "questions", "plan", "closing"),
        "complaint": ("greeting", "empathy", "confirm", "reason", "solution", "closing"),
        "request": ("greeting", "options", "steps", "closing"),
        "revisit": ("greeting", "thanks", "closing"),
        "other": ("greeting", "answer", "closing"),
    }
)
# Mails that belong to no category are known by their names: what each must say, whoever rewrites it.
NOTICE_PARTS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "holding": ("greeting", "why", "until", "closing"),
        "progress": ("greeting", "news", "next", "closing"),
        "delay": ("greeting", "apology", "new_time", "choice", "closing"),
        "transfer": ("greeting", "handover", "responsibility", "closing"),
        "material": ("greeting", "items", "how", "closing"),
        "material_reminder": ("greeting", "items", "how", "closing"),
        "solution": ("greeting", "cause", "options", "choice", "closing"),
        "decline": ("greeting", "understanding", "reason", "alternative", "closing"),
        "closing": ("greeting", "summary", "farewell"),
        "suggestion_adopted": ("greeting", "adoption", "closing"),
        "revisit_invitation": ("greeting", "question", "rating", "stop", "closing"),
        "revisit_reminder": ("greeting", "question", "rating", "stop", "closing"),
        "rating_thanks": ("greeting", "thanks", "closing"),
        "care": ("greeting", "question", "stop", "closing"),
        "reminder": ("lines",),
    }
)
KINDS = ("reply", "acknowledgement", "holding", "progress", "revisit", "internal", "signature")
_FACTS_OF_KIND: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {"signature": SIGNATURE_FACTS, "internal": INTERNAL_FACTS}
)
AUTOMATIC_KINDS = ("acknowledgement", "holding", "progress", "revisit")
HEADERS = ("Category", "Kind", "Subject")

# Enough to say things with; none that grows a text or reads an attribute.
_FILTERS = (
    "default",
    "d",
    "first",
    "last",
    "length",
    "count",
    "join",
    "lower",
    "upper",
    "trim",
    "truncate",
    "int",
)
_FORBIDDEN: tuple[type[nodes.Node], ...] = (
    nodes.Concat,  # {% set a = a ~ a %}, forty times over, is a terabyte
    nodes.AssignBlock,
    nodes.FilterBlock,
    nodes.Macro,
    nodes.CallBlock,
    nodes.Import,
    nodes.FromImport,
)


@dataclass(frozen=True, slots=True)
class Problem:
    """What `mailbot check` says about a template: where, which word, what to do now."""

    file: str  # "zh/complaint.txt" or "zh/complaint.txt:12"
    key: str
    remedy: str
    level: Literal["error", "warning"] = "error"


@dataclass(frozen=True, slots=True)
class Rendered:
    subject: str  # one line
    text: str


@dataclass(frozen=True, slots=True)
class _Source:
    """One file as read; `headers` and `body` are empty where it could not be understood."""

    file: str
    raw: bytes
    headers: Mapping[str, str]
    body: str
    problems: tuple[Problem, ...] = ()
    uses: tuple[str, ...] = ()  # file names it includes or extends
    parts: frozenset[str] = frozenset()  # its own blocks
    blank: frozenset[str] = frozenset()  # those of them that say nothing
    names: frozenset[str] = frozenset()  # its placeholders
    base: str = ""  # the file it extends
    sets: frozenset[str] = frozenset()  # what its {% set %} lines outside of blocks name: base and child share it


@dataclass(frozen=True, slots=True)
class Templates:
    """All templates of a folder; each is compiled when it is first rendered. An edited folder is loaded anew."""

    folder: Path
    languages: tuple[str, ...]  # the first is the fallback
    _sources: Mapping[tuple[str, str], _Source]  # (language, file name)
    _environments: Mapping[str, _Sandbox] = field(repr=False)  # by language; they keep what they compiled

    @classmethod
    def load(cls, folder: Path, languages: tuple[str, ...] = ("zh", "en"), *, strict: bool = True) -> Templates:
        """Read all. strict: the first broken file is a UserError; else check() lists them."""
        if not folder.is_dir():
            raise UserError(str(folder), "paths.templates", "no such folder; name the folder with zh/ and en/")
        found = {path.name for path in folder.iterdir() if path.is_dir()}
        order = tuple(each for each in languages if each in found) + tuple(sorted(found - set(languages)))
        if not order:
            raise UserError(str(folder), "paths.templates", "holds no language folder such as zh/")
        sources = {(lang, path.name): _read(folder, path) for lang in order for path in _files(folder / lang)}
        broken = next((problem for source in sources.values() for problem in source.problems), None)
        if strict and broken is not None:
            raise UserError(broken.file, broken.key, broken.remedy)
        return cls(folder, order, MappingProxyType(sources), MappingProxyType(_environments(order, sources)))

    def names(self) -> tuple[str, ...]:
        """Every template in any language, sorted; pieces are none."""
        return tuple(sorted({Path(file).stem for _, file in self._sources if not file.startswith("_")}))

    def automatic(self) -> tuple[str, ...]:
        """The templates that may go out under a standing approval (000-34)."""
        return tuple(name for name in self.names() if self.kind(name, self.languages[0]) in AUTOMATIC_KINDS)

    def kind(self, name: str, language: str) -> str:
        return self._source(name, language).headers.get("Kind", "reply")

    def category(self, name: str, language: str) -> str | None:
        return self._source(name, language).headers.get("Category")

    def language_for(self, name: str, language: str) -> str:
        """The language the template really comes in: the one asked for, else the first that has it."""
        for each in (language, *self.languages):
            if (each, f"{name}.txt") in self._sources:
                return each
        known = ", ".join(self.names())
        raise UserError(str(self.folder), name, f"no such template; create {language}/{name}.txt or use {known}")

    def render(self, name: str, language: str, facts: Mapping[str, object]) -> Rendered:
        """Subject and text. A UserError names the placeholder that has no fact."""
        source = self._source(name, language)
        if source.problems:
            broken = source.problems[0]
            raise UserError(broken.file, broken.key, broken.remedy)
        environment = self._environments[self.language_for(name, language)]
        subject, body = f"{name}.txt{SUBJECT}", f"{name}.txt"
        try:
            line = _bounded(environment.get_template(subject), facts)
            return Rendered(" ".join(line.split()), _tidy(_bounded(environment.get_template(body), facts)))
        except jinja2.UndefinedError as error:
            raise UserError(source.file, str(error.message), "use only placeholders that have a fact") from error
        except jinja2.TemplateError as error:
            raise UserError(source.file, "", f"cannot be rendered: {error.message}") from error
        except (ArithmeticError, LookupError, RecursionError, TypeError, ValueError) as error:
            raise UserError(source.file, "", f"cannot be rendered: {error}") from error

    def text_hash(self, name: str, language: str) -> str:
        """sha256 of the exact bytes of the file and all it includes; standing approvals are tied to it."""
        language = self.language_for(name, language)
        digest = hashlib.sha256()
        for file in _reached(language, f"{name}.txt", self._sources):
            raw = self._sources[language, file].raw
            digest.update(f"{file}\0{len(raw)}\0".encode() + raw)
        return digest.hexdigest()

    def check(self, categories: Iterable[str]) -> tuple[Problem, ...]:
        """All that is wrong, errors first. `categories`: the codes the rule book knows."""
        known = frozenset(categories)
        problems = [problem for source in self._sources.values() for problem in source.problems]
        for (language, file), source in self._sources.items():
            if not file.startswith("_") and not source.problems:
                problems.extend(_contents(source, known, _reached(language, file, self._sources), self._sources))
        problems.extend(self._missing_pairs())
        return tuple(sorted(set(problems), key=lambda each: (each.level, each.file, each.key)))

    def _missing_pairs(self) -> Iterator[Problem]:
        for name in self.names():
            for language in self.languages:
                if (language, f"{name}.txt") not in self._sources:
                    remedy = f"write it, or customers who write {language} get another language"
                    yield Problem(f"{language}/{name}.txt", "", f"missing: {remedy}", "warning")

    def _source(self, name: str, language: str) -> _Source:
        return self._sources[self.language_for(name, language), f"{name}.txt"]


class _Sandbox(ImmutableSandboxedEnvironment):
    """Jinja without methods, globals, and arithmetic that grows things."""

    intercepted_binops = frozenset({"*", "**", "%", "+", "//", "/"})

    def call_binop(self, context: Context, operator: str, left: object, right: object) -> object:
        if operator == "+" and isinstance(left, tuple | list) and isinstance(right, tuple | list):
            if len(left) + len(right) > 100:
                raise SecurityError("a list may hold 100 things")
            return tuple(left) + tuple(right)
        small = isinstance(left, int) and isinstance(right, int) and abs(left) < 10**6 and abs(right) < 10**6
        if operator == "**" or not small:
            raise SecurityError(f"'{operator}' works on small whole numbers only")
        return super().call_binop(context, operator, left, right)

    def is_safe_attribute(self, obj: object, attr: str, value: object) -> bool:
        return isinstance(obj, LoopContext) and attr in ("index", "index0", "first", "last", "length")

    def is_safe_callable(self, obj: object) -> bool:
        return isinstance(obj, BlockReference)  # super()


def _environment(bodies: Mapping[str, str]) -> _Sandbox:
    environment = _Sandbox(
        loader=jinja2.DictLoader(dict(bodies)),
        undefined=jinja2.StrictUndefined,
        autoescape=False,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        auto_reload=False,
    )
    environment.globals.clear()
    environment.filters = {name: environment.filters[name] for name in _FILTERS}
    return environment


@cache
def _parser() -> _Sandbox:
    return _environment({})


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.suffix == ".txt" and path.is_file())


def _read(folder: Path, path: Path) -> _Source:
    file = path.relative_to(folder).as_posix()
    try:
        raw = path.read_bytes()
        text = raw.decode("utf-8-sig").replace("\r\n", "\n")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(str(path), "", f"cannot be read ({error}); save it as UTF-8") from error
    if len(raw) > MAX_FILE:
        raise UserError(str(path), "", f"is longer than {MAX_FILE // 1024} KB")
    if path.name.startswith("_"):
        return _understood(_Source(file, raw, MappingProxyType({}), text), 0)
    head, blank, body = text.partition("\n\n")
    headers, problems = _headers(file, head)
    if not blank:
        problems.append(Problem(file, "", "no blank line: write header lines, a blank line, then the body"))
    source = _Source(file, raw, MappingProxyType(headers), body, tuple(problems))
    return _understood(source, head.count("\n") + 2)


def _headers(file: str, head: str) -> tuple[dict[str, str], list[Problem]]:
    headers: dict[str, str] = {}
    problems: list[Problem] = []
    for number, line in enumerate(head.split("\n"), 1):
        name, colon, value = line.partition(":")
        if not colon or name.strip() not in HEADERS:
            remedy = f"is no header of a template; use {', '.join(HEADERS)} and a blank line before the body"
            problems.append(Problem(f"{file}:{number}", name.strip()[:40], remedy))
            continue
        headers[name.strip()] = value.strip()
    kind = headers.get("Kind", "reply")
    if kind not in KINDS:
        problems.append(Problem(file, "Kind", f"{kind!r} is unknown; use one of {', '.join(KINDS)}"))
    if kind != "signature" and not headers.get("Subject"):
        problems.append(Problem(file, "Subject", "missing; add a line 'Subject: Re: {{ customer_subject }}'"))
    if kind == "reply" and not headers.get("Category") and Path(file).stem not in NOTICE_PARTS:
        problems.append(Problem(file, "Category", "missing; add a line such as 'Category: enquiry'"))
    return headers, problems


@lru_cache(maxsize=1024)  # all templates are read anew after an edit; all but one have stayed as they were
def _parsed(text: str) -> tuple[nodes.Template, tuple[tuple[int, str, str], ...], frozenset[str]]:
    """The tree of a text, what it must not do (line, word, remedy), and the names it takes from outside."""
    tree = _parser().parse(text)
    harm = tuple(_forbidden(tree))
    # This compiles the tree, so it also finds unknown tests and blocks of the same name.
    return tree, harm, frozenset() if harm else frozenset(meta.find_undeclared_variables(tree))


def _understood(source: _Source, lines_before: int) -> _Source:
    """Parse subject and body: what they use, what they lack, what they must not do."""
    problems = list(source.problems)
    uses: list[str] = []
    names: set[str] = set()
    blocks: list[nodes.Block] = []
    sets: set[str] = set()
    base = ""
    for text, offset in ((source.headers.get("Subject", ""), 0), (source.body, lines_before)):
        try:
            tree, harm, used = _parsed(text)
        except jinja2.TemplateSyntaxError as error:
            problems.append(Problem(f"{source.file}:{error.lineno + offset}", "", f"{error.message}"))
            continue
        problems += [Problem(f"{source.file}:{line + offset}", word, remedy) for line, word, remedy in harm]
        names |= used - {name.name for name in tree.find_all(nodes.Name) if name.ctx == "store"}
        blocks += tree.find_all(nodes.Block)
        assigned = (each.target for each in tree.body if isinstance(each, nodes.Assign))
        sets |= {each.name for each in assigned if isinstance(each, nodes.Name)}
        base = next((_literal(each.template) for each in tree.find_all(nodes.Extends)), base)
        uses += [name or "" for name in meta.find_referenced_templates(tree)]
    if "" in uses:
        problems.append(Problem(source.file, "include", "name the included file itself, in quotes"))
    return _Source(
        source.file,
        source.raw,
        source.headers,
        source.body,
        tuple(problems),
        tuple(uses),
        frozenset(block.name for block in blocks),
        frozenset(block.name for block in blocks if _says_nothing(block)),
        frozenset(names - {"super", "loop"}),
        base,
        frozenset(sets),
    )


def _says_nothing(block: nodes.Block) -> bool:
    """Only white space stands in it: such a block takes away what the base says."""
    outputs = [node for node in block.body if isinstance(node, nodes.Output)]
    return len(outputs) == len(block.body) and all(
        isinstance(each, nodes.TemplateData) and not each.data.strip() for node in outputs for each in node.nodes
    )


def _literal(node: nodes.Expr) -> str:
    return str(node.value) if isinstance(node, nodes.Const) else ""


def _forbidden(tree: nodes.Template) -> Iterator[tuple[int, str, str]]:
    for node in tree.find_all(_FORBIDDEN):
        yield (
            node.lineno,
            type(node).__name__.lower(),
            "is not allowed in a template; write the words one after another",
        )
    for used in tree.find_all(nodes.Filter):
        if used.name not in _FILTERS:
            yield used.lineno, used.name, f"is no filter of templates; use {', '.join(_FILTERS)}"
    for loop in tree.find_all(nodes.For):
        if _depth(loop) > MAX_LOOPS or loop.recursive:
            yield (
                loop.lineno,
                "for",
                f"loops may stand in one another {MAX_LOOPS} deep, and never call themselves",
            )


def _depth(node: nodes.Node) -> int:
    deepest = max((_depth(child) for child in node.iter_child_nodes()), default=0)
    return deepest + isinstance(node, nodes.For)


def _environments(languages: tuple[str, ...], sources: Mapping[tuple[str, str], _Source]) -> dict[str, _Sandbox]:
    """By language, what can be rendered: bodies by their file's name, subjects beside them."""
    found: dict[str, _Sandbox] = {}
    for language in languages:
        own = {file: source for (lang, file), source in sources.items() if lang == language and not source.problems}
        subjects = {f"{file}{SUBJECT}": source.headers.get("Subject", "") for file, source in own.items()}
        found[language] = _environment(subjects | {file: source.body for file, source in own.items()})
    return found


def _bounded(template: jinja2.Template, facts: Mapping[str, object]) -> str:
    pieces: list[str] = []
    size = 0
    for piece in template.generate(facts):
        size += len(piece)
        if size > MAX_OUTPUT:
            raise SecurityError(f"the text grows beyond {MAX_OUTPUT // 1024} KB")
        pieces.append(piece)
    return "".join(pieces)


def _tidy(text: str) -> str:
    """No blanks at line ends, never two blank lines running: what {% if %} leaves behind."""
    lines = [line.rstrip() for line in text.split("\n")]
    kept = [line for number, line in enumerate(lines) if line or (number and lines[number - 1])]
    return "\n".join(kept).strip("\n")


def _reached(language: str, file: str, sources: Mapping[tuple[str, str], _Source]) -> tuple[str, ...]:
    """The file and all it includes or extends, directly or not, that exist; sorted, itself first."""
    seen: dict[str, None] = {}
    waiting = [file]
    while waiting:
        name = waiting.pop()
        if name not in seen and (language, name) in sources:
            seen[name] = None
            waiting.extend(sources[language, name].uses)
    return (file, *sorted(name for name in seen if name != file))


def _line(source: _Source, sources: Mapping[tuple[str, str], _Source]) -> Iterator[_Source]:
    """A template, its base, the base of that: the first one's blocks win; what they set outside of blocks is shared."""
    language, seen = source.file.partition("/")[0], set[str]()
    while source.file not in seen:  # a circle ends where it began
        seen.add(source.file)
        yield source
        source = sources.get((language, source.base), source)


def _contents(
    source: _Source,
    categories: frozenset[str],
    reached: tuple[str, ...],
    sources: Mapping[tuple[str, str], _Source],
) -> Iterator[Problem]:
    language = source.file.partition("/")[0]
    kind, category = source.headers.get("Kind", "reply"), source.headers.get("Category")
    if category is not None and category not in categories:
        yield Problem(source.file, category, f"unknown category; use one of {', '.join(sorted(categories))}")
    pieces = [sources[language, file] for file in reached]
    line = tuple(_line(source, sources))
    known = {*_FACTS_OF_KIND.get(kind, KNOWN_FACTS), *(name for each in line for name in each.sets)}
    for piece in pieces:
        for name in sorted(piece.names - known):  # a piece by the kind of the mail it stands in
            yield Problem(piece.file, name, "unknown placeholder; see the list of facts a template may use")
        for used in piece.uses:
            if (language, used) not in sources:
                yield Problem(piece.file, used, f"no such file; create {language}/{used}")
    present = frozenset[str]().union(*(piece.parts for piece in pieces))
    for part in _required(Path(source.file).stem, kind, category):
        if part not in present:
            yield Problem(source.file, part, f"this part is missing; add {{% block {part} %}}...{{% endblock %}}")
        elif part in next((each.blank for each in line if part in each.parts), ()):
            yield Problem(source.file, part, "this part is empty; write it, or leave the block out to keep the base's")


def _required(name: str, kind: str, category: str | None) -> tuple[str, ...]:
    """By the category where there is one, else by the name."""
    if category is not None:
        return REQUIRED_PARTS.get(category, ()) if kind == "reply" else ()
    return NOTICE_PARTS.get(name, ())
