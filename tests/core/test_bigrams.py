"""Texts cut into what both searches count."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbot.core.bigrams import LONGEST, bigrams, query_tokens


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("保修期", ("保修", "修期")),
        ("保修", ("保修",)),
        ("修", ("修",)),
        ("空调KFR-35GW", ("空调", "kfr", "35gw")),
        ("保修，保修", ("保修", "保修")),  # no pair reaches over a sign
        ("Ｈｅｌｌｏ　Wörld", ("hello", "wörld")),  # full width
        ("a_b don't", ("a", "b", "don", "t")),
        ("订单20261101123456", ("订单", "20261101123456")),
        ("カメラ 안녕", ("カメ", "メラ", "안녕")),
        ("。！ …", ()),
        ("", ()),
    ],
)
def test_chinese_gives_pairs_and_the_rest_whole_words(text: str, tokens: tuple[str, ...]) -> None:
    assert tokens == bigrams(text)


def test_traditional_characters_count_as_simplified_ones_where_the_mapping_is_given() -> None:
    mapping = str.maketrans("維壞", "维坏")

    assert bigrams("维修坏了") == bigrams("維修壞了", simplified=mapping)


def test_a_query_names_each_token_once() -> None:
    assert ("空调", "噪音") == query_tokens("空调 噪音 空调")
    assert () == query_tokens("？ ！")


def test_what_lies_behind_the_limit_is_not_read() -> None:
    assert ("保修",) == bigrams("保修期多久", limit=2)


@given(st.text(max_size=300), st.integers(0, 400))
def test_whatever_the_text_there_are_no_more_tokens_than_characters_and_none_is_long(text: str, limit: int) -> None:
    found = bigrams(text, limit)

    assert len(found) <= limit
    assert all(0 < len(token) <= LONGEST for token in found)


@given(st.lists(st.sampled_from("空调保修期多久"), min_size=2, max_size=40).map("".join), st.data())
def test_any_two_neighbours_of_a_text_are_found_by_a_query(text: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(text) - 2))

    assert set(query_tokens(text[at : at + 2])) <= set(bigrams(f"前面，{text}。"))
