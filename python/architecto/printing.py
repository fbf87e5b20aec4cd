"""Texts of others as one line for a person."""

import re

_STEERING = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")


def one_line(error: BaseException) -> str:
    """An exception in one line."""
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def printable(text: str) -> str:
    """A text of the other side as one line for a person.

    What steers a terminal (control characters, line separators, the direction of writing) is
    written as ``\\uXXXX``.
    """
    return _STEERING.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
