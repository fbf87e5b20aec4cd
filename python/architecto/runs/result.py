"""What a run found, for notebooks: its trials as plain dicts, and the best network, trained."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from architecto.problems.base import BaseProblem
from architecto.runs import configuration

if TYPE_CHECKING:
    from torch import nn

    from architecto.evaluators.base import Evaluation
    from architecto.study.study import TrialResult


@dataclass(frozen=True)
class Best:
    """The best answer of a run, its text and what came of it."""

    trial: int
    answer: str
    """Its text, for networks an architecture."""
    evaluation: Evaluation = field(repr=False)
    reward: float | None
    folder: Path = field(repr=False)
    problem: BaseProblem = field(repr=False)

    @property
    def metrics(self) -> dict[str, float]:
        """Such as validation_accuracy, test_accuracy and parameters."""
        return self.evaluation.metrics

    @property
    def source(self) -> str:
        """The answer as code: of a network a PyTorch module that depends on torch alone."""
        return self.problem.source(self.answer, self.evaluation)

    def load(self) -> Any:
        """The answer as an object, from what the run stored of it: see `module` for networks.

        Raises FileNotFoundError where nothing was stored, or another best answer since.
        """
        try:
            return self.problem.load(self.folder, self.answer)
        except FileNotFoundError as error:
            raise FileNotFoundError(
                f"{error}: trial {self.trial} stored nothing, or the run has gone on and has "
                "another best one (then read the result again)"
            ) from None

    def module(self) -> nn.Module:
        """The network with its trained weights, in evaluation mode, on the CPU.

        Inputs `[n, …]`, of images `[n, C, H, W]`, normalised with the mean and deviation in
        ``evaluation.facts["preprocessing"]`` → scores `[n, classes]`. Errors as `load`.
        """
        return self.load()


@dataclass(frozen=True, repr=False)
class Result:
    """The trials of a run.

    trials: one dict a finished trial, by number, ready for ``pandas.DataFrame``: trial, status
        ("complete" or "failed"), reason (of a failure), the metrics (for networks that classify
        validation_accuracy and test_accuracy, fractions, parameters, and the other metrics of the
        task), reward (in [-1, 1], None where it was not judged), seconds, epochs, episode, scorer,
        answer
    best: None while no trial is complete
    """

    run_dir: Path
    trials: list[dict[str, Any]]
    best: Best | None

    @classmethod
    def read(cls, run_dir: Path) -> Result:
        """The result of a run that ends, or goes on; raises StudyError if there is none."""
        from architecto.study.study import Study

        problem = configuration.load(run_dir).searched
        study = Study.open(run_dir, read_only=True)
        best = None if study.best is None else _best(study.best, run_dir / "best", problem)
        names = dict.fromkeys(name for trial in study.trials for name in trial.evaluation.metrics)
        return cls(
            run_dir, [_row(trial, list(names), problem.noun) for trial in study.trials], best
        )

    def __repr__(self) -> str:
        head = f"{len(self.trials)} trials in {self.run_dir}"
        if self.best is None:
            return f"{head}, none complete"
        from architecto.runs import report

        metric = self.best.evaluation.objective
        name, number = report.objective(metric, self.best.metrics[metric])
        value, shown = report.figure(metric, number), self.best.problem.summary(self.best.answer)
        return f"{head}, best: trial {self.best.trial}, {name} {value}, {shown}"


def _best(trial: TrialResult, folder: Path, problem: BaseProblem) -> Best:
    return Best(
        trial=trial.number,
        answer=trial.answer,
        evaluation=trial.evaluation,
        reward=trial.reward,
        folder=folder,
        problem=problem,
    )


def _row(trial: TrialResult, metrics: list[str], noun: str) -> dict[str, Any]:
    found = trial.evaluation
    return {
        "trial": trial.number,
        "status": found.status,
        "reason": found.reason,
        **{name: found.metrics.get(name) for name in metrics},
        "reward": trial.reward,
        "seconds": found.seconds,
        "epochs": len(found.curve),
        "episode": trial.facts.get("episode"),
        "scorer": trial.facts.get("scorer"),
        noun: trial.answer,
    }
