"""Reads s-expressions of lists, symbols and numbers: no quotes, strings, comments or extensions.

`racket/networks/text.rkt` reads the same texts; protocol/grammar.md says which. They come from
other processes and from files, so their size and depth are limited, and every error is one line
that says at which character.
"""

import re
from typing import TypeAlias

MAX_CHARACTERS = 1 << 20
"""Longest text that `read` accepts, in characters."""

MAX_DEPTH = 64
"""Deepest nesting of lists that `read` accepts."""

Expression: TypeAlias = "str | int | float | list[Expression]"
"""A symbol is a `str`, a number an `int` or a `float`, a list a `list`."""

_TOKEN = re.compile(r"[()]|[^ \t\r\n()]+")
_INTEGER = re.compile(r"[+-]?[0-9]{1,9}")
_DECIMAL = re.compile(
    r"[+-]?([0-9]{0,9}\.[0-9]{1,18}([eE][+-]?[0-9]{1,2})?|[0-9]{1,9}[eE][+-]?[0-9]{1,2})"
)
_SYMBOL = re.compile(r"[A-Za-z_][A-Za-z0-9_.*+/<>=!?-]{0,99}")


class SexpressionError(ValueError):
    """The text is not one s-expression; the message is one line with the character's position."""


def read(text: str) -> Expression:
    """Returns the one expression that `text` holds; raises `SexpressionError` otherwise."""
    if len(text) > MAX_CHARACTERS:
        raise SexpressionError(
            f"the text has {len(text):,} characters, and at most {MAX_CHARACTERS:,} are read"
        )
    top: list[Expression] = []
    open_lists: list[tuple[list[Expression], int]] = [(top, 0)]
    for match in _TOKEN.finditer(text):
        token, position = match.group(), match.start() + 1
        if len(open_lists) == 1 and top:
            raise SexpressionError(
                f"character {position}: expected the end of the text, got {_shown(token)}"
            )
        if token == "(":
            if len(open_lists) > MAX_DEPTH:
                raise SexpressionError(
                    f"character {position}: lists are nested deeper than {MAX_DEPTH}"
                )
            inner: list[Expression] = []
            open_lists[-1][0].append(inner)
            open_lists.append((inner, position))
        elif token == ")":
            if len(open_lists) == 1:
                raise SexpressionError(f"character {position}: ')' closes no list")
            open_lists.pop()
        else:
            open_lists[-1][0].append(_atom(token, position))
    if len(open_lists) > 1:
        raise SexpressionError(
            f"character {len(text) + 1}: expected ')' for the list opened at character "
            f"{open_lists[-1][1]}, got the end of the text"
        )
    if not top:
        raise SexpressionError("character 1: expected an expression, got an empty text")
    return top[0]


def write(expression: Expression) -> str:
    """The text of an expression, its tokens parted by one space."""
    if isinstance(expression, list):
        return "(" + " ".join(map(write, expression)) + ")"
    return str(expression)


def _atom(token: str, position: int) -> str | int | float:
    if _INTEGER.fullmatch(token):
        return int(token)
    if _DECIMAL.fullmatch(token):
        return float(token)
    if _SYMBOL.fullmatch(token):
        return token
    raise SexpressionError(
        f"character {position}: expected a list, a symbol or a number of at most 9 digits, "
        f"got {_shown(token)}"
    )


def _shown(token: str) -> str:
    return repr(token if len(token) <= 30 else token[:29] + "…")
