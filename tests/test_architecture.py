"""The picture of DESIGN.md kept true: imports point inwards, the core is pure, and nothing outgrows its walls."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache

import pytest

from tests.conftest import ROOT

PACKAGE = ROOT / "mailbot"
FILES = sorted(path.relative_to(ROOT).as_posix() for path in PACKAGE.rglob("*.py"))
VERSIONS = "mailbot/store/migrations/versions/"

# Inner first. A module may import from rows above its own; from its own row only inside one family, which is
# the first part of its name, unless the row is a family as a whole.
LAYERS: tuple[tuple[str, tuple[str, ...], bool], ...] = (
    ("the pure core", ("core", "__init__"), True),
    (
        "settings and small things",
        (
            *("clock", "config", "environment", "failpoints", "imap_faults", "log", "providers", "settings"),
            *("strict", "values"),
        ),
        True,
    ),
    (
        "the world",
        ("store", "imap", "imap_line", "smtp", "login", "templates", "orders", "order_lookup", "help_client"),
        False,
    ),
    (
        "the desk",
        (
            *("shelf", "drafting", "reader", "desk", "reception", "reminding", "accounts", "documents"),
            *("judging", "learned", "learner", "suggesting"),
        ),
        True,
    ),
    ("what turns and what shows", ("loops", "console", "reports"), False),
    ("the whole", ("app",), True),
    (
        "the entrances",
        (
            *("check", "terminal", "explaining", "wizard", "init", "cli", "__main__", "demo"),
            *(
                "commands",
                "customer_commands",
                "draft_commands",
                "knowledge_commands",
                "learned_commands",
                "report_commands",
                "ticket_acts",
                "ticket_commands",
                "ticket_page",
            ),
        ),
        True,
    ),
)
RELATED = {"imap_line": "imap", "order_lookup": "orders"}  # families in two files

IO_MODULES = frozenset(
    {
        *("asyncio", "concurrent", "fcntl", "ftplib", "glob", "http", "imapclient", "imaplib", "logging"),
        *("multiprocessing", "os", "pathlib", "random", "resource", "select", "shutil", "signal", "smtplib"),
        *(
            "socket",
            "sqlalchemy",
            "sqlite3",
            "ssl",
            "structlog",
            "subprocess",
            "sys",
            "tempfile",
            "threading",
        ),
        *("time", "jinja2", "pydantic", "secrets", "uuid", "contextvars"),
    }
)
CLOCKS = frozenset({"now", "utcnow", "today", "time", "monotonic", "perf_counter", "localtime", "gmtime"})
DOERS = frozenset({"open", "print", "input", "exec", "eval", "__import__"})

ASYNC_FILES = frozenset(
    {"mailbot/smtp.py", "mailbot/loops/post.py", "mailbot/console/live.py", "mailbot/demo/servers.py"}
)
CATCHES_ALL = frozenset({"mailbot/loops/runner.py"})

MOST_FUNCTION_LINES, MOST_FILE_LINES, MOST_PARAMETERS, MOST_NESTING = 60, 500, 6, 4
# typer reads a command's options off its signature, so a command has as many parameters as options.
COMMAND_FILES = frozenset({"mailbot/cli.py"})
COMMANDS = frozenset(
    {
        ("mailbot/commands.py", "agents"),
        ("mailbot/draft_commands.py", "draft"),
        ("mailbot/ticket_commands.py", "list_tickets"),
        ("mailbot/ticket_commands.py", "ticket"),
    }
)


@cache
def tree(file: str) -> ast.Module:
    return ast.parse((ROOT / file).read_text(encoding="utf-8"))


def functions(file: str) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree(file)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node


def family(module: str) -> str:
    """ "mailbot.store.engine" and "mailbot/store/engine.py" -> "store"."""
    parts = module.removesuffix(".py").replace("/", ".").split(".")
    return parts[1] if len(parts) > 1 else "__init__"


def layer(name: str) -> int:
    found = [n for n, (_, names, _) in enumerate(LAYERS) if name in names]
    assert found, f"{name} stands in no layer; put it into the table"
    return found[0]


def imports(file: str) -> Iterator[str]:
    """Every module a file imports, at its top or inside a function."""
    for node in ast.walk(tree(file)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: relative import"
            assert node.module is not None
            if node.module == "mailbot":
                yield from (f"mailbot.{alias.name}" for alias in node.names if not alias.name.startswith("__"))
            else:
                yield node.module


def test_every_module_has_its_layer() -> None:
    assert all(layer(family(file)) >= 0 for file in FILES)


@pytest.mark.parametrize("file", FILES)
def test_imports_point_inwards_only(file: str) -> None:
    mine = family(file)
    row = layer(mine)

    back = []
    for module in imports(file):
        if module.split(".")[0] != "mailbot":
            continue
        other = family(module)
        same = RELATED.get(other, other) == RELATED.get(mine, mine)
        if layer(other) > row or (layer(other) == row and not same and not LAYERS[row][2]):
            back.append(module)
    assert [] == back


def test_the_detector_sees_an_arrow_back() -> None:
    assert layer("core") < layer("store") < layer("desk") < layer("loops") < layer("app") < layer("demo")
    assert "alembic" in set(imports("mailbot/store/schema.py"))  # an import inside a function is seen


CORE = [file for file in FILES if file.startswith("mailbot/core/")]


@pytest.mark.parametrize("file", CORE)
def test_the_core_has_no_input_no_output_and_no_clock(file: str) -> None:
    foreign = [module for module in imports(file) if module.split(".")[0] in IO_MODULES]
    calls = [node for node in ast.walk(tree(file)) if isinstance(node, ast.Call)]
    clocks = [
        ast.unparse(call.func)
        for call in calls
        if isinstance(call.func, ast.Attribute)
        and call.func.attr in CLOCKS
        and isinstance(call.func.value, ast.Name)
        and call.func.value.id in ("datetime", "date", "time")
    ]
    doers = [call.func.id for call in calls if isinstance(call.func, ast.Name) and call.func.id in DOERS]

    assert ([], [], []) == (foreign, clocks, doers)


def _names_of(handler: ast.ExceptHandler) -> set[str]:
    if handler.type is None:
        return {"BaseException"}
    return {node.id for node in ast.walk(handler.type) if isinstance(node, ast.Name)}


@pytest.mark.parametrize("file", [file for file in FILES if file not in CATCHES_ALL])
def test_only_the_runner_catches_everything(file: str) -> None:
    # Cleaning up and raising again catches nothing.
    caught = [
        handler.lineno
        for handler in ast.walk(tree(file))
        if isinstance(handler, ast.ExceptHandler)
        and _names_of(handler) & {"Exception", "BaseException"}
        and not (isinstance(handler.body[-1], ast.Raise) and handler.body[-1].exc is None)
    ]
    suppressed = [
        node.lineno
        for node in ast.walk(tree(file))
        if isinstance(node, ast.Call)
        and ast.unparse(node.func).endswith("suppress")
        and {"Exception", "BaseException"} & {ast.unparse(argument) for argument in node.args}
    ]

    assert ([], []) == (caught, suppressed)


@pytest.mark.parametrize("file", [file for file in FILES if file not in ASYNC_FILES])
def test_only_the_named_files_are_asynchronous(file: str) -> None:
    assert [] == [each.name for each in functions(file) if isinstance(each, ast.AsyncFunctionDef)]


@pytest.mark.parametrize("file", FILES)
def test_no_file_outgrows_its_wall(file: str) -> None:
    assert len((ROOT / file).read_text(encoding="utf-8").splitlines()) <= MOST_FILE_LINES


@pytest.mark.parametrize("file", [file for file in FILES if not file.startswith(VERSIONS)])
def test_no_function_outgrows_its_wall(file: str) -> None:
    long = [
        (each.name, each.end_lineno - each.lineno + 1)
        for each in functions(file)
        if each.end_lineno and each.end_lineno - each.lineno >= MOST_FUNCTION_LINES
    ]

    assert [] == long


@pytest.mark.parametrize("file", [file for file in FILES if file not in COMMAND_FILES])
def test_no_function_takes_too_many_parameters(file: str) -> None:
    many = []
    for each in functions(file):
        names = [one.arg for one in (*each.args.posonlyargs, *each.args.args, *each.args.kwonlyargs)]
        if names[:1] in (["self"], ["cls"]):
            names = names[1:]
        if len(names) > MOST_PARAMETERS and (file, each.name) not in COMMANDS:
            many.append((each.name, len(names)))

    assert [] == many


NESTING = (ast.If, ast.For, ast.AsyncFor, ast.While, ast.With, ast.AsyncWith, ast.Try, ast.Match)


def depth(node: ast.AST) -> int:
    """How deep blocks stand in one another; elif is no deeper than its if, a function starts anew."""
    deepest = 0
    for child in ast.iter_child_nodes(node):
        if isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            continue
        is_elif = isinstance(node, ast.If) and isinstance(child, ast.If) and node.orelse == [child]
        deepest = max(deepest, depth(child) + (isinstance(child, NESTING) and not is_elif))
    return deepest


@pytest.mark.parametrize("file", FILES)
def test_no_block_is_nested_too_deep(file: str) -> None:
    assert [] == [(each.name, depth(each)) for each in functions(file) if depth(each) > MOST_NESTING]


DIALECT_FILES = frozenset(
    {
        "mailbot/store/engine.py",  # knows which database it is
        "mailbot/store/tables.py",  # partial indexes are written once for each
        "mailbot/store/search.py",  # each has an index of words of its own kind
    }
)


@pytest.mark.parametrize(
    "file", [file for file in FILES if file not in DIALECT_FILES and "store/migrations/" not in file]
)
def test_only_the_engine_knows_which_database_it_is(file: str) -> None:
    drivers = [module for module in imports(file) if module.startswith(("sqlalchemy.dialects", "psycopg"))]
    dialects = [
        ast.unparse(node)
        for node in ast.walk(tree(file))
        if isinstance(node, ast.Attribute) and node.attr in ("dialect", "drivername", "get_backend_name")
    ]
    options = [
        node.arg
        for node in ast.walk(tree(file))
        if isinstance(node, ast.keyword) and (node.arg or "").startswith(("sqlite_", "postgresql_"))
    ]

    assert ([], [], []) == (drivers, dialects, options)
