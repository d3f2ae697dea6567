"""Templates are the owner's: mistakes are named with file and remedy, and nothing in them can do harm."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbot.core.errors import UserError
from mailbot.core.facts import Fact, Facts
from mailbot.core.mail import Attachment, Mail
from mailbot.core.quoting import Body
from mailbot.core.review import Context, DraftText, known_values, review
from mailbot.core.triage import Mood, Triage
from mailbot.core.wording import KNOWN_FACTS, Occasion, reply_facts
from mailbot.templates import MAX_OUTPUT, REQUIRED_PARTS, Templates

OURS = Path(__file__).parent.parent / "templates"
TEMPLATES = Templates.load(OURS)
CATEGORIES = tuple(REQUIRED_PARTS)
TOPICS = {
    "enquiry": ("product_use", "policy", "process", "logistics_progress", "price", "invoice", "new_one"),
    "fault": ("malfunction", "defect", "service_fault", "delivery_late", "emergency_repair", "suggestion", "new_one"),
    "complaint": (
        "quality", "attitude", "slow_response", "logistics_late", "logistics_damage", "after_sales_dispute",
        "mismatch", "broken_promise", "new_one",
    ),
    "request": ("return", "exchange", "repair", "refund", "compensation", "cancel", "account_change", "new_one"),
    "revisit": ("rating", "thanks", "still_broken"),
    "other": ("none",),
}  # fmt: skip
NEW = {
    "zh": "你好，洗衣机每次脱水都响得厉害，能不能处理一下？",
    "en": "Hello, the washing machine rattles, can you help me?",
}
FULL = Facts(
    order_numbers=(Fact("20261101000123", "x"),),
    tracking_numbers=(Fact("SF1234567890123", "x"),),
    phones=(Fact("13800000000", "x"),),
    product=Fact("洗衣机", "洗衣机"),
    model=Fact("XQ-8", "XQ-8"),
    happened_at=Fact("11月20日", "11月20日"),
    symptom=Fact("脱水响", "每次脱水都响得厉害"),
    demand=Fact("要求换货", "要换货"),
    customer_name=Fact("王女士", "王女士"),
)
PHOTO = (Attachment(0, "a.jpg", "image/jpeg", 90_000, inline=False),)
FACTS: dict[str, object] = dict.fromkeys(KNOWN_FACTS, "")


def facts_of(triage: Triage, facts: Facts, language: str, *, bare: bool) -> dict[str, object]:
    new = "" if bare else NEW[language]
    occasion = Occasion("20261123-0001", "示例电器", "" if bare else "400-000-0000", language)
    mail = Mail(None, None, None, (), (), (), "" if bare else "急", None, new, None, () if bare else PHOTO,
                (), (), (), None, None, "text/plain", ())  # fmt: skip
    return reply_facts(mail, Body(new, "", "", ()), facts, triage, occasion)


def occasions(language: str) -> Iterator[tuple[str, dict[str, object]]]:
    """Every topic, calm and angry, with all facts, with one, with none; missing nothing, one thing, many."""
    some = (
        replace(Facts(), product=FULL.product),
        replace(Facts(), phones=FULL.phones, order_numbers=FULL.order_numbers),
    )
    moods: tuple[Mood, ...] = ("calm", "upset", "angry")
    for category in CATEGORIES:
        for topic, mood, facts, missing in product(
            TOPICS[category],
            moods,
            (FULL, *some, Facts()),
            ((), ("model",), ("order_number", "photo", "serial", "people")),
        ):
            triage = Triage(category, topic, "important", 0.9, mood, (), missing)  # type: ignore[arg-type]
            yield category, facts_of(triage, facts, language, bare=facts == Facts())


UNNATURAL = re.compile(
    r"[，。？！：；、]{2}|（）|“”|''|\[\]|，$|：$(?!\n\d)|  |\bNone\b|[，。]”|\{|\}|\( |，但是|不过|您的（| [，。！？]|[a-z]  |\.\.|,,|[a-z]\.[A-Z]",
    re.MULTILINE,
)


@pytest.mark.rule("000-21")
@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_draft_reads_naturally_whatever_is_known(language: str) -> None:
    for name, facts in occasions(language):
        rendered = TEMPLATES.render(name, language, facts)

        text = re.sub(r"：\n1\. ", "：X ", rendered.text)
        assert not UNNATURAL.search(text), f"{name} {facts['topic']}: {UNNATURAL.search(text)}\n{rendered.text}"
        assert rendered.subject
        assert rendered.text.count("\n\n\n") == 0
        assert "**" not in rendered.text
        numbers = [int(each) for each in re.findall(r"^(\d)\. ", rendered.text, re.MULTILINE)]
        assert all(number == 1 or number == before + 1 for before, number in zip([0, *numbers], numbers, strict=False))


@pytest.mark.rule("000-25")
@pytest.mark.parametrize("language", ["zh", "en"])
def test_no_draft_of_ours_is_stopped_by_the_review(language: str) -> None:
    for name, facts in occasions(language):
        rendered = TEMPLATES.render(name, language, facts)
        draft = DraftText(rendered.subject, rendered.text, ("wang@mail.example",))
        allowed = known_values(["订单20261101000123 快递SF1234567890123 400-000-0000 20261123-0001"])
        context = Context("wang@mail.example", "wang@mail.example", (), language, allowed)

        assert () == review(draft, context), rendered.text


@pytest.mark.rule("000-27")
def test_a_complaint_is_taken_seriously_and_never_contradicted() -> None:
    for name, facts in occasions("zh"):
        if name == "complaint":
            text = TEMPLATES.render(name, "zh", facts).text
            assert "我们非常重视您的反馈" in text
            assert "致歉" in text or "道歉" in text
            assert "但是" not in text
            assert "不过" not in text


@pytest.mark.rule("004-05")
def test_a_complaint_is_summed_up_and_confirmed() -> None:
    triage = Triage("complaint", "quality", "important", 0.9, "upset", ())

    text = TEMPLATES.render("complaint", "zh", facts_of(triage, FULL, "zh", bare=False)).text

    assert "您提到的是“每次脱水都响得厉害”，对吗？" in text


@pytest.mark.rule("000-44")
def test_an_enquiry_is_thanked_for() -> None:
    triage = Triage("enquiry", "policy", "normal", 0.9, "calm", ())

    text = TEMPLATES.render("enquiry", "zh", facts_of(triage, FULL, "zh", bare=False)).text

    assert text.startswith("尊敬的王女士，您好！")
    assert "感谢您的咨询，很高兴为您服务" in text
    assert "祝您生活愉快" in text


@pytest.mark.rule("000-51")
@pytest.mark.rule("000-54")
def test_a_fault_is_confirmed_and_an_engineer_promised() -> None:
    triage = Triage("fault", "malfunction", "important", 0.9, "calm", ())

    text = TEMPLATES.render("fault", "zh", facts_of(triage, FULL, "zh", bare=False)).text

    assert "已收到您反馈的“每次脱水都响得厉害”问题" in text
    assert "工程师在24小时内与您联系" in text


def test_danger_comes_before_everything_else() -> None:
    triage = Triage("fault", "malfunction", "urgent", 0.9, "calm", ())
    facts = facts_of(triage, FULL, "zh", bare=False) | {"hazard": True}

    text = TEMPLATES.render("fault", "zh", facts).text

    assert "请先停止使用" in text
    assert "重新开机" not in text


@pytest.mark.rule("003-09")
@pytest.mark.parametrize(("language", "time"), [("zh", "4个工作小时内"), ("en", "within 4 working hours")])
def test_the_acknowledgement_states_number_and_response_time(language: str, time: str) -> None:
    triage = Triage("fault", "malfunction", "important", 0.9, "calm", ())

    rendered = TEMPLATES.render("acknowledgement", language, facts_of(triage, FULL, language, bare=False))

    assert "20261123-0001" in rendered.subject
    assert "20261123-0001" in rendered.text
    assert time in rendered.text
    assert "400-000-0000" in rendered.text
    assert "洗衣机" not in rendered.text  # an automatic mail repeats no word of a mail nobody has read


@pytest.mark.rule("002-08")
def test_the_signature_names_company_and_agent_number() -> None:
    facts = {
        "company_name": "示例电器",
        "agent_name": "小陈",
        "agent_number": "1024",
        "hotline": "",
        "ticket_number": "20261123-0001",
    }

    text = TEMPLATES.render("signature", "zh", facts).text

    assert text == "示例电器客户服务\n客服 小陈，工号 1024\n工单编号 20261123-0001"


def test_our_own_templates_have_no_problems() -> None:
    assert () == TEMPLATES.check(CATEGORIES)
    assert (
        "acknowledgement",
        "care",
        "closing",
        "complaint",
        "decline",
        "delay",
        "enquiry",
        "fault",
        "holding",
        "material",
        "material_reminder",
        "other",
        "progress",
        "rating_thanks",
        "reminder",
        "request",
        "revisit",
        "revisit_invitation",
        "revisit_reminder",
        "signature",
        "solution",
        "suggestion_adopted",
        "transfer",
    ) == TEMPLATES.names()
    assert TEMPLATES.kind("acknowledgement", "zh") == "acknowledgement"
    assert TEMPLATES.category("fault", "en") == "fault"


@given(st.text(max_size=200))
def test_a_customers_words_are_never_a_template(words: str) -> None:
    hostile = "{{ company_name }}{% for a in b %}" + words.replace("\n", " ")

    rendered = TEMPLATES.render("other", "zh", FACTS | {"quote": hostile, "customer_subject": hostile})

    assert "{{ company_name }}{% for a in b %}" in rendered.text
    assert "\n" not in rendered.subject


# -- The owner's mistakes --

GOOD = "Kind: acknowledgement\nSubject: {{ customer_subject }}\n\n{{ salutation }}\n"


def folder(tmp_path: Path, **files: str) -> Path:
    for name, text in files.items():
        language, _, stem = name.partition("_")
        (tmp_path / language).mkdir(exist_ok=True)
        (tmp_path / language / f"{stem}.txt").write_text(text, encoding="utf-8")
    return tmp_path


def problems(tmp_path: Path, text: str) -> list[tuple[str, str]]:
    loaded = Templates.load(folder(tmp_path, zh_a=text), ("zh",), strict=False)
    return [(each.file, each.key) for each in loaded.check(CATEGORIES)]


@pytest.mark.parametrize(
    ("text", "file", "key"),
    [
        ("Kind: acknowledgement\nSubject: a\nFrom: b\n\nc", "zh/a.txt:3", "From"),
        ("Kind: letter\nSubject: a\n\nc", "zh/a.txt", "Kind"),
        ("Kind: acknowledgement\n\nc", "zh/a.txt", "Subject"),
        ("Subject: a\n\nc", "zh/a.txt", "Category"),
        ("Category: sale\nSubject: a\n\nc", "zh/a.txt", "sale"),
        ("Kind: acknowledgement\nSubject: a\n\n\n{{ salutaion }}", "zh/a.txt", "salutaion"),
        ("Kind: acknowledgement\nSubject: {{ nix }}\n\nc", "zh/a.txt", "nix"),
        ("Kind: acknowledgement\nSubject: a\n\nc\n{% if %}", "zh/a.txt:5", ""),
        ("Kind: acknowledgement\nSubject: a\n\n{% include 'b.txt' %}", "zh/a.txt", "b.txt"),
        ("Kind: acknowledgement\nSubject: a\n\n{% include topic %}", "zh/a.txt", "include"),
        ("Kind: signature\n\n{{ quote }}", "zh/a.txt", "quote"),
        ("Kind: acknowledgement\nSubject: a", "zh/a.txt", ""),
        ("Category: revisit\nSubject: a\n\n{% block greeting %}{% endblock %}{% block closing %}{% endblock %}", "zh/a.txt", "thanks"),
        ("Kind: internal\nSubject: {{ customer_subject }}\n\nc", "zh/a.txt", "customer_subject"),
        ("Kind: internal\nSubject: a\n\n{{ salutation }} {{ order_number }}", "zh/a.txt", "order_number"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_its_place(tmp_path: Path, text: str, file: str, key: str) -> None:
    assert (file, key) in problems(tmp_path, text)


@pytest.mark.rule("001-52")
def test_a_mail_to_agents_may_not_speak_of_a_customer_even_in_a_piece(tmp_path: Path) -> None:
    text = "Kind: internal\nSubject: {{ count }}\n\n{% include '_piece.txt' %}"
    loaded = Templates.load(folder(tmp_path, zh_a=text, zh__piece="{{ salutation }}"), ("zh",))

    assert [("zh/_piece.txt", "salutation")] == [(each.file, each.key) for each in loaded.check(CATEGORIES)]


def test_a_template_without_category_is_held_to_the_parts_of_its_name(tmp_path: Path) -> None:
    texts = {
        "zh_closing": "Subject: a\n\n{% block greeting %}{% endblock %}{% block summary %}{% endblock %}",
        "zh_care": "Kind: revisit\nSubject: a\n\n{% block greeting %}{% endblock %}{% block question %}{% endblock %}",
        "zh_own_idea": "Kind: progress\nSubject: a\n\nc",
    }

    found = Templates.load(folder(tmp_path, **texts), ("zh",)).check(CATEGORIES)

    assert [("zh/care.txt", "closing"), ("zh/care.txt", "stop"), ("zh/closing.txt", "farewell")] == [
        (each.file, each.key) for each in found
    ]


def test_a_good_template_has_none(tmp_path: Path) -> None:
    assert [] == problems(tmp_path, GOOD)


def test_a_language_without_its_pair_is_a_warning(tmp_path: Path) -> None:
    (problem,) = Templates.load(folder(tmp_path, zh_a=GOOD, zh_b=GOOD, en_b=GOOD)).check(CATEGORIES)

    assert (problem.file, problem.level) == ("en/a.txt", "warning")


def test_parts_may_stand_in_an_included_or_extended_file(tmp_path: Path) -> None:
    base = "{% block greeting %}{% endblock %}{% block thanks %}{% endblock %}{% block closing %}{% endblock %}"
    child = (
        "Category: revisit\nSubject: a\n\n{% extends '_base.txt' %}{% block thanks %}danke{{ super() }}{% endblock %}"
    )
    loaded = Templates.load(folder(tmp_path, zh_a=child, zh__base=base), ("zh",))

    assert () == loaded.check(CATEGORIES)
    assert loaded.render("a", "zh", {}).text == "danke"


@pytest.mark.parametrize(
    "body",
    [
        "{% if %}", "{{ a ~ b }}", "{% macro m() %}{% endmacro %}", "{% set a %}x{% endset %}", "{{ quote|center(9) }}",
        "{% for a in questions %}{% for b in questions %}{% for c in questions %}{% endfor %}{% endfor %}{% endfor %}",
        "{% filter upper %}{% endfilter %}", "{% import '_x.txt' as x %}",
    ],
)  # fmt: skip
def test_a_broken_or_forbidden_template_is_refused_at_start(tmp_path: Path, body: str) -> None:
    path = folder(tmp_path, zh_a=f"Kind: acknowledgement\nSubject: a\n\n{body}")

    with pytest.raises(UserError, match=r"zh/a\.txt:4"):
        Templates.load(path)
    with pytest.raises(UserError, match=r"zh/a\.txt"):
        Templates.load(path, strict=False).render("a", "zh", FACTS)


@pytest.mark.parametrize(
    "body",
    [
        "{{ 'a' * 1000000000 }}", "{{ 9 ** 9 ** 9 }}", "{{ '%9999999d' % 1 }}", "{{ range(9) }}", "{{ quote.ljust(9) }}",
        "{{ quote.__class__ }}", "{{ 'a'.format(1) }}", "{{ lipsum() }}", "{{ nothing }}", "{{ questions[9] }}",
        "{{ 1 // 0 }}", "{{ quote() }}", "{% include 'a.txt' %}", "{{ self.__init__.__globals__ }}",
    ],
)  # fmt: skip
def test_no_template_reaches_beyond_its_facts(tmp_path: Path, body: str) -> None:
    loaded = Templates.load(folder(tmp_path, zh_a=f"Kind: acknowledgement\nSubject: a\n\n{body}"), strict=False)

    with pytest.raises(UserError, match=r"zh/a\.txt"):
        loaded.render("a", "zh", FACTS | {"questions": ()})


def test_a_text_beyond_all_measure_is_refused(tmp_path: Path) -> None:
    body = "{% for a in questions %}{% for b in questions %}{{ quote }}{% endfor %}{% endfor %}"
    loaded = Templates.load(folder(tmp_path, zh_a=f"Kind: acknowledgement\nSubject: a\n\n{body}"))

    with pytest.raises(UserError, match="64 KB"):
        loaded.render("a", "zh", {"questions": ("x",) * 40, "quote": "y" * (MAX_OUTPUT // 1000)})


def test_sums_of_small_things_are_allowed(tmp_path: Path) -> None:
    body = "{{ (questions + questions)|length * 2 + 1 }}"
    loaded = Templates.load(folder(tmp_path, zh_a=f"Kind: acknowledgement\nSubject: a\n\n{body}"))

    assert loaded.render("a", "zh", {"questions": ("x",)}).text == "5"


def test_a_missing_folder_and_an_unreadable_file_say_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no such folder"):
        Templates.load(tmp_path / "none")
    with pytest.raises(UserError, match="no language folder"):
        Templates.load(tmp_path)
    (tmp_path / "zh").mkdir()
    (tmp_path / "zh" / "a.txt").write_bytes("主题".encode("gb18030"))
    with pytest.raises(UserError, match="save it as UTF-8"):
        Templates.load(tmp_path)
    (tmp_path / "zh" / "a.txt").write_bytes(b"a" * 70_000)
    with pytest.raises(UserError, match="longer than"):
        Templates.load(tmp_path)


def test_a_language_we_do_not_have_falls_back_to_the_first(tmp_path: Path) -> None:
    loaded = Templates.load(folder(tmp_path, zh_a=GOOD, en_b=GOOD))

    assert loaded.language_for("a", "fr") == "zh"
    assert loaded.language_for("b", "fr") == "en"
    assert loaded.render("a", "fr", {"customer_subject": "s", "salutation": "t"}).text == "t"
    with pytest.raises(UserError, match="no such template"):
        loaded.render("c", "zh", {})


def test_one_changed_character_changes_the_hash_even_in_an_included_file(tmp_path: Path) -> None:
    text = GOOD + "{% include '_end.txt' %}"
    before = Templates.load(folder(tmp_path, zh_a=text, zh__end="end", zh_b=GOOD))
    after = Templates.load(folder(tmp_path, zh_a=text, zh__end="end.", zh_b=GOOD))

    assert before.text_hash("a", "zh") != after.text_hash("a", "zh")
    assert before.text_hash("b", "zh") == after.text_hash("b", "zh")
    assert re.fullmatch("[0-9a-f]{64}", before.text_hash("a", "zh"))


def test_a_byte_order_mark_and_windows_line_ends_are_no_mistake(tmp_path: Path) -> None:
    folder(tmp_path, zh_a="")
    (tmp_path / "zh" / "a.txt").write_bytes(b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n").encode())

    assert () == Templates.load(tmp_path, ("zh",)).check(CATEGORIES)
