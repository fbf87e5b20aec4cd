"""Answers that differ in what stands at some places and in nothing else, such as two layers of
some width and a learning rate: the numbers at a place are in an order that is known beforehand.

A Gaussian process over these places (see `posterior`) knows from a few dozen evaluations what a
network would have to learn first: that 0.001 lies between 0.0005 and 0.005, and that a width has
nothing to do with a rate.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

FEWEST = 8
"""Answers below which nothing is said about their places."""
RANGE = 1.3
"""Distance of the least number at a place from the greatest, where that of two symbols is 1."""
STRANGE = 100.0
"""Every feature of a text with other places: far from all others."""

_TOKEN = re.compile(r"[()]|[^\s()]+")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$")

Column = tuple[int, tuple[float, ...] | tuple[str, ...]]
"""A place that varies, and what was seen there: numbers, sorted, or symbols."""


class Places:
    """The places of some texts. `columns` is empty, and nothing is known, unless there are enough
    texts, all alike but for what stands at some places, and numbers at one of these at least."""

    def __init__(self, texts: Sequence[str] = ()) -> None:
        self.texts = list(texts)
        self.columns: list[Column] = []
        self._skeleton = ""
        if len(texts) < FEWEST:
            return
        split = [_split(text) for text in texts]
        self._skeleton = split[0][0]
        if any(skeleton != self._skeleton for skeleton, _ in split):
            return
        seen: set[tuple[str, ...]] = set()  # a width stands in two layers and counts once
        columns: list[Column] = []
        for place, words in enumerate(zip(*(atoms for _, atoms in split), strict=True)):
            if len(set(words)) > 1 and words not in seen:
                seen.add(words)
                columns.append((place, _values(words)))
        if any(isinstance(values[0], float) for _, values in columns):
            self.columns = columns

    def __bool__(self) -> bool:
        return bool(self.columns)

    def features(self, texts: Sequence[str]) -> Tensor:
        """`[text, F]`: the rank of a number among those that were seen at its place, from 0 to
        `RANGE`; symbols one-hot, so that two that differ are 1 apart."""
        return torch.tensor(np.array([self._row(text) for text in texts]), dtype=torch.float32)

    def _row(self, text: str) -> list[float]:
        skeleton, atoms = _split(text)
        strange = skeleton != self._skeleton
        row: list[float] = []
        for place, values in self.columns:
            if isinstance(values[0], str):
                row += [STRANGE if strange else 0.5**0.5 * (atoms[place] == v) for v in values]
            elif strange or not _NUMBER.match(atoms[place]):
                row.append(STRANGE)
            else:
                ranks = np.linspace(0, RANGE, len(values))
                row.append(float(np.interp(float(atoms[place]), values, ranks)))
        return row


def _split(text: str) -> tuple[str, list[str]]:
    """A text without its atoms, and these."""
    tokens = _TOKEN.findall(text)
    skeleton = "".join(token if token in "()" else "." for token in tokens)
    return skeleton, [token for token in tokens if token not in "()"]


def _values(words: Sequence[str]) -> tuple[float, ...] | tuple[str, ...]:
    if all(_NUMBER.match(word) for word in words):
        return tuple(sorted({float(word) for word in words}))
    return tuple(sorted(set(words)))
