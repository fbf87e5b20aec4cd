"""The tests of a scorer."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest

from architecto import scorers

if TYPE_CHECKING:
    from architecto.scorers.base import BaseScorer

TASK = "categorize 8x8x1 images of handwritten digits into 10 categories"
EMPTY = "(bind (state {} () () () () ()) (conj))"
CHOICES = [
    EMPTY.format("(answer (input 1 8 8) ((flatten) (linear 64 10)))"),
    EMPTY.format("(answer (input 1 8 8) ((conv2d 1 16 3 1 1) (relu) . _.0))"),
    EMPTY.format("(answer (input 1 8 8) ((conv2d 1 32 3 1 1) (relu) . _.0))"),
    EMPTY.format('("a string" λ -7 3/4 #t)'),
    EMPTY.format("(relu) " * 500),
]


class ScorerTests:
    """scorer: a spec as for ``--scorer``; or override `make`."""

    scorer: str

    def make(self, seed: int) -> BaseScorer:
        """The scorer with initial weights drawn by `seed`, where it has any."""
        return scorers.load(self.scorer, seed=seed)

    def scores(self, scorer: BaseScorer, choices: list[str], step: int = 1) -> list[float]:
        """Scores as the agent has them: the scorer is told the step first."""
        from architecto.scorers.base import checked_scores

        for member in {id(m): m for m in (scorer, *scorer.members)}.values():
            member.begin_step(7, 3, step)
        return checked_scores(scorer, TASK, choices)

    def test_it_is_found_by_name_without_running_it(self) -> None:
        scorers.check(self.scorer)

    def test_every_choice_gets_a_finite_number(self) -> None:
        scorer = self.make(0)
        for count in range(len(CHOICES) + 1):
            assert len(self.scores(scorer, CHOICES[:count])) == count

    def test_the_same_seed_and_step_give_the_same_scores(self) -> None:
        first = self.scores(self.make(5), CHOICES)
        assert self.scores(self.make(5), CHOICES) == first

    def test_scoring_changes_nothing(self) -> None:
        scorer = self.make(0)
        version, first = scorer.version, self.scores(scorer, CHOICES)
        self.scores(scorer, CHOICES[::-1], step=2)
        assert self.scores(scorer, CHOICES) == pytest.approx(first, abs=1e-5)
        assert scorer.version == version

    def test_a_score_by_text_depends_on_nothing_else(self) -> None:
        scorer = self.make(0)
        if not scorer.by_text:
            pytest.skip("its scores depend on more than task and text, and it says so (by_text)")
        together = self.scores(scorer, CHOICES)
        alone = [self.scores(scorer, [choice])[0] for choice in CHOICES]
        assert alone == pytest.approx(together, abs=1e-5)
        twice = self.scores(scorer, CHOICES + CHOICES[::-1])
        assert twice == pytest.approx(together + together[::-1], abs=1e-5)

    def test_what_it_stores_makes_another_one_the_same(self) -> None:
        import torch

        scorer, other, file = self.make(0), self.make(1), io.BytesIO()
        torch.save(scorer.state_dict(), file)
        file.seek(0)
        other.load_state_dict(torch.load(file, weights_only=True))
        expected = pytest.approx(self.scores(scorer, CHOICES), abs=1e-6)
        assert self.scores(other, CHOICES) == expected
