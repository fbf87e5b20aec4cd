"""A scorer of a third party that learns in its own way: trees over counts of tokens, no network.

It goes through the same door as the networks: `fit`, `predict`, `best` and its state.
"""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import numpy as np
import torch
from agents_for_tests import TASK, Tree, agent, restored, worth
from sklearn.ensemble import RandomForestRegressor

from architecto.conversation.position import Position
from architecto.runs import checkpoint
from architecto.scorers.base import LearningScorer
from architecto.scorers.experience import Experience


class TreeScorer(LearningScorer):
    """A forest over the counts of the tokens of a text, one for choices and answers alike.

    What a choice is worth is the best reward found below it. Where the trees disagree, nothing is
    sure.
    """

    name = "trees"

    def __init__(self, seed: int = 0) -> None:
        self.seed = seed
        self._targets: dict[str, float] = {}
        self._learn({}, 0.0)

    def score(self, task: str, choices: list[str]) -> torch.Tensor:
        return torch.tensor(self._votes(choices).mean(0), dtype=torch.float32)

    def fit(self, task: str, experience: Experience) -> dict[str, float]:
        targets = dict(experience.rewards)
        for answer in experience.answers:
            reward = experience.rewards.get(answer.text)
            for text in answer.choices if reward is not None else ():
                targets[text] = max(reward, targets.get(text, reward))
        self._learn(targets, max(experience.rewards.values()))
        return {"texts": len(targets)}

    def predict(self, task: str, texts: list[str]) -> tuple[torch.Tensor, torch.Tensor]:
        votes = self._votes(texts)
        return torch.tensor(votes.mean(0)), torch.tensor(votes.std(0) + 0.05)

    @property
    def best(self) -> float:
        return self._best

    def state_dict(self) -> dict:
        return {"texts": list(self._targets), "values": list(self._targets.values()),
                "best": self._best}  # fmt: skip

    def load_state_dict(self, state: dict) -> None:
        self._learn(dict(zip(state["texts"], state["values"], strict=True)), state["best"])

    def _learn(self, targets: dict[str, float], best: float) -> None:
        self._targets, self._best = targets, best
        self._words = sorted({word for text in targets for word in _words(text)})
        self._forest = RandomForestRegressor(20, random_state=self.seed)
        if targets:
            self._forest.fit(self._counts(list(targets)), list(targets.values()))

    def _votes(self, texts: list[str]) -> np.ndarray:
        """What each tree says of each text, `[tree, text]`."""
        if not (self._targets and texts):
            return np.zeros((1, len(texts)))
        counts = self._counts(texts)
        return np.stack([tree.predict(counts) for tree in self._forest.estimators_])

    def _counts(self, texts: list[str]) -> np.ndarray:
        counts = [Counter(_words(text)) for text in texts]
        return np.array([[count[word] for word in self._words] for count in counts])


def _words(text: str) -> list[str]:
    return re.findall(r"[a-z0-9]+", text)


def test_trees_find_better_answers_than_chance() -> None:
    """In the last half of 16 trials of 256 networks, over three seeds."""

    def late(scorer: LearningScorer | str, seed: int) -> float:
        tree = Tree(agent(scorer, seed=seed, episodes=20))
        return float(np.mean([worth(tree.trial()) for _ in range(16)][8:]))

    trees = np.mean([late(TreeScorer(seed), seed) for seed in range(3)])
    chance = np.mean([late("random", seed) for seed in range(3)])
    assert trees > 1.4 * chance


def test_they_go_on_from_a_checkpoint(tmp_path: Path) -> None:
    tree = Tree(agent(TreeScorer(), run_dir=tmp_path))
    for _ in range(5):
        tree.trial()
    checkpoint.save(tmp_path, tree.agent, Position())
    again = restored(agent(TreeScorer(), run_dir=tmp_path), tmp_path)
    other = Tree(again)
    other.episode, other.texts, other.numbers = tree.episode, tree.texts[:], dict(tree.numbers)
    tree.agent.buffer._path = None  # the file belongs to the restored one now
    start = len(tree.picks)
    assert [tree.trial() for _ in range(3)] == [other.trial() for _ in range(3)]
    assert tree.picks[start:] == other.picks
    texts = tree.texts[:20]
    assert other.agent.scores(TASK, texts) == tree.agent.scores(TASK, texts)
