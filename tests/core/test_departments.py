"""Departments are read strictly, and a ticket goes to the person who can take it, for a reason that can be told."""

from __future__ import annotations

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbot.core.departments import Department, Staff, choose_owner, read_departments
from mailbot.core.errors import UserError
from mailbot.core.rules import RuleBook, match, read_book
from mailbot.shelf import rule_files
from tests.conftest import ROOT

PACKAGED = (ROOT / "rules" / "departments.toml").read_text(encoding="utf-8")
TECHNICAL = """
[technical]
name = { zh = "技术部", en = "technical support" }
address = "technical@shop.example"
person = "赵工程师"
owners = ["zhao", "qian"]
urgent = ["sun"]
"""
DEPARTMENT = Department(
    code="technical",
    name={"zh": "技术部", "en": "technical support"},
    address="technical@shop.example",
    person="赵工程师",
    owners=("zhao", "qian"),
    urgent=("sun",),
)
OPEN_DOOR = Department("logistics", {"zh": "物流部", "en": "logistics"})  # names nobody


def test_a_department_is_read_as_its_owner_wrote_it():
    assert {"technical": DEPARTMENT} == read_departments(TECHNICAL)


def test_a_department_needs_no_more_than_its_name():
    assert {"logistics": OPEN_DOOR} == read_departments('[logistics]\nname = { zh = "物流部", en = "logistics" }\n')


def test_the_packaged_departments_name_nobody_and_survive_the_way_to_a_child_process():
    departments = read_departments(PACKAGED)

    assert departments == pickle.loads(pickle.dumps(departments))
    assert {("", "", (), ())} == {(one.address, one.person, one.owners, one.urgent) for one in departments.values()}


@pytest.mark.parametrize(
    ("old", "new", "key", "remedy"),
    [
        ('"technical@shop.example"', '"technical"', "technical.address", "technical@shop.example"),
        ('"technical@shop.example"', '"a@b.example, c@d.example"', "technical.address", "no mail address"),
        ('"technical@shop.example"', '"a@b.example\\u0007"', "technical.address", "no mail address"),
        ('"technical@shop.example"', "3", "technical.address", "a text"),
        ('name = { zh = "技术部", en = "technical support" }', "", "technical.name", "missing"),
        ('zh = "技术部"', 'zh = ""', "technical.name.zh", "empty"),
        ('zh = "技术部", ', "", "technical.name.zh", "missing"),
        ('zh = "技术部"', 'zh = "技术部\\nBcc: a@b.example"', "technical.name.zh", "one line"),
        ('en = "technical support"', 'en = "technical support", de = "Technik"', "technical.name.de", "unknown key"),
        ('"赵工程师"', f'"{"赵" * 81}"', "technical.person", "at most 80"),
        ('["zhao", "qian"]', '"zhao"', "technical.owners", "a list"),
        ('["zhao", "qian"]', '["zhao", ""]', "technical.owners", "a list of texts"),
        ('["zhao", "qian"]', '["zhao", " zhao"]', "technical.owners", "twice"),
        ("owners =", "owner =", "technical.owner", "did you mean owners"),
        ("[technical]", '["技术部"]', "技术部", "small letters"),
        ("[technical]\n", "technical = 3\n[other]\n", "technical", "a table"),
        (TECHNICAL, "", "", "no department"),
        (TECHNICAL, "[technical", "", "valid TOML"),
    ],
)
def test_a_mistake_is_named_with_its_file_key_and_remedy(old, new, key, remedy):
    assert old in TECHNICAL

    with pytest.raises(UserError) as raised:
        read_departments(TECHNICAL.replace(old, new, 1))

    assert ("rules/departments.toml", key) == (raised.value.where, raised.value.key)
    assert remedy in raised.value.remedy


ZHAO, QIAN, SUN = Staff("zhao", "", 2), Staff("qian", "", 1), Staff("sun", "", 9)
ZHOU, WU = Staff("zhou", "technical", 0), Staff("wu", "technical", 0)


@pytest.mark.rule("001-12")
@pytest.mark.parametrize(
    ("department", "priority", "staff", "owner", "why"),
    [
        (DEPARTMENT, "normal", [ZHAO, QIAN, SUN, ZHOU], "qian", "指定负责人,手上未结工单 1 张,在可选的人中最少"),
        (DEPARTMENT, "important", [ZHAO, SUN, ZHOU], "zhao", "指定负责人,手上未结工单 2 张"),
        (DEPARTMENT, "urgent", [ZHAO, QIAN, SUN, ZHOU], "sun", "紧急工单负责人,手上未结工单 9 张"),
        (DEPARTMENT, "urgent", [ZHAO, QIAN, ZHOU], "qian", "指定负责人"),  # who is named for urgent ones has left
        (DEPARTMENT, "normal", [SUN, ZHOU, WU], "wu", "部门成员"),  # the owners have left; equal loads: by name
        (OPEN_DOOR, "normal", [ZHOU, Staff("li", "logistics", 40)], "li", "部门成员,手上未结工单 40 张"),
        (OPEN_DOOR, "urgent", [ZHAO, ZHOU], None, "物流部没有可以接手的客服,请主管分派"),
        (OPEN_DOOR, "normal", [], None, "物流部没有可以接手的客服,请主管分派"),
        (None, "normal", [ZHAO], None, "没有对应的部门,请主管分派"),
    ],
)
def test_the_owner_is_chosen_by_department_and_priority_then_by_load(department, priority, staff, owner, why):
    chosen, reason = choose_owner(department, priority, staff)

    assert owner == chosen
    assert why in reason


@pytest.mark.rule("002-43")
def test_the_reason_names_who_handles_the_ticket_with_the_department():
    _, reason = choose_owner(DEPARTMENT, "normal", [ZHAO])

    assert reason.startswith("分派给技术部-zhao: ")


names = st.sampled_from(["zhao", "qian", "sun", "li", "zhou"])
desks = st.lists(
    st.builds(Staff, names, st.sampled_from(["", "technical", "logistics"]), st.integers(0, 50)),
    unique_by=lambda one: one.name,
)


@given(desks, st.sampled_from(["urgent", "important", "normal"]), st.randoms())
def test_whoever_is_chosen_may_take_it_has_least_and_is_chosen_again_in_any_order(staff, priority, random):
    owner, reason = choose_owner(DEPARTMENT, priority, staff)
    mixed = list(staff)
    random.shuffle(mixed)

    assert (owner, reason) == choose_owner(DEPARTMENT, priority, mixed)
    may = [
        one for one in staff if one.name in (*DEPARTMENT.owners, *DEPARTMENT.urgent) or one.department == "technical"
    ]
    desk = {one.name: one for one in may}
    if owner is None:
        assert not [one for one in may if priority == "urgent" or one.name != "sun" or one.department == "technical"]
        return
    named = [one for one in may if one.name in DEPARTMENT.owners]
    if named and not (priority == "urgent" and "sun" in desk):
        assert desk[owner].open_tickets == min(one.open_tickets for one in named)


def route_of(text: str, book: RuleBook) -> Department:
    """The department that the packaged rules lead a mail to."""
    best = match("", text, book).candidates[0]
    return book.departments[book.topics[best.category, best.topic].route]


@pytest.mark.rule("001-11")
@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("我的空调开机5分钟后就自动停机,外机不转", "技术部"),
        ("冰箱不制冷了,麻烦安排师傅上门维修", "技术部"),
        ("快递三天没有更新了,请问我的包裹到哪里了?", "物流部"),
        ("请问发票什么时候开?", "财务部"),
        ("衣服尺码不合适,我想退货,吊牌都在", "售后部"),
        ("收货地址写错了,请帮我改一下手机号", "订单部"),
    ],
)
def test_what_a_mail_is_about_marks_the_department_that_has_to_help(text, name, book):
    assert name == route_of(text, book).name["zh"]


@pytest.mark.rule("004-11")
@pytest.mark.parametrize(
    ("topics", "name"),
    [
        ("quality mismatch", "产品部"),
        ("logistics_late logistics_damage", "物流部"),
        ("after_sales_dispute broken_promise", "售后部"),
    ],
)
def test_a_complaint_is_verified_with_the_department_that_can_know_the_cause(topics, name, book):
    routes = {book.topics["complaint", topic].route for topic in topics.split()}

    assert {name} == {book.departments[route].name["zh"] for route in routes}


def test_every_route_of_the_packaged_topics_leads_to_a_department(book):
    assert set() == {topic.route for topic in book.topics.values()} - set(book.departments)


@pytest.mark.rule("002-22")
def test_mails_of_different_kinds_go_to_the_person_of_their_own_department(book):
    staff = [Staff("zhao", "technical", 8), Staff("wang", "logistics", 5), Staff("ann", "service", 0)]
    fault, parcel = "空调开机5分钟后有异响,还漏水", "快递三天没有更新了,请问我的包裹到哪里了?"

    owners = [choose_owner(route_of(text, book), "important", staff)[0] for text in (fault, parcel)]

    assert ["zhao", "wang"] == owners


@pytest.mark.rule("002-20")
def test_a_new_kind_of_question_with_a_department_of_its_own_is_two_files_and_no_code():
    files = rule_files(ROOT / "rules")
    files["categories/enquiry-recycling.toml"] = """
category = "enquiry"
topic = "recycling"
name = { zh = "旧机回收", en = "Recycling" }
template = "enquiry"
route = "recycling"
[[signs]]
words = ["旧机回收"]
weight = 12
"""
    name = '{ zh = "回收部", en = "recycling" }'
    files["departments.toml"] += f'\n[recycling]\nname = {name}\nowners = ["he"]\n'

    department = route_of("你们做旧机回收吗?", read_book(files))

    assert "回收部" == department.name["zh"]
    assert "he" == choose_owner(department, "normal", [Staff("he", "", 3), Staff("ann", "service", 0)])[0]
