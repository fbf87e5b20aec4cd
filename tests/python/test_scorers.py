"""Scorers are found by name, checked where they are called, and score what they read."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
import torch

from architecto import scorers
from architecto.scorers import ScorerError
from architecto.scorers.bag import BagScorer
from architecto.scorers.base import (
    BaseScorer,
    LearningScorer,
    checked_prediction,
    checked_scores,
)
from architecto.scorers.ensemble import EnsembleScorer
from architecto.scorers.guide_settings import GuideSettings
from architecto.scorers.posterior import Posterior
from architecto.scorers.random import RandomScorer, step_seed
from architecto.scorers.transformer import TransformerScorer

TASK = "categorize 8x8x1 images of handwritten digits into 10 categories"
CHOICES = ["(conj)", "(conj (relate (layero 8 _.0 3)))", "(bind (state (a b) () ()) (conj))"]

SHORT_FIRST = """
import torch
from architecto.scorers.base import BaseScorer

class ShortFirst(BaseScorer):
    def score(self, task, choices):
        return torch.tensor([-float(len(c)) for c in choices])
"""


def small(cls=TransformerScorer, seed=0, **settings):
    return cls(seed=seed, width=16, **settings)


@pytest.fixture
def file(tmp_path: Path):
    def write(text: str) -> Path:
        path = tmp_path / "mine.py"
        path.write_text(text)
        return path

    return write


# By name


@pytest.mark.parametrize("name", ["uniform", "random", "bag", "transformer", "ensemble"])
def test_registered_names(name):
    scorers.check(name)
    scorer = scorers.load(name, seed=1)
    assert scorer.name == name
    assert scorer.learns == (name in ("bag", "transformer", "ensemble"))
    assert len(checked_scores(scorer, TASK, CHOICES)) == 3
    assert checked_scores(scorer, TASK, []) == []


def test_settings_reach_the_scorers_that_take_them():
    settings = GuideSettings(n_step=2, fit_tokens=900)
    network, ensemble = (
        scorers.load(name, seed=0, settings=settings) for name in ("bag", "ensemble")
    )
    assert network.learning.settings == settings and network.reads_candidates  # type: ignore[attr-defined]
    assert ensemble.reads_candidates  # type: ignore[attr-defined]
    assert [m.learning.settings.fit_tokens for m in ensemble.members] == [300, 300, 300]  # type: ignore[attr-defined]
    assert scorers.load("random", seed=0, settings=settings).name == "random"


def test_a_scorer_of_ten_lines(file):
    spec = f"{file(SHORT_FIRST)}:ShortFirst"
    scorers.check(spec)
    scorer = scorers.load(spec, seed=0)
    assert (scorer.name, scorer.learns) == ("ShortFirst", False)
    assert checked_scores(scorer, TASK, ["ab", "abcd"]) == [-2.0, -4.0]


def test_a_class_of_a_package():
    spec = "architecto.scorers.bag:BagScorer"
    scorers.check(spec)
    assert scorers.load(spec, seed=0).name == "bag"


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("transfomer", "got 'transfomer', expected uniform, random, bag, transformer, ensemble"),
        ("no/such/file.py:Class", "no file no/such/file.py"),
        ("no_such_package.mine:Class", "no module no_such_package.mine"),
        ("architecto.scorers.bag:Bga", "got class Bga, expected one of"),
        ("file.py:", "expected uniform"),
        ("", "got ''"),
    ],
)
def test_a_wrong_name_is_one_clear_line(spec, message):
    with pytest.raises(ScorerError, match=message) as caught:
        scorers.check(spec)
    assert "\n" not in str(caught.value)


def test_a_file_that_is_no_python(file):
    spec = f"{file('class Mine(:')}:Mine"
    for find in (scorers.check, lambda s: scorers.load(s, seed=0)):
        with pytest.raises(ScorerError) as caught:
            find(spec)
        assert "\n" not in str(caught.value)


def test_a_class_that_is_no_scorer(file):
    spec = f"{file('class Mine: pass')}:Mine"
    scorers.check(spec)
    with pytest.raises(ScorerError, match="expected a subclass"):
        scorers.load(spec, seed=0)


def test_checking_imports_no_torch(file):
    spec = f"{file(SHORT_FIRST)}:ShortFirst"
    program = (
        "import sys; from architecto import scorers\n"
        f"for spec in ('transformer', {spec!r}, 'architecto.scorers.bag:BagScorer'):\n"
        "    scorers.check(spec)\n"
        "assert 'torch' not in sys.modules and 'mine' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


# The checked call


class Given(BaseScorer):
    name = "given"

    def __init__(self, scores):
        self.scores = scores

    def score(self, task, choices):
        if isinstance(self.scores, Exception):
            raise self.scores
        return self.scores


@pytest.mark.parametrize(
    ("scores", "message"),
    [
        (torch.zeros(2), "scorer given: got scores of shape 2, expected 3"),
        (torch.zeros(3, 1), "got scores of shape 3x1, expected 3"),
        (torch.tensor(1.0), "got scores of shape a single number, expected 3"),
        (torch.tensor([0, float("nan"), 0]), "got nan for choice 1 of 3"),
        (torch.tensor([0, 0, float("inf")]), "got inf for choice 2 of 3"),
        (None, "expected 3 numbers"),
        (["a", "b", "c"], "expected 3 numbers"),
        (KeyError("oops\nagain"), "KeyError: .*oops.*again.*; expected 3 numbers"),
    ],
)
def test_unusable_scores_are_one_clear_line(scores, message):
    with pytest.raises(ScorerError, match=message) as caught:
        checked_scores(Given(scores), TASK, CHOICES)
    assert "\n" not in str(caught.value)


def test_a_list_of_numbers_will_do():
    assert checked_scores(Given([1, 2.5, -3]), TASK, CHOICES) == [1.0, 2.5, -3.0]


class Predicts(LearningScorer):
    name = "predicts"
    best: float = 0.0  # type: ignore[assignment]

    def __init__(self, mean, deviation, best=0.0):
        self.given, self.best = (mean, deviation), best

    def score(self, task, choices):
        return torch.zeros(len(choices))

    def fit(self, task, experience):
        return {}

    def predict(self, task, texts):
        return self.given


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (([0, 1], [1, 1, 1]), "gave means that are not 3 finite numbers: return one an answer"),
        (([0, 1, 2], [1, float("inf"), 1]), "gave deviations that are not 3 finite numbers"),
        (([0, 1, 2], None), r"predict\(\) raised .*; expected mean and deviation"),
        (([0, 1, 2], [1, 1, 1], "much"), r"predict\(\) raised ValueError"),
    ],
)
def test_unusable_predictions_are_one_clear_line(given, message):
    with pytest.raises(ScorerError, match=message) as caught:
        checked_prediction(Predicts(*given), TASK, CHOICES)
    assert "\n" not in str(caught.value)


def test_predictions_may_be_lists_and_sure():
    mean, deviation, best = checked_prediction(Predicts([1, 2, 3], [0, 0, 1], 2), TASK, CHOICES)
    assert (mean.tolist(), deviation.tolist(), best) == ([1.0, 2.0, 3.0], [1e-9, 1e-9, 1.0], 2.0)


# The baselines


def test_random_is_a_function_of_seed_episode_and_step():
    def scores(*at):
        scorer = RandomScorer()
        scorer.begin_step(*at)
        return scorer.score(TASK, CHOICES).tolist()

    assert scores(0, 1, 2) == scores(0, 1, 2)
    assert len({tuple(scores(*at)) for at in [(0, 1, 2), (1, 1, 2), (0, 2, 1), (0, 1, 3)]}) == 4


def test_random_picks_uniformly():
    scorer, picks = RandomScorer(), Counter()
    for episode in range(3000):
        scorer.begin_step(0, episode, 0)
        picks[int(scorer.score(TASK, CHOICES).argmax())] += 1
    assert all(abs(count - 1000) < 120 for count in picks.values())


def test_step_seeds_differ():
    seeds = {step_seed(s, e, t) for s in range(5) for e in range(20) for t in range(20)}
    assert len(seeds) == 2000
    assert all(0 <= s < 2**63 for s in seeds)


# The learning scorers


@pytest.mark.parametrize("cls", [TransformerScorer, BagScorer])
def test_a_score_depends_on_the_text_alone(cls):
    scorer = small(cls)
    together = scorer.score(TASK, CHOICES)
    alone = torch.cat([scorer.score(TASK, [c]) for c in CHOICES])
    assert torch.allclose(together, alone, atol=1e-5)
    assert len(set(together.tolist())) == 3
    assert not torch.allclose(together, scorer.score("another task", CHOICES))


@pytest.mark.parametrize("cls", [TransformerScorer, BagScorer])
def test_the_seed_gives_the_weights(cls):
    one, same, other = small(cls), small(cls), small(cls, seed=1)
    assert torch.equal(one.score(TASK, CHOICES), same.score(TASK, CHOICES))
    assert not torch.allclose(one.score(TASK, CHOICES), other.score(TASK, CHOICES))


def test_making_a_scorer_leaves_the_global_generator_alone():
    torch.manual_seed(7)
    expected = torch.rand(1)
    torch.manual_seed(7)
    small()
    assert torch.equal(torch.rand(1), expected)


def test_the_transformer_sees_the_order_of_tokens_and_their_neighbours():
    scores = small().score(TASK, ["(a (b c) d)", "(a (c b) d)", "(a (b) c d)", "(a (b c d))"])
    assert len(set(scores.tolist())) == 4


def test_state_comes_back(tmp_path):
    ensemble = EnsembleScorer(members=[small(), small(BagScorer, seed=5)])
    for member in ensemble.members:
        member.posterior.fit(member.features(TASK, CHOICES), torch.tensor([1.0, -1.0, 0.0]))
    torch.save(ensemble.state_dict(), tmp_path / "state.pt")
    again = EnsembleScorer(members=[small(seed=8), small(BagScorer, seed=9)])
    again.load_state_dict(torch.load(tmp_path / "state.pt", weights_only=True))
    assert torch.equal(again.score(TASK, CHOICES), ensemble.score(TASK, CHOICES))
    for one, other in zip(
        again.predict(TASK, CHOICES), ensemble.predict(TASK, CHOICES), strict=True
    ):
        assert torch.equal(one, other)


def test_weights_of_another_tokenizer_are_refused():
    state = small().state_dict() | {"tokenizer": 99}
    with pytest.raises(ScorerError, match="got weights of tokenizer version 99, expected 1"):
        small().load_state_dict(state)


def test_an_ensemble_is_less_sure_where_its_members_disagree():
    ensemble = EnsembleScorer(members=[small(seed=s) for s in range(3)])
    for sign, member in zip((1, 1, -1), ensemble.members, strict=True):
        member.posterior.fit(member.features(TASK, CHOICES), sign * torch.tensor([2.0, -1.0, 0.0]))
    _, std = ensemble.predict(TASK, CHOICES)
    _, alone = ensemble.members[0].predict(TASK, CHOICES)
    assert (std[:2] > alone[:2]).all()  # at the third they agree on 0


# The posterior


def test_the_posterior_knows_what_it_saw_and_is_unsure_elsewhere():
    x = torch.linspace(0, 1, 20)[:, None]
    y = torch.sin(6 * x[:, 0])
    posterior = Posterior()
    mean, std = posterior.predict(x)
    assert (mean == 0).all()
    assert (std == 1).all()
    assert posterior.best == 0.0
    posterior.fit(x, y)
    mean, std = posterior.predict(x)
    assert (mean - y).abs().max() < 0.1
    assert posterior.best == y.max()
    _, far = posterior.predict(torch.tensor([[3.0]]))
    assert far[0] > 3 * std.max()


@pytest.mark.parametrize("count", [1, 2])
def test_the_posterior_of_few_or_equal_targets(count):
    posterior = Posterior()
    posterior.fit(torch.ones(count, 3), torch.zeros(count))
    mean, std = posterior.predict(torch.randn(4, 3))
    assert torch.isfinite(mean).all()
    assert torch.isfinite(std).all()
