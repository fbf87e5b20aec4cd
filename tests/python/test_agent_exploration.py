"""How a guide explores, against sums done by hand."""

from __future__ import annotations

import math
from collections import Counter

import pytest
import torch
from agents_for_tests import TASK, agent

from architecto.learning.exploration import epsilon_after, expected_improvement, explore
from architecto.scorers.base import BaseScorer, LearningScorer


def picks(opinions: list[list[float]], **settings) -> Counter:
    """Positions picked at the first step of 4,000 episodes."""
    settings = {"epsilon": 0.0, "temperature": 0.5} | settings
    indices = list(range(len(opinions)))
    return Counter(explore(opinions, indices, at=(0, e, 0), **settings) for e in range(4000))


def test_picks_are_draws_from_the_softmax_of_the_values() -> None:
    values = [0.0, 0.5, 1.0]
    found = picks([[value] for value in values], temperature=0.5)
    whole = sum(math.exp(value / 0.5) for value in values)
    for place, value in enumerate(values):
        assert found[place] / 4000 == pytest.approx(math.exp(value / 0.5) / whole, abs=0.03)


def test_without_temperature_the_best_one_is_picked_and_the_lowest_index_among_equals() -> None:
    assert picks([[0.0], [1.0], [1.0]], temperature=0.0) == {1: 4000}
    at = {"at": (0, 0, 0), "epsilon": 0.0, "temperature": 0.0}
    assert explore([[1.0], [1.0]], [9, 4], **at) == 1


def test_random_episodes_come_at_their_rate_and_are_random_throughout() -> None:
    found = picks([[0.0], [100.0]], epsilon=0.4)
    assert found[0] / 4000 == pytest.approx(0.2, abs=0.03)
    for episode in range(20):
        steps = [
            explore([[0.0], [9e9]], [0, 1], at=(0, episode, step), epsilon=0.5, temperature=1)
            for step in range(20)
        ]
        assert set(steps) in ({1}, {0, 1}) and (set(steps) == {1} or 3 < sum(steps) < 17)


def test_the_rate_of_random_episodes_falls() -> None:
    rates = [epsilon_after(n, warm_up=2, least=0.2, decay=0.5) for n in range(5)]
    assert rates == [1.0, 1.0, 1.0, pytest.approx(0.6), pytest.approx(0.4)]


@pytest.mark.parametrize(
    ("mean", "deviation", "best"), [(0.0, 1.0, 0.0), (0.3, 0.2, 0.5), (-2.0, 0.5, 1.0)]
)
def test_expected_improvement_is_the_mean_of_what_is_gained(mean, deviation, best) -> None:
    """Summed up over a fine grid of values."""
    grid = torch.linspace(mean - 8 * deviation, mean + 8 * deviation, 20_001).double()
    density = torch.exp(-((grid - mean) ** 2) / (2 * deviation**2))
    gained = float((density * (grid - best).clamp(min=0)).sum() / density.sum())
    one = torch.tensor([mean]).double(), torch.tensor([deviation]).double()
    assert float(expected_improvement(*one, best)[0]) == pytest.approx(gained, abs=1e-6)


# Thompson sampling


class Opposed(LearningScorer):
    """Two members: one likes the first choice of any two, the other the second."""

    name = "opposed"
    best = 0.0

    class Member(BaseScorer):
        def __init__(self, liked: str) -> None:
            self.liked = liked

        def score(self, task, choices):
            return torch.tensor([3.0 * (choice == self.liked) for choice in choices])

    members = (Member("1"), Member("2"))

    def score(self, task, choices):
        raise AssertionError("the members are asked")

    def fit(self, task, experience):
        return {}

    def predict(self, task, texts):
        return torch.zeros(len(texts)), torch.ones(len(texts))


def test_each_episode_follows_one_member_of_an_ensemble():
    a = agent(Opposed(), warm_up=0, epsilon=0.0, epsilon_decay=0.0, temperature=0.0)
    a.buffer.add_reward("(architecture)", 0.5)
    picks = [
        [
            a.select_action(
                task=TASK, session="s", episode=episode, step=step, candidates=[1, 2], texts=str
            ).index
            for step in range(4)
        ]
        for episode in range(20)
    ]
    assert all(len(set(episode)) == 1 for episode in picks)
    assert {episode[0] for episode in picks} == {1, 2}
    assert a.scores(TASK, ["1", "2"]) == [1.5, 1.5]
