"""The owner's mistakes, as one exception: what, where, remedy."""

from __future__ import annotations


class UserError(Exception):
    """`where` names the file (and line if known), `key` the setting in it or "", `remedy` what to do now."""

    def __init__(self, where: str, key: str, remedy: str) -> None:
        super().__init__(": ".join(part for part in (where, key, remedy) if part))
        self.where = where
        self.key = key
        self.remedy = remedy
