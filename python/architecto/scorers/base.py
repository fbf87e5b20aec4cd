"""What every scorer is: a task and some choices in, one Q-value a choice out.

A scorer of a user's own needs no more than this:

    class ShortFirst(BaseScorer):
        def score(self, task, choices):
            return torch.tensor([-float(len(c)) for c in choices])

One that learns from what is evaluated is a LearningScorer.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

import torch
from torch import Tensor

from architecto.scorers import ScorerError
from architecto.scorers.experience import Experience


class BaseScorer(ABC):
    """Base class of scorers.

    name: shown in replies and traces; the class's name where a subclass gives none
    spec: what `architecto.scorers.load` was given, to load it again; `<NAME>` for an object
    version: goes up whenever the same state and text would be scored otherwise
    learns: is it a LearningScorer?
    by_text: true if a score depends on task and choice alone, so that it may be kept by text
    """

    name: str = ""
    spec: str = ""
    version: int = 1
    learns: bool = False
    by_text: bool = True

    @abstractmethod
    def score(self, task: str, choices: list[str]) -> Tensor:
        """Q-values of choices, higher is better: float32 `[choice]`, finite.

        task: a sentence such as "categorize 8x8x1 images of handwritten digits into 10 categories"
        choices: texts as protocol/grammar.md defines them, one line each
        """

    @property
    def members(self) -> Sequence[BaseScorer]:
        """The scorers that it consists of, each with an opinion of its own: itself alone."""
        return [self]

    def begin_step(self, seed: int, episode: int, step: int) -> None:  # noqa: B027
        """Told before each pick; for scorers whose scores are random."""

    def state_dict(self) -> dict:
        """What a checkpoint holds of it: tensors, numbers, strings, lists and dictionaries of such.
        Empty for one that learns nothing."""
        return {}

    def load_state_dict(self, state: dict) -> None:  # noqa: B027
        """Back to a stored state."""


class LearningScorer(BaseScorer):
    """A scorer that learns from the answers that were evaluated. How is its own affair.

    Its state_dict holds all that its learning goes on with, such as step counts and the state of an
    optimizer: one that took up a stored state fits as the stored one would have. What is random in
    it is a function of a seed and of the fits before.

    reads_candidates: `fit` reads what each pick was chosen from, which the replay buffer then keeps
        (several times as large)
    """

    learns = True
    reads_candidates: bool = False

    @abstractmethod
    def fit(self, task: str, experience: Experience) -> dict[str, float]:
        """Learn, after a trial, from all that was found so far; the only place where scores change.

        task: the sentence of the run. Gives figures for `metrics.jsonl`, by names.
        """

    @abstractmethod
    def predict(self, task: str, texts: list[str]) -> tuple[Tensor, Tensor]:
        """Mean and standard deviation of what answers are worth, each `[answer]`, in any unit in
        which more is better; the answer of the largest expected improvement is evaluated next.

        texts: of answers that are not evaluated yet
        """

    @property
    @abstractmethod
    def best(self) -> float:
        """What the best answer was worth among those that the last `fit` saw, in the unit of
        `predict`; 0 before the first."""

    def prepare(self) -> None:
        """Load what the first fit needs, if that takes seconds; called once, from another thread,
        while the first answer is evaluated."""


def failure(scorer: BaseScorer, what: str, error: Exception, expected: str) -> ScorerError:
    """What to raise, or say, where the code of a scorer raised `error`; one line."""
    if isinstance(error, ScorerError):
        return error
    text = " ".join(f"{type(error).__name__}: {error}".split())
    return ScorerError(f"scorer {scorer.name}: {what} raised {text}; {expected}")


def checked_scores(scorer: BaseScorer, task: str, choices: list[str]) -> list[float]:
    """Scores of `choices`, or ScorerError: the one place where a scorer is called.

    Raises ScorerError when it raises, gives a wrong number of scores, or one that is not a
    finite number.
    """
    try:
        given = scorer.score(task, choices)
        scores = torch.as_tensor(given, dtype=torch.float32).detach().cpu()
    except Exception as error:
        raise failure(scorer, "score()", error, f"expected {len(choices)} numbers") from error
    if scores.shape != (len(choices),):
        got = "x".join(map(str, scores.shape)) or "a single number"
        raise ScorerError(
            f"scorer {scorer.name}: got scores of shape {got}, expected {len(choices)}: "
            "return one number a choice"
        )
    if not bool(torch.isfinite(scores).all()):
        bad = int((~torch.isfinite(scores)).nonzero()[0, 0])
        raise ScorerError(
            f"scorer {scorer.name}: got {scores[bad].item()} for choice {bad} of {len(choices)}, "
            "expected finite numbers"
        )
    return scores.tolist()


def checked_prediction(
    scorer: LearningScorer, task: str, texts: list[str]
) -> tuple[Tensor, Tensor, float]:
    """What a scorer predicts: mean and deviation, float64 `[answer]` each, the deviation at least
    1e-9, and its `best`.

    Raises ScorerError when it raises or gives something else.
    """
    try:
        given = scorer.predict(task, texts)
        mean, deviation = (torch.as_tensor(g, dtype=torch.float64).detach().cpu() for g in given)
        best = float(scorer.best)
    except Exception as error:
        raise failure(scorer, "predict()", error, "expected mean and deviation") from error
    for name, values in (("means", mean), ("deviations", deviation)):
        if values.shape != (len(texts),) or not bool(torch.isfinite(values).all()):
            raise ScorerError(
                f"scorer {scorer.name}: predict() gave {name} that are not {len(texts)} finite "
                "numbers: return one an answer"
            )
    return mean, deviation.clamp(min=1e-9), best
