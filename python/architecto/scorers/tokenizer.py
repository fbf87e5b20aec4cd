"""Text of a choice → rows of small integers for the network.

What is read is `TASK | CHOICE`: the words of a task sentence, a separator, and an s-expression.
The tokens of an s-expression are its symbols, integers, variables and empty lists. Every token
carries its place in the tree (depth, its index in its list, the index of that list in its
parent, the index of the parent in the grandparent), so the parentheses of a non-empty list say
nothing more and are left out; that halves the length.

A token is one row of six ids into one embedding table, whose rows are summed:

    column 0  kind, magnitude of a number, or first hash of a symbol
    column 1  exact value: second hash of the symbol, or hash of the number's digits
    column 2  depth                      column 3  index in its list
    column 4  index of its list          column 5  index of that list's parent

The vocabulary is open: a symbol is embedded by two independent hashes of its UTF-8 bytes (hash
embeddings, Svenstrup et al. 2017), so there is no unknown token and no list of known names.
"""

from __future__ import annotations

import math
import re
from array import array
from functools import lru_cache
from hashlib import blake2b

import numpy as np

VERSION = 1
"""Goes up when the same text would give other ids; weights of another version are refused."""

COLUMNS = 6
_HASHES = 2048  # buckets of each of the two symbol hashes: a collision in both is 1 in 4 million
_MAGNITUDES = 64
_DEPTHS = 16
_INDICES = 64
_VARIABLES = 64

_offset = 0


def _reserve(count: int) -> int:
    """First id of a fresh range of `count` ids."""
    global _offset
    first, _offset = _offset, _offset + count
    return first


PAD = _reserve(1)
_SEPARATOR = _reserve(1)
_EMPTY = _reserve(1)
_CUT = _reserve(1)
_VARIABLE = _reserve(1)
_WORD = _reserve(1)  # second id of the tokens above
_VARIABLE_NUMBER = _reserve(_VARIABLES)
_MAGNITUDE = _reserve(2 * _MAGNITUDES)  # non-negative, then negative
_HASH_1 = _reserve(_HASHES)
_HASH_2 = _reserve(_HASHES)
_DEPTH = _reserve(_DEPTHS)
_OWN = _reserve(_INDICES)
_PARENT = _reserve(_INDICES)
_GRANDPARENT = _reserve(_INDICES)

VOCABULARY = _offset
"""Rows of the embedding table."""

_TOKEN = re.compile(r'[()]|"(?:\\.|[^"\\])*"|\|[^|]*\||[^\s()"]+')
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?$")
_VARIABLE_NAME = re.compile(r"_\.\d+$")
_TASK_TOKEN = re.compile(r"\d+|[^\W\d]+|[^\w\s]")


class Tokenizer:
    """Deterministic; the same text gives the same rows in every process.

    max_length: tokens of a choice (the task's come on top); what is longer is cut in the middle
    (the first three quarters hold the partial answer, the last quarter the goals that come
    last), one token marks the place, and `cut` counts the texts that were cut.
    """

    def __init__(self, max_length: int = 256) -> None:
        if max_length < 8:
            raise ValueError(f"max_length: got {max_length}, expected at least 8")
        self.max_length = max_length
        self.cut = 0
        self._tasks: dict[str, np.ndarray] = {}

    def encode(self, task: str, choice: str) -> np.ndarray:
        """Rows of `TASK | CHOICE`: int32, shape (tokens, COLUMNS)."""
        if task not in self._tasks:
            self._tasks[task] = _task_rows(task)
        rows = _choice_rows(choice)
        if len(rows) > self.max_length:
            self.cut += 1
            head, tail = self._kept()
            mark = _rows([_CUT, _WORD, _DEPTH, _OWN, _PARENT, _GRANDPARENT])
            rows = np.concatenate([rows[:head], mark, rows[-tail:]])
        return np.concatenate([self._tasks[task], rows])

    def spans(self, task: str, choice: str) -> list[tuple[int, int]]:
        """Where each row of `encode` stands in the text `TASK | CHOICE`: (start, end).

        The row that marks a cut stands for all that was left out.
        """
        before = [match.span() for match in _TASK_TOKEN.finditer(task)]
        before.append((len(task) + 1, len(task) + 2))
        rows = _choice_spans(choice, len(task) + 3)
        if len(rows) > self.max_length:
            head, tail = self._kept()
            rows = [*rows[:head], (rows[head][0], rows[-tail - 1][1]), *rows[-tail:]]
        return before + rows

    def _kept(self) -> tuple[int, int]:
        """Tokens that are kept of the head and of the tail of a choice that is too long."""
        tail = self.max_length // 4
        return self.max_length - tail - 1, tail


def _task_rows(task: str) -> np.ndarray:
    ids: list[int] = []
    for i, word in enumerate(_TASK_TOKEN.findall(task)):
        own = _OWN + min(i, _INDICES - 1)
        ids.extend((*_identity(word), _DEPTH, own, _PARENT, _GRANDPARENT))
    ids.extend((_SEPARATOR, _WORD, _DEPTH, _OWN, _PARENT, _GRANDPARENT))
    return _rows(ids)


def _choice_rows(text: str) -> np.ndarray:
    """One pass over the text; unbalanced parentheses are read as far as they make sense."""
    ids: list[int] = []
    numbers: dict[str, int] = {}  # variables in order of appearance
    depth, own, parent, grandparent = _DEPTH, _OWN, _PARENT, _GRANDPARENT
    deepest, last = _DEPTH + _DEPTHS - 1, _OWN + _INDICES - 1
    outer: list[tuple[int, int, int, int]] = []  # place of every open list
    opened = False  # was the token before this one an opening parenthesis?
    for token in _TOKEN.findall(text):
        if token == "(":
            outer.append((depth, own, parent, grandparent))
            grandparent = parent - _PARENT + _GRANDPARENT
            parent = own - _OWN + _PARENT
            own = _OWN
            if depth < deepest:
                depth += 1
            opened = True
            continue
        if token == ")":
            if outer:
                depth, own, parent, grandparent = outer.pop()
            if opened:
                ids += (_EMPTY, _WORD, depth, own, parent, grandparent)
        else:
            kind, value = _identity(token)
            if kind == _VARIABLE:
                number = numbers.setdefault(token, len(numbers))
                value += min(number, _VARIABLES - 1)
            ids += (kind, value, depth, own, parent, grandparent)
        if own < last:
            own += 1
        opened = False
    return _rows(ids)


def _choice_spans(text: str, offset: int) -> list[tuple[int, int]]:
    """Where each row of `_choice_rows` stands; an empty list is one row."""
    spans: list[tuple[int, int]] = []
    opened: int | None = None  # where the token before this one opened a list
    for match in _TOKEN.finditer(text):
        start, end = match.start() + offset, match.end() + offset
        if match[0] == "(":
            opened = start
            continue
        if match[0] != ")":
            spans.append((start, end))
        elif opened is not None:
            spans.append((opened, end))
        opened = None
    return spans


def _rows(ids: list[int]) -> np.ndarray:
    return np.frombuffer(array("i", ids), dtype=np.intc).reshape(-1, COLUMNS)


@lru_cache(maxsize=65536)
def _identity(token: str) -> tuple[int, int]:
    """First two columns of a token."""
    if _VARIABLE_NAME.match(token):
        return _VARIABLE, _VARIABLE_NUMBER
    digest = int.from_bytes(blake2b(token.encode(), digest_size=8).digest(), "big")
    second = _HASH_2 + (digest >> 32) % _HASHES
    if _NUMBER.match(token):
        return _MAGNITUDE + _magnitude(float(token)), second
    return _HASH_1 + digest % _HASHES, second


def _magnitude(value: float) -> int:
    """Bucket of a number: exact to 8, then four buckets an octave; negative ones apart."""
    size = abs(value)
    if size <= 8 and size == int(size):
        bucket = int(size)
    elif size < 8:
        bucket = 9 + int(size)  # fractions, such as a dropout rate: by their integer part
    else:
        bucket = min(18 + int(4 * (math.log2(size) - 3)), _MAGNITUDES - 1)
    return bucket + (_MAGNITUDES if value < 0 else 0)
