from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbot.core.errors import UserError
from mailbot.providers import load_provider, provider_for, provider_names, read_provider

QQ_FIVE = (
    "Login fail. Account is abnormal, service is not open, password is incorrect, "
    "login frequency limited, or system is busy."
)
SMALL = """
label = "Test"
login = "password"
login_zh = "密码"
login_en = "password"
imap = { host = "imap.host.test", port = 993, security = "tls" }
smtp = { host = "smtp.host.test", port = 465, security = "tls" }
"""


@pytest.mark.parametrize("name", provider_names())
def test_every_provider_file_loads_and_speaks_both_languages(name: str) -> None:
    provider = load_provider(name)

    assert name == provider.name
    assert all(one.zh and one.en for one in provider.errors)
    assert all(any("\u4e00" <= char <= "\u9fff" for char in one.zh) for one in provider.errors)
    assert provider.login_zh
    assert provider.login_en


@pytest.mark.parametrize("name", [name for name in provider_names() if name != "generic"])
def test_every_provider_but_generic_names_hosts_with_encryption(name: str) -> None:
    provider = load_provider(name)

    assert provider.imap.host
    assert provider.smtp.host
    assert 993 == provider.imap.port
    assert {465: "tls", 587: "starttls"}[provider.smtp.port] == provider.smtp.security


def test_no_domain_belongs_to_two_providers() -> None:
    domains = [domain for name in provider_names() for domain in load_provider(name).domains]

    assert len(set(domains)) == len(domains)


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("service@163.com", "163"),
        ("service@126.com", "126"),
        ("service@Yeah.NET", "yeah"),
        ("service@foxmail.com", "qq"),
        ("service@gmail.com", "gmail"),
        ("service@hotmail.com", "outlook"),
        ("service@shop.example", "generic"),
        ("no address", "generic"),
    ],
)
def test_the_domain_of_an_address_tells_the_provider(address: str, name: str) -> None:
    assert name == provider_for(address).name


@pytest.mark.parametrize(
    ("name", "text", "kind", "wait"),
    [
        ("163", "SELECT Unsafe Login. Please contact kefu@188.com for help", "unsafe_login", 300),
        ("126", "EXAMINE Unsafe Login. Please contact kefu@188.com for help", "unsafe_login", 300),
        ("163", "LOGIN Login error or password error", "auth", None),
        ("yeah", "535 Error: authentication failed", "auth", None),
        ("163", "550 User has no permission", "disabled", None),
        ("163", "451 Requested mail action not taken: too much fail authentication", "throttled", 3600),
        ("qq", QQ_FIVE, "throttled", 300),
        ("exmail", QQ_FIVE, "throttled", 300),
        ("qq", "535 Login Fail. Please enter your authorization code to login.", "auth", None),
        ("gmail", "[ALERT] Application-specific password required", "auth", None),
        ("gmail", "535-5.7.8 Username and Password not accepted", "auth", None),
        ("gmail", "Too many simultaneous connections. (Failure)", "throttled", 300),
        (
            "microsoft365",
            "Request is throttled. Suggested Backoff Time: 299910 milliseconds",
            "throttled",
            300,
        ),
        ("outlook", "Suggested Backoff Time: 1 milliseconds", "throttled", 1),
        ("microsoft365", "Suggested Backoff Time: 999999999 milliseconds", "throttled", 86_400),
        ("microsoft365", "Session invalidated - AccessTokenExpired", "busy", 0),
        ("microsoft365", "535 5.7.139 SmtpClientAuthentication is disabled for the Tenant", "disabled", None),
        ("microsoft365", "AUTHENTICATE failed.", "auth", None),
        ("generic", "[AUTHENTICATIONFAILED] Authentication failed.", "auth", None),
        ("generic", "454 4.7.0 Temporary authentication failure", "busy", 300),
        ("generic", "[UNAVAILABLE] Temporary authentication failure.", "busy", 300),
        ("generic", "Maximum number of connections from user+IP exceeded", "throttled", 300),
        ("generic", "452 4.2.2 Mailbox full", "quota", 3600),
        ("fastmail", "[UNAVAILABLE] try again", "busy", 300),
        ("generic", "the moon is made of cheese", "unknown", None),
        ("generic", "", "unknown", None),
    ],
)
def test_error_texts_are_understood(name: str, text: str, kind: str, wait: int | None) -> None:
    explained = load_provider(name).explain(text)

    assert (kind, wait) == (explained.kind, explained.retry_after_seconds)


def test_the_five_causes_of_qq_are_all_named_and_none_is_final() -> None:
    explained = load_provider("qq").explain(QQ_FIVE)

    assert not explained.permanent
    assert explained.retry_after_seconds is not None
    assert explained.retry_after_seconds >= 300
    assert all(mark in explained.zh for mark in "①②③④⑤")
    assert all(word in explained.zh for word in ("账号异常", "IMAP/SMTP", "授权码", "频繁", "繁忙"))


def test_a_wrong_code_at_163_says_where_to_get_one() -> None:
    explained = load_provider("163").explain("LOGIN Login error or password error")

    assert explained.permanent
    assert "授权码" in explained.zh
    assert "authorisation code" in explained.en


def test_error_bytes_in_gbk_are_read() -> None:
    explained = load_provider("163").explain("535 帐号或密码错误".encode("gbk"))

    assert "auth" == explained.kind
    assert "535 帐号或密码错误" == explained.text


@given(text=st.one_of(st.binary(max_size=5000), st.text(max_size=5000)), name=st.sampled_from(provider_names()))
def test_explaining_never_raises_and_is_one_short_line(text: bytes | str, name: str) -> None:
    explained = load_provider(name).explain(text)

    assert explained.text.isprintable()
    assert len(explained.text) <= 2000


@pytest.mark.parametrize("evil", ["too many " * 9999, "user " * 9999, "login " * 9999, "a" * 99_999, "[" * 99_999])
def test_hostile_error_texts_cost_nothing(evil: str) -> None:
    for name in provider_names():
        load_provider(name).explain(evil)


def test_an_unknown_provider_lists_the_known_ones() -> None:
    with pytest.raises(UserError, match="known are: 126, 163, aliyun"):
        load_provider("nowhere-at-all")


def test_a_misspelt_provider_gets_the_nearest_name() -> None:
    with pytest.raises(UserError, match='did you mean "gmail"'):
        load_provider("gmial")


@pytest.mark.parametrize(
    ("text", "key", "remedy"),
    [
        (SMALL + "max_conections = 3\n", "max_conections", 'did you mean "max_connections"'),
        (SMALL.replace('login = "password"', 'login = "magic"'), "login", "must be one of"),
        (SMALL.replace("port = 993", 'port = "993"'), "imap.port", "whole number"),
        (SMALL.replace("port = 993", "port = 99999"), "imap.port", "at most 65535"),
        (
            SMALL.replace('port = 465, security = "tls"', 'port = 25, security = "none"'),
            "smtp.security",
            "tls",
        ),
        (SMALL.replace('label = "Test"', ""), "label", "missing"),
        ('name = "other"\n' + SMALL, "name", "leave it out"),
        ('like = "yeah"\n' + SMALL, "like", "another provider file"),
        (SMALL + 'like = "nothing"\n', "like", "another provider file"),
        (
            SMALL + '[[errors]]\nmatch="("\nkind="auth"\nzh="一"\nen="a"\n',
            "errors[0].match",
            "regular expression",
        ),
    ],
)
def test_a_broken_provider_file_names_file_key_and_remedy(tmp_path: Path, text: str, key: str, remedy: str) -> None:
    path = tmp_path / "test.toml"
    path.write_text(text, encoding="utf-8")

    with pytest.raises(UserError) as caught:
        read_provider(path)

    assert (str(path), key) == (caught.value.where, caught.value.key)
    assert remedy in caught.value.remedy


def test_a_file_like_another_takes_over_what_it_does_not_say(tmp_path: Path) -> None:
    (tmp_path / "one.toml").write_text(SMALL + "poll_seconds_min = 7\n", encoding="utf-8")
    (tmp_path / "two.toml").write_text('like = "one"\nlabel = "Two"\n', encoding="utf-8")

    provider = read_provider(tmp_path / "two.toml")

    assert ("two", "Two", 7) == (provider.name, provider.label, provider.poll_seconds_min)


def test_a_file_is_like_one_that_is_itself_like_none(tmp_path: Path) -> None:
    (tmp_path / "one.toml").write_text(SMALL, encoding="utf-8")
    (tmp_path / "two.toml").write_text('like = "one"\n', encoding="utf-8")
    (tmp_path / "three.toml").write_text('like = "two"\n', encoding="utf-8")

    with pytest.raises(UserError, match="itself like another"):
        read_provider(tmp_path / "three.toml")


def test_a_wait_said_in_seconds_is_taken_over(tmp_path: Path) -> None:
    error = """[[errors]]
match = 'wait (?P<seconds>[0-9]{1,9}) s'
kind = "busy"
zh = "忙"
en = "busy"
retry_after = 5
"""
    (tmp_path / "one.toml").write_text(SMALL + error, encoding="utf-8")

    assert 42 == read_provider(tmp_path / "one.toml").explain("please wait 42 s").retry_after_seconds
