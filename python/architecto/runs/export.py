"""Writes the incumbent of a run as files that depend on torch alone."""

import os
import re
import shutil
import tempfile
from pathlib import Path

from architecto.problems.base import BaseProblem
from architecto.study.study import TrialResult

_TEMPORARY = ".best-"
_OURS = ("model.py", "answer.txt", "weights.pt", "__pycache__")
_WEIGHTS = re.compile(r"(\d+)\.pt(\.partial)?\Z")


def weights_path(run_dir: Path, trial: int) -> Path:
    """Where the weights of a trial lie while they may still be needed."""
    return run_dir / "weights" / f"{trial}.pt"


def write_best(run_dir: Path, trial: TrialResult, problem: BaseProblem) -> Path:
    """Writes `best/` for this trial, what its problem makes of it and `weights.pt`; returns the
    path of the main file.

    The folder is replaced as a whole, so that source and weights always belong together; what else
    somebody has put there moves along. Imports torch. Raises `FileNotFoundError` if the trial's
    weights are gone.
    """
    best = run_dir / "best"
    if os.path.lexists(best) and (best.is_symlink() or not best.is_dir()):
        raise FileExistsError(f"{best} is no folder: move it away")
    weights = weights_path(run_dir, trial.number)
    if not weights.exists():
        raise FileNotFoundError(weights)
    fresh = Path(tempfile.mkdtemp(prefix=_TEMPORARY, dir=run_dir))
    shutil.copyfile(weights, fresh / "weights.pt")
    main = problem.write_best(fresh, trial.architecture, trial.evaluation)
    if best.exists():
        os.rename(best, tempfile.mkdtemp(prefix=_TEMPORARY, dir=run_dir))
    os.rename(fresh, best)
    for old in run_dir.glob(f"{_TEMPORARY}*"):  # also of a process that died in this place
        for path in old.iterdir():
            if path.name not in _OURS and not os.path.lexists(best / path.name):
                os.rename(path, best / path.name)
        shutil.rmtree(old, ignore_errors=True)
    return best / main.name


def discard_weights(run_dir: Path, keep: set[int]) -> None:
    """Deletes the weights of all trials but those in `keep`, half-written files too."""
    for path in (run_dir / "weights").iterdir() if (run_dir / "weights").is_dir() else ():
        match = _WEIGHTS.match(path.name)
        if match and (match[2] or int(match[1]) not in keep):
            path.unlink(missing_ok=True)
