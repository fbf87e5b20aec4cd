"""Answers that are alike but for some places, and what a scorer knows of them."""

from __future__ import annotations

import itertools

import pytest
import torch

from architecto.scorers.experience import Answer, Experience
from architecto.scorers.guide_settings import GuideSettings
from architecto.scorers.places import STRANGE, Places
from architecto.scorers.transformer import TransformerScorer

TASK = "find the best score"


def text(width: int, rate: float, word: str) -> str:
    return (
        f"(network ((linear 9 {width}) ({word}) (linear {width} 1)) (training (adam {rate} 0.0)))"
    )


ALL = [text(*x) for x in itertools.product((16, 64, 512), (1e-05, 0.01, 0.1), ("relu", "tanh"))]


def test_a_number_is_where_it_stands_among_those_seen() -> None:
    """A width that stands in two layers counts once; what was never seen lies between."""
    places = Places(ALL)
    assert [values for _, values in places.columns] == [
        (16.0, 64.0, 512.0),
        ("relu", "tanh"),
        (1e-05, 0.01, 0.1),
    ]
    rows = places.features([text(16, 0.1, "relu"), text(512, 0.1, "relu"), text(512, 0.1, "tanh")])
    distances = torch.cdist(rows, rows)
    assert distances[0, 1].item() == pytest.approx(1.3)
    assert distances[1, 2].item() == pytest.approx(1)
    between = places.features([text(40, 0.1, "relu")])
    assert 0 < float(between[0, 0]) < 0.65
    assert (places.features(["(cell)"]) == STRANGE).all()


@pytest.mark.parametrize(
    "texts",
    [
        [],
        ALL[:7],
        [*ALL, "(network ())"],
        [f"(cell {a} {b} {c})" for a in "xy" for b in "xy" for c in "xy"],  # no numbers
        [text(16, 0.1, "relu")] * 8,
    ],
)
def test_nothing_is_known_of_few_of_others_and_without_numbers(texts: list[str]) -> None:
    assert not Places(texts)


def test_a_scorer_tells_widths_that_it_never_saw_and_keeps_that_in_its_state() -> None:
    rewards = {text(w, r, "relu"): w / 600 for w in (16, 64, 256, 512) for r in (0.01, 0.1)}
    answers = [Answer(a, i, (f"(state {a})",), ()) for i, a in enumerate(rewards)]
    scorer = TransformerScorer(settings=GuideSettings(fit_tokens=2000))
    scorer.fit(TASK, Experience(rewards, answers, (), ()))
    asked = [text(20, 0.01, "relu"), text(400, 0.01, "relu")]
    mean, deviation = scorer.predict(TASK, asked)
    assert mean[1] > mean[0] + 0.5
    again = TransformerScorer(seed=1)
    again.load_state_dict(scorer.state_dict())
    assert torch.equal(again.predict(TASK, asked)[0], mean)
    assert torch.equal(again.predict(TASK, asked)[1], deviation)
