"""What a run found, for notebooks: its trials as plain dicts, and the best network, trained."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from architecto.problems.networks import architecture

if TYPE_CHECKING:
    from torch import nn

    from architecto.study.study import TrialResult


@dataclass(frozen=True)
class Best:
    """The best network of a run: see the fields of a trial in `Result`."""

    trial: int
    architecture: str
    metrics: dict[str, float]
    """Such as validation_accuracy, test_accuracy and parameters, which are attributes too."""
    objective: str
    """The metric that ranks the trials."""
    reward: float | None
    folder: Path = field(repr=False)
    pixel_mean: list[float] | None = field(repr=False)
    pixel_deviation: list[float] | None = field(repr=False)

    @property
    def validation_accuracy(self) -> float | None:
        return self.metrics.get("validation_accuracy")

    @property
    def test_accuracy(self) -> float | None:
        return self.metrics.get("test_accuracy")

    @property
    def parameters(self) -> float | None:
        return self.metrics.get("parameters")

    @property
    def source(self) -> str:
        """The network as a PyTorch module in readable source that depends on torch alone."""
        tree = architecture.parse(self.architecture)
        return architecture.source(tree, self.pixel_mean, self.pixel_deviation)

    def module(self) -> nn.Module:
        """The network with its trained weights, in evaluation mode, on the CPU.

        Images `[n, C, H, W]`, normalised with `pixel_mean` and `pixel_deviation` as
        `datasets.load` gives them → scores `[n, classes]`. Raises FileNotFoundError where no
        weights were stored: the accuracy was looked up in a table, or the run has gone on since
        and has another best network.
        """
        import torch

        from architecto.problems.networks.source_code import layer_list

        tree = architecture.parse(self.architecture)
        file = self.folder / "model.py"
        if not file.is_file() or layer_list(tree) not in file.read_text(encoding="utf-8"):
            raise FileNotFoundError(
                f"no weights of trial {self.trial} in {self.folder}: its network was not trained, "
                "or the run has gone on and has another best one (then read the result again)"
            )
        network = architecture.build(tree)
        weights = torch.load(self.folder / "weights.pt", weights_only=True, map_location="cpu")
        network.load_state_dict(weights)
        return network.eval()


@dataclass(frozen=True, repr=False)
class Result:
    """The trials of a run.

    trials: one dict a finished trial, by number, ready for ``pandas.DataFrame``: trial, status
        ("complete" or "failed"), reason (of a failure), the metrics (for networks
        validation_accuracy and test_accuracy, fractions, and parameters), reward (in [-1, 1], None
        where it was not judged), seconds, epochs, episode, scorer, architecture
    best: None while no trial is complete
    """

    run_dir: Path
    trials: list[dict[str, Any]]
    best: Best | None

    @classmethod
    def read(cls, run_dir: Path) -> Result:
        """The result of a run that ends, or goes on; raises StudyError if there is none."""
        from architecto.study.study import Study

        study = Study.open(run_dir, read_only=True)
        best = None if study.best is None else _best(study.best, run_dir / "best")
        names = dict.fromkeys(name for trial in study.trials for name in trial.evaluation.metrics)
        return cls(run_dir, [_row(trial, list(names)) for trial in study.trials], best)

    def __repr__(self) -> str:
        head = f"{len(self.trials)} trials in {self.run_dir}"
        if self.best is None:
            return f"{head}, none complete"
        from architecto.runs import report

        name = self.best.objective
        value = report.figure(name, self.best.metrics[name])
        shown = architecture.summary(architecture.parse(self.best.architecture))
        return f"{head}, best: trial {self.best.trial}, {report.label(name)} {value}, {shown}"


def _best(trial: TrialResult, folder: Path) -> Best:
    found = trial.evaluation
    pixels = found.facts.get("preprocessing", {})
    return Best(
        trial=trial.number,
        architecture=trial.architecture,
        metrics=found.metrics,
        objective=found.objective,
        reward=trial.reward,
        folder=folder,
        pixel_mean=pixels.get("mean"),
        pixel_deviation=pixels.get("deviation"),
    )


def _row(trial: TrialResult, metrics: list[str]) -> dict[str, Any]:
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
        "architecture": trial.architecture,
    }
