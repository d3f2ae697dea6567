"""A draft against the review points: what must stop it, what an agent should look at twice.

Pure. Reads the draft as the customer would get it; never mends it. A "block" finding means: not to be sent as
it stands. The checks stand in families: whose it is (review_privacy.py), what the policy says (review_policy.py),
whether it answers (review_answers.py), how it is written (review_words.py). review_table.py says of each code which
rule it keeps.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from mailbot.core import review_answers, review_policy, review_privacy, review_words
from mailbot.core.review_facts import MAX_TEXT, Context, DraftText, Finding, Level
from mailbot.core.review_privacy import known_values

__all__ = ["CHECKS", "MAX_FINDINGS", "MAX_TEXT", "Context", "DraftText", "Finding", "Level", "known_values", "review"]

MAX_FINDINGS = 50

Check = Callable[[DraftText, Context], Iterator[Finding]]
CHECKS: tuple[Check, ...] = (
    review_privacy.header_lines,  # before all: a forged header reaches people that no other check knows of
    review_privacy.empty,
    review_privacy.recipients,
    review_privacy.identity_numbers,
    review_privacy.foreign_values,  # 000-30
    review_words.placeholders,  # 000-25
    review_policy.forbidden,  # 000-31
    review_policy.compensation,  # 004-22
    review_policy.policy_figures,  # 000-31
    review_privacy.names,  # 000-45
    review_privacy.products,  # 000-11
    review_answers.unanswered,  # 000-32
    review_answers.parts_missing,  # 000-22, 000-23
    review_answers.vague_times,  # 004-13
    review_answers.attachments,
    review_words.language,
    review_words.tone,  # 001-49, 004-04, 004-08
    review_words.jargon,  # 000-28
    review_words.typos,  # 000-33, and all below
    review_words.doubled,
    review_words.punctuation,
    review_words.traditional,
)


def review(draft: DraftText, context: Context) -> tuple[Finding, ...]:
    """All findings, those that block first; the same fault in the same words once."""
    found: dict[Finding, None] = {}
    for check in CHECKS:
        for finding in check(draft, context):
            found[finding] = None
    ordered = sorted(found, key=lambda each: each.level != "block")  # stable: order of CHECKS within a level
    return tuple(ordered[:MAX_FINDINGS])
