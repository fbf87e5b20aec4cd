"""What every scorer is: a task and some choices in, one Q-value a choice out.

A scorer of a user's own needs no more than this:

    class ShortFirst(BaseScorer):
        def score(self, task, choices):
            return torch.tensor([-float(len(c)) for c in choices])
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

import torch
from torch import Tensor

from architecto.scorers import ScorerError


class BaseScorer(ABC):
    """Base class of scorers.

    name: shown in replies and traces; the class's name where a subclass gives none
    spec: what `architecto.scorers.load` was given, to load it again; `<NAME>` for an object
    version: goes up whenever the same state and text would be scored otherwise
    learns: true if the learner shall train it; see architecto.scorers.network
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
        """What a learning scorer stores in a checkpoint: tensors, numbers and strings."""
        return {}

    def load_state_dict(self, state: dict) -> None:  # noqa: B027
        """Back to a stored state."""


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
