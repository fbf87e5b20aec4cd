"""Writes the incumbent of a run as files that depend on torch alone."""

import os
import shutil
from pathlib import Path

from architecto import architecture
from architecto.study import TrialResult


def weights_path(run_dir: Path, trial: int) -> Path:
    """Where the weights of a trial lie while they may still be needed."""
    return run_dir / "weights" / f"{trial}.pt"


def write_best(run_dir: Path, trial: TrialResult) -> Path:
    """Writes `best/model.py` and `best/weights.pt` for this trial; returns the path of model.py.

    The folder is replaced as a whole, so that source and weights always belong together. Raises
    `FileNotFoundError` if the trial's weights are gone. Imports torch.
    """
    best, fresh, old = run_dir / "best", run_dir / "best.new", run_dir / "best.old"
    source = architecture.source(
        architecture.parse(trial.architecture),
        trial.evaluation.pixel_mean,
        trial.evaluation.pixel_deviation,
    )
    for left_over in (fresh, old):
        shutil.rmtree(left_over, ignore_errors=True)
    fresh.mkdir(parents=True)
    shutil.copyfile(weights_path(run_dir, trial.number), fresh / "weights.pt")
    (fresh / "model.py").write_text(source, encoding="utf-8")
    if best.exists():
        os.rename(best, old)
    os.rename(fresh, best)
    shutil.rmtree(old, ignore_errors=True)
    return best / "model.py"


def discard_weights(run_dir: Path, keep: set[int]) -> None:
    """Deletes the weights of all trials but those in `keep`, half-written files too."""
    for path in (run_dir / "weights").glob("*.pt*"):
        if path.name not in {f"{trial}.pt" for trial in keep}:
            path.unlink(missing_ok=True)
