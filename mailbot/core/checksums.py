"""Check digits and dates inside numbers. Each takes a string of any kind of wrongness and says yes or no."""

from __future__ import annotations

import re
from datetime import date

_DATE = re.compile(r"((?:19|20)[0-9]{2})([-_]?)([0-9]{2})\2([0-9]{2})")


def day(value: str) -> bool:
    match = _DATE.fullmatch(value)
    if match is None:
        return False
    try:
        date(int(match[1]), int(match[3]), int(match[4]))
    except ValueError:
        return False
    return True


def luhn(value: str) -> bool:
    """The check digit of payment cards (ISO/IEC 7812-1); a tenth of all numbers passes it by chance."""
    total = 0
    for place, digit in enumerate(reversed(value)):
        number = int(digit) * (2 if place % 2 else 1)
        total += number - 9 if number > 9 else number
    return total % 10 == 0


def s10(value: str) -> bool:
    """UPU S10: eight digits weighted 8 6 4 2 3 5 9 7, then 11 - sum mod 11 (10 -> 0, 11 -> 5)."""
    weighted = sum(int(digit) * weight for digit, weight in zip(value[2:10], (8, 6, 4, 2, 3, 5, 9, 7), strict=True))
    check = 11 - weighted % 11
    return int(value[10]) == {10: 0, 11: 5}.get(check, check)


def ups(value: str) -> bool:
    """1Z and 16: letters count (code - 63) mod 10, every second place twice."""
    numbers = [int(c) if c.isdigit() else (ord(c) - 63) % 10 for c in value[2:]]
    total = sum(numbers[0:15:2]) + 2 * sum(numbers[1:15:2])
    return numbers[15] == -total % 10


def identity(value: str) -> bool:
    """A Chinese ID card: a birthday and the check character of GB 11643 (mod 11-2)."""
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    total = sum(int(digit) * weight for digit, weight in zip(value[:17], weights, strict=True))
    return "10X98765432"[total % 11] == value[17].upper() and day(value[6:14])
