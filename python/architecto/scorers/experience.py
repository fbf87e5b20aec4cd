"""What a scorer learns from: everything that the search found so far, to read and not to write."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Answer:
    """An answer of the search and one path that leads to it.

    text: the answer's own
    episode: in which it was found; −1 for one of an earlier run
    choices: texts of the choices picked on the way, from the root on
    candidates: for each pick the texts that it was chosen from, itself among them; `()` where that
        was not kept (see `LearningScorer.reads_candidates`)
    """

    text: str
    episode: int
    choices: tuple[str, ...]
    candidates: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Experience:
    """The replay buffer as a scorer sees it; everything in the order in which it came.

    rewards: reward in [-1, 1] of each evaluated answer, by its text; those of a warm start's
        earlier run come first
    answers: every derivation that was found, of evaluated answers and of others: an answer that was
        found on two ways is here twice. One that has a reward may be missing where files were lost
    held: texts of the answers that are not evaluated yet
    dead_ends: texts of the choices below which nothing was found
    """

    rewards: Mapping[str, float]
    answers: Sequence[Answer]
    held: Collection[str]
    dead_ends: Collection[str]
