from __future__ import annotations

import tempfile
import tomllib
from datetime import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailbot.config import Config, MailboxConfig, load, read
from mailbot.core.errors import UserError
from mailbot.init import draft, next_question, secret_files, to_toml, try_logins, write
from mailbot.providers import provider_names

CANARY = "hunter2-canary"
ANSWERS = {"address": "support@163.com", "company": "示例电器", "hotline": "400-000-0000", "password": CANARY}


def asked(answers: dict[str, str]) -> list[str]:
    """The keys of the questions in the order they come when every default is taken."""
    given_answers, keys = dict(answers), []
    while (question := next_question(given_answers)) is not None:
        keys.append(question.key)
        given_answers[question.key] = question.default if question.default is not None else f"answer-{question.key}"
    return keys


def test_a_known_domain_asks_for_no_hosts() -> None:
    assert ["company", "hotline", "username", "password"] == asked({"address": "a@163.com"})


def test_a_company_domain_asks_for_the_provider_and_generic_for_hosts() -> None:
    expected = ["provider", "company", "hotline", "imap_host", "smtp_host", "username", "password"]

    assert expected == asked({"address": "a@shop.example"})


def test_a_named_provider_spares_the_hosts() -> None:
    assert ["company", "hotline", "username", "password"] == asked({"address": "a@shop.example", "provider": "exmail"})


def test_microsoft_asks_for_oauth_instead_of_a_password() -> None:
    keys = asked({"address": "a@hotmail.com"})

    assert ["oauth_client_id", "oauth_client_secret", "oauth_refresh_token_file"] == keys[-3:]
    assert "password" not in keys


def test_the_first_question_is_the_address() -> None:
    question = next_question({})

    assert question is not None
    assert "address" == question.key


def test_the_password_question_says_where_to_get_the_authorisation_code() -> None:
    question = next_question({"address": "a@qq.com", "company": "x", "hotline": "", "username": "a@qq.com"})

    assert question is not None
    assert question.secret
    assert "授权码" in question.zh
    assert "authorisation code" in question.en


def test_all_options_given_leaves_nothing_to_ask() -> None:
    assert next_question({**ANSWERS, "username": "support@163.com"}) is None


def test_an_unknown_provider_is_refused_with_the_list() -> None:
    with pytest.raises(UserError, match="known are"):
        next_question({"address": "a@shop.example", "provider": "nowhere"})


def test_the_answers_make_a_checked_configuration(tmp_path: Path) -> None:
    config = draft(ANSWERS, tmp_path)

    one = config.mailboxes[0]
    assert ("support", "163", "imap.163.com", CANARY) == (one.name, one.provider, one.imap.host, one.password)


def test_hosts_ports_and_security_can_be_given(tmp_path: Path) -> None:
    more = {
        "address": "a@shop.example",
        "provider": "generic",
        "imap_host": "127.0.0.1",
        "imap_port": "1143",
        "imap_security": "none",
        "smtp_host": "smtp.shop.example",
    }

    one = draft({**ANSWERS, **more}, tmp_path).mailboxes[0]

    assert ("127.0.0.1", 1143, "none") == (one.imap.host, one.imap.port, one.imap.security)
    assert ("smtp.shop.example", 465, "tls") == (one.smtp.host, one.smtp.port, one.smtp.security)


def test_the_answers_for_oauth_make_an_oauth_table(tmp_path: Path) -> None:
    answers = {
        "address": "support@hotmail.com",
        "company": "示例电器",
        "oauth_client_id": "app",
        "oauth_client_secret": "",
        "oauth_refresh_token_file": "state/refresh",
    }

    one = draft(answers, tmp_path).mailboxes[0]

    assert one.oauth is not None
    assert ("app", tmp_path / "state" / "refresh") == (one.oauth.client_id, one.oauth.refresh_token_file)


def test_an_empty_company_is_a_mistake_of_the_owner(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"company\.name"):
        draft({**ANSWERS, "company": ""}, tmp_path)


def test_both_logins_are_tried_and_explained(tmp_path: Path) -> None:
    mailbox = draft(ANSWERS, tmp_path).mailboxes[0]
    seen: list[MailboxConfig] = []

    def imap(box: MailboxConfig) -> str | None:
        seen.append(box)
        return "LOGIN Login error or password error"

    def smtp(box: MailboxConfig) -> str | None:
        seen.append(box)
        return None

    first, second = try_logins(mailbox, imap, smtp)

    assert [mailbox, mailbox] == seen
    assert not first.ok
    assert "授权码" in first.zh
    assert "imap.163.com:993" in first.zh
    assert "LOGIN Login error" in first.zh
    assert second.ok
    assert CANARY not in f"{first}{second}"


def test_the_secret_goes_into_a_file_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "mailbot.toml"

    written = write(path, draft(ANSWERS, tmp_path))

    secret = tmp_path / "state" / "secrets" / "support.password"
    assert (secret, path) == written
    assert CANARY not in path.read_text(encoding="utf-8")
    assert CANARY + "\n" == secret.read_text(encoding="utf-8")
    assert (0o600, 0o700) == (secret.stat().st_mode & 0o777, secret.parent.stat().st_mode & 0o777)
    assert draft(ANSWERS, tmp_path) == load(path, {})


def test_a_secret_written_inline_makes_the_file_private(tmp_path: Path) -> None:
    path = tmp_path / "mailbot.toml"

    write(path, draft(ANSWERS, tmp_path), inline=True)

    assert CANARY in path.read_text(encoding="utf-8")
    assert 0o600 == path.stat().st_mode & 0o777
    assert () == load(path, {}).warnings


@pytest.mark.parametrize("existing", ["mailbot.toml", "state/secrets/support.password"])
def test_nothing_is_overwritten_without_force(tmp_path: Path, existing: str) -> None:
    (tmp_path / existing).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / existing).write_text("precious", encoding="utf-8")

    with pytest.raises(UserError, match="--force"):
        write(tmp_path / "mailbot.toml", draft(ANSWERS, tmp_path))

    assert "precious" == (tmp_path / existing).read_text(encoding="utf-8")
    assert 1 == len([one for one in tmp_path.rglob("*") if one.is_file()])


def test_force_writes_anew(tmp_path: Path) -> None:
    path = tmp_path / "mailbot.toml"
    path.write_text("old", encoding="utf-8")

    write(path, draft(ANSWERS, tmp_path), force=True)

    assert "示例电器" == load(path, {}).company.name


def test_mailboxes_with_like_names_get_different_secret_files(tmp_path: Path) -> None:
    local = {"host": "127.0.0.1", "security": "none"}
    boxes = [
        {"name": name, "address": "a@shop.example", "password": name, "imap": local, "smtp": local}
        for name in ("a/b", "a_b", "../../etc/passwd", "客服", "A_B")
    ]
    config = read({"company": {"name": "x"}, "mailbox": boxes}, {}, "test", tmp_path)

    files = secret_files(config)

    assert 5 == len({str(path).lower() for path in files.values()})
    assert {tmp_path / "state" / "secrets"} == {path.parent for path in files.values()}
    write(tmp_path / "mailbot.toml", config)
    assert config == load(tmp_path / "mailbot.toml", {})


# --- every valid configuration survives being written and read ---

lines = st.text(st.characters(codec="utf-8"), min_size=1, max_size=20).filter(
    lambda text: text.isprintable() and text.strip() == text
)
secrets = st.text(st.characters(codec="utf-8", exclude_characters="\r\n\0"), min_size=1, max_size=30)
hosts = st.sampled_from(["127.0.0.1", "mail.shop.example", "::1", "localhost"])


@st.composite
def endpoints(draw: st.DrawFn) -> dict[str, Any]:
    host = draw(hosts)
    kinds = ["tls", "starttls"] if host == "mail.shop.example" else ["tls", "starttls", "none"]
    return {"host": host, "port": draw(st.integers(1, 65535)), "security": draw(st.sampled_from(kinds))}


@st.composite
def mailboxes(draw: st.DrawFn, number: int) -> dict[str, Any]:
    login: dict[str, Any] = {"password": draw(secrets)}
    if draw(st.booleans()):
        oauth = {"client_id": draw(lines), "token_url": "https://id.shop.example/token", "scope": draw(lines)}
        grant = {"grant": "client_credentials", "client_secret": draw(secrets)}
        login = {"oauth": {**oauth, **draw(st.sampled_from([grant, {"refresh_token_file": "state/refresh"}]))}}
    optional = {
        "display_name": lines,
        "username": lines,
        "folder": lines,
        "file_away": lines,
        "trusted_authserv": st.sampled_from(["mx.shop.example", "/^mx[0-9]+$/", '"quoted"']),
        "aliases": st.lists(st.sampled_from(["a@shop.example", "b@shop.example"]), max_size=2),
        "poll_seconds": st.integers(60, 3600),
        "max_mail_bytes": st.integers(1, 10**9),
        "acknowledge": st.booleans(),
    }
    further = draw(st.fixed_dictionaries({}, optional=optional))
    provider = draw(st.sampled_from(provider_names()))
    ends = {"imap": draw(endpoints()), "smtp": draw(endpoints())}
    if provider != "generic" and draw(st.booleans()):
        ends = {}
    return {
        "name": f"{number} {draw(lines)}",
        "address": "a@shop.example",
        "provider": provider,
        **login,
        **ends,
        **further,
    }


@st.composite
def spans(draw: st.DrawFn) -> list[str]:
    marks = sorted(draw(st.sets(st.times().map(lambda at: time(at.hour, at.minute)), min_size=2, max_size=6)))
    pairs = zip(marks[::2], marks[1::2], strict=False)
    return [f"{start:%H:%M}-{end:%H:%M}" for start, end in pairs]


@st.composite
def tables(draw: st.DrawFn) -> dict[str, Any]:
    company = st.fixed_dictionaries(
        {"name": lines},
        optional={
            "hotline": lines,
            "timezone": st.sampled_from(["Asia/Shanghai", "Europe/Berlin", "UTC"]),
            "languages": st.sampled_from([["zh"], ["en", "zh"]]),
        },
    )
    urls = [
        "sqlite:///other.db",
        "sqlite:////srv/x.db?timeout=5",
        "sqlite:///:memory:",
        "postgresql+psycopg://u:p%40@db.test/m",
    ]
    boxes = [draw(mailboxes(number)) for number in range(draw(st.integers(0, 2)))]
    sections: dict[str, Any] = {"company": draw(company), "mailbox": boxes}
    if draw(st.booleans()):
        sections["hours"] = {"calendar": draw(st.sampled_from(["CN", "", "DE"])), "open": draw(spans())}
    if draw(st.booleans()):
        sections["database"] = {"url": draw(st.sampled_from(urls))}
    if draw(st.booleans()):
        sections["console"] = {"listen": draw(st.sampled_from(["0.0.0.0:80", "[::1]:8025"]))}
    if draw(st.booleans()):
        sections["paths"] = {"state": draw(st.sampled_from(["elsewhere", "state/deep"]))}
    return sections


@settings(max_examples=150, deadline=None)
@given(table=tables(), inline=st.booleans())
def test_every_valid_configuration_is_the_same_after_writing_and_reading(table: dict[str, Any], inline: bool) -> None:
    with tempfile.TemporaryDirectory() as folder:
        config: Config = read(table, {}, "test", Path(folder))

        write(Path(folder) / "mailbot.toml", config, inline=inline)

        assert config == load(Path(folder) / "mailbot.toml", {})


def test_the_written_file_is_commented_and_plain_toml(tmp_path: Path) -> None:
    text = to_toml(draft(ANSWERS, tmp_path), {})

    table = tomllib.loads(text)
    assert {"company", "hours", "database", "mailbox", "console", "paths"} == set(table)
    assert "# [企业名称]" in text
    assert '# imap = { host = "imap.163.com", port = 993, security = "tls" }' in text
