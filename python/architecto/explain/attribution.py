"""What a token is worth: occlusion (Zeiler and Fergus 2014), for any scorer.

The effect of some tokens is the score of the text less the score of the text without them, so a
positive effect says that they raise the score. A network does not see the rows of these tokens; the
others keep their places in the s-expression, so nothing else changes. Any other scorer is given the
text without their characters.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from architecto.scorers.base import BaseScorer, checked_scores
from architecto.scorers.network import NetworkScorer
from architecto.scorers.tokenizer import Tokenizer

_TOKENS = Tokenizer(max_length=1 << 20)
"""Reads texts for scorers that have no tokenizer; cuts nothing."""


@dataclass(frozen=True)
class Place:
    """Where the agent stood at a decision; scores that depend on more than the text need it.

    candidates: all texts; picked: position of the explained one among them
    """

    seed: int
    episode: int
    step: int
    candidates: Sequence[str]
    picked: int


def networks(scorer: BaseScorer) -> list[NetworkScorer]:
    """The networks whose mean score is the scorer's; empty for one that is no network."""
    members = getattr(scorer, "members", [])
    return [m for m in members if isinstance(m, NetworkScorer)]


def spans(scorer: BaseScorer, task: str, text: str) -> list[tuple[int, int]]:
    """The tokens of `TASK | CHOICE` that the scorer reads: (start, end) in characters."""
    members = networks(scorer)
    return (members[0].tokenizer if members else _TOKENS).spans(task, text)


def occlusion(
    scorer: BaseScorer, task: str, place: Place, groups: Sequence[Sequence[int]]
) -> list[float]:
    """Effect of each group of tokens on the score of the picked text.

    groups: positions in `spans`. Raises ScorerError where the scorer gives no usable scores.
    """
    text = place.candidates[place.picked]
    members = networks(scorer)
    if members:
        each = [_network_scores(member, task, text, groups) for member in members]
        means = torch.stack(each).mean(0)  # (1 + groups,)
        return (means[0] - means[1:]).tolist()
    found = spans(scorer, task, text)
    variants = [(task, text), *(_without(task, text, [found[i] for i in g]) for g in groups)]
    scores = [_score(scorer, place, *variant) for variant in variants]
    return [scores[0] - score for score in scores[1:]]


def _network_scores(
    member: NetworkScorer, task: str, text: str, groups: Sequence[Sequence[int]]
) -> torch.Tensor:
    """Q-values `[1 + groups]`: of the text, and of the text without each group's rows."""
    rows = member.tokenizer.encode(task, text)
    variants = [rows, *(np.delete(rows, list(group), axis=0) for group in groups)]
    return member.run(variants)[1]


def _without(task: str, text: str, places: list[tuple[int, int]]) -> tuple[str, str]:
    """Task and choice without the characters at some places of `TASK | CHOICE`."""
    offset = len(task) + len(" | ")
    for start, end in sorted(places, reverse=True):
        if start >= offset:
            text = text[: start - offset] + text[end - offset :]
        else:
            task = task[:start] + task[end:]
    return task, text


def _score(scorer: BaseScorer, place: Place, task: str, text: str) -> float:
    """Score of a text in the place of the picked one, as the agent would ask for it."""
    if scorer.by_text:
        return checked_scores(scorer, task, [text])[0]
    scorer.begin_step(place.seed, place.episode, place.step)
    texts = list(place.candidates)
    texts[place.picked] = text
    return checked_scores(scorer, task, texts)[place.picked]
