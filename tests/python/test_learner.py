"""The learner: targets are returns, a fit moves the Q-values to them, and it is repeatable."""

from __future__ import annotations

import itertools
import random

import pytest
import torch

from architecto.learning.learner import Learner, LearnerSettings, standardised
from architecto.learning.replay import ReplayBuffer, Step
from architecto.scorers.bag import BagScorer
from architecto.scorers.ensemble import EnsembleScorer
from architecto.scorers.transformer import TransformerScorer

TASK = "categorize digits"
LAYERS = ("relu", "gelu", "conv2d", "dropout")


def small(seed: int = 0) -> TransformerScorer:
    return TransformerScorer(seed=seed, width=16, heads=2, hidden=32)


def partial(*layers: str) -> str:
    return f"(bind (state ({' '.join(layers)} . _.0) () ()) (conj (relate (layero _.0))))"


def complete(*layers: str) -> str:
    return f"(architecture (input 1 8 8) ({' '.join(layers)}))"


def worth(layers: tuple[str, ...]) -> float:
    """Convolutions are good, and one after a relu is better."""
    after = sum(a == "relu" and b == "conv2d" for a, b in itertools.pairwise(layers))
    return (layers.count("conv2d") + after) / 4 - 0.5


def evaluated(**settings) -> ReplayBuffer:
    """Three layers, all 64 ways; those that begin with gelu are held."""
    buffer = ReplayBuffer(**settings)
    for episode, layers in enumerate(itertools.product(LAYERS, repeat=3)):
        path = [
            Step(0, partial(*layers[: k + 1]), [partial(*layers[:k], other) for other in LAYERS])
            for k in range(3)
        ]
        buffer.add_answer(complete(*layers), episode, path)
        if layers[0] != "gelu":
            buffer.add_reward(complete(*layers), worth(layers))
    return buffer


def test_standardised_rewards_keep_their_order_and_ties():
    scores = standardised({"a": 0.1, "b": -1.0, "c": 0.1, "d": 0.9})
    assert scores["b"] < scores["a"] == scores["c"] < scores["d"]
    assert abs(sum(scores.values())) < 0.1
    assert standardised({"a": 0.3}) == {"a": 0.0}


def test_a_fit_learns_what_is_good_and_carries_over_to_what_is_held():
    scorer, buffer = small(), evaluated()
    learner = Learner(LearnerSettings(tokens=20_000), seed=0)
    for _ in range(6):
        last = learner.fit(scorer, TASK, buffer)
    assert last["complete"] == 48
    good, bad = scorer.score(TASK, [partial("relu", "conv2d"), partial("relu", "gelu")])
    assert good > bad
    held = [complete("gelu", "relu", "conv2d"), complete("gelu", "gelu", "gelu")]
    mean, _ = scorer.predict(TASK, held)
    assert mean[0] > mean[1] + 0.5


@pytest.mark.parametrize("make", [small, lambda: EnsembleScorer(members=[small(), BagScorer()])])
def test_the_same_seed_gives_the_same_weights(make):
    def fitted(seed):
        scorer, learner = make(), Learner(LearnerSettings(tokens=1500), seed=seed)
        for _ in range(2):
            learner.fit(scorer, TASK, evaluated())
        return scorer.score(TASK, [partial("relu")])

    assert torch.equal(fitted(0), fitted(0))
    assert not torch.equal(fitted(0), fitted(1))


def test_a_stored_learner_goes_on_as_if_nothing_had_happened(tmp_path):
    buffer, settings = (evaluated(keep_candidates=True), LearnerSettings(tokens=1500, n_step=1))
    scorer, learner = small(), Learner(settings, seed=0)
    learner.fit(scorer, TASK, buffer)
    stored = {"scorer": scorer.state_dict(), "learner": learner.state_dict()}
    torch.save(stored, tmp_path / "state.pt")
    learner.fit(scorer, TASK, buffer)

    state = torch.load(tmp_path / "state.pt", weights_only=True)
    again, its_learner = small(seed=5), Learner(settings, seed=0)
    again.load_state_dict(state["scorer"])
    its_learner.load_state_dict(state["learner"], again)
    its_learner.fit(again, TASK, buffer)
    assert torch.equal(again.score(TASK, [partial("relu")]), scorer.score(TASK, [partial("relu")]))


def test_a_choice_is_worth_the_best_that_was_found_below_it():
    buffer, scorer = evaluated(), small()
    targets = Learner()._partial_targets(
        scorer, 0, TASK, buffer, standardised(buffer.rewards), random.Random(0)
    )
    scores = standardised(buffer.rewards)
    below = [v for a, v in scores.items() if a.startswith("(architecture (input 1 8 8) (relu ")]
    assert targets[partial("relu")] == max(below)
    assert targets[partial("relu", "conv2d", "conv2d")] == max(below)


def test_a_dead_end_is_worth_the_worst_reward():
    buffer, scorer = evaluated(), small()
    buffer.add_dead_end("(nothing below)", 99)
    scores = standardised(buffer.rewards)
    targets = Learner()._partial_targets(scorer, 0, TASK, buffer, scores, random.Random(0))
    assert targets["(nothing below)"] == min(scores.values())


def test_fewer_steps_bootstrap_from_the_target_network_at_the_online_networks_choice():
    buffer = ReplayBuffer(keep_candidates=True)
    path = [Step(0, text, [text, text + "!"]) for text in ("(a)", "(b)", "(c)")]
    buffer.add_answer("(architecture)", 0, path)
    scorer, target = small(), small(seed=1)
    learner = Learner(LearnerSettings(n_step=1))
    learner._targets = [target]
    returns = learner._returns(buffer.answers[0], 0.25, 0, scorer, TASK)
    for got, candidates in zip(returns, (["(b)", "(b)!"], ["(c)", "(c)!"]), strict=False):
        best = candidates[int(scorer.score(TASK, candidates).argmax())]
        assert got == pytest.approx(float(target.score(TASK, [best])[0]))
    assert returns[2] == 0.25


def test_nothing_evaluated_nothing_learned():
    scorer = small()
    before = scorer.score(TASK, ["(a)"])
    assert Learner().fit(scorer, TASK, ReplayBuffer())["steps"] == 0
    assert torch.equal(scorer.score(TASK, ["(a)"]), before)
