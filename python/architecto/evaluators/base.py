"""What an evaluator is, and what it gives back. An evaluator of a user's own needs no more than:

class Balance(BaseEvaluator):
    objective = "balance"

    def evaluate(self, answer, *, seed, weights_path, facts, on_epoch):
        return Evaluation("complete", metrics={"balance": 0.7})
"""

from __future__ import annotations

import json
import math
import time
import traceback
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, TypeAlias

from architecto.printing import one_line

OnEpoch: TypeAlias = Callable[[int, int, float], None]
"""Called as on_epoch(epoch, epochs, objective) after each epoch, counted from 1."""

RESERVED = frozenset(
    ("trial", "status", "reason", "reward", "seconds", "epochs", "episode", "scorer", "answer")
)
"""What a trial has beside its metrics: none of them may be called so."""
MAX_REASON = 300
"""Most characters of a failure's reason; the rest is cut off."""

CLASSES_BEFORE = 10
"""Classes of every data set of the time in which evaluations did not keep their chance loss."""


@dataclass(frozen=True)
class Evaluation:
    """What came of evaluating one answer: facts and curves. What they are worth says a reward."""

    status: str
    """"complete" or "failed"."""
    reason: str | None = None
    """Why it failed, in one line; None if it is complete."""
    metrics: dict[str, float] = field(default_factory=dict)
    """Finite numbers by name, in the order in which tables show them. For networks the metric that
    was chosen, such as validation_accuracy and test_accuracy (fractions, of the weights that were
    kept; the second is reported and never used to choose), then parameters (how many are trained),
    then the other metrics of the task."""
    curves: dict[str, list[float]] = field(default_factory=dict)
    """Finite numbers in order, by name. For networks: training_loss (of each batch, for classes the
    cross-entropy, natural logarithm) and the objective (after each epoch)."""
    facts: dict[str, Any] = field(default_factory=dict)
    """Whatever else is to be kept, as JSON values. unlisted: the metrics that tables leave out. For
    networks: chance_loss (the loss of a guess without looking), recipe (how it was trained),
    preprocessing (mean and deviation of the training inputs, of images of their pixels in [0, 1],
    one a channel; and what else `problems/networks/preparation.py` says)."""
    seconds: float = 0.0
    """Wall-clock time."""
    judged: bool = True
    """False if the machine failed and not the answer: nothing is learned from it."""
    objective: str = ""
    """The metric that ranks the trials, higher is better; the evaluator's own where this is empty,
    see `carried_out`."""

    @property
    def value(self) -> float | None:
        """The objective; None if it failed."""
        return self.metrics.get(self.objective) if self.status == "complete" else None

    @property
    def curve(self) -> list[float]:
        """The objective after each epoch; empty where there are none."""
        return self.curves.get(self.objective, [])

    def as_json(self) -> dict[str, Any]:
        """The same as a JSON object; `from_json` turns it back."""
        return asdict(self)

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Evaluation:
        """An evaluation that was stored, also in the form of before there were metrics; raises
        TypeError or ValueError if it is none. A reward that is stored with it is passed over."""
        fields = {name: value for name, value in stored.items() if name != "reward"}
        return cls(**fields) if "metrics" in fields else _of_before(**fields)


def _of_before(
    status: str,
    reason: str | None,
    losses: Sequence[float] = (),
    validation_accuracies: Sequence[float] = (),
    validation_accuracy: float | None = None,
    test_accuracy: float | None = None,
    parameters: int | None = None,
    seconds: float = 0.0,
    pixel_mean: list[float] | None = None,
    pixel_deviation: list[float] | None = None,
    judged: bool = True,
) -> Evaluation:
    """An evaluation whose fields were those of a network."""
    metrics = {
        "validation_accuracy": validation_accuracy,
        "test_accuracy": test_accuracy,
        "parameters": parameters,
    }
    curves = {"training_loss": losses, "validation_accuracy": validation_accuracies}
    facts: dict[str, Any] = {"chance_loss": math.log(CLASSES_BEFORE)} if losses else {}
    if pixel_mean is not None:
        facts["preprocessing"] = {"mean": pixel_mean, "deviation": pixel_deviation}
    return Evaluation(
        status,
        reason,
        {name: value for name, value in metrics.items() if value is not None},
        {name: list(values) for name, values in curves.items() if values},
        facts,
        seconds,
        judged,
        objective="validation_accuracy",
    )


def failed(reason: str, **known: Any) -> Evaluation:
    """A failed evaluation; `reason` is brought to one short line, `known` are further fields."""
    line = " ".join(reason.split()) or "no reason given"
    line = line if len(line) <= MAX_REASON else line[: MAX_REASON - 1] + "…"
    return Evaluation(status="failed", reason=line, **known)


class BaseEvaluator(ABC):
    """Evaluates answers, such as architectures. Created once in each process that evaluates, then
    asked again and again.

    objective: the metric that ranks the trials, higher is better; it must be in the metrics of
        every complete evaluation
    reward: the reward that suits it, by a name that `architecto.rewards` knows
    """

    objective: str = "validation_accuracy"
    reward: str = "objective"

    @abstractmethod
    def evaluate(
        self,
        answer: str,
        *,
        seed: int,
        weights_path: Path | None,
        facts: Mapping[str, Any] = {},
        on_epoch: OnEpoch | None = None,
    ) -> Evaluation:
        """Evaluates an answer, for networks an architecture (its text), and says what came of it.

        seed: the result is a function of answer and seed (on a CPU).
        weights_path: where the trained state dict is written, if anywhere; only when complete.
        facts: what the engine said of it: `parameters`, and `table_key` where its space has one.
        on_epoch: told the progress.

        A network that cannot be built or trained is a failed evaluation, not an exception. What is
        raised nevertheless becomes a failed evaluation (see `carried_out`).
        """


def carried_out(evaluator: BaseEvaluator, answer: str, **arguments: Any) -> Evaluation:
    """What `evaluator` says of an answer: the one place where an evaluator is called.

    `arguments` are those of `BaseEvaluator.evaluate`. What it raises is a failed evaluation; one
    that breaks the promises of `Evaluation` is too, and the answer is not judged by that.
    """
    started = time.perf_counter()
    try:
        evaluation = evaluator.evaluate(answer, **arguments)
    except Exception as error:  # the process outlives whatever an evaluator raises
        traceback.print_exc()
        return failed(one_line(error))
    try:
        found = _checked(evaluation, evaluator.objective)
    except (TypeError, ValueError, OverflowError) as error:
        return failed(f"evaluator {type(evaluator).__name__}: {error}", judged=False)
    return replace(found, seconds=found.seconds or time.perf_counter() - started)


def _checked(given: object, objective: str) -> Evaluation:
    """The evaluation with numbers as Python's own; raises TypeError or ValueError."""
    if not isinstance(given, Evaluation):
        raise TypeError(f"got {type(given).__name__}, expected an Evaluation")
    if given.status not in ("complete", "failed"):
        raise ValueError(f"got status {given.status!r}, expected 'complete' or 'failed'")
    if not (isinstance(given.metrics, dict) and isinstance(given.curves, dict)):
        raise TypeError("got metrics or curves that are no dict, expected numbers by name")
    taken = sorted(RESERVED & given.metrics.keys())
    if taken:
        raise ValueError(f"got a metric called {taken[0]}, which a trial has already: rename it")
    objective = given.objective or objective
    if given.status == "complete" and objective not in given.metrics:
        known = ", ".join(given.metrics) or "none"
        raise ValueError(f"got metrics {known}, expected its objective {objective} among them")
    json.dumps(given.facts, allow_nan=False)
    return replace(
        given,
        reason=given.reason and " ".join(given.reason.split()),
        metrics={name: _number(name, value) for name, value in given.metrics.items()},
        curves={name: [_number(name, v) for v in vs] for name, vs in given.curves.items()},
        objective=objective,
    )


def _number(name: str, value: Any) -> float:
    """Counts stay integers, which tables show as such."""
    number = value if isinstance(value, int) else float(value)
    if not math.isfinite(number):
        raise ValueError(f"got {name} {number}, expected a finite number")
    return number
