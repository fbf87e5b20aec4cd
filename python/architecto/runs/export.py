"""Writes the incumbent of a run as files that a user can take along."""

import os
import shutil
import tempfile
from pathlib import Path

from architecto.problems.base import BaseProblem
from architecto.study.study import TrialResult
from architecto.study.weights import weights_path

_TEMPORARY = ".best-"
_OURS = ("model.py", "answer.txt", "weights.pt", "__pycache__")


def write_best(run_dir: Path, trial: TrialResult, problem: BaseProblem) -> Path:
    """Writes `best/` for this trial: what its problem makes of it, and `weights.pt` where the
    evaluator stored some; returns the path of the main file.

    The folder is replaced as a whole, so that source and weights always belong together; what else
    somebody has put there moves along. Raises `FileNotFoundError` if weights that belong to the
    trial are gone.
    """
    best = run_dir / "best"
    if os.path.lexists(best) and (best.is_symlink() or not best.is_dir()):
        raise FileExistsError(f"{best} is no folder: move it away")
    weights = weights_path(run_dir, trial.number)
    if problem.stores_weights and not weights.exists():
        raise FileNotFoundError(weights)
    fresh = Path(tempfile.mkdtemp(prefix=_TEMPORARY, dir=run_dir))
    if weights.exists():
        shutil.copyfile(weights, fresh / "weights.pt")
    main = problem.write_best(fresh, trial.answer, trial.evaluation)
    if best.exists():
        os.rename(best, tempfile.mkdtemp(prefix=_TEMPORARY, dir=run_dir))
    os.rename(fresh, best)
    for old in run_dir.glob(f"{_TEMPORARY}*"):  # also of a process that died in this place
        for path in old.iterdir():
            if path.name not in _OURS and not os.path.lexists(best / path.name):
                os.rename(path, best / path.name)
        shutil.rmtree(old, ignore_errors=True)
    return best / main.name
