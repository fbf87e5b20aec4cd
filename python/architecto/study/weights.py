"""Where an evaluator stores the weights of what it trained, until the trials are compared."""

import re
from pathlib import Path

_WEIGHTS = re.compile(r"(\d+)\.pt(\.partial)?\Z")


def weights_path(run_dir: Path, trial: int) -> Path:
    """Where the weights of a trial lie while they may still be needed."""
    return run_dir / "weights" / f"{trial}.pt"


def discard_weights(run_dir: Path, keep: set[int]) -> None:
    """Deletes the weights of all trials but those in `keep`, half-written files too."""
    for path in (run_dir / "weights").iterdir() if (run_dir / "weights").is_dir() else ():
        match = _WEIGHTS.match(path.name)
        if match and (match[2] or int(match[1]) not in keep):
            path.unlink(missing_ok=True)
