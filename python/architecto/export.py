"""Writes the incumbent of a run as files that depend on torch alone."""

import os
import re
import shutil
from pathlib import Path

from architecto import architecture
from architecto.study import TrialResult

_WEIGHTS = re.compile(r"(\d+)\.pt(\.partial)?\Z")


def weights_path(run_dir: Path, trial: int) -> Path:
    """Where the weights of a trial lie while they may still be needed."""
    return run_dir / "weights" / f"{trial}.pt"


def write_best(run_dir: Path, trial: TrialResult) -> Path:
    """Writes `best/model.py` and `best/weights.pt` for this trial; returns the path of model.py.

    The folder is replaced as a whole, so that source and weights always belong together; what else
    somebody has put there moves along. Imports torch. Raises `FileNotFoundError` if the trial's
    weights are gone.
    """
    best, fresh, old = run_dir / "best", run_dir / "best.new", run_dir / "best.old"
    source = architecture.source(
        architecture.parse(trial.architecture),
        trial.evaluation.pixel_mean,
        trial.evaluation.pixel_deviation,
    )
    _clear(old, best if best.exists() else fresh)  # of a process that died in this place
    fresh.mkdir(exist_ok=True)
    shutil.copyfile(weights_path(run_dir, trial.number), fresh / "weights.pt")
    (fresh / "model.py").write_text(source, encoding="utf-8")
    if best.exists():
        os.rename(best, old)
    os.rename(fresh, best)
    _clear(old, best)
    return best / "model.py"


def _clear(old: Path, new: Path) -> None:
    """Removes a folder that was replaced, if there is one; files that are not ours move on."""
    if not old.exists():
        return
    new.mkdir(exist_ok=True)
    for path in old.iterdir():
        if path.name in ("model.py", "weights.pt"):
            path.unlink()
        elif path.name != "__pycache__":
            os.rename(path, new / path.name)
    shutil.rmtree(old / "__pycache__", ignore_errors=True)
    old.rmdir()


def discard_weights(run_dir: Path, keep: set[int]) -> None:
    """Deletes the weights of all trials but those in `keep`, half-written files too."""
    for path in (run_dir / "weights").iterdir() if (run_dir / "weights").is_dir() else ():
        match = _WEIGHTS.match(path.name)
        if match and (match[2] or int(match[1]) not in keep):
            path.unlink(missing_ok=True)
