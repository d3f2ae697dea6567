"""The customer's language, by script."""

from __future__ import annotations

import pytest

from mailbot.core.language import detect


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("zh", "我的空调坏了"),
        ("zh", "我的 CleanBot Max Detect Slim 吸力变小"),
        ("zh", "冷氣不冷，請派人"),
        ("zh", "退款 https://shop.example/a/very/long/link/with/words"),
        ("en", "Hello, my name is 王小明 and the fan is broken"),
        ("en", "refund please"),
        ("ja", "空気清浄機が動きません。注文番号をお送りします"),
        ("ko", "에어컨이 고장났어요"),
        ("ru", "Кондиционер сломан, помогите"),
        ("de", "Guten Tag, der Filter ist nicht dicht und ich bitte um Ersatz"),
        ("zh", "20261120123456"),
        ("zh", ""),
    ],
)
def test_the_script_tells_the_language(language: str, text: str) -> None:
    assert language == detect(text)


def test_no_words_give_the_default() -> None:
    assert detect("2026112012 https://a.example", default="en") == "en"
