"""Signed tokens: only what we made ourselves is believed."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbot.core import tokens

KEY = b"k" * 32
NUMBER = "20261123-0001"
NONCES = st.text("abcdefghijklmnopqrstuvwxyz0123456789", min_size=1, max_size=40)


def test_a_message_id_tells_its_ticket() -> None:
    made = tokens.message_id(NUMBER, "n0nce", "shop.example", KEY)

    assert made.startswith("<20261123-0001.n0nce.")
    assert made.endswith("@shop.example>")
    assert tokens.ticket_of(made, KEY) == NUMBER


def test_the_same_nonce_gives_the_same_message_id() -> None:
    first = tokens.message_id(NUMBER, "a", "shop.example", KEY)

    assert first == tokens.message_id(NUMBER, "a", "shop.example", KEY)
    assert first != tokens.message_id(NUMBER, "b", "shop.example", KEY)


def test_relays_may_change_the_case_and_drop_the_brackets() -> None:
    made = tokens.message_id(NUMBER, "n0nce", "shop.example", KEY)

    assert tokens.ticket_of(f" {made.upper()} ", KEY) == NUMBER
    assert tokens.ticket_of(made.strip("<>"), KEY) == NUMBER


def test_another_key_another_ticket_and_a_bent_signature_are_not_believed() -> None:
    made = tokens.message_id(NUMBER, "n0nce", "shop.example", KEY)
    bent = made.replace("@", "a@").replace("aa@", "b@")

    assert tokens.ticket_of(made, b"other") is None
    assert tokens.ticket_of(made.replace("0001", "0002"), KEY) is None
    assert tokens.ticket_of(bent, KEY) is None


@pytest.mark.parametrize(
    "strange", ["", "<>", "<a@b>", "<20261123-0001@shop.example>", "<" * 9000, "<20261123-0001.x..@b>"]
)
def test_foreign_message_ids_speak_of_no_ticket(strange: str) -> None:
    assert tokens.ticket_of(strange, KEY) is None


def test_a_plus_address_tells_its_ticket() -> None:
    made = tokens.plus_address("support@shop.example", NUMBER, KEY)

    assert made.startswith("support+20261123-0001.")
    assert tokens.ticket_of_address(made, KEY) == NUMBER
    assert tokens.ticket_of_address(made.upper(), KEY) == NUMBER
    assert tokens.ticket_of_address("support@shop.example", KEY) is None
    assert tokens.ticket_of_address(made.replace("0001", "0002"), KEY) is None


def test_an_address_without_room_for_the_token_stays_as_it_is() -> None:
    long = "a-very-long-name-for-a-support-mailbox@shop.example"

    assert tokens.plus_address(long, NUMBER, KEY) == long


def test_a_token_made_for_an_address_is_no_message_id() -> None:
    local = tokens.plus_address("support@shop.example", NUMBER, KEY).partition("@")[0]
    signature = local.rpartition(".")[2]

    assert tokens.ticket_of(f"<{NUMBER}.a.{signature}@shop.example>", KEY) is None


def test_a_nonce_that_would_break_the_form_is_refused() -> None:
    with pytest.raises(ValueError, match="cannot make"):
        tokens.message_id(NUMBER, "a b", "shop.example", KEY)


@pytest.mark.rule("002-33")
def test_a_rating_link_tells_its_ticket_and_round() -> None:
    made = tokens.rating_token(NUMBER, 1795395600, KEY)

    assert made == made.lower()
    assert re.fullmatch(r"[a-z0-9.-]{40,60}", made)  # stands in an address as it is
    assert (NUMBER, 1795395600) == tokens.read_rating_token(made, KEY)
    assert (NUMBER, 1795395600) == tokens.read_rating_token(made.upper(), KEY)


def test_a_rating_link_that_was_forged_altered_cut_or_made_for_something_else_is_not_believed() -> None:
    made = tokens.rating_token(NUMBER, 1795395600, KEY)
    address = tokens.plus_address("s@shop.example", NUMBER, KEY).partition("@")[0].rpartition(".")[2]
    sent = tokens.message_id(NUMBER, "1795395600", "shop.example", KEY).partition("@")[0][1:]

    assert tokens.read_rating_token(made, b"other") is None
    assert tokens.read_rating_token(made.replace("-0001", "-0002"), KEY) is None
    assert tokens.read_rating_token(made.replace("1795395600", "1795395601"), KEY) is None
    assert tokens.read_rating_token(f"{NUMBER}.1795395600.{address}", KEY) is None
    assert tokens.read_rating_token(sent, KEY) is None
    for cut in range(len(made)):
        assert tokens.read_rating_token(made[:cut], KEY) is None
    assert tokens.ticket_of(f"<{made}@shop.example>", KEY) is None


def test_a_rating_link_for_no_ticket_is_not_made() -> None:
    with pytest.raises(ValueError, match="cannot make"):
        tokens.rating_token("no number", 1, KEY)
    with pytest.raises(ValueError, match="cannot make"):
        tokens.rating_token(NUMBER, -1, KEY)


@given(NONCES, st.integers(1, 10**8))
def test_whatever_was_made_is_read_back(nonce: str, serial: int) -> None:
    number = f"20261123-{serial:04}"

    assert number == tokens.ticket_of(tokens.message_id(number, nonce, "shop.example", KEY), KEY)
    assert number == tokens.ticket_of_address(tokens.plus_address("s@shop.example", number, KEY), KEY)


@given(st.text(max_size=600))
def test_no_text_raises_or_is_believed(text: str) -> None:
    assert tokens.ticket_of(text, KEY) is None
    assert tokens.ticket_of_address(text, KEY) is None
    assert tokens.read_rating_token(text, KEY) is None
