from __future__ import annotations

import pickle
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailbot.config import default_folder, load, mailbox_names, read, setting_names
from mailbot.core.errors import UserError

CANARY = "hunter2-canary"
FULL = """
[company]
name = "示例电器"
hotline = "400-000-0000"
timezone = "Asia/Shanghai"
languages = ["zh", "en"]

[hours]
calendar = "CN"
open = ["13:00-18:00", "9:00-12:00"]

[database]
url = "sqlite:///state/mailbot.db"

[[mailbox]]
name = "support"
address = "support@shop.example"
provider = "generic"
username = "support@shop.example"
password_file = "secret"
imap = { host = "127.0.0.1", port = 1143, security = "none" }
smtp = { host = "127.0.0.1", port = 1025, security = "none" }
folder = "INBOX"

[console]
listen = "127.0.0.1:8025"
public_url = "https://desk.shop.example"

[paths]
state = "state"
"""
Table = dict[str, Any]


def mailbox(**keys: Any) -> Table:
    local = {"host": "127.0.0.1", "port": 1143, "security": "none"}
    usual = {
        "name": "support",
        "address": "support@shop.example",
        "password": CANARY,
        "imap": local,
        "smtp": local,
    }
    return {key: one for key, one in {**usual, **keys}.items() if one is not None}


def table(**sections: Any) -> Table:
    return {"company": {"name": "示例电器"}, "mailbox": [mailbox()], **sections}


@pytest.fixture
def file(tmp_path: Path) -> Callable[[str], Path]:
    def write(text: str) -> Path:
        (tmp_path / "secret").write_text(CANARY + "\n", encoding="utf-8")
        path = tmp_path / "mailbot.toml"
        path.write_text(text, encoding="utf-8")
        path.chmod(0o600)
        return path

    return write


def refusal(act: Callable[[], object]) -> UserError:
    with pytest.raises(UserError) as caught:
        act()
    assert CANARY not in str(caught.value)
    return caught.value


def test_the_documented_file_is_read_whole(file: Callable[[str], Path]) -> None:
    path = file(FULL)

    config = load(path, {})

    one = config.mailboxes[0]
    assert ("示例电器", "400-000-0000") == (config.company.name, config.company.hotline)
    assert "Asia/Shanghai" == config.company.zone.key
    assert ((time(9), time(12)), (time(13), time(18))) == config.hours.open
    assert (CANARY, "127.0.0.1", 1143, "none") == (
        one.password,
        one.imap.host,
        one.imap.port,
        one.imap.security,
    )
    assert ("127.0.0.1", 8025, "https://desk.shop.example") == (
        config.console.host,
        config.console.port,
        config.console.public_url,
    )
    assert () == config.warnings


def test_relative_paths_start_from_the_folder_of_the_file(file: Callable[[str], Path], tmp_path: Path) -> None:
    config = load(file(FULL), {})

    assert tmp_path / "state" == config.paths.state
    assert f"sqlite:///{tmp_path}/state/mailbot.db" == config.database.url


def test_without_own_folders_the_packaged_rules_and_templates_are_used(tmp_path: Path) -> None:
    config = read(table(), {}, "test", tmp_path)

    assert default_folder("rules") == config.paths.rules
    assert default_folder("templates") == config.paths.templates


def test_own_folders_beside_the_file_win_over_the_packaged_ones(tmp_path: Path) -> None:
    (tmp_path / "rules").mkdir()

    config = read(table(), {}, "test", tmp_path)

    assert tmp_path / "rules" == config.paths.rules


def test_the_smallest_configuration_gets_sensible_defaults(tmp_path: Path) -> None:
    config = read(table(), {}, "test", tmp_path)

    one = config.mailboxes[0]
    assert ("zh", "en") == config.company.languages
    assert "CN" == config.hours.calendar
    assert f"sqlite:///{tmp_path}/state/mailbot.db" == config.database.url
    assert ("support@shop.example", "INBOX", None) == (one.username, one.folder, one.file_away)
    assert (60, 50 * 1024 * 1024, True, False) == (
        one.poll_seconds,
        one.max_mail_bytes,
        one.acknowledge,
        one.reply_token,
    )


@pytest.mark.parametrize(
    ("address", "keys", "imap", "smtp"),
    [
        ("a@163.com", {}, ("imap.163.com", 993, "tls"), ("smtp.163.com", 465, "tls")),
        ("a@126.com", {}, ("imap.126.com", 993, "tls"), ("smtp.126.com", 465, "tls")),
        ("a@gmail.com", {}, ("imap.gmail.com", 993, "tls"), ("smtp.gmail.com", 465, "tls")),
        (
            "a@shop.example",
            {"provider": "exmail"},
            ("imap.exmail.qq.com", 993, "tls"),
            ("smtp.exmail.qq.com", 465, "tls"),
        ),
        ("a@qq.com", {"smtp": {"port": 587}}, ("imap.qq.com", 993, "tls"), ("smtp.qq.com", 587, "starttls")),
        (
            "a@qq.com",
            {"imap": {"security": "starttls"}},
            ("imap.qq.com", 143, "starttls"),
            ("smtp.qq.com", 465, "tls"),
        ),
        (
            "a@shop.example",
            {"imap": {"host": "mail.shop.example"}, "smtp": {"host": "mail.shop.example"}},
            ("mail.shop.example", 993, "tls"),
            ("mail.shop.example", 465, "tls"),
        ),
    ],
)
def test_hosts_and_ports_come_from_the_provider_unless_given(
    tmp_path: Path, address: str, keys: Table, imap: tuple[str, int, str], smtp: tuple[str, int, str]
) -> None:
    one = {"name": "a", "address": address, "password": "x", **keys}

    found = read(table(mailbox=[one]), {}, "test", tmp_path).mailboxes[0]

    assert imap == (found.imap.host, found.imap.port, found.imap.security)
    assert smtp == (found.smtp.host, found.smtp.port, found.smtp.security)


def test_the_environment_alone_is_enough(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "secret").write_text(CANARY, encoding="utf-8")
    environ = {
        "MAILBOT_COMPANY_NAME": "示例电器",
        "MAILBOT_COMPANY_LANGUAGES": "zh, en",
        "MAILBOT_HOURS_OPEN": "09:00-12:00,13:00-18:00",
        "MAILBOT_DATABASE_URL": "postgresql://mailbot@db.test/mailbot",
        "MAILBOT_CONSOLE_LISTEN": "0.0.0.0:8025",
        "MAILBOT_MAILBOX_0_NAME": "support",
        "MAILBOT_MAILBOX_0_ADDRESS": "support@shop.example",
        "MAILBOT_MAILBOX_0_PASSWORD_FILE": "secret",
        "MAILBOT_MAILBOX_0_IMAP_HOST": "127.0.0.1",
        "MAILBOT_MAILBOX_0_IMAP_PORT": "1143",
        "MAILBOT_MAILBOX_0_IMAP_SECURITY": "none",
        "MAILBOT_MAILBOX_0_SMTP_HOST": "smtp.shop.example",
        "MAILBOT_MAILBOX_0_ACKNOWLEDGE": "no",
        "MAILBOT_MAILBOX_0_FILE_AWAY": "",
        "MAILBOT_MAILBOX_1_NAME": "service",
        "MAILBOT_MAILBOX_1_ADDRESS": "service@163.com",
        "MAILBOT_MAILBOX_1_PASSWORD": "code",
        "UNRELATED": "x",
    }

    config = load(None, environ)

    first, second = config.mailboxes
    assert (CANARY, 1143, False, None) == (
        first.password,
        first.imap.port,
        first.acknowledge,
        first.file_away,
    )
    assert ("163", "code") == (second.provider, second.password)
    assert "postgresql+psycopg://mailbot@db.test/mailbot" == config.database.url
    assert ("0.0.0.0", 8025, "http://127.0.0.1:8025") == (
        config.console.host,
        config.console.port,
        config.console.public_url,
    )
    assert () == config.warnings


def test_the_environment_wins_over_the_file(file: Callable[[str], Path]) -> None:
    environ = {"MAILBOT_COMPANY_NAME": "别家", "MAILBOT_MAILBOX_0_PASSWORD": "other"}

    config = load(file(FULL), environ)

    assert ("别家", "other") == (config.company.name, config.mailboxes[0].password)


def test_the_file_named_in_the_environment_is_read(file: Callable[[str], Path]) -> None:
    config = load(None, {"MAILBOT_CONFIG": str(file(FULL))})

    assert "support" == config.mailboxes[0].name


def test_every_key_has_a_name_in_the_environment() -> None:
    assert {"COMPANY_NAME", "HOURS_OPEN", "DATABASE_URL_FILE", "CONSOLE_LISTEN", "PATHS_STATE"} <= set(setting_names())
    assert {"IMAP_HOST", "SMTP_SECURITY", "PASSWORD_FILE", "OAUTH_CLIENT_ID", "TRUSTED_AUTHSERV"} <= set(
        mailbox_names()
    )


@pytest.mark.parametrize(
    ("name", "text", "remedy"),
    [
        ("MAILBOT_COMPANY_NAM", "x", "did you mean"),
        ("MAILBOT_MAILBOX_0_IMAP_HOTS", "x", '"MAILBOT_MAILBOX_0_IMAP_HOST"'),
        ("MAILBOT_MAILBOX_0_IMAP_PORT", "many", "whole number"),
        ("MAILBOT_MAILBOX_0_IMAP_PORT", "99999", "at most 65535"),
        ("MAILBOT_MAILBOX_0_ACKNOWLEDGE", "perhaps", "true or false"),
        ("MAILBOT_MAILBOX_7_NAME", "x", "number them"),
        ("MAILBOT_COMPANY_TIMEZONE", "Asia/Shanghia", "time zone"),
        ("MAILBOT_MAILBOX_0_PASSWORD_FILE", "/nowhere/at/all", "cannot read"),
    ],
)
def test_an_error_from_the_environment_names_the_variable(tmp_path: Path, name: str, text: str, remedy: str) -> None:
    error = refusal(lambda: read(table(), {name: text}, "test", tmp_path))

    assert ("environment", name) == (error.where, error.key)
    assert remedy in error.remedy


def test_a_missing_key_without_a_file_is_named_as_a_variable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    error = refusal(lambda: load(None, {}))

    assert ("environment", "MAILBOT_COMPANY_NAME") == (error.where, error.key)


def test_a_misspelt_section_in_the_environment_is_a_warning(tmp_path: Path) -> None:
    config = read(table(), {"MAILBOT_COMPNAY_HOTLINE": "1"}, "test", tmp_path)

    assert "did you mean MAILBOT_COMPANY_HOTLINE" in config.warnings[0]


@pytest.mark.parametrize("box", [{"imap": "x"}, {"imap": []}])
def test_the_environment_cannot_be_laid_over_something_that_is_no_table(tmp_path: Path, box: Table) -> None:
    environ = {"MAILBOT_MAILBOX_0_IMAP_PORT": "993"}

    error = refusal(lambda: read(table(mailbox=[mailbox(**box)]), environ, "test", tmp_path))

    assert "MAILBOT_MAILBOX_0_IMAP_PORT" == error.key


@pytest.mark.parametrize("path", ["~nobody-of-this-name/x", "a\0b"])
def test_a_path_that_cannot_be_is_refused(tmp_path: Path, path: str) -> None:
    error = refusal(lambda: read(table(paths={"state": path}), {}, "test", tmp_path))

    assert "paths.state" == error.key


BROKEN: list[tuple[Table, str, str]] = [
    (table(company={}), "company.name", "missing"),
    (table(company={"name": "x", "nmae": "y"}), "company.nmae", 'did you mean "name"'),
    (table(company={"name": 5}), "company.name", "in quotes"),
    (table(company={"name": " "}), "company.name", "not empty"),
    (table(company={"name": "x", "timezone": "Mars/Olympus"}), "company.timezone", "Asia/Shanghai"),
    (table(company={"name": "x", "timezone": "../etc/passwd"}), "company.timezone", "time zone"),
    (table(company={"name": "x", "languages": []}), "company.languages", "default first"),
    (table(company={"name": "x", "languages": ["zh", "zh"]}), "company.languages", "once"),
    (table(company={"name": "x", "languages": ["Chinese"]}), "company.languages", "language codes"),
    (table(company=["x"]), "company", "table"),
    (table(hours={"open": [9]}), "hours.open[0]", "list"),
    (table(paths={"state": 5}), "paths.state", "in quotes"),
    (table(mailbox=[mailbox(password="a\nb")]), "mailbox[0].password", "one line"),
    (
        table(mailbox=[mailbox(provider="gmail", oauth={"client_id": "x", "grant": "client_credentials"})]),
        "mailbox[0].oauth.client_secret",
        "missing",
    ),
    (table(compnay={}), "compnay", 'did you mean "company"'),
    (table(hours={"open": ["9 to 5"]}), "hours.open[0]", "09:00-12:00"),
    (table(hours={"open": ["18:00-09:00"]}), "hours.open[0]", "later"),
    (table(hours={"open": ["09:00-24:00"]}), "hours.open[0]", "23:59"),
    (table(hours={"open": ["09:00-12:00", "11:00-18:00"]}), "hours.open", "overlap around 11:00"),
    (table(hours={"open": []}), "hours.open", "at least one"),
    (table(hours={"open": "09:00-12:00"}), "hours.open", "list"),
    (table(hours={"calendar": "China"}), "hours.calendar", "country code"),
    (table(hours={"calendar": "XX"}), "hours.calendar", "no calendar of such a country"),
    (table(mailbox=[mailbox(timezone="Mars/Olympus")]), "mailbox[0].timezone", "time zone"),
    (table(mailbox=[mailbox(timezone="")]), "mailbox[0].timezone", "time zone"),
    (table(mailbox=[mailbox(calendar="Germany")]), "mailbox[0].calendar", "country code"),
    (table(mailbox=[mailbox(calendar=49)]), "mailbox[0].calendar", "in quotes"),
    (table(mailbox=[mailbox(open=[])]), "mailbox[0].open", "at least one"),
    (table(mailbox=[mailbox(open=["18:00-09:00"])]), "mailbox[0].open[0]", "later"),
    (table(mailbox=[mailbox(open="09:00-18:00")]), "mailbox[0].open", "list"),
    (table(mailbox=[mailbox(opne=["09:00-18:00"])]), "mailbox[0].opne", 'did you mean "open"'),
    (table(database={"url": "mysql://x"}), "database.url", "postgresql"),
    (table(database={"url": "sqlite:///"}), "database.url", "name a file"),
    (table(console={"listen": "8025"}), "console.listen", "host:port"),
    (table(console={"public_url": "desk"}), "console.public_url", "web address"),
    (table(paths={"rules": "missing-folder"}), "paths.rules", "no such folder"),
    (table(paths={"ruels": "x"}), "paths.ruels", 'did you mean "rules"'),
    (table(mailbox={"name": "x"}), "mailbox", "[[mailbox]]"),
    (table(mailbox=["x"]), "mailbox[0]", "table"),
    (table(mailbox=[mailbox(name=None)]), "mailbox[0].name", "missing"),
    (table(mailbox=[mailbox(address=None)]), "mailbox[0].address", "missing"),
    (table(mailbox=[mailbox(address="support")]), "mailbox[0].address", "support@shop.example"),
    (table(mailbox=[mailbox(), mailbox()]), "mailbox[1].name", "its own name"),
    (table(mailbox=[mailbox(provider="gmial")]), "mailbox[0].provider", 'did you mean "gmail"'),
    (table(mailbox=[mailbox(provider="nowhere")]), "mailbox[0].provider", "known are: 126, 163, aliyun"),
    (table(mailbox=[mailbox(password=None)]), "mailbox[0].password", "password_file"),
    (table(mailbox=[mailbox(password_file="x")]), "mailbox[0].password_file", "not both"),
    (table(mailbox=[mailbox(password=None, password_file="x")]), "mailbox[0].password_file", "cannot read"),
    (table(mailbox=[mailbox(pasword="x")]), "mailbox[0].pasword", 'did you mean "password"'),
    (table(mailbox=[mailbox(imap=None)]), "mailbox[0].imap.host", "missing"),
    (table(mailbox=[mailbox(imap="x")]), "mailbox[0].imap", "table"),
    (table(mailbox=[mailbox(imap={"host": "x", "prot": 1})]), "mailbox[0].imap.prot", 'did you mean "port"'),
    (table(mailbox=[mailbox(imap={"host": "x", "port": True})]), "mailbox[0].imap.port", "whole number"),
    (
        table(mailbox=[mailbox(imap={"host": "x", "security": "ssl"})]),
        "mailbox[0].imap.security",
        "'starttls'",
    ),
    (
        table(mailbox=[mailbox(imap={"host": "mail.shop.example", "security": "none"})]),
        "mailbox[0].imap.security",
        "this machine",
    ),
    (
        table(mailbox=[mailbox(smtp={"host": "10.0.0.1", "security": "none"})]),
        "mailbox[0].smtp.security",
        "this machine",
    ),
    (table(mailbox=[mailbox(acknowledge="yes")]), "mailbox[0].acknowledge", "true or false"),
    (table(mailbox=[mailbox(poll_seconds=0)]), "mailbox[0].poll_seconds", "at least 1"),
    (table(mailbox=[mailbox(provider="qq", poll_seconds=5)]), "mailbox[0].poll_seconds", "at least 60"),
    (table(mailbox=[mailbox(provider="163", reply_token=True)]), "mailbox[0].reply_token", "plus addressing"),
    (table(mailbox=[mailbox(trusted_authserv="/(/")]), "mailbox[0].trusted_authserv", "regular expression"),
    (table(mailbox=[mailbox(display_name="客服\r\nBcc: x")]), "mailbox[0].display_name", "one line"),
    (table(mailbox=[mailbox(oauth={"client_id": "x"})]), "mailbox[0].oauth.token_url", "missing"),
    (
        table(mailbox=[mailbox(provider="gmail", oauth={"client_id": "x"})]),
        "mailbox[0].oauth.refresh_token_file",
        "missing",
    ),
    (
        table(mailbox=[mailbox(provider="gmail", oauth={"client_id": "x", "refresh_token_file": "t"})]),
        "mailbox[0].oauth",
        "not both",
    ),
    (
        table(
            mailbox=[
                mailbox(
                    provider="gmail",
                    oauth={
                        "client_id": "x",
                        "refresh_token_file": "t",
                        "token_url": "http://id.shop.example/token",
                    },
                )
            ]
        ),
        "mailbox[0].oauth.token_url",
        "https://",
    ),
]


@pytest.mark.parametrize(("broken", "key", "remedy"), BROKEN, ids=[f"{key}: {remedy}" for _, key, remedy in BROKEN])
def test_a_mistake_names_place_key_and_remedy(tmp_path: Path, broken: Table, key: str, remedy: str) -> None:
    error = refusal(lambda: read(broken, {}, "mailbot.toml", tmp_path))

    assert ("mailbot.toml", key) == (error.where, error.key)
    assert remedy in error.remedy
    assert "\n" not in str(error)


def test_broken_toml_names_the_line(file: Callable[[str], Path]) -> None:
    path = file('[company]\nname = "x\n')

    error = refusal(lambda: load(path, {}))

    assert f"{path}:2" == error.where


def test_a_missing_file_points_to_init(tmp_path: Path) -> None:
    error = refusal(lambda: load(tmp_path / "no.toml", {}))

    assert "mailbot init" in error.remedy


def test_a_file_in_gbk_is_refused_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / "mailbot.toml"
    path.write_bytes('[company]\nname = "示例"\n'.encode("gbk"))

    error = refusal(lambda: load(path, {}))

    assert "UTF-8" in error.remedy


def test_a_secret_file_must_be_utf8(tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes("密码".encode("gbk"))

    error = refusal(lambda: read(table(mailbox=[mailbox(password=None, password_file="secret")]), {}, "t", tmp_path))

    assert "UTF-8" in error.remedy


@pytest.mark.parametrize("text", ["", "\n", "two\nlines\n"])
def test_a_secret_file_must_hold_one_line(tmp_path: Path, text: str) -> None:
    (tmp_path / "secret").write_text(text, encoding="utf-8")

    error = refusal(lambda: read(table(mailbox=[mailbox(password=None, password_file="secret")]), {}, "t", tmp_path))

    assert "one line" in error.remedy


@pytest.mark.rule("001-53")
@pytest.mark.parametrize("end", ["imap", "smtp"])
def test_nothing_travels_unencrypted_to_another_machine(tmp_path: Path, end: str) -> None:
    open_line = table(mailbox=[mailbox(**{end: {"host": "mail.shop.example", "security": "none"}})])

    error = refusal(lambda: read(open_line, {}, "t", tmp_path))

    assert "tls" in error.remedy


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.3.2.1", "::1"])
def test_unencrypted_is_allowed_to_this_machine(tmp_path: Path, host: str) -> None:
    end = {"host": host, "security": "none"}

    config = read(table(mailbox=[mailbox(imap=end, smtp=end)]), {}, "test", tmp_path)

    assert (143, 25) == (config.mailboxes[0].imap.port, config.mailboxes[0].smtp.port)


def test_a_world_readable_file_with_a_password_is_a_warning(file: Callable[[str], Path]) -> None:
    path = file(FULL.replace('password_file = "secret"', f'password = "{CANARY}"'))
    path.chmod(0o644)

    config = load(path, {})

    assert f"chmod 600 {path}" in config.warnings[0]


def test_a_world_readable_file_without_a_password_is_none(file: Callable[[str], Path]) -> None:
    path = file(FULL)
    path.chmod(0o644)

    assert () == load(path, {}).warnings


def test_a_configuration_without_mailbox_is_a_warning(tmp_path: Path) -> None:
    config = read(table(mailbox=[]), {}, "test", tmp_path)

    assert "nothing can be fetched" in config.warnings[0]


def test_a_password_where_only_oauth_works_is_a_warning(tmp_path: Path) -> None:
    config = read(table(mailbox=[mailbox(provider="microsoft365")]), {}, "test", tmp_path)

    assert "use oauth" in config.warnings[0]


def test_oauth_gets_its_endpoint_from_the_provider(tmp_path: Path) -> None:
    oauth = {"client_id": "app", "refresh_token_file": "token"}

    config = read(table(mailbox=[mailbox(provider="microsoft365", password=None, oauth=oauth)]), {}, "t", tmp_path)

    found = config.mailboxes[0].oauth
    assert found is not None
    assert found.token_url.startswith("https://login.microsoftonline.com/")
    assert tmp_path / "token" == found.refresh_token_file


def test_gmail_is_trusted_as_its_own_border_and_163_is_not(tmp_path: Path) -> None:
    boxes = [mailbox(name="a", provider="gmail"), mailbox(name="b", provider="163")]

    config = read(table(mailbox=boxes), {}, "test", tmp_path)

    assert ["mx.google.com", None] == [one.trusted_authserv for one in config.mailboxes]


def test_a_mailbox_works_when_the_company_does_unless_it_says_otherwise(tmp_path: Path) -> None:
    berlin = mailbox(name="berlin", timezone="Europe/Berlin", calendar="DE", open=["13:00-17:00", "08:00-12:00"])
    boxes = [mailbox(), berlin, mailbox(name="late", open=["12:00-20:00"]), mailbox(name="plain", calendar="")]

    config = read(table(mailbox=boxes, hours={"open": ["09:00-18:00"]}), {}, "test", tmp_path)

    company = config.hours_of(None)
    assert ("Asia/Shanghai", "CN", ((time(9), time(18)),)) == (company.zone.key, company.calendar, company.open)
    assert company == config.hours_of("support") == config.hours_of("of no such name")
    found = config.hours_of("berlin")
    assert ("Europe/Berlin", "DE") == (found.zone.key, found.calendar)
    assert ((time(8), time(12)), (time(13), time(17))) == found.open
    late, plain = config.hours_of("late"), config.hours_of("plain")
    assert ("Asia/Shanghai", "CN", ((time(12), time(20)),)) == (late.zone.key, late.calendar, late.open)
    assert ("Asia/Shanghai", "", company.open) == (plain.zone.key, plain.calendar, plain.open)


def test_the_hours_of_a_mailbox_can_come_from_the_environment(tmp_path: Path) -> None:
    environ = {
        "MAILBOT_HOURS_CALENDAR": "none",
        "MAILBOT_MAILBOX_0_TIMEZONE": "America/New_York",
        "MAILBOT_MAILBOX_0_CALENDAR": "US",
        "MAILBOT_MAILBOX_0_OPEN": "08:00-12:00, 12:30-16:30",
    }

    config = read(table(), environ, "test", tmp_path)

    found = config.hours_of("support")
    assert ("America/New_York", "US") == (found.zone.key, found.calendar)
    assert ((time(8), time(12)), (time(12, 30), time(16, 30))) == found.open
    assert "" == config.hours_of(None).calendar


def test_a_mistake_in_the_hours_of_a_mailbox_names_the_variable(tmp_path: Path) -> None:
    error = refusal(lambda: read(table(), {"MAILBOT_MAILBOX_0_OPEN": "9-5"}, "test", tmp_path))

    assert ("environment", "MAILBOT_MAILBOX_0_OPEN") == (error.where, error.key)


def test_the_same_limit_ends_at_another_moment_in_another_mailbox(tmp_path: Path) -> None:
    boxes = [mailbox(), mailbox(name="berlin", timezone="Europe/Berlin", calendar="DE")]
    config = read(table(mailbox=boxes), {}, "test", tmp_path)
    national_day = datetime(2026, 10, 1, 7, tzinfo=UTC)  # a Thursday; 15:00 in Shanghai, 09:00 in Berlin

    ends = [config.hours_of(name).add_working(national_day, timedelta(hours=4)) for name in ("support", "berlin")]

    assert [datetime(2026, 10, 8, 6, tzinfo=UTC), datetime(2026, 10, 1, 12, tzinfo=UTC)] == ends


def test_secrets_are_in_no_text_of_the_configuration(tmp_path: Path) -> None:
    oauth = {"client_id": "a", "client_secret": CANARY, "grant": "client_credentials"}
    boxes = [mailbox(), mailbox(name="b", provider="gmail", password=None, oauth=oauth)]
    database = {"url": f"postgresql://u:{CANARY}@db.test/mailbot"}

    config = read(table(mailbox=boxes, database=database), {}, "test", tmp_path)

    assert CANARY not in repr(config) + str(config) + str(config.mailboxes) + str(config.database)


def test_a_configuration_is_frozen_and_can_be_sent_to_another_process(tmp_path: Path) -> None:
    config = read(table(), {}, "test", tmp_path)

    assert config == pickle.loads(pickle.dumps(config))
    with pytest.raises(AttributeError):
        config.company.name = "x"  # type: ignore[misc]


texts = st.text(max_size=12) | st.sampled_from(["~nobody-here/x", "qq", "a@b", "none", "sqlite:///x", "x\0"])
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts | st.datetimes(),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(texts, inner, max_size=2),
    max_leaves=4,
)
KEYS = sorted({part for path, _ in (*setting_names().values(), *mailbox_names().values()) for part in path})


@settings(max_examples=300, deadline=None)
@given(
    company=st.dictionaries(st.sampled_from(KEYS), values, max_size=2),
    box=st.dictionaries(st.sampled_from(KEYS), values, max_size=3),
    sections=st.dictionaries(st.sampled_from(["hours", "database", "console", "paths", "x"]), values, max_size=2),
    variables=st.dictionaries(st.sampled_from(sorted(mailbox_names())), texts, max_size=2),
)
def test_whatever_the_owner_writes_is_read_or_refused_politely(
    company: Table, box: Table, sections: Table, variables: dict[str, str]
) -> None:
    given_table = {"company": {"name": "x", **company}, "mailbox": [mailbox(**box)], **sections}
    environ = {f"MAILBOT_MAILBOX_0_{key}": text for key, text in variables.items()}

    with suppress(UserError):
        read(given_table, environ, "test", Path("/nowhere"))


def test_reading_leaves_the_table_as_it_was(tmp_path: Path) -> None:
    given = table()

    read(given, {"MAILBOT_MAILBOX_0_FOLDER": "x", "MAILBOT_COMPANY_NAME": "y"}, "test", tmp_path)

    assert table() == given
