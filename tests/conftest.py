"""What tests share: a fixed Monday, the packaged rule book and templates, both databases, a whole program."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import settings

from mailbot.app import App, build
from mailbot.clock import Clock
from mailbot.config import Config, read
from mailbot.core.automail import Own
from mailbot.core.hours import Hours
from mailbot.core.mail import Mail, parse
from mailbot.core.office import Office
from mailbot.core.rules import RuleBook, read_book
from mailbot.core.understand import Border, Understood, understand
from mailbot.drafting import Desktop
from mailbot.shelf import Shelf, rule_files
from mailbot.store import schema
from mailbot.store.engine import Engine
from mailbot.templates import Templates

if TYPE_CHECKING:
    from tests.servers.fixtures import Postgres

pytest_plugins = ["tests.servers.fixtures"]

ROOT = Path(__file__).parent.parent
MAILS = Path(__file__).parent / "mails"
MONDAY = datetime.fromisoformat("2026-11-23T09:00:00+08:00")
OURS = "support@shop.example"

# `.ci/run` and MAILBOT_FULL=1 play everything at its full size; `make test` keeps its five minutes.
THOROUGH = bool(os.environ.get("MAILBOT_FULL") or os.environ.get("MAILBOT_REQUIRE_SERVERS") == "1")

settings.register_profile("dev", max_examples=10, deadline=None)
settings.register_profile("ci", max_examples=40, deadline=None, derandomize=True)
settings.register_profile("full", max_examples=400, deadline=None)
settings.load_profile("full" if os.environ.get("MAILBOT_FULL") else "ci" if os.environ.get("CI") else "dev")


# Longest first, so that no worker is left with the longest file while the others have nothing to do.
LONGEST = (
    "servers/test_line",
    "test_stories",
    "test_crash",
    "test_browser",
    "test_three_months",
    "test_two_clocks",
    "test_demo",
)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    def place(item: pytest.Item) -> int:
        return next((n for n, name in enumerate(LONGEST) if name in item.nodeid), len(LONGEST))

    items.sort(key=place)
    if not THOROUGH:
        _leave_out_twins(config, items)


def _leave_out_twins(config: pytest.Config, items: list[pytest.Item]) -> None:
    """All SQL is in store/, whose tests always run on both databases; of the others PostgreSQL's twin is left out."""
    known = {item.nodeid for item in items}
    kept: list[pytest.Item] = []
    left_out: list[pytest.Item] = []
    for item in items:
        twin = item.nodeid.replace("postgresql", "sqlite")
        is_twin = twin != item.nodeid and twin in known and not item.nodeid.startswith("tests/store/")
        (left_out if is_twin else kept).append(item)
    items[:] = kept
    config.hook.pytest_deselected(items=left_out)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--bless", action="store_true", help="write the golden replies anew; review the diff")


@pytest.fixture(scope="session")
def book() -> RuleBook:
    return read_book(rule_files(ROOT / "rules"))


@pytest.fixture(scope="session")
def templates() -> Templates:
    return Templates.load(ROOT / "templates")


def table(**over: Any) -> dict[str, Any]:
    """A configuration of one mailbox that nobody listens on."""
    end = {"host": "127.0.0.1", "port": 1, "security": "none"}
    mailbox = {
        "name": "support",
        "address": OURS,
        "provider": "generic",
        "username": OURS,
        "password": "wrong",
        "imap": end,
        "smtp": end,
    }
    return {"company": {"name": "示例电器", "hotline": "400-000-0000"}, "mailbox": [mailbox], **over}


@pytest.fixture
def make_config(tmp_path: Path) -> Callable[..., Config]:
    """A Config of the table() above, changed by keyword, under tmp_path."""

    def make(**over: Any) -> Config:
        whole = table(paths={"state": str(tmp_path / "state")}, **over)
        whole.setdefault("database", {"url": f"sqlite:///{tmp_path}/state/mailbot.db"})
        return read(whole, {}, "test", tmp_path)

    return make


@pytest.fixture(scope="session")
def border() -> Border:
    return Border(Own(frozenset({OURS}), _nobodys))


def _nobodys(_message_id: str) -> bool:
    return False


@pytest.fixture(scope="session")
def hours() -> Hours:
    config = read(table(), {}, "test", ROOT)
    return Hours(config.company.zone, config.hours.calendar, config.hours.open)


@pytest.fixture(scope="session")
def office(book: RuleBook, hours: Hours) -> Office:
    return Office(book, hours)


@pytest.fixture(scope="session")
def desktop(office: Office, templates: Templates) -> Desktop:
    return Desktop(read(table(), {}, "test", ROOT).company, templates, office)


@pytest.fixture(scope="session")
def load_mail() -> Callable[[str], Mail]:
    """A mail of the zoo by its name."""

    def load(name: str) -> Mail:
        mail = parse((MAILS / f"{name}.eml").read_bytes())
        assert isinstance(mail, Mail)
        return mail

    return load


@pytest.fixture(scope="session")
def read_mail(book: RuleBook, border: Border) -> Callable[[bytes], Understood]:
    """Raw bytes, understood."""

    def understood(raw: bytes) -> Understood:
        found = understand(raw, book, border)
        assert isinstance(found, Understood)
        return found

    return understood


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database without a schema, of both kinds."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/test.db"
    return str(request.getfixturevalue("postgres_url"))


@pytest.fixture(scope="session")
def sqlite_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database at the newest schema, to be copied: migrating takes longer than most tests."""
    path = tmp_path_factory.mktemp("model") / "model.db"
    _migrate(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def postgres_model(postgres: Postgres) -> Iterator[str]:
    """The same on PostgreSQL; the name of a database that others are made from."""
    url = postgres.new_database()
    _migrate(url)
    yield url.rpartition("/")[2]
    postgres.drop(url)


def _migrate(url: str) -> None:
    opened = Engine(url)
    schema.upgrade(opened)
    opened.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Each test that asks for it runs on both databases, at the newest schema."""
    if request.param == "sqlite":
        path = tmp_path / "test.db"
        shutil.copy(request.getfixturevalue("sqlite_model"), path)
        yield f"sqlite:///{path}"
        return
    postgres: Postgres = request.getfixturevalue("postgres")
    url = postgres.new_database(request.getfixturevalue("postgres_model"))
    yield url
    postgres.drop(url)


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """A database without rows."""
    opened = Engine(database_url)
    yield opened
    opened.dispose()


@pytest.fixture(scope="session")
def shelf() -> Shelf:
    """The packaged rules and templates, read once: that is what building a program costs."""
    return Shelf(ROOT / "rules", ROOT / "templates", ("zh", "en"))


@pytest.fixture
def make_app(make_config: Callable[..., Config], database_url: str, shelf: Shelf) -> Iterator[Callable[..., App]]:
    """A whole program on either database, its clock standing at MONDAY's nine o'clock."""
    opened: list[App] = []

    def make(**over: Any) -> App:
        over.setdefault("database", {"url": database_url})
        books = over.pop("shelf", shelf)
        opened.append(build(make_config(**over), Clock(MONDAY), books))
        return opened[-1]

    yield make
    for app in opened:
        app.close()
