"""Who really wrote a mail: only what our own border found out counts."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailbot.core.mail import Address, Mail
from mailbot.core.trust import aligned, organisational_domain, verdict

BORDER = "mx1.shop.example"
BY_BORDER = (
    "Received",
    "from mx.mail.example ([198.51.100.5]) by mx1.shop.example (Postfix) with ESMTPS id 1; Mon",
)
BY_INSIDE = ("Received", "from mx1.shop.example by imap.shop.example with LMTP id 2; Mon")
FROM = ("From", "li.ming@mail.example")
PLAIN = Mail(
    message_id=None,
    from_=Address("", "li.ming@mail.example"),
    sender=None,
    reply_to=(),
    to=(),
    cc=(),
    subject="",
    date=None,
    text="",
    html=None,
    attachments=(),
    in_reply_to=(),
    references=(),
    headers=(),
    report=None,
    returned=None,
    content_type="text/plain",
    problems=(),
)


def found_by_border(*results: str, authserv: str = BORDER) -> Mail:
    fields = (("Authentication-Results", f"{authserv}; {result}") for result in results)
    return replace(PLAIN, headers=(*fields, BY_BORDER, FROM))


@pytest.mark.parametrize(
    "result",
    [
        "dmarc=pass header.from=mail.example",
        "dmarc=pass (p=reject dis=none) header.from=mail.example",
        "DMARC=PASS",
        "dkim=pass header.d=mail.example header.s=s1 header.b=abc",
        "dkim=pass header.i=@mail.example",
        "dkim=pass header.d=news.mail.example",
        "spf=pass smtp.mailfrom=li.ming@mail.example",
        "spf=pass smtp.mailfrom=bounce.mail.example",
        "spf=pass (sender is allowed; really) smtp.mailfrom=mail.example; dkim=none",
        "dkim=fail header.d=mail.example; dkim=pass header.d=mail.example",
        "dkim/1 = pass header.d = mail.example",
        'spf=pass reason="a; dmarc=fail" smtp.mailfrom="li.ming@mail.example"',
        "spf=pass smtp.mail=li.ming@mail.example; dkim=pass header.i=@mail.example",
        "spf=fail smtp.mailfrom=list.example;\r\n\tdkim=pass header.d=mail.example",
    ],
)
def test_mail_of_the_domain_it_names_passes(result: str):
    assert "pass" == verdict(found_by_border(result), BORDER).level


@pytest.mark.parametrize(
    "result",
    [
        "dmarc=fail (p=none) header.from=mail.example; dkim=pass header.d=mail.example",
        "spf=fail smtp.mailfrom=mail.example",
        "spf=fail smtp.mailfrom=mail.example; dkim=none",
        "spf=fail smtp.mailfrom=x.test; dkim=fail header.d=mail.example",
    ],
)
def test_mail_that_failed_every_check_fails(result: str):
    found = verdict(found_by_border(result), BORDER)

    assert ("fail", None) == (found.level, found.domain)
    assert "mail.example" in found.reason


@pytest.mark.parametrize(
    "result",
    [
        "none",
        "",
        "dmarc=none",
        "dkim=pass header.d=evil.test; spf=pass smtp.mailfrom=evil.test",
        "dkim=pass",
        "spf=softfail smtp.mailfrom=mail.example",
        "spf=fail; dkim=pass header.d=list.example",
        "dkim=temperror header.d=mail.example",
        "spf=none (dmarc=pass header.from=mail.example)",
        'spf=none reason="; dmarc=pass"',
        "dmarc=pass header.from=evil.test",
        "iprev=pass policy.iprev=198.51.100.5",
        "; ; =; = pass; dmarc; pass",
    ],
)
def test_what_proves_nothing_stays_unknown(result: str):
    assert "unknown" == verdict(found_by_border(result), BORDER).level


def test_without_a_trusted_border_nothing_is_known():
    assert "unknown" == verdict(found_by_border("dmarc=pass"), None).level


def test_the_domain_that_passed_is_told():
    assert "news.mail.example" == verdict(found_by_border("dkim=pass header.d=news.mail.example"), BORDER).domain


@pytest.mark.parametrize(
    "headers",
    [
        (BY_BORDER, ("Authentication-Results", f"{BORDER}; dmarc=pass"), FROM),
        (("Authentication-Results", "mx.mail.example; dmarc=pass"), BY_BORDER, FROM),
        (("Authentication-Results", f"{BORDER}.evil.test; dmarc=pass"), BY_BORDER, FROM),
        (("Authentication-Results", "dmarc=pass"), BY_BORDER, FROM),
        (("X-Authentication-Results", f"{BORDER}; dmarc=pass"), BY_BORDER, FROM),
        (
            ("Received", "from a by b.other.example"),
            ("Received", "from c by d"),
            ("Authentication-Results", f"{BORDER}; dmarc=pass"),
        ),
    ],
    ids=["below our Received", "another id", "longer id", "no id", "another header", "no Received of ours"],
)
def test_results_that_others_may_have_written_prove_nothing(headers: tuple[tuple[str, str], ...]):
    assert "unknown" == verdict(replace(PLAIN, headers=headers), BORDER).level


def test_a_forged_pass_below_does_not_outweigh_our_fail():
    forged = ("Authentication-Results", f"{BORDER}; dmarc=pass")
    mail = replace(
        PLAIN,
        headers=(("Authentication-Results", f"{BORDER}; dmarc=fail"), BY_BORDER, forged, BY_BORDER, FROM),
    )

    assert "fail" == verdict(mail, BORDER).level


def test_our_result_counts_below_a_hop_inside():
    mail = replace(PLAIN, headers=(BY_INSIDE, ("Authentication-Results", f"{BORDER}; dmarc=pass"), BY_BORDER, FROM))

    assert "pass" == verdict(mail, BORDER).level


def test_results_in_several_fields_are_read_together():
    mail = found_by_border("spf=fail smtp.mailfrom=list.example", "dkim=pass header.d=mail.example")

    assert "pass" == verdict(mail, BORDER).level


def test_a_border_whose_name_changes_is_given_as_a_pattern():
    host = "zwqz-mx-mta-g2-2"
    received = ("Received", f"from mx.mail.example by {host} (Coremail) with SMTP id a; Mon")
    result = ("Authentication-Results", f"{host}; spf=pass smtp.mail=li.ming@mail.example;")
    mail = replace(PLAIN, headers=(result, received, FROM))

    assert "pass" == verdict(mail, "/zwqz-mx-mta-g\\d+-\\d+/").level
    assert "unknown" == verdict(mail, "/zwqz-mx-mta/").level  # the whole name must fit
    assert "unknown" == verdict(mail, "zwqz-mx-mta-g2-3").level


def test_a_broken_pattern_makes_everything_unknown():
    assert "unknown" == verdict(found_by_border("dmarc=pass"), "/(/").level


def test_two_senders_are_never_one():
    mail = found_by_border("dmarc=pass")

    assert "unknown" == verdict(replace(mail, headers=(*mail.headers, ("From", "boss@shop.example"))), BORDER).level
    assert "unknown" == verdict(replace(mail, from_=None), BORDER).level


@pytest.mark.parametrize(
    ("domain", "organisation"),
    [
        ("mail.example", "mail.example"),
        ("a.b.mail.example", "mail.example"),
        ("shop.com.cn", "shop.com.cn"),
        ("mx.shop.com.cn", "shop.com.cn"),
        ("a.b.shop.co.uk", "shop.co.uk"),
        ("MX.Shop.Example.", "shop.example"),
        ("邮箱.example", "xn--c0zu34b.example"),
        ("com.cn", "com.cn"),
        ("localhost", "localhost"),
        ("", ""),
    ],
)
def test_domains_belong_to_organisations(domain: str, organisation: str):
    assert organisation == organisational_domain(domain)


def test_strangers_below_one_public_suffix_are_not_related():
    assert not aligned("evil.com.cn", "shop.com.cn")
    assert not aligned("evil.co.uk", "shop.co.uk")
    assert not aligned("", "")
    assert aligned("a.shop.com.cn", "b.shop.com.cn")


TOKENS = st.sampled_from(
    [
        BORDER,
        ";",
        " ",
        "dmarc=pass",
        "dkim=fail",
        "spf",
        "=",
        "(",
        ")",
        '"',
        "\\",
        "header.d=",
        "mail.example",
        "\r\n\t",
        ".",
    ]
)


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["Authentication-Results", "Received", "From"]),
            st.lists(TOKENS, max_size=15).map("".join),
        )
    ),
    st.sampled_from([None, BORDER, "/.*/", "/", "//", ""]),
    st.text(max_size=20),
)
def test_every_mail_gets_a_verdict_with_a_reason(headers: list[tuple[str, str]], authserv: str | None, address: str):
    found = verdict(replace(PLAIN, from_=Address("", address or "x"), headers=tuple(headers)), authserv)

    assert found.reason
    assert (found.domain is not None) == (found.level == "pass")


@settings(max_examples=200, deadline=None)
@given(st.lists(TOKENS, max_size=20).map("".join))
def test_nothing_below_our_received_changes_the_verdict(forged: str):
    mail = found_by_border("spf=none")
    below = replace(mail, headers=(*mail.headers, ("Authentication-Results", forged)))

    assert verdict(mail, BORDER) == verdict(below, BORDER)


@pytest.mark.parametrize("piece", ["(", '"', ";", "a=", " ", "\\", "by ", "x."])
def test_hostile_fields_are_read_in_bounded_time(piece: str):
    long = BORDER + ";" + piece * 100_000
    mail = replace(PLAIN, headers=(*((name, long) for name in ("Authentication-Results", "Received") * 200), FROM))

    start = time.perf_counter()
    verdict(mail, BORDER)

    assert time.perf_counter() - start < 2
