"""Checkpoints of the agent in a run's directory: saved whole, never half.

``checkpoint/`` holds what `Agent.save` writes and ``position.json``: how many lines of the trace
the agent had seen, and the answers that were being evaluated. A new checkpoint is written beside
it and takes its place by renaming.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from architecto.agent import Agent


@dataclass(frozen=True)
class Position:
    """Where the run stood when the checkpoint was saved."""

    lines: int = 0
    """Lines of the trace that the agent had seen."""
    out: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Architectures that were being evaluated, with the facts about them."""
    scorer: str = ""
    """The scorer in force, which may have been swapped; empty: the configuration's."""


def save(run_dir: Path, agent: Agent, position: Position) -> None:
    """Save the agent and the position."""
    fresh, current, old = (run_dir / f"checkpoint{end}" for end in (".new", "", ".old"))
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir()
    agent.save(fresh)
    (fresh / "position.json").write_text(json.dumps(asdict(position)) + "\n")
    if current.exists():
        shutil.rmtree(old, ignore_errors=True)
        current.rename(old)
    fresh.rename(current)
    shutil.rmtree(old, ignore_errors=True)


def latest(run_dir: Path) -> tuple[Path, Position]:
    """The directory of the latest checkpoint, for `Agent.restore`, and the position of the run.

    Without a checkpoint the directory does not exist and the position is the start.
    """
    for name in ("checkpoint", "checkpoint.old"):
        position = run_dir / name / "position.json"
        if position.exists():
            return run_dir / name, Position(**json.loads(position.read_text()))
    return run_dir / "checkpoint", Position()
