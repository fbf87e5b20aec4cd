"""How networks learn: targets are returns, a fit moves Q-values to them, and it is repeatable."""

from __future__ import annotations

import itertools
import random

import pytest
import torch

from architecto.learning.replay import ReplayBuffer, Step
from architecto.scorers.bag import BagScorer
from architecto.scorers.ensemble import EnsembleScorer
from architecto.scorers.guide_settings import GuideSettings
from architecto.scorers.q_learning import standardised
from architecto.scorers.transformer import TransformerScorer

TASK = "categorize digits"
LAYERS = ("relu", "gelu", "conv2d", "dropout")


def small(seed: int = 0, **settings) -> TransformerScorer:
    return TransformerScorer(
        seed=seed, width=16, heads=2, hidden=32, settings=GuideSettings(**settings)
    )


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
    scorer, experience = small(fit_tokens=20_000), evaluated().experience
    for _ in range(6):
        last = scorer.fit(TASK, experience)
    assert last["complete"] == 48
    good, bad = scorer.score(TASK, [partial("relu", "conv2d"), partial("relu", "gelu")])
    assert good > bad
    held = [complete("gelu", "relu", "conv2d"), complete("gelu", "gelu", "gelu")]
    mean, _ = scorer.predict(TASK, held)
    assert mean[0] > mean[1] + 0.5
    best = max(standardised(experience.rewards).values())
    assert scorer.best == pytest.approx(best, abs=1e-6)


def test_what_a_scorer_learns_from_is_only_read():
    experience = evaluated().experience
    with pytest.raises(TypeError):
        experience.rewards["(mine)"] = 1.0  # type: ignore[index]
    with pytest.raises(AttributeError):
        experience.held.add("(mine)")  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "make",
    [
        lambda seed: small(seed, fit_tokens=1500),
        lambda seed: EnsembleScorer(
            members=[small(seed, fit_tokens=700), BagScorer(seed, settings=GuideSettings())]
        ),
    ],
)
def test_the_same_seed_gives_the_same_weights(make):
    def fitted(seed):
        scorer = make(seed)
        for _ in range(2):
            scorer.fit(TASK, evaluated().experience)
        return scorer.score(TASK, [partial("relu")])

    assert torch.equal(fitted(0), fitted(0))
    assert not torch.equal(fitted(0), fitted(1))


def test_an_ensemble_fits_its_members_and_shares_its_tokens():
    one, many = EnsembleScorer(settings=GuideSettings(fit_tokens=900)), small(fit_tokens=300)
    steps = one.fit(TASK, evaluated().experience)["steps"]
    assert steps == many.fit(TASK, evaluated().experience)["steps"]
    assert [member.learning.fits for member in one.members] == [1, 1, 1]  # type: ignore[attr-defined]


def test_a_stored_scorer_goes_on_as_if_nothing_had_happened(tmp_path):
    experience = evaluated(keep_candidates=True).experience
    scorer = small(fit_tokens=1500, n_step=1)
    scorer.fit(TASK, experience)
    torch.save(scorer.state_dict(), tmp_path / "state.pt")
    scorer.fit(TASK, experience)

    again = small(fit_tokens=1500, n_step=1)
    again.load_state_dict(torch.load(tmp_path / "state.pt", weights_only=True))
    again.fit(TASK, experience)
    assert torch.equal(again.score(TASK, [partial("relu")]), scorer.score(TASK, [partial("relu")]))


def test_a_choice_is_worth_the_best_that_was_found_below_it():
    buffer, scorer = evaluated(), small()
    targets = scorer.learning._partial_targets(
        scorer, TASK, buffer.experience, standardised(buffer.rewards), random.Random(0)
    )
    scores = standardised(buffer.rewards)
    below = [v for a, v in scores.items() if a.startswith("(architecture (input 1 8 8) (relu ")]
    assert targets[partial("relu")] == max(below)
    assert targets[partial("relu", "conv2d", "conv2d")] == max(below)


def test_a_dead_end_is_worth_the_worst_reward():
    buffer, scorer = evaluated(), small()
    buffer.add_dead_end("(nothing below)", 99)
    scores = standardised(buffer.rewards)
    targets = scorer.learning._partial_targets(
        scorer, TASK, buffer.experience, scores, random.Random(0)
    )
    assert targets["(nothing below)"] == min(scores.values())


def test_fewer_steps_bootstrap_from_the_target_network_at_the_online_networks_choice():
    buffer = ReplayBuffer(keep_candidates=True)
    path = [Step(0, text, [text, text + "!"]) for text in ("(a)", "(b)", "(c)")]
    buffer.add_answer("(architecture)", 0, path)
    scorer, target = small(n_step=1), small(seed=1)
    assert scorer.reads_candidates
    scorer.learning._target = target
    returns = scorer.learning._returns(scorer, TASK, buffer.answers[0], 0.25)
    for got, candidates in zip(returns, (["(b)", "(b)!"], ["(c)", "(c)!"]), strict=False):
        best = candidates[int(scorer.score(TASK, candidates).argmax())]
        assert got == pytest.approx(float(target.score(TASK, [best])[0]))
    assert returns[2] == 0.25


def test_nothing_evaluated_nothing_learned():
    scorer = small()
    before = scorer.score(TASK, ["(a)"])
    assert scorer.fit(TASK, ReplayBuffer().experience)["steps"] == 0
    assert torch.equal(scorer.score(TASK, ["(a)"]), before)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"epsilon": 1.5}, "--epsilon is 1.5, expected 0 to 1"),
        ({"episodes": 0}, "--episodes is 0, expected at least 1"),
        ({"learning_rate": float("nan")}, "--learning-rate is nan, expected at least 0"),
    ],
)
def test_a_setting_out_of_range_is_one_clear_line(settings, message):
    with pytest.raises(ValueError, match=f"^{message}$"):
        GuideSettings(**settings)
